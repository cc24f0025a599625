"""Who used how much: questions counted by person, from the inbox, without reading a word of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.people import Member
from core.storage import Database

WEEK_DAYS, MONTH_DAYS = 7, 30


@dataclass(frozen=True, slots=True)
class Used:
    """What one human asked; who is no member any more is counted under None, together with all such."""

    member: Member | None
    today: int
    week: int
    month: int
    """In the last so many days, today among them."""
    from_the_web: int
    """Of those of the month, how many were looked up on the web."""


async def used(database: Database, members: Sequence[Member], local_now: datetime) -> list[Used]:
    """By whom most was asked comes first; members who asked nothing are left out. Days are those of
    `local_now`. Raises `StorageError`."""
    midnight = datetime.combine(local_now.date(), time.min, local_now.tzinfo)
    rows = await database.read(
        "SELECT platform, person, count(*) FILTER (WHERE accepted_at >= :today) AS today,"
        " count(*) FILTER (WHERE accepted_at >= :week) AS week, count(*) AS month,"
        " count(*) FILTER (WHERE mode <> 'chat') AS from_the_web FROM inbox"
        " WHERE question IS NOT NULL AND accepted_at >= :month GROUP BY platform, person",
        {
            "today": midnight.timestamp(),
            "week": (midnight - timedelta(days=WEEK_DAYS - 1)).timestamp(),
            "month": (midnight - timedelta(days=MONTH_DAYS - 1)).timestamp(),
        },
    )
    whose = {account: member for member in members for account in member.accounts}
    sums: dict[int | None, Used] = {}
    for row in rows:
        member = whose.get((row["platform"], row["person"]))
        before = sums.get(member.id if member else None, Used(member, 0, 0, 0, 0))
        sums[member.id if member else None] = Used(
            member,
            before.today + row["today"],
            before.week + row["week"],
            before.month + row["month"],
            before.from_the_web + row["from_the_web"],
        )
    return sorted(sums.values(), key=lambda it: -it.month)
