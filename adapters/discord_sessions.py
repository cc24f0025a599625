"""How long to wait before the next connection to Discord: it counts them.

A thousand new sessions a day are allowed, and the token of who begins more is withdrawn. So a connection that
does not stand is tried less and less often, and one that breaks off as soon as it stands is, too. It decides
and waits for nothing.
"""

from collections import deque
from collections.abc import Callable

PAUSE_MAX_S = 90.0
RESUME_PAUSE_MAX_S = 30.0
STOOD_S_MIN = 60.0
"""A connection that stood for less is one more of those that failed."""
AT_ONCE, EVERY_S = 20, 100.0
"""After so many connections in a short time there is a pause of `EVERY_S` before each."""


class Sessions:
    """`clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._refused = False
        self._stands_since: float | None = None
        self._begun: deque[float] = deque(maxlen=AT_ONCE)

    def stands(self) -> None:
        """The connection is one from now on."""
        self._stands_since = self._clock()

    def refused(self) -> None:
        """Only a person can mend why."""
        self._refused = True

    def pause_s(self) -> float:
        """After a connection has ended for good, before a fresh client begins."""
        refused, self._refused = self._refused, False
        if refused:
            return PAUSE_MAX_S
        stood_s = 0.0 if self._stands_since is None else self._clock() - self._stands_since
        self._stands_since = None
        self._failures = 1 if stood_s > STOOD_S_MIN else self._failures + 1
        return min(2.0 ** (min(self._failures, 10) - 1), PAUSE_MAX_S)

    def begun(self, attempt: int) -> float:
        """A connection is about to be begun, the library's `attempt` since one stood; the pause before it."""
        now = self._clock()
        often = len(self._begun) == AT_ONCE and now - self._begun[0] < AT_ONCE * EVERY_S
        self._begun.append(now)
        if often:
            return EVERY_S
        return min(2.0 ** min(attempt - 2, 10), RESUME_PAUSE_MAX_S) if attempt > 1 else 0.0
