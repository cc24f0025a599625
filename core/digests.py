"""Who wants the digest how often, and of which days each has it.

What is due is decided by local dates on disk and not by a timer: a day for which there is a row has had its
digest, whatever the clock was set to since; a day without one gets it at the first look at or after the time
of day that was set. Because days are remembered one by one, a clock that was wrong for a while takes no
digest from the days it skipped.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal, get_args

from core.storage import Database, Statement
from core.types import Person

Often = Literal["daily", "weekly", "off"]
OFTEN: tuple[Often, ...] = get_args(Often)
LESS: Mapping[Often, Often] = MappingProxyType({"daily": "weekly", "weekly": "off", "off": "off"})
"""The next rarer one."""
DAYS_KEPT = 400
"""The newest of each person, in the order in which they were written."""


def is_due(often: Often, had: Collection[date], local: datetime, at: time) -> bool:
    """`had` are the days of which there was a digest. A weekly one comes with the first day of the week on
    which anybody can be reached; and not in a week that already had one."""
    if often == "off" or local.time() < at:
        return False
    today = local.date()
    if often == "daily":
        return today not in had
    monday = today - timedelta(days=today.weekday())
    return not any(monday + timedelta(days=day) in had for day in range(7))


class Digests:
    """`member` is the number of somebody who is listed (core/people.py). Every coroutine raises
    `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def often(self, member: int) -> Often:
        row = await self._database.read_one("SELECT often FROM digest_choices WHERE person = ?", (member,))
        return row["often"] if row else "daily"

    async def choose(self, member: int, often: Often) -> None:
        await self._database.write(
            (
                "INSERT INTO digest_choices VALUES (?, ?) ON CONFLICT DO UPDATE SET often = excluded.often",
                (member, often),
            )
        )

    async def had(self, member: int) -> set[date]:
        rows = await self._database.read("SELECT day FROM digests WHERE person = ?", (member,))
        return {date.fromisoformat(row["day"]) for row in rows}

    async def is_refused(self, person: Person) -> bool:
        """Does the last thing that was to be said to them in private stand nowhere, as with somebody who has
        blocked us?"""
        row = await self._database.read_one(
            "SELECT EXISTS (SELECT 1 FROM posts WHERE incoming = inbox.id AND post IS NOT NULL) AS stands"
            " FROM inbox WHERE platform = ? AND person = ? AND chat_kind = 'private' AND state = 'closed'"
            " AND answer != '' ORDER BY id DESC LIMIT 1",
            (person.platform, person.id),
        )
        return row is not None and not row["stands"]

    def has(self, member: int, day: date) -> list[Statement]:
        """To be written in the transaction that keeps the digest to be shown, which fails if that day was had
        before."""
        return [
            ("INSERT INTO digests VALUES (?, ?)", (member, day.isoformat())),
            (
                "DELETE FROM digests WHERE person = ? AND rowid NOT IN"
                " (SELECT rowid FROM digests WHERE person = ? ORDER BY rowid DESC LIMIT ?)",
                (member, member, DAYS_KEPT),
            ),
        ]
