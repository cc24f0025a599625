"""Who may do what, where: every role and strangers, every kind of chat, every command, through the desk."""

from pathlib import Path

import pytest

from bot.calls import Command
from bot.commands import COMMANDS
from core.providers import End
from core.roles import ROLES, Role
from core.types import Chat, Incoming, Person
from tests.bot.scenes import PARENT, SAY, scene
from tests.fakes import Player, Street, node

SOMEBODY = Person("stage", "50", "Somebody")
PRIVATE, GROUP = Chat("stage", "50"), Chat("stage", "-100", "group")


ARGUMENTS = {
    "status": ("details", "pin", "unpin"),
    "nodes": (
        "add",
        "show Alpha",
        "pause Alpha",
        "resume Alpha",
        "test Alpha",
        "try Alpha",
        "remove Alpha yes",
    ),
    "choose": ("Alpha", "Alpha another"),
    "reset": ("Alpha",),
    "strategy": ("random",),
    "logs": ("5 error",),
    "role": ("1 guest",),
    "unblock": ("stage:9",),
    "remove": ("1 yes",),
    "invite": ("child Mia",),
    "allow": ("stage:9 teen", "group stage:-200"),
    "block": ("stage:8", "group stage:-100"),
    "digest": ("weekly", "off"),
}
"""What else may be tried behind a command, besides nothing."""


@pytest.mark.parametrize("chat", [PRIVATE, GROUP], ids=["private", "group"])
@pytest.mark.parametrize("role", [None, *ROLES])
async def test_who_may_do_what(tmp_path: Path, role: Role | None, chat: Chat) -> None:
    """A stranger nothing, wherever; admin's commands the admin alone, and in private; with a password set,
    what changes something only with it, behind a button as well."""
    player = Player(["An answer.", End()])
    street = Street()
    async with scene(tmp_path, node("Alpha", player), stage=street, password="open") as house:
        family = house.desktop.family
        await family.chats.allow_group(GROUP, "Family", PARENT)
        await family.knocks.block(Person("stage", "9"))
        if role is not None:
            await family.access.let_in(SOMEBODY, role)

        async def state() -> tuple[object, ...]:
            rows = await house.database.read(
                "SELECT name FROM added_nodes UNION SELECT name FROM node_choices"
            )
            paused = house.desktop.operating.pausing.is_on
            blocked = await family.knocks.blocked(10)
            return house.pool.strategy, family.access.members(), family.chats.groups(), paused, rows, blocked

        before = await state()
        called = [
            (command, argument, pressed)
            for command in COMMANDS.values()
            for argument in ("", *ARGUMENTS.get(command.name, ()))
            for pressed in ((None, "of somebody") if command.changes else (None,))
        ]
        for number, (command, argument, pressed) in enumerate(called):
            name = f"{command.name} {argument}".strip()
            shown = len(street.texts())
            said = Incoming(chat, SOMEBODY, f"q-{number}", f"/{name}", house.clock.now, pressed=pressed)
            await house.desk.accept("stage", [said], None)
            await house.calm()
            told = street.texts()[shown:]
            if role is None:
                assert all(text == SAY.STRANGER or "Somebody new" in text for text in told), name
            elif command.admin and role != "admin":
                assert told == [SAY.ADMIN_ONLY], name
            elif (command.admin or command.changes) and chat is GROUP:
                assert told == [SAY.PRIVATE_CHAT_ONLY], name
            elif command.changes and role == "admin":
                assert told == [SAY.PASSWORD_WANTED], name
            else:
                assert told, name
                assert told[0] not in (SAY.ADMIN_ONLY, SAY.PRIVATE_CHAT_ONLY, SAY.PASSWORD_WANTED), name
        assert await state() == before
    assert player.asked == []


class Once(Street):
    """Where one question is asked (`porchlight ask`)."""

    resumes = False


@pytest.mark.parametrize("command", [it for it in COMMANDS.values() if it.changes], ids=lambda it: it.name)
async def test_a_single_question_changes_nothing(tmp_path: Path, command: Command) -> None:
    """Another program may be running on the same data, and would not hear of it."""
    async with scene(tmp_path, node("Alpha", Player()), stage=Once()) as house:
        for argument in ("", *ARGUMENTS.get(command.name, ())):
            assert await house.hear(f"/{command.name} {argument}") == SAY.ONLY_IN_A_CHAT
