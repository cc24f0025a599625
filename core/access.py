"""Who somebody is here and what they may do. Nobody is let in who is not listed.

A person is a platform and an id, never a name. Everything that acts for a person asks `role_of` first;
None means a stranger, who gets nothing. Three kinds of people are let in:

    the house     whoever sits at this machine: always an admin, but nobody counts on them
    named         whom the settings call an admin: always one, whatever is listed
    listed        whoever claimed the bot, was invited, or was let in at the door (core/people.py)

The answers come from memory, which follows every change when it is on disk. Here it is also decided
which changes may be: the settings are not overruled, and somebody is always left who may undo things.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from core.people import Member, People, account_of
from core.roles import MINORS, ROLES, Role
from core.types import Person

__all__ = ["MINORS", "ROLES", "Access", "Change", "Member", "Role"]

Change = Literal["done", "unchanged", "unknown", "named", "last_admin"]
"""What came of a change. `unchanged`: it was so before; `unknown`: there is no such member; `named`: the
settings make this person an admin, and only they can end that; `last_admin`: nobody would be left."""


class Access:
    """`admins` are those whom the settings name, `house` those who sit at this machine. Until `load`
    was awaited, nobody else is known. Every coroutine raises `StorageError`, and then nothing changed."""

    def __init__(self, people: People, admins: Iterable[Person] = (), house: Iterable[Person] = ()) -> None:
        self._people = people
        self._named = {account_of(person): person for person in admins}
        self._house = {account_of(person): person for person in house}
        self._deciding = asyncio.Lock()  # so that two admins cannot remove each other at once

    async def load(self) -> None:
        await self._people.load([*self._named.values(), *self._house.values()])

    # ── Who is who ────────────────────────────────────────────────────────────────────────────────

    def role_of(self, person: Person) -> Role | None:
        """None for a stranger."""
        if account_of(person) in self._named | self._house:
            return "admin"
        member = self.member_of(person)
        return member.role if member else None

    def member_of(self, person: Person) -> Member | None:
        """With the role they have here. Whoever sits in the house is one too; a stranger is none."""
        return self._effective(self._people.find(person))

    def member(self, member: int) -> Member | None:
        return self._effective(self._people.get(member))

    def members(self) -> list[Member]:
        """The family as it is listed: by role, then by name; without the house."""
        listed = [self._effective(member) for member in self._people.all() if not self._in_house(member)]
        return sorted(filter(None, listed), key=_place)

    def admins(self) -> list[Person]:
        """By each of their accounts, for what every admin should hear; without the house."""
        return [
            Person(platform, account, member.name, member.language)
            for member in self.members()
            if member.role == "admin"
            for platform, account in member.accounts
        ] or list(self._named.values())

    def is_in_house(self, person: Person) -> bool:
        return account_of(person) in self._house

    def has_admin(self) -> bool:
        """Besides whoever sits in the house."""
        return bool(self.admins())

    def language_of(self, person: Person) -> str:
        """What they chose, or the language of their own client."""
        member = self._people.find(person)
        return (member.language if member else "") or person.language

    # ── What may be changed ───────────────────────────────────────────────────────────────────────

    async def let_in(
        self, person: Person, role: Role, *, name: str = "", language: str = "", by: Person | None = None
    ) -> Change:
        """Whoever is listed already keeps the role they have: a card may be old when it is pressed."""
        if self.role_of(person) is not None:
            return "unchanged"
        inviter = self._people.find(by) if by else None
        await self._people.let_in(person, role, name, language, inviter.id if inviter else None)
        return "done"

    async def set_role(self, member: int, role: Role) -> Change:
        async with self._deciding:
            known = self.member(member)
            if known is not None and known.role == role:
                return "unchanged"
            if refused := self._refused(known):
                return refused
            await self._people.set_role(member, role)
            return "done"

    async def remove(self, member: int, *, words: bool = False) -> Change:
        """Their allowance, choices and invites go with them, and what they wrote only if `words`."""
        async with self._deciding:
            if refused := self._refused(self.member(member)):
                return refused
            await self._people.remove(member, words=words)
            return "done"

    async def part(self, person: Person) -> Change:
        """This account belongs to its member no more, if they have another one; a named admin's stays one
        all the same."""
        async with self._deciding:
            member = self.member_of(person)
            if member is None or len(member.accounts) < 2:
                return "unknown"
            await self._people.part(person.platform, person.id)
            return "done"

    async def rename(self, member: int, name: str) -> Change:
        if self.member(member) is None:
            return "unknown"
        await self._people.set_name(member, name)
        return "done"

    async def choose_language(self, person: Person, language: str) -> Change:
        """Empty: that of their own client."""
        member = self.member_of(person)
        if member is None:
            return "unknown"
        await self._people.set_language(member.id, language)
        return "done"

    def _refused(self, member: Member | None) -> Change | None:
        """Why this one may neither go nor lose their role."""
        if member is None or self._in_house(member):
            return "unknown"
        if self._is_named(member):
            return "named"
        admins = [other.id for other in self.members() if other.role == "admin"]
        return "last_admin" if admins == [member.id] else None

    # ── How it is known ───────────────────────────────────────────────────────────────────────────

    def _effective(self, member: Member | None) -> Member | None:
        """With the role that counts; none if that is no role."""
        if member is None:
            return None
        if self._is_named(member) or self._in_house(member):
            return replace(member, role="admin")
        return member if member.role else None

    def _is_named(self, member: Member) -> bool:
        return any(account in self._named for account in member.accounts)

    def _in_house(self, member: Member) -> bool:
        return any(account in self._house for account in member.accounts)


def _place(member: Member) -> tuple[int, str, int]:
    return ROLES.index(member.role) if member.role else len(ROLES), member.name.casefold(), member.id
