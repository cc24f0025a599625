"""Everything the house knows of people, in one bundle: who is in, who knocks, who may ask how much."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from core.access import Access
from core.allowance import Allowances
from core.chats import Chats
from core.invites import Invites
from core.knocks import Knocks
from core.people import Account, People, account_of
from core.second_factor import SecondFactor
from core.storage import Database
from core.types import Person


@dataclass(frozen=True, slots=True)
class Family:
    access: Access
    chats: Chats
    knocks: Knocks
    invites: Invites
    allowances: Allowances
    factor: SecondFactor
    spoken: dict[Account, str]
    """The language of each account's own client, as far as they wrote to us."""

    def language_of(self, person: Person) -> str:
        """What they chose, or that of their client, also where nobody is writing just now."""
        return self.access.language_of(person) or self.spoken.get(account_of(person), "")

    def is_unlocked(self, person: Person) -> bool:
        """May this admin change things now? Whoever sits at the machine could read the password there."""
        return self.access.is_in_house(person) or self.factor.is_unlocked(person)


async def family_of(
    database: Database,
    *,
    admins: Iterable[Person],
    house: Iterable[Person],
    password: str | None,
    clock: Callable[[], float],
    now: Callable[[], float],
    local_now: Callable[[], datetime],
) -> Family:
    """`admins` are named by the settings, `house` sits at this machine; `password` is the second factor,
    if there is one. Raises `StorageError`."""
    people = People(database, now)
    access = Access(people, admins, house)
    chats = Chats(database, people, now)
    await access.load()
    await chats.load()
    return Family(
        access,
        chats,
        Knocks(database, access, now),
        Invites(database, people, access, now),
        Allowances(database, people, local_now),
        SecondFactor(database, password, clock, now),
        await spoken(database),
    )


async def spoken(database: Database) -> dict[Account, str]:
    """From what came in last."""
    rows = await database.read(
        "SELECT platform, person, person_language, max(id) FROM inbox WHERE person_language <> ''"
        " GROUP BY platform, person"
    )
    return {(row["platform"], row["person"]): row["person_language"] for row in rows}
