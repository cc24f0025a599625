"""A circuit breaker: leaves a broken node alone, and finds out carefully when it is well again.

               failures_max in a row                    time is up: one probe is leased
    closed ─────────────────────────► open ───────────────────────────────────────────► half-open
      ▲                                ▲                                                 │     │
      │                                └──────────── the probe fails: twice as long ─────┘     │
      └───────────────────────────────────────────── the probe succeeds ──────────────────────┘

Whoever asks a node holds a lease, and every change of state begins a new generation of leases: the
late result of an older one changes nothing. While half-open there is exactly one lease, so fifty
questions at once never probe twice. It is pure: the clock is an argument (monotonic seconds), and so
is the random source. It does not know what a failure is; the pool decides that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

OPEN_S_MAX = 600.0
State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask once."""

    generation: int


class Breaker:
    """`open_s` is the first pause; each further one doubles it, up to ten minutes, and shortens it by
    a random quarter at most, so that nodes that fell together do not come back together."""

    def __init__(self, failures_max: int, open_s: float, random: Callable[[], float]) -> None:
        self._failures_max = failures_max
        self._open_s = open_s
        self._random = random
        self._generation = 0
        self._probing = False
        self.failures = 0
        """In a row."""
        self.openings = 0
        """In a row, without a success between them."""
        self.open_until: float | None = None

    def state(self, now: float) -> State:
        if self.open_until is None:
            return "closed"
        return "half-open" if self._probing or now >= self.open_until else "open"

    @property
    def is_probing(self) -> bool:
        """Somebody holds the one lease of a half-open node."""
        return self._probing

    def is_ready(self, now: float) -> bool:
        """Would `lease(now)` give one?"""
        if self.open_until is None:
            return True
        return not self._probing and now >= self.open_until

    def lease(self, now: float, *, early: bool = False) -> Lease | None:
        """None while open, or while somebody else probes. `early` probes before the time is up."""
        if self.open_until is None:
            return Lease(self._generation)
        if self._probing or (now < self.open_until and not early):
            return None
        self._generation += 1
        self._probing = True
        return Lease(self._generation)

    def succeeded(self, lease: Lease) -> bool:
        """False if the lease is an older one, whose answer says nothing about now."""
        if lease.generation != self._generation:
            return False
        self.failures = 0
        if self.open_until is not None:
            self.close()
        return True

    def failed(self, lease: Lease, now: float) -> None:
        if lease.generation != self._generation:
            return
        self.failures += 1
        if self._probing or self.failures >= self._failures_max:
            pause_s = min(self._open_s * 2**self.openings, OPEN_S_MAX)
            self.openings = min(self.openings + 1, 30)
            self.open_for(pause_s * (1 - self._random() / 4), now)

    def released(self, lease: Lease) -> None:
        """The lease was not used to the end, and nothing was learnt. The next may probe at once."""
        if lease.generation == self._generation and self._probing:
            self._generation += 1
            self._probing = False

    def outdate(self) -> None:
        """Something was learnt that no answer begun before it can take back, and that is no failure."""
        self._generation += 1
        self._probing = False

    def open_for(self, seconds: float, now: float) -> None:
        """Open, however it stands now."""
        self._generation += 1
        self._probing = False
        self.open_until = now + seconds

    def close(self) -> None:
        self._generation += 1
        self._probing = False
        self.failures = self.openings = 0
        self.open_until = None
