"""The people of the house: who is listed, by which accounts, and what they chose for themselves.

One human is one `Member`, however many accounts they have: role, language and allowance are theirs, and an
account only leads to them. All of them are in memory (core/mirror.py), so finding somebody waits for
nothing. Whether a change is a good idea is not decided here but in core/access.py.
"""

import logging
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from sqlite3 import Row

from core.mirror import Mirror
from core.roles import Role
from core.storage import Database, Statement, Value
from core.types import Person

log = logging.getLogger(__name__)

NAME_LETTERS_MAX = 64
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what cannot be seen, or changes how the rest is seen (text that runs backwards)."""

UNWANTED = frozenset("[]<>`*_~|\\\u2800\u3164\uffa0\u115f\u1160")
"""What would be formatting where the name is shown, a link even; and letters that nobody sees."""

Account = tuple[str, str]
"""A platform, and its id of somebody there."""


@dataclass(frozen=True, slots=True)
class Member:
    """One human."""

    id: int
    name: str
    role: Role | None
    """None: they are no member by this row; it keeps the choices of somebody whom the settings name."""
    language: str
    """What they chose; empty: that of their own client."""
    added_at: float
    added_by: int | None
    accounts: tuple[Account, ...]


class People:
    """`now` is the wall clock. Every coroutine raises `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._now = now
        self._mirror: Mirror[dict[int, Member]] = Mirror(
            database,
            "SELECT people.*, accounts.platform, accounts.id AS account FROM people"
            " JOIN accounts ON accounts.person = people.id ORDER BY people.id, platform, accounts.id",
            _members,
            {},
        )

    # ── From memory ───────────────────────────────────────────────────────────────────────────────

    def all(self) -> list[Member]:
        return list(self._mirror.value.values())

    def get(self, member: int) -> Member | None:
        return self._mirror.value.get(member)

    def find(self, person: Person) -> Member | None:
        account = account_of(person)
        return next((member for member in self.all() if account in member.accounts), None)

    # ── Changes ───────────────────────────────────────────────────────────────────────────────────

    async def load(self, named: Iterable[Person] = ()) -> None:
        """Read them all. Whoever is `named` gets a row without a role if they have none yet, for what
        they will choose."""
        await self._mirror.change(*(step for person in named for step in self._met(person)))

    async def let_in(
        self, person: Person, role: Role, name: str, language: str, by: int | None, *also: Statement
    ) -> None:
        """From now on this person is a member in that role, and no stranger any more; `also` happens in
        the same transaction, or nothing does. A member keeps the name and language they have."""
        known: dict[str, Value] = {
            "platform": person.platform,
            "account": person.id,
            "now": self._now(),
            "by": by,
            "role": role,
            "name": clean_name(name),
            "language": language,
        }
        await self._mirror.change(
            *self._met(person),
            (
                "UPDATE people SET name = iif(role IS NULL AND :name <> '', :name, name),"
                " language = iif(language = '', :language, language),"
                " added_at = iif(role IS NULL, :now, added_at), added_by = iif(role IS NULL, :by, added_by),"
                " role = :role"
                " WHERE id = (SELECT person FROM accounts WHERE platform = :platform AND id = :account)",
                known,
            ),
            ("DELETE FROM knocks WHERE platform = :platform AND person = :account", known),
            *also,
        )
        log.info("%s %s was let in as %s, by %s", person.platform, person.id, role, by or "the house")

    async def join(self, person: Person, member: int, *also: Statement) -> None:
        """This account is one more of that member; what it was before goes into them. `also` as above."""
        known: dict[str, Value] = {
            "platform": person.platform,
            "account": person.id,
            "into": member,
            "was": was.id if (was := self.find(person)) else None,
        }
        await self._mirror.change(
            (
                "INSERT INTO accounts VALUES (:platform, :account, :into)"
                " ON CONFLICT DO UPDATE SET person = excluded.person",
                known,
            ),
            ("DELETE FROM knocks WHERE platform = :platform AND person = :account", known),
            (
                "UPDATE spent SET day = max(spent.day, other.day), in_day = iif(other.day < spent.day, 0,"
                " other.in_day) + iif(other.day > spent.day, 0, spent.in_day)"
                " FROM spent AS other WHERE spent.person = :into AND other.person = :was"
                " AND other.what = spent.what AND :was <> :into",
                known,
            ),
            ("UPDATE OR IGNORE spent SET person = :into WHERE person = :was", known),
            ("UPDATE invites SET made_by = :into WHERE made_by = :was", known),
            (
                "DELETE FROM people WHERE id = :was"
                " AND NOT EXISTS (SELECT 1 FROM accounts WHERE person = :was)",
                known,
            ),
            *also,
        )
        log.info("%s %s is one more account of member %d", person.platform, person.id, member)

    async def part(self, platform: str, account: str) -> None:
        """This account is nobody's any more."""
        await self._mirror.change(("DELETE FROM accounts WHERE platform = ? AND id = ?", (platform, account)))
        log.info("%s %s was parted from its member", platform, account)

    async def set_role(self, member: int, role: Role) -> None:
        await self._mirror.change(("UPDATE people SET role = ? WHERE id = ?", (role, member)))
        log.info("Member %d is now %s", member, role)

    async def set_name(self, member: int, name: str) -> None:
        await self._mirror.change(("UPDATE people SET name = ? WHERE id = ?", (clean_name(name), member)))

    async def set_language(self, member: int, language: str) -> None:
        """Empty: that of their own client."""
        await self._mirror.change(("UPDATE people SET language = ? WHERE id = ?", (language, member)))

    async def remove(self, member: int, *, words: bool) -> None:
        """With all that is theirs here; what they wrote goes only if `words`, and only what is at its end:
        something else may be working on the rest."""
        words_too: list[Statement] = [
            (
                "DELETE FROM inbox WHERE state IN ('closed', 'poison')"
                " AND (platform, person) IN (SELECT platform, id FROM accounts WHERE person = ?)",
                (member,),
            ),
            (
                "DELETE FROM conversations"
                " WHERE (platform, person) IN (SELECT platform, id FROM accounts WHERE person = ?)",
                (member,),
            ),
        ]
        await self._mirror.change(
            *(words_too if words else ()), ("DELETE FROM people WHERE id = ?", (member,))
        )
        log.info("Member %d was removed", member)

    def _met(self, person: Person) -> list[Statement]:
        """That this account leads to a row, be it one without a role."""
        known: dict[str, Value] = {
            "platform": person.platform,
            "account": person.id,
            "name": clean_name(person.name),
            "now": self._now(),
        }
        return [
            (
                "INSERT INTO people (name, added_at) SELECT :name, :now"
                " WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE platform = :platform AND id = :account)",
                known,
            ),
            (  # It is that row's number only if there is one: otherwise the account is there as well.
                "INSERT INTO accounts SELECT :platform, :account, last_insert_rowid()"
                " WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE platform = :platform AND id = :account)",
                known,
            ),
        ]


def account_of(person: Person) -> Account:
    return person.platform, person.id


def clean_name(name: str) -> str:
    """As it can be shown to somebody who has to decide about it: in one line, not too long, and nothing in
    it that cannot be seen."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFC", name)
        if letter.isspace() or (unicodedata.category(letter) not in HIDDEN and letter not in UNWANTED)
    )
    return " ".join(seen.split())[:NAME_LETTERS_MAX].rstrip()


def _members(rows: list[Row]) -> dict[int, Member]:
    """Of a query that has one row for each account."""
    members: dict[int, Member] = {}
    for row in rows:
        known = members.get(row["id"])
        members[row["id"]] = Member(
            id=row["id"],
            name=row["name"],
            role=row["role"],
            language=row["language"],
            added_at=row["added_at"],
            added_by=row["added_by"],
            accounts=(*(known.accounts if known else ()), (row["platform"], row["account"])),
        )
    return members
