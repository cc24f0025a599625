"""Codes that let somebody in: an invite from an admin, the claim that makes the first admin, or a link that
brings another account to somebody who is in.

    invite, claim_code, ──► open ──► used     a code is 128 random bits, used once, for a week at most
    link_code                 └────► expired  (a claim for an hour, a link less), and kept as its hash only

Because the hash is looked up, and not compared letter by letter, there is no time to be measured: what a
guess has in common with a code says nothing of what their hashes have in common. With 128 bits nobody
guesses one anyway; wrong tries are limited all the same, so that nobody has a reason to try.

A right code works whatever others try: only one's own wrong tries stand in one's way. When a redeemed code
comes again from the same account, as after a crash, the result is the same.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Row
from typing import Literal

from core.access import Access
from core.people import People, clean_name
from core.roles import ROLES, Role
from core.storage import Database, Statement
from core.tries import Counted, WrongTries
from core.types import Person

INVITE_S = 7 * 24 * 3600.0
CLAIM_S = 3600.0
LINK_S = 15 * 60.0
KEPT_S = 30 * 24 * 3600.0
"""How long a code that is over is still known as one, which is a better answer than "unknown"."""
TRIES_WINDOW_S = 3600.0
OWN_TRIES_MAX = 5
ALL_TRIES_MAX = 30
"""Wrong tries in an hour. Beyond, one's own code is not looked at; beyond all, a wrong one gets no answer."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """They are in."""

    role: Role
    claimed: bool
    """It was the claim code."""
    linked: bool = False
    """It was a link: they are the member who made it."""


@dataclass(frozen=True, slots=True)
class AlreadyIn:
    """They were in before, and keep their role; the code is as good as it was."""

    role: Role


@dataclass(frozen=True, slots=True)
class Refusal:
    """The code did nothing. To `too_often` and `blocked` nothing should be said to a stranger: it would be
    said without end. Of links, `higher`: this account may do more than the one it would be linked to;
    `taken`: that person has an account on this platform already; `sure`: this account is somebody's
    already, who would be that person from then on, which has to be meant."""

    why: Literal["unknown", "used", "expired", "higher", "taken", "sure", "too_often", "blocked"]


