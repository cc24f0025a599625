"""A home to try access in: everything that decides who gets in, over one real database."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from core.access import Access
from core.allowance import Allowances
from core.chats import Chats
from core.invites import Invites
from core.knocks import Knocks
from core.people import Member, People
from core.second_factor import SecondFactor
from core.storage import Database, open_database
from core.types import Person
from tests.fakes import Clock

HOUR_S, DAY_S = 3600.0, 24 * 3600.0
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC).timestamp()
ADMIN = Person("stage", "1", "Anna")
BEN, CLEO = Person("stage", "2", "Ben"), Person("stage", "3", "Cleo")
SOFA = Person("terminal", "local")
"""Whoever sits at the machine."""
PASSWORD = "open-sesame-42"


@dataclass
class Home:
    database: Database
    clock: Clock
    people: People
    access: Access
    invites: Invites
    knocks: Knocks
    chats: Chats
    allowances: Allowances
    second_factor: SecondFactor

    def listed(self, person: Person) -> Member:
        member = self.access.member_of(person)
        assert member is not None
        return member


@asynccontextmanager
async def home(
    folder: Path, *, admins: Sequence[Person] = (ADMIN,), clock: Clock | None = None, hours_east: int = 0
) -> AsyncGenerator[Home, None]:
    """One run of the program; another one in the same folder is the next run, or a second one beside it."""
    clock = clock or Clock(NOON)
    zone = timezone(timedelta(hours=hours_east))
    async with open_database(folder / "test.db") as database:
        people = People(database, clock)
        access = Access(people, admins, house=[SOFA])
        await access.load()
        chats = Chats(database, people, clock)
        await chats.load()
        yield Home(
            database,
            clock,
            people,
            access,
            Invites(database, people, access, clock),
            Knocks(database, access, clock),
            chats,
            Allowances(database, people, lambda: datetime.fromtimestamp(clock(), zone)),
            SecondFactor(database, PASSWORD, clock, clock),
        )


def strangers(count: int) -> list[Person]:
    return [Person("stage", str(1000 + number), f"Stranger {number}") for number in range(count)]


async def link(home: Home, person: Person, other: Person) -> None:
    """The second account belongs to the same human as the first."""
    await home.database.write(
        (
            "INSERT INTO accounts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET person = excluded.person",
            (other.platform, other.id, home.listed(person).id),
        )
    )
    await home.access.load()


async def all_that_is_kept(database: Database) -> str:
    """Every value in every table."""
    tables = await database.read("SELECT name FROM sqlite_schema WHERE type = 'table'")
    found: list[str] = []
    for table in tables:
        rows = await database.read(f"SELECT * FROM {table['name']}")
        found += [str(value) for row in rows for value in tuple(row)]
    return "\n".join(found)


async def count_in(database: Database, table: str) -> int:
    row = await database.read_one(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])
