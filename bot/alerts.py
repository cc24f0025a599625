"""What an admin has to hear at once: each trouble once, those of one moment together, and its end.

    the house as it is ─► what is wrong ─┬─ not told yet, and not just for a moment ─► told
    what was told      ─► what is over  ─┴─ proven, and not just for a moment ───────► good news

What was told is on disk in the same transaction as the post that tells it (core/troubles.py): whatever dies,
nothing is told twice and nothing is forgotten. A trouble that comes and goes by itself, such as a limit per
minute, is not worth waking anybody: it has to last, and so has its end. The first trouble is told at once;
what follows within moments, as when three nodes had the same key, waits to be told together.
"""

import logging
import shutil
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import MappingProxyType

from bot.phrases.english import English
from core.notices import Announce, Notice
from core.troubles import Kind, Signs, Told, Trouble, is_over, troubles_of
from core.types import Person

log = logging.getLogger(__name__)

LASTS_S: Mapping[Kind, float] = MappingProxyType({"nobody": 180.0, "only_small": 900.0, "no_nodes": 60.0})
"""How long a trouble has to last before it is told; the others are told at once."""
CALM_S: Mapping[Kind, float] = MappingProxyType({"nobody": 120.0, "only_small": 300.0, "platform": 180.0})
"""How long the good news has to. A second copy that is still there is told again within that."""
TOGETHER_S = 15.0
"""So long nothing is told after something was."""


class Alerts:
    """`admins` are those who are told, and `tell` hears it where nobody would see it (`porchlight ask`), in
    the words of `house_says`. `clock` is monotonic, `now` the wall clock."""

    def __init__(
        self,
        told: Told,
        look_at: Callable[[], Awaitable[Signs]],
        announce: Announce,
        admins: Callable[[], Sequence[Person]],
        speaking: Callable[[Person], English],
        tell: Callable[[str], None],
        house_says: English,
        *,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._told = told
        self._look_at = look_at
        self._announce = announce
        self._admins = admins
        self._speaking = speaking
        self._tell = tell
        self._house_says = house_says
        self._clock = clock
        self._now = now
        self._since: dict[tuple[str, str], float] = {}
        """Since when something has been so that is not told yet: what, and of which trouble."""
        self._said_at: float | None = None
        self._said: set[tuple[str, str]] = set()
        """What was told to whoever started the program, because nobody else looks."""
        self._numbers = count(1)

    async def look(self) -> None:
        """Tell what is new. Raises `StorageError`."""
        signs = await self._look_at()
        told = await self._told.still(signs)
        remedies = {trouble.key: trouble.remedy for trouble in told}
        new = [it for it in troubles_of(signs) if remedies.get(it.key) != it.remedy]
        over = [trouble for trouble in told if is_over(trouble, signs)]
        self._since = {
            (what, it.key): self._since.get((what, it.key), self._clock())
            for what, found in (("new", new), ("over", over))
            for it in found
        }
        new = [it for it in new if self._lasts("new", it) >= LASTS_S.get(it.kind, 0.0)]
        over = [it for it in over if self._lasts("over", it) >= CALM_S.get(it.kind, 0.0)]
        lately = self._said_at is not None and self._clock() - self._said_at < TOGETHER_S
        if (new or over) and not lately:
            await self._say(new, over, signs.mute)
            self._said_at = self._clock()

    def _lasts(self, what: str, trouble: Trouble) -> float:
        return self._clock() - self._since[what, trouble.key]

    async def _say(self, new: Sequence[Trouble], over: Sequence[Trouble], mute: Collection[str]) -> None:
        """Not on platforms that are `mute`: it would come when it is not true any more."""
        key = f"alert {self._now()} {next(self._numbers)}"
        notices = []
        for admin in self._admins():
            text = alert_text(self._speaking(admin), new, over)
            if admin.platform not in mute:
                notices.append(Notice(admin, None, key, text, silent=not new))
        also = [*(self._told.told(it, self._now()) for it in new), *(self._told.over(it) for it in over)]
        if await self._announce(notices, also):
            log.info(
                "Told the admins: %s",
                ", ".join([*(it.key for it in new), *(f"{it.key} is over" for it in over)]),
            )
            return
        unsaid = [it for it in new if (it.key, it.remedy) not in self._said]
        self._said |= {(it.key, it.remedy) for it in unsaid}
        if unsaid:
            self._tell(alert_text(self._house_says, unsaid, ()))


def free_bytes(folder: Path) -> int | None:
    """What is left of the disk; None if it does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def alert_text(say: English, new: Sequence[Trouble], over: Sequence[Trouble]) -> str:
    """The bad news first."""
    return "\n\n".join([*map(say.trouble, new), *map(say.trouble_over, over)])
