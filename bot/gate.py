"""The gate: what happens at the door, before anything is kept.

    who came ─┬─ listed ───────────────────────► kept
              ├─ a stranger ─┬─ with a code ───► let in, and kept
              │              └─ without one ───► one neutral line, a card for the admins; no word is kept
              ├─ a group nobody allowed ───────► one line, and we leave
              ├─ the admin's password ─────────► never kept; what it was asked for is done
              └─ a key that an admin pasted ───► taken out of the chat, and kept for its node alone

The gate decides and writes down who came; it sends nothing. What is to be said and done afterwards it hands
back, because only then is what came in on disk.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot import pasted_keys
from bot.calls import Command
from bot.commands import COMMANDS, parse
from bot.family import Family
from bot.pasted_keys import Pasted
from bot.phrases.english import English
from core.invites import Redeemed, Refusal
from core.notices import Notice
from core.people import account_of, clean_name
from core.types import Arrival, Button, Chat, Incoming, Joined, Moved, Person, Poison, Removed

CODE = re.compile(r"[\w-]{22}", re.ASCII)
"""What an invitation's code looks like: where no link carries it, it may come alone."""
UNLINK = "off"


@dataclass(slots=True)
class Admitted:
    """What is to be kept, and what is to be done when it is."""

    kept: list[Incoming | Poison] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    farewells: list[tuple[Chat, str]] = field(default_factory=list)
    """Groups to leave, and what to say there before; nothing where that is empty."""
    removed: list[Removed] = field(default_factory=list)
    erased: list[Incoming] = field(default_factory=list)
    """What should not stand in the chat any longer."""


class Keys(Protocol):
    """Who takes a key that an admin pasted (bot/node_keeper.py)."""

    async def offer(self, pasted: Pasted) -> str:
        """Keep it; the name of the node it is for. Raises `StorageError`."""


