"""How many questions each may ask: counted on disk, so that a restart does not give more.

A minute is one of the clock, a day one of the family's calendar. What is counted belongs to the human, so
two accounts share it. A clock that is set back gives nothing: what was counted for a time that is now to
come goes on counting. Only a day so far ahead that the clock must have been wrong is not waited for; then
the count is kept, and the day becomes today's.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from sqlite3 import Row
from typing import Literal

from core.people import People
from core.roles import ALLOWANCES, RESEARCHES, Allowance, Role, What
from core.storage import Database
from core.types import Person

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UsedUp:
    what: Literal["minute", "day"]
    until: datetime
    """From then on there is more; in the family's time."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What somebody has used. Minutes are counted since 1970."""

    day: date
    in_day: int
    minute: int
    in_minute: int


def with_one_more(spent: Spent | None, now: datetime, allowance: Allowance) -> tuple[Spent, UsedUp | None]:
    """What is to be kept, also where the question is refused: only then is a day that a wrong clock had
    shown put right. None: there was one left."""
    spent = _brought_up_to(now, spent)
    if spent.in_day >= allowance.a_day:
        return spent, UsedUp("day", datetime.combine(spent.day + A_DAY, time.min, now.tzinfo))
    if spent.in_minute >= allowance.a_minute:
        return spent, UsedUp("minute", datetime.fromtimestamp((spent.minute + 1) * 60, now.tzinfo))
    return replace(spent, in_day=spent.in_day + 1, in_minute=spent.in_minute + 1), None


def _brought_up_to(now: datetime, spent: Spent | None) -> Spent:
    """What still counts: a day or minute that is over does not."""
    today, minute = now.date(), int(now.timestamp() // 60)
    if spent is None:
        return Spent(today, 0, minute, 0)
    if spent.day < today:
        spent = replace(spent, day=today, in_day=0)
    elif spent.day > today + A_DAY:
        spent = replace(spent, day=today)
    return replace(spent, minute=minute, in_minute=0 if spent.minute < minute else spent.in_minute)


class Allowances:
    """`local_now` is the time in the family's time zone. Both coroutines raise `StorageError`, and then
    nothing was spent."""

    def __init__(
        self,
        database: Database,
        people: People,
        local_now: Callable[[], datetime],
        allowances: Mapping[Role, Allowance | None] = ALLOWANCES,
        researches: Mapping[Role, Allowance | None] = RESEARCHES,
    ) -> None:
        self._database = database
        self._people = people
        self._local_now = local_now
        self._allowances: Mapping[What, Mapping[Role, Allowance | None]]
        self._allowances = {"question": allowances, "research": researches}
        self._spending = asyncio.Lock()  # nobody else reads between our reading and our writing

    async def spend(self, person: Person, role: Role, what: What = "question") -> UsedUp | None:
        """One of these; None if there was one left."""
        allowance, member = self._allowances[what][role], self._people.find(person)
        if allowance is None:
            return None
        if member is None:
            raise ValueError("whoever has an allowance is listed")
        async with self._spending:
            before = await self._spent(member.id, what)
            spent, result = with_one_more(before, self._local_now(), allowance)
            if spent != before:
                await self._database.write(
                    (
                        "INSERT OR REPLACE INTO spent VALUES (?, ?, ?, ?, ?, ?)",
                        (
                            *(member.id, what, spent.day.isoformat()),
                            *(spent.in_day, spent.minute, spent.in_minute),
                        ),
                    )
                )
            return result

    async def today(self) -> dict[int, int]:
        """How many questions each member with an allowance has asked today, by the member's id."""
        rows = await self._database.read("SELECT * FROM spent WHERE what = 'question'")
        spent = {row["person"]: _brought_up_to(self._local_now(), _spent(row)) for row in rows}
        return {member: counted.in_day for member, counted in spent.items()}

    async def _spent(self, member: int, what: What) -> Spent | None:
        row = await self._database.read_one(
            "SELECT * FROM spent WHERE person = ? AND what = ?", (member, what)
        )
        return _spent(row) if row else None


def _spent(row: Row) -> Spent:
    return Spent(date.fromisoformat(row["day"]), row["in_day"], row["minute"], row["in_minute"])
