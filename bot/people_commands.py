"""The commands about people: inviting, letting in, changing what somebody may do, and one's own settings.

Each works bare, as a menu sends it, and then asks with buttons. A button is a command with its words behind
it, so whatever can be pressed can be typed as well.
"""

import io

import segno

from bot import phrases
from bot.calls import Call, Desktop, Reply
from core.access import Member
from core.errors import PlatformError
from core.people import clean_name
from core.roles import ROLES, Role
from core.types import Button, Chat, Messenger, Person

QR_SCALE = 8
"""Pixels for each dot: large enough to be read from one phone by another."""
WEEK_S = 7 * 24 * 3600.0
BLOCKED_MAX = 10
"""So many of the blocked are shown, whoever knocked last first."""


async def start(desktop: Desktop, call: Call) -> str:
    """What stands behind it, a code, was used at the door (bot/gate.py)."""
    return call.say.welcome(clean_name(call.person.name), call.role)


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────


async def invite(desktop: Desktop, call: Call) -> str | Reply:
    """`/invite role [name]`."""
    role, name = _role_first(call, call.argument)
    if role is None:
        wanted = call.argument.partition(" ")[0]
        text = call.say.INVITE_WHOM if not wanted else call.say.no_such_role(wanted)
        return Reply(text, _role_buttons(call, "/invite"))
    code = await desktop.family.invites.invite(role, name, "", call.person)
    links = _links(desktop, code)
    carrying = next((link for link in links.values() if code in link), None)
    picture = qr_picture(carrying) if carrying else None
    return Reply(call.say.invitation(role, name, links, code), picture=picture, secret=True)


async def allow(desktop: Desktop, call: Call) -> str | Reply:
    """`/allow platform:id [role]`, for a stranger; `/allow group platform:id`."""
    if call.argument.startswith("group "):
        chat = _chat(call.argument.removeprefix("group "))
        if chat is None:
            return call.say.BUTTON_TOO_OLD
        await desktop.family.chats.allow_group(chat, "", call.person)
        return call.say.GROUP_ALLOWED
    account, _, wanted = call.argument.partition(" ")
    person, (role, _) = _person(account), _role_first(call, wanted)
    if person is None:
        return call.say.BUTTON_TOO_OLD
    if role is None:
        return Reply(call.say.ALLOW_AS_WHAT, _role_buttons(call, f"/allow {account}"))
    done = await desktop.family.knocks.allow(person, role, call.person)
    member = desktop.family.access.member_of(person)
    name = member.name if member else ""
    return call.say.let_in(name, role) if done == "done" else call.say.change(done, name)


async def block(desktop: Desktop, call: Call) -> str:
    """`/block platform:id`, for a stranger; `/block group platform:id`."""
    if call.argument.startswith("group "):
        return await _leave(desktop, call)
    person = _person(call.argument)
    if person is None:
        return call.say.BUTTON_TOO_OLD
    await desktop.family.knocks.block(person)
    return call.say.BLOCKED


async def unblock(desktop: Desktop, call: Call) -> str:
    """`/unblock platform:id`: a stranger like any other again."""
    person = _person(call.argument)
    if person is None:
        return call.say.BUTTON_TOO_OLD
    await desktop.family.knocks.unblock(person)
    return call.say.UNBLOCKED


async def _leave(desktop: Desktop, call: Call) -> str:
    chat = _chat(call.argument.removeprefix("group "))
    adapter = desktop.adapters.get(chat.platform) if chat else None
    if chat is None or not isinstance(adapter, Messenger):
        return call.say.BUTTON_TOO_OLD
    await desktop.family.chats.refuse_group(chat)
    try:
        await adapter.leave(chat)
    except PlatformError:
        return call.say.GROUP_NOT_LEFT
    return call.say.GROUP_LEFT


# ── Who is in ─────────────────────────────────────────────────────────────────────────────────────


async def people(desktop: Desktop, call: Call) -> str | Reply:
    today = await desktop.family.allowances.today()
    members = desktop.family.access.members()
    text = call.say.people_text([call.say.member_line(member, today.get(member.id, 0)) for member in members])
    if knocked := await desktop.family.knocks.knocked(WEEK_S):
        text += f"\n\n{call.say.digest_knocked('week', knocked)}"
    blocked = await desktop.family.knocks.blocked(BLOCKED_MAX)
    if not blocked:
        return text
    buttons = [
        Button(call.say.unblock_button(it.name or it.id), f"/unblock {it.platform}:{it.id}") for it in blocked
    ]
    return Reply(f"{text}\n\n{call.say.blocked_text(blocked)}", tuple(buttons))


async def role(desktop: Desktop, call: Call) -> str | Reply:
    """`/role who role`."""
    who, new_role = _role_last(call, call.argument)
    member = _member(desktop, who)
    if member is None:
        return Reply(call.say.who(who), _member_buttons(desktop, "/role"))
    if new_role is None:
        return Reply(call.say.role_for(member.name), _role_buttons(call, f"/role {member.id}"))
    done = await desktop.family.access.set_role(member.id, new_role)
    return call.say.role_set(member.name, new_role) if done == "done" else call.say.change(done, member.name)


