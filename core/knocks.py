"""Strangers at the door: that somebody knocked, and who has to hear of it. Not a word they say is kept.

A stranger is told once a day that this is a private house, and once a week the admins are shown a card
with their name. However many knock, an hour has room for a few of both; those for whom there was no room
on a card, or no admin to see it yet, are counted on the next one. Whoever was blocked gets nothing, and
neither does anybody hear of them. Whoever is let in is a stranger no more, and forgotten here
(core/people.py).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Row

from core.access import Access, Change
from core.people import clean_name
from core.roles import Role
from core.storage import Database
from core.types import Person

HOUR_S = 3600.0
TOLD_EVERY_S = 24 * HOUR_S
TOLD_PER_HOUR_MAX = 30
SHOWN_EVERY_S = 7 * 24 * HOUR_S
SHOWN_PER_HOUR_MAX = 5
KEPT_S = 30 * 24 * HOUR_S
KEPT_MAX = 500
"""Besides those who were told or shown lately, who are few, and the blocked."""


@dataclass(frozen=True, slots=True)
class Card:
    """For the admins: somebody would like to come in."""

    person: Person
    others: int
    """So many more have knocked since the last card, and had none of their own."""


@dataclass(frozen=True, slots=True)
class Knock:
    """What is to happen now; mostly nothing."""

    tell: bool = False
    """The stranger gets the one neutral line."""
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Lately:
    """What all strangers together were given within the last hour."""

    told: int
    shown: int


class Knocks:
    """`now` is the wall clock; one that is set back gives nobody more. Every coroutine raises
    `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, access: Access, now: Callable[[], float]) -> None:
        self._database = database
        self._access = access
        self._now = now
        self._answering = asyncio.Lock()  # one after the other, so that limits hold to the number

    async def knock(self, person: Person) -> Knock:
        """A stranger wrote. What is given back is written down as done."""
        async with self._answering:
            now = self._now()
            known, lately = await self._known(person), await self._lately()
            if known is not None and known["blocked"]:
                return Knock()
            told_at, shown_at = (known["told_at"], known["shown_at"]) if known else (None, None)
            tell = _is_due(told_at, TOLD_EVERY_S, now) and lately.told < TOLD_PER_HOUR_MAX
            wants_card = _is_due(shown_at, SHOWN_EVERY_S, now)
            show = wants_card and lately.shown < SHOWN_PER_HOUR_MAX and bool(self._access.admins())
            others = await self._others(person) if show else 0
            await self._database.write(
                *([("UPDATE knocks SET held_back = 0", ())] if show else ()),
                (
                    "INSERT INTO knocks (platform, person, name, knocked_at, told_at, shown_at, held_back)"
                    " VALUES (:platform, :person, :name, :now, iif(:tell, :now, NULL),"
                    " iif(:show, :now, NULL), :held_back)"
                    " ON CONFLICT DO UPDATE SET name = excluded.name, knocked_at = excluded.knocked_at,"
                    " told_at = coalesce(excluded.told_at, told_at),"
                    " shown_at = coalesce(excluded.shown_at, shown_at), held_back = excluded.held_back",
                    {
                        "platform": person.platform,
                        "person": person.id,
                        "name": clean_name(person.name),
                        "now": now,
                        "tell": tell,
                        "show": show,
                        "held_back": wants_card and not show,
                    },
                ),
            )
            return Knock(tell, Card(_stranger(person), others) if show else None)

    async def knocked(self, within_s: float) -> int:
        """How many strangers did in the last so many seconds; without the blocked."""
        row = await self._database.read_one(
            "SELECT count(*) FROM knocks WHERE NOT blocked AND knocked_at > ?", (self._now() - within_s,)
        )
        return row[0] if row else 0

    async def blocked(self, limit: int) -> list[Person]:
        """Whoever knocked last comes first."""
        rows = await self._database.read(
            "SELECT * FROM knocks WHERE blocked ORDER BY knocked_at DESC LIMIT ?", (limit,)
        )
        return [_person(row) for row in rows]

    async def allow(self, person: Person, role: Role, by: Person) -> Change:
        """Let this stranger in, by the name under which they knocked; blocked or not."""
        known = await self._known(person)
        name = known["name"] if known else person.name
        return await self._access.let_in(person, role, name=name, by=by)

    async def block(self, person: Person) -> None:
        """Of somebody who is in, this shows when they were removed."""
        await self._database.write(
            (
                "INSERT INTO knocks (platform, person, name, knocked_at, blocked) VALUES (?, ?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET blocked = 1, held_back = 0",
                (person.platform, person.id, clean_name(person.name), self._now()),
            )
        )

    async def unblock(self, person: Person) -> None:
        """They are a stranger like any other again."""
        await self._database.write(
            ("DELETE FROM knocks WHERE platform = ? AND person = ? AND blocked", (person.platform, person.id))
        )

    # ── What is known ─────────────────────────────────────────────────────────────────────────────

    async def _known(self, person: Person) -> Row | None:
        return await self._database.read_one(
            "SELECT * FROM knocks WHERE platform = ? AND person = ?", (person.platform, person.id)
        )

    async def _lately(self) -> Lately:
        """After putting the table in order: what lies in the future was just now, and what nothing
        depends on any more is forgotten."""
        now = self._now()
        (row,) = await self._database.write(
            (
                "UPDATE knocks SET knocked_at = min(knocked_at, :now), told_at = min(told_at, :now),"
                " shown_at = min(shown_at, :now) WHERE max(knocked_at, coalesce(told_at, 0),"
                " coalesce(shown_at, 0)) > :now",
                {"now": now},
            ),
            (
                "DELETE FROM knocks WHERE NOT blocked AND (told_at IS NULL OR told_at <= :told)"
                " AND (shown_at IS NULL OR shown_at <= :shown)"
                " AND (knocked_at <= :old OR (platform, person) NOT IN"
                " (SELECT platform, person FROM knocks ORDER BY knocked_at DESC LIMIT :kept))",
                {
                    "told": now - TOLD_EVERY_S,
                    "shown": now - SHOWN_EVERY_S,
                    "old": now - KEPT_S,
                    "kept": KEPT_MAX,
                },
            ),
            (
                "SELECT count(*) FILTER (WHERE told_at > :lately) AS told,"
                " count(*) FILTER (WHERE shown_at > :lately) AS shown FROM knocks",
                {"lately": now - HOUR_S},
            ),
        )
        return Lately(row["told"], row["shown"])

    async def _others(self, person: Person) -> int:
        row = await self._database.read_one(
            "SELECT count(*) FROM knocks WHERE held_back AND (platform, person) != (?, ?)",
            (person.platform, person.id),
        )
        return row[0] if row else 0


def _is_due(last: float | None, every_s: float, now: float) -> bool:
    return last is None or now - last >= every_s


def _person(row: Row) -> Person:
    return Person(row["platform"], row["person"], row["name"])


def _stranger(person: Person) -> Person:
    return Person(person.platform, person.id, clean_name(person.name), person.language)
