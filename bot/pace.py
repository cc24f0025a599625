"""How much one chat may be sent, and when: one budget for everything that goes there.

A platform counts all that is sent into a chat, whoever sends it, and answers what is too much with a flood
wait, which every further call lengthens. So all senders share one `Pace` for each chat: a growing answer
asks it when the next preview fits, a flood wait holds everything in this chat and nothing in another, and
of two posts only one is on its way at a time.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from core.types import Adapter, Chat, Limits

MINUTE_S = 60.0


class Pace:
    """Of one chat; `clock` gives monotonic seconds."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.limits = limits
        self.sending = asyncio.Lock()
        """Held from before a post is sent until its id is on disk."""
        self._growing = 0
        self._clock = clock
        self._sleep = sleep
        self._sent_at: deque[float] = deque()
        self._held_until = 0.0

    # ── What happened ─────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def grows(self) -> Iterator[None]:
        """While an answer grows here: several of them take turns."""
        self._growing += 1
        try:
            yield
        finally:
            self._growing -= 1

    def sent(self) -> None:
        self._sent_at.append(self._clock())

    def hold(self, seconds: float) -> None:
        """A flood wait: until then nothing at all may be sent here."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    # ── What may be done ──────────────────────────────────────────────────────────────────────────

    @property
    def held_s(self) -> float:
        return max(0.0, self._held_until - self._clock())

    def preview_in_s(self) -> float:
        """How long until one more preview fits; what is final need not ask."""
        now = self._clock()
        while self._sent_at and self._sent_at[0] <= now - MINUTE_S:
            self._sent_at.popleft()
        count_max = self.limits.previews_per_minute
        if count_max is None or len(self._sent_at) < count_max:
            return self.held_s
        return max(self.held_s, self._sent_at[-count_max] + MINUTE_S - now)

    def spread(self, seconds: float) -> float:
        """The pause of one answer, when all that grow here have the same share."""
        return seconds * max(1, self._growing)

    async def free(self) -> None:
        """Until something may be sent here again."""
        while held_s := self.held_s:
            await self._sleep(held_s)


class Paces:
    """The pace of each chat. Topics of one group have one between them where the platform counts so."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._paces: dict[tuple[str, str], Pace] = {}

    def of(self, adapter: Adapter, chat: Chat) -> Pace:
        key = (chat.platform, chat.id if adapter.limits.topics_apart else chat.whole_id)
        if key not in self._paces:
            group = adapter.limits.group if chat.kind == "group" else None
            self._paces[key] = Pace(group or adapter.limits, self._clock, self._sleep)
        return self._paces[key]