class Gate:
    def __init__(self, family: Family, speaking: Callable[[Person], English], keys: Keys) -> None:
        self._family = family
        self._speaking = speaking
        self._keys = keys
        self._adding: set[tuple[Chat, str]] = set()
        """Where a key was asked for just now."""
        self._wanted: dict[tuple[Chat, str], str] = {}
        """Where the password was asked for, and the command it was asked for."""

    async def admitted(self, arrivals: Sequence[Arrival]) -> Admitted:
        """Raises `StorageError`: then nothing was admitted, and all of it may come again."""
        admitted = Admitted()
        for arrival in arrivals:
            match arrival:
                case Poison():
                    admitted.kept.append(arrival)
                case Joined():
                    await self._joined(arrival, admitted)
                case Removed():
                    admitted.removed.append(arrival)
                case Moved():
                    await self._family.chats.move_group(arrival.chat, arrival.to)
                case Incoming():
                    await self._came(arrival, admitted)
        return admitted

    # ── People ────────────────────────────────────────────────────────────────────────────────────

    async def _came(self, incoming: Incoming, admitted: Admitted) -> None:
        person, chat = incoming.person, incoming.chat
        access = self._family.access
        if person.language:
            self._family.spoken[account_of(person)] = person.language
        called = await self._code_in(incoming) or parse(incoming.text)
        if called and called[0] in ("start", "link") and called[1] and called[1] != UNLINK:
            return await self._with_code(incoming, *called, admitted)
        if not self._family.chats.is_allowed(chat):
            if access.role_of(person) != "admin":
                return await self._not_allowed(incoming, admitted)
            await self._family.chats.allow_group(chat, "", person)  # who wants us to answer, wants us there
        if await self._is_password(incoming, called, admitted):
            return None
        if await self._is_key(incoming, called, admitted):
            return None
        if access.role_of(person) is None:
            return await self._stranger(incoming, admitted)
        member = access.member_of(person)
        if member is not None and not member.name and person.name:
            await access.rename(member.id, person.name)
        self._note_what_wants_it(incoming, called)
        admitted.kept.append(incoming)
        return None

    async def _with_code(self, incoming: Incoming, command: str, code: str, admitted: Admitted) -> None:
        """The code itself is kept nowhere; what came of it stands in its place."""
        person = incoming.person
        result = await self._family.invites.redeem(code, person)
        if isinstance(result, Refusal) and self._family.access.role_of(person) is None:
            refusals = self._speaking(person).REFUSALS
            if text := refusals.get(result.why, refusals["unknown"] if incoming.awaited else ""):
                admitted.notices.append(_answer(incoming, "code", text))
        elif isinstance(result, Redeemed) and result.linked:
            admitted.kept.append(replace(incoming, text="/link linked"))
            self._tell_of_link(person, admitted)
        elif command == "link":
            why = result.why if isinstance(result, Refusal) else "unchanged"
            admitted.kept.append(replace(incoming, text=f"/link {why}"))
        else:
            admitted.kept.append(replace(incoming, text="/start"))
        if isinstance(result, Redeemed) and not result.claimed and not result.linked:
            for admin in self._family.access.admins():
                text = self._speaking(admin).came_in(clean_name(person.name), result.role)
                admitted.notices.append(Notice(admin, None, f"in {person.platform}:{person.id}", text))

    def _tell_of_link(self, person: Person, admitted: Admitted) -> None:
        """Whoever made the code hears what it was used for, and the admins who has come in by it."""
        member = self._family.access.member_of(person)
        theirs = {*(member.accounts if member else ())} - {account_of(person)}
        name, key = clean_name(person.name), f"linked {person.platform}:{person.id}"
        for other in (Person(*account) for account in sorted(theirs)):
            text = self._speaking(other).linked_elsewhere(person.platform, name)
            admitted.notices.append(Notice(other, None, key, text))
        for admin in self._family.access.admins():
            if account_of(admin) not in {*theirs, account_of(person)}:
                text = self._speaking(admin).linked_by(member.name if member else "", person.platform, name)
                admitted.notices.append(Notice(admin, None, key, text))

    async def _code_in(self, incoming: Incoming) -> tuple[str, str] | None:
        """As the command it is meant as, where it came alone; of somebody who is in only what is one: a
        question may be a long word."""
        text = incoming.text.strip()
        if not CODE.fullmatch(text) or incoming.secret:
            return None
        if self._family.access.role_of(incoming.person) is None:
            return "start", text
        return ("link", text) if await self._family.invites.is_known(text) else None

    async def _not_allowed(self, incoming: Incoming, admitted: Admitted) -> None:
        """A group that no admin has allowed. Where nobody has decided anything, one may still do so."""
        person, chat = incoming.person, incoming.chat
        if self._family.access.role_of(person) is not None:
            text, key = self._speaking(person).GROUP_NOT_YET, f"not yet {chat.whole_id}"
            if incoming.awaited:
                key += f" {incoming.post}"
            admitted.notices.append(Notice(person, chat, key, text, reply_to=incoming.post))
            return self._ask_admins(chat, "", admitted)
        if self._family.chats.is_waiting(chat):
            return await self._stranger(incoming, admitted)
        return await self._refuse(chat, "", person, admitted)

    async def _stranger(self, incoming: Incoming, admitted: Admitted) -> None:
        person = incoming.person
        knock = await self._family.knocks.knock(person)
        key = f"knock {incoming.chat.platform} {incoming.chat.id} {incoming.post}"
        if knock.tell or incoming.awaited:
            text = self._speaking(person).STRANGER
            stranger = replace(person, name="")
            admitted.notices.append(Notice(stranger, incoming.chat, key, text, reply_to=incoming.post))
        if knock.card is None:
            return
        account = f"{person.platform}:{person.id}"
        for admin in self._family.access.admins():
            say = self._speaking(admin)
            buttons = (Button(say.ALLOW, f"/allow {account}"), Button(say.BLOCK, f"/block {account}"))
            text = say.stranger_card(knock.card.person, knock.card.others)
            admitted.notices.append(Notice(admin, None, key, text, buttons))

    # ── Groups ────────────────────────────────────────────────────────────────────────────────────

    async def _joined(self, joined: Joined, admitted: Admitted) -> None:
        """An admin who puts us into a group allows it by that."""
        if self._family.access.role_of(joined.person) == "admin":
            await self._family.chats.allow_group(joined.chat, joined.title, joined.person)
            text = self._speaking(joined.person).HELLO_GROUP
            key = f"joined {joined.chat.id}"
            admitted.notices.append(Notice(joined.person, joined.chat, key, text))
        elif self._family.chats.is_allowed(joined.chat):
            return
        elif joined.by_them:
            await self._refuse(joined.chat, joined.title, joined.person, admitted)
        else:
            await self._family.chats.heard_of(joined.chat, joined.title)
            self._ask_admins(joined.chat, joined.title, admitted)

    def _ask_admins(self, chat: Chat, title: str, admitted: Admitted) -> None:
        for admin in self._family.access.admins():
            say = self._speaking(admin)
            place = f"group {chat.platform}:{chat.id}"
            buttons = (Button(say.ALLOW, f"/allow {place}"), Button(say.LEAVE, f"/block {place}"))
            text = say.group_asks(clean_name(title))
            admitted.notices.append(Notice(admin, None, f"group {chat.whole_id}", text, buttons))

    async def _refuse(self, chat: Chat, title: str, person: Person, admitted: Admitted) -> None:
        say_so = await self._family.chats.refuse_group(chat, title)
        admitted.farewells.append((chat, self._speaking(person).LEAVING_GROUP if say_so else ""))
        if not say_so:
            return
        for admin in self._family.access.admins():
            say = self._speaking(admin)
            button = Button(say.ALLOW, f"/allow group {chat.platform}:{chat.whole_id}")
            text = say.group_card(clean_name(title), clean_name(person.name))
            admitted.notices.append(Notice(admin, None, f"group {chat.whole_id}", text, (button,)))

    # ── Keys of nodes ─────────────────────────────────────────────────────────────────────────────

    async def _is_key(self, incoming: Incoming, called: tuple[str, str] | None, admitted: Admitted) -> bool:
        """Whether an admin pasted a key for a node, alone or behind `/nodes add`. It is kept where it
        belongs, and never as something that was said; a paste that nobody can make sense of is kept
        nowhere."""
        place = (incoming.chat, incoming.person.id)
        behind = _to_be_added(called)
        asked_for = place in self._adding or behind is not None
        if self._family.access.role_of(incoming.person) != "admin" or incoming.pressed:
            return False
        if called and not behind:
            return False
        text = behind or incoming.text
        pasted = pasted_keys.read(text, asked_for=asked_for)
        if pasted is None and asked_for:
            pasted = pasted_keys.read_server(text)
        is_secret = pasted_keys.is_lone(text) or (asked_for and pasted_keys.may_hold_one(text))
        if pasted is None and not is_secret:
            return False
        is_locked = not self._family.is_unlocked(incoming.person)
        if pasted is None or pasted.key:
            admitted.erased.append(incoming)
        elif behind and is_locked:
            return False  # nothing in it is secret: the command asks for the password
        say = self._speaking(incoming.person)
        if incoming.chat.kind != "private":
            admitted.notices.append(_answer(incoming, "key", say.PRIVATE_CHAT_ONLY))
        elif is_locked:
            admitted.notices.append(_answer(incoming, "key", say.KEY_LOCKED))
        elif pasted is None:
            admitted.notices.append(_answer(incoming, "key", say.KEY_NOT_READ))
        else:
            self._adding.discard(place)
            name = await self._keys.offer(pasted)
            admitted.kept.append(replace(incoming, text=f"/nodes try {name}"))
        return True

    # ── The password ──────────────────────────────────────────────────────────────────────────────

    def _note_what_wants_it(self, incoming: Incoming, called: tuple[str, str] | None) -> None:
        place = (incoming.chat, incoming.person.id)
        self._wanted.pop(place, None)
        self._adding.discard(place)
        if _to_be_added(called) is not None:
            self._adding.add(place)
        command: Command | None = COMMANDS.get(called[0]) if called else None
        if (
            command is not None
            and command.changes
            and incoming.chat.kind == "private"
            and self._family.access.role_of(incoming.person) == "admin"
            and not self._family.is_unlocked(incoming.person)
        ):
            self._wanted[place] = incoming.text

    async def _is_password(
        self, incoming: Incoming, called: tuple[str, str] | None, admitted: Admitted
    ) -> bool:
        """Whether this was meant as the password. It is never kept, or put to a model."""
        if incoming.secret:
            await self._password_in_form(incoming, admitted)
            return True
        return await self._is_password_written(incoming, called, admitted)

    async def _password_in_form(self, incoming: Incoming, admitted: Admitted) -> None:
        """Whatever is typed there is meant, and waits for an answer."""
        if self._family.access.role_of(incoming.person) == "admin":
            await self._password_tried(incoming, incoming.text, admitted)
        else:
            text = self._speaking(incoming.person).ADMIN_ONLY
            admitted.notices.append(_answer(incoming, "password", text))

    async def _is_password_written(
        self, incoming: Incoming, called: tuple[str, str] | None, admitted: Admitted
    ) -> bool:
        """In a chat it is the very one, alone or behind a command; or it was asked for just now, and this is
        no command. Nobody else shall read it there, and whoever knows it does not get in by it."""
        written = (incoming.text, called[1] if called else "")
        password = next(filter(self._family.factor.is_password, written), None)
        is_asked_for = (incoming.chat, incoming.person.id) in self._wanted
        if password is None and (not is_asked_for or called or incoming.pressed):
            return False
        admitted.erased.append(incoming)
        if self._family.access.role_of(incoming.person) == "admin":
            await self._password_tried(incoming, password or incoming.text, admitted)
        return True

    async def _password_tried(self, incoming: Incoming, entered: str, admitted: Admitted) -> None:
        """By an admin. The right one does what it was asked for."""
        place = (incoming.chat, incoming.person.id)
        wanted, say = self._wanted.get(place, ""), self._speaking(incoming.person)
        match await self._family.factor.unlock(incoming.person, entered):
            case "unlocked" if wanted:
                del self._wanted[place]
                again = replace(incoming, text=wanted)
                if not await self._is_key(again, parse(wanted), admitted):  # an address, behind /nodes add
                    admitted.kept.append(again)
            case "unlocked":
                admitted.notices.append(_answer(incoming, "password", say.UNLOCKED))
            case "wrong":
                admitted.notices.append(_answer(incoming, "password", say.PASSWORD_WRONG))
            case "too_often":
                admitted.notices.append(_answer(incoming, "password", say.PASSWORD_TOO_OFTEN))


def _to_be_added(called: tuple[str, str] | None) -> str | None:
    """What stands behind `/nodes add`; None if that was not written."""
    if called is None or called[0] != "nodes":
        return None
    what, *behind = called[1].split(maxsplit=1)[:2] or [""]
    return "".join(behind) if what.lower() == "add" else None


def _answer(incoming: Incoming, key: str, text: str) -> Notice:
    """To what is not kept itself."""
    return Notice(incoming.person, incoming.chat, f"{key} {incoming.post}", text, reply_to=incoming.post)