class Invites:
    """`now` is the wall clock, `new_code` makes a code: 22 letters of A-Z, a-z, 0-9, _ and -, and
    Telegram's links carry up to 64 of just these. Every coroutine raises `StorageError`, and then
    nothing was changed."""

    def __init__(
        self,
        database: Database,
        people: People,
        access: Access,
        now: Callable[[], float],
        new_code: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        self._database = database
        self._people = people
        self._access = access
        self._now = now
        self._new_code = new_code
        self._tries = WrongTries(database, "code", TRIES_WINDOW_S, now)
        self._redeeming = asyncio.Lock()  # one after the other, so that limits hold to the number

    # ── Made ──────────────────────────────────────────────────────────────────────────────────────

    async def claim_code(self) -> str | None:
        """A fresh one, and the only one: those before it are void. None if there is an admin already."""
        if self._access.has_admin():
            return None
        return await self._made("admin", "", "", CLAIM_S, None, ("DELETE FROM invites WHERE claim = 1", ()))

    async def invite(self, role: Role, name: str, language: str, by: Person) -> str:
        """The code; it is good while whoever made it is an admin. `name` and `language` may be empty."""
        inviter = self._access.member_of(by)
        if inviter is None:
            raise ValueError("only somebody who is in can invite")
        return await self._made(role, name, language, INVITE_S, inviter.id)

    async def link_code(self, person: Person) -> str:
        """Whoever writes it from another account of theirs has both of them from then on."""
        member = self._access.member_of(person)
        if member is None or member.role is None:
            raise ValueError("only somebody who is in can link")
        return await self._made(member.role, "", "", LINK_S, member.id, links=True)

    async def _made(
        self,
        role: Role,
        name: str,
        language: str,
        good_s: float,
        by: int | None,
        *before: Statement,
        links: bool = False,
    ) -> str:
        code, now = self._new_code(), self._now()
        await self._database.write(
            *before,
            ("DELETE FROM invites WHERE expires_at < ?", (now - KEPT_S,)),
            (
                "INSERT INTO invites (code_sha256, role, name, language, claim, links, made_by, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_sha256(code), role, clean_name(name), language, by is None, links, by, now + good_s),
            ),
        )
        return code

    # ── Used ──────────────────────────────────────────────────────────────────────────────────────

    async def is_known(self, code: str) -> bool:
        """Whether this is a code at all, be it over; no try is counted."""
        return await self._invite(code) is not None

    async def redeem(self, code: str, person: Person) -> Redeemed | AlreadyIn | Refusal:
        """Let this person in if the code is right. The listing and the use of the code are one
        transaction. A link may have "yes" behind it, from somebody who is in and means it."""
        code, _, word = code.strip().partition(" ")
        async with self._redeeming:
            invite, tries = await self._invite(code), await self._tries.count(person)
            result = self._judged(invite, person, tries, blocked=await self._is_blocked(person))
            if isinstance(result, Row) and result["links"] and (why := self._doubt(result, person, word)):
                return Refusal(why)
            if isinstance(result, Row):
                return await self._let_in(result, person)
            if isinstance(result, Refusal) and tries.own < OWN_TRIES_MAX:
                await self._tries.add(person)
            return result

    def _doubt(self, link: Row, person: Person, word: str) -> Literal["taken", "sure"] | None:
        """Why these two accounts may not be one human's."""
        member, own = self._access.member(link["made_by"]), self._access.member_of(person)
        platforms = {platform for platform, _ in (member.accounts if member else ())}
        if platforms & {person.platform, *(platform for platform, _ in (own.accounts if own else ()))}:
            return "taken"
        return "sure" if own is not None and word.casefold() != "yes" else None

    def _judged(
        self, invite: Row | None, person: Person, tries: Counted, *, blocked: bool
    ) -> Row | Redeemed | AlreadyIn | Refusal:
        """What is to come of it: the invite itself if it is to let this person in."""
        role = self._access.role_of(person)
        if blocked and role is None:
            return Refusal("blocked")
        if tries.own >= OWN_TRIES_MAX:
            return Refusal("too_often")
        if invite is None:
            return Refusal("unknown" if tries.all < ALL_TRIES_MAX else "too_often")
        is_theirs = (invite["used_by_platform"], invite["used_by_id"]) == (person.platform, person.id)
        if is_theirs and role is not None:
            return _redeemed(invite, role)
        is_good = self._is_good(invite)
        if invite["links"] and role is not None:
            return self._judged_link(invite, person, role, is_good=is_good)
        if role is not None and not (invite["claim"] and is_good and role != "admin"):
            return AlreadyIn(role)
        if invite["uses"]:
            return Refusal("used")
        return invite if is_good else Refusal("expired")

    def _judged_link(
        self, invite: Row, person: Person, role: Role, *, is_good: bool
    ) -> Row | AlreadyIn | Refusal:
        """Of somebody who is in by this account already."""
        member = self._access.member(invite["made_by"])
        if member == self._access.member_of(person):
            return AlreadyIn(role)
        if invite["uses"]:
            return Refusal("used")
        if not is_good or member is None or member.role is None:
            return Refusal("expired")
        return Refusal("higher") if ROLES.index(role) < ROLES.index(member.role) else invite

    def _is_good(self, invite: Row) -> bool:
        """It is not over: an invite is with the inviter's own rights, and a claim when there is somebody to
        ask."""
        if invite["expires_at"] <= self._now():
            return False
        if invite["claim"]:
            return not self._access.has_admin()
        inviter = self._access.member(invite["made_by"])
        if invite["links"]:
            return inviter is not None and inviter.role is not None
        return inviter is not None and inviter.role == "admin"

    async def _let_in(self, invite: Row, person: Person) -> Redeemed:
        used = (
            "UPDATE invites SET uses = uses + 1, used_by_platform = ?, used_by_id = ? WHERE code_sha256 = ?",
            (person.platform, person.id, invite["code_sha256"]),
        )
        if invite["links"]:
            await self._people.join(person, invite["made_by"], used)
        else:
            await self._people.let_in(
                *(person, invite["role"], invite["name"], invite["language"], invite["made_by"]), used
            )
        return _redeemed(invite, self._access.role_of(person) or invite["role"])

    async def _invite(self, code: str) -> Row | None:
        return await self._database.read_one(
            "SELECT * FROM invites WHERE code_sha256 = ?", (_sha256(code.strip()),)
        )

    async def _is_blocked(self, person: Person) -> bool:
        return bool(
            await self._database.read_one(
                "SELECT 1 FROM knocks WHERE platform = ? AND person = ? AND blocked",
                (person.platform, person.id),
            )
        )


def _redeemed(invite: Row, role: Role) -> Redeemed:
    return Redeemed(role, bool(invite["claim"]), bool(invite["links"]))


def _sha256(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
