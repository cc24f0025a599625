"""What was decided about a chat: whether we stay in this group, and what was chosen for it.

Groups are allowed one by one, and a group is one with all its topics. What nobody allowed is refused, and
that is remembered, so that we say so once and not each time somebody puts us there again. Everything is in
memory (core/mirror.py), as it is asked at every step.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Row

from core.mirror import Mirror
from core.people import People, clean_name
from core.storage import Database, Statement, Value
from core.types import Chat, Person

REFUSED_KEPT_S = 30 * 24 * 3600.0
REFUSED_MAX = 200
"""The oldest refusals are forgotten first."""
LINES_WINDOW_S = 3600.0
LINES_MAX = 20
"""So many groups an hour hear why we leave; from the others we go without a word."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is known of one chat."""

    platform: str
    id: str
    allowed: bool | None
    """None: nobody has said, which is a no."""
    title: str
    decided_at: float | None
    drafts: bool | None
    """None: as the program does by itself."""


Place = tuple[str, str]


class Chats:
    """`now` is the wall clock. Until `load` was awaited, no group is allowed. Every coroutine raises
    `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, people: People, now: Callable[[], float]) -> None:
        self._people = people
        self._now = now
        self._refusing = asyncio.Lock()  # so that whoever comes second knows of the first
        self._mirror: Mirror[dict[Place, Decided]] = Mirror(
            database, "SELECT * FROM chats ORDER BY title, platform, id", _by_place, {}
        )

    async def load(self) -> None:
        await self._mirror.load()

    # ── Groups ────────────────────────────────────────────────────────────────────────────────────

    def is_allowed(self, chat: Chat) -> bool:
        """Whether we are there at all; in a private chat it is the person who counts."""
        return chat.kind == "private" or self._decided(chat).allowed is True

    def groups(self) -> list[Decided]:
        """Those that are allowed, by title."""
        return [decided for decided in self._mirror.value.values() if decided.allowed]

    async def allow_group(self, chat: Chat, title: str, by: Person) -> None:
        member = self._people.find(by)
        await self._mirror.change(self._decision(chat, True, title, member.id if member else None))

    async def refuse_group(self, chat: Chat, title: str = "") -> bool:
        """We leave. True if that is to be said there, once; an allowed group is refused from now on."""
        async with self._refusing:
            if self._decided(chat).allowed is False:
                return False
            since = self._now() - LINES_WINDOW_S
            refused = [decided for decided in self._mirror.value.values() if decided.allowed is False]
            lately = sum((decided.decided_at or 0) > since for decided in refused)
            await self._mirror.change(self._decision(chat, False, title, None), *self._forgetting())
            return lately < LINES_MAX

    def is_waiting(self, chat: Chat) -> bool:
        """We are there, and nobody has decided yet."""
        return _place(chat) in self._mirror.value and self._decided(chat).allowed is None

    async def heard_of(self, chat: Chat, title: str) -> None:
        """What it is called; nothing is decided."""
        await self._mirror.change(
            (
                "INSERT INTO chats (platform, id, title) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET title = excluded.title",
                (*_place(chat), clean_name(title)),
            )
        )

    async def move_group(self, old: Chat, new: Chat) -> None:
        """The platform gave it another id: what was decided goes with it."""
        if _place(old) in self._mirror.value and _place(old) != _place(new):
            await self._mirror.change(
                ("DELETE FROM chats WHERE platform = ? AND id = ?", _place(new)),
                (
                    "UPDATE chats SET platform = ?, id = ? WHERE platform = ? AND id = ?",
                    (*_place(new), *_place(old)),
                ),
            )

    # ── Choices ───────────────────────────────────────────────────────────────────────────────────

    def drafts(self, chat: Chat) -> bool | None:
        """Whether growing answers are shown as drafts there; None: nobody has chosen."""
        return self._decided(chat).drafts

    async def choose_drafts(self, chat: Chat, drafts: bool | None) -> None:
        await self._mirror.change(
            (
                "INSERT INTO chats (platform, id, drafts) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET drafts = excluded.drafts",
                (*_place(chat), drafts),
            )
        )

    # ── How it is known ───────────────────────────────────────────────────────────────────────────

    def _decided(self, chat: Chat) -> Decided:
        platform, whole_id = _place(chat)
        nothing = Decided(platform, whole_id, None, "", None, None)
        return self._mirror.value.get((platform, whole_id), nothing)

    def _decision(self, chat: Chat, allowed: bool, title: str, by: int | None) -> Statement:
        facts: tuple[Value, ...] = (*_place(chat), allowed, clean_name(title), self._now(), by)
        return (
            "INSERT INTO chats (platform, id, allowed, title, decided_at, decided_by)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET allowed = excluded.allowed,"
            " title = iif(excluded.title = '', title, excluded.title),"
            " decided_at = excluded.decided_at, decided_by = excluded.decided_by",
            facts,
        )

    def _forgetting(self) -> list[Statement]:
        """Refusals that are old, or too many."""
        return [
            ("DELETE FROM chats WHERE allowed = 0 AND decided_at < ?", (self._now() - REFUSED_KEPT_S,)),
            (
                "DELETE FROM chats WHERE allowed = 0 AND (platform, id) NOT IN (SELECT platform, id"
                " FROM chats WHERE allowed = 0 ORDER BY decided_at DESC LIMIT ?)",
                (REFUSED_MAX,),
            ),
        ]


def _place(chat: Chat) -> Place:
    return chat.platform, chat.whole_id


def _by_place(rows: list[Row]) -> dict[Place, Decided]:
    return {
        (row["platform"], row["id"]): Decided(
            platform=row["platform"],
            id=row["id"],
            allowed=None if row["allowed"] is None else bool(row["allowed"]),
            title=row["title"],
            decided_at=row["decided_at"],
            drafts=None if row["drafts"] is None else bool(row["drafts"]),
        )
        for row in rows
    }