async def remove(desktop: Desktop, call: Call) -> str | Reply:
    """`/remove who`, and after a second look `/remove who yes`."""
    who, _, sure = call.argument.rpartition(" ")
    is_sure = sure == "yes"
    member = _member(desktop, who if is_sure else call.argument)
    if member is None:
        return Reply(call.say.who(call.argument), _member_buttons(desktop, "/remove"))
    if not is_sure:
        yes = Button(call.say.REMOVE_YES, f"/remove {member.id} yes")
        return Reply(call.say.remove_sure(member.name), (yes,))
    done = await desktop.family.access.remove(member.id)
    return call.say.removed(member.name) if done == "done" else call.say.change(done, member.name)


async def link(desktop: Desktop, call: Call) -> str | Reply:
    """`/link`; a code behind it was used at the door, and what came of it stands in its place."""
    if call.argument == "off":
        await desktop.family.access.part(call.person)
        return call.say.PARTED
    if call.argument:
        return call.say.LINKED.get(call.argument, call.say.LINKED["unknown"])
    if desktop.family.access.is_in_house(call.person):
        return call.say.LINK_FROM_A_CHAT
    member = desktop.family.access.member_of(call.person)
    if member is not None and len(member.accounts) > 1:
        return Reply(call.say.ALREADY_LINKED, (Button(call.say.PART_BUTTON, "/link off"),))
    code = await desktop.family.invites.link_code(call.person)
    return Reply(call.say.link_code(code), secret=True)


async def groups(desktop: Desktop, call: Call) -> str:
    return call.say.groups_text([group.title or group.id for group in desktop.family.chats.groups()])


# ── One's own ─────────────────────────────────────────────────────────────────────────────────────


async def settings(desktop: Desktop, call: Call) -> str | Reply:
    """`/settings language de`, `/settings drafts on`."""
    what, _, value = call.argument.partition(" ")
    family = desktop.family
    say = call.say
    if what == "language" and value in (*phrases.LANGUAGES, "auto"):
        await family.access.choose_language(call.person, "" if value == "auto" else value)
        say = phrases.of(family.language_of(call.person))
    if what == "drafts" and value in ("on", "off"):
        await family.chats.choose_drafts(call.chat, value == "on")
    drafts = bool(family.chats.drafts(call.chat))
    buttons = [Button(other.name, f"/settings language {tag}") for tag, other in phrases.LANGUAGES.items()]
    if call.chat.kind == "private" and isinstance(desktop.adapters.get(call.chat.platform), Messenger):
        label = say.DRAFTS_OFF if drafts else say.DRAFTS_ON
        buttons.append(Button(label, f"/settings drafts {'off' if drafts else 'on'}"))
    return Reply(say.settings_text(drafts=drafts), tuple(buttons))


# ── Words and buttons ─────────────────────────────────────────────────────────────────────────────


def qr_picture(link: str) -> bytes:
    """The link as a PNG."""
    file = io.BytesIO()
    segno.make(link, micro=False).save(file, kind="png", scale=QR_SCALE)
    return file.getvalue()


def _links(desktop: Desktop, code: str) -> dict[str, str]:
    """Where the code can be used, by the platform's name."""
    return {
        platform.capitalize(): link
        for platform, adapter in desktop.adapters.items()
        if isinstance(adapter, Messenger) and (link := adapter.invite_link(code))
    }


def _role_first(call: Call, text: str) -> tuple[Role | None, str]:
    """The role at the beginning, in English or in the language of whoever writes, and the rest."""
    for role in ROLES:
        for name in (role, call.say.ROLES[role]):
            if (text + " ").casefold().startswith(name.casefold() + " "):
                return role, text[len(name) :].strip()
    return None, text


def _role_last(call: Call, text: str) -> tuple[str, Role | None]:
    """The same at the end."""
    for role in ROLES:
        for name in (role, call.say.ROLES[role]):
            if (" " + text).casefold().endswith(" " + name.casefold()):
                return text[: len(text) - len(name)].strip(), role
    return text, None


def _role_buttons(call: Call, command: str) -> tuple[Button, ...]:
    return tuple(Button(call.say.ROLES[role], f"{command} {role}") for role in ROLES)


def _member(desktop: Desktop, who: str) -> Member | None:
    """By number or by name, if that is the name of one only."""
    who = who.strip().removeprefix("#")
    if who.isdecimal():
        return desktop.family.access.member(int(who))
    named = [it for it in desktop.family.access.members() if it.name.casefold() == who.casefold()]
    return named[0] if len(named) == 1 else None


def _member_buttons(desktop: Desktop, command: str) -> tuple[Button, ...]:
    members = desktop.family.access.members()
    return tuple(Button(member.name or f"#{member.id}", f"{command} {member.id}") for member in members)


def _person(account: str) -> Person | None:
    platform, _, number = account.partition(":")
    return Person(platform, number) if platform and number else None


def _chat(place: str) -> Chat | None:
    platform, _, number = place.partition(":")
    return Chat(platform, number, "group") if platform and number else None
