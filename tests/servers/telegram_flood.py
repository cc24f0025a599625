"""How much a bot may say: Telegram's flood limits as far as they are known, as a pure model.

A chat that was sent too much is held for a while. Whoever calls during that wait, or offends again
within `MEMORY_S`, waits twice as long as the last time; a call that is refused has no effect. The clock
is an argument. Telegram publishes only rules of thumb (one a second, 20 a minute in a group, 30 a second
over all chats); the finer figures are what was measured and what our own pace is promised to stay under.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

Window = tuple[int, float]
"""So many calls, in so many seconds."""

PRIVATE: tuple[Window, ...] = ((5, 3.0), (60, 60.0))
GROUP: tuple[Window, ...] = ((20, 60.0),)
EVERYWHERE: Window = (30, 1.0)

FIRST_S = 3
LONGEST_S = 300
MEMORY_S = 60.0
"""An offence is forgotten after so long without another one."""


@dataclass(slots=True)
class _Chat:
    sent: deque[float] = field(default_factory=deque)
    offences: int = 0
    offended_at: float = -math.inf
    held_until: float = -math.inf


class Flood:
    def __init__(self) -> None:
        self._chats: defaultdict[int, _Chat] = defaultdict(_Chat)
        self._everywhere: deque[float] = deque()

    def spend(self, chat_id: int, windows: tuple[Window, ...], now: float) -> int | None:
        """One send or edit into this chat: None if it may pass, else in how many seconds to retry."""
        chat = self._chats[chat_id]
        free_at = max(_free_at(chat.sent, window, now) for window in windows)
        if now < chat.held_until or free_at > now:
            return self._offend(chat, free_at, now)
        limit = _free_at(self._everywhere, EVERYWHERE, now)
        if limit > now:
            return math.ceil(limit - now)
        for sent, kept_s in ((chat.sent, max(s for _, s in windows)), (self._everywhere, EVERYWHERE[1])):
            while sent and sent[0] <= now - kept_s:
                sent.popleft()
            sent.append(now)
        return None

    def forgive(self) -> None:
        """What was sent still counts; the waits that run are over, and the offences forgotten."""
        for chat in self._chats.values():
            chat.offences, chat.held_until = 0, -math.inf

    def _offend(self, chat: _Chat, free_at: float, now: float) -> int:
        if now - max(chat.offended_at, chat.held_until) > MEMORY_S:
            chat.offences = 0
        wait_s = min(FIRST_S * 2**chat.offences, LONGEST_S)
        chat.offences += 1
        chat.offended_at = now
        chat.held_until = max(chat.held_until, now + wait_s, free_at)
        return math.ceil(chat.held_until - now)


def _free_at(sent: deque[float], window: Window, now: float) -> float:
    """When one more call fits into the window."""
    count, seconds = window
    return sent[-count] + seconds if len(sent) >= count else now
