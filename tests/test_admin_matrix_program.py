"""Who is obeyed where, through the whole program: every role and a stranger, in private and in a group, with
every command of an admin. What the admin sees in private is in tests/test_admin_program.py; all commands,
without the platforms, are in tests/bot/test_matrix.py.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot import phrases
from bot.commands import COMMANDS
from core.roles import ROLES
from tests.servers.models import ModelServer
from tests.test_admin_program import DAY
from tests.ways import ANNA, PATIENCE_S, ChatWay, DiscordWay, Step, TelegramWay, plain, way_in

SAY = phrases.of()
MEMBERS = {10 + number: role for number, role in enumerate(ROLES) if role != "admin"}
STRANGER = 20
CALLS = {step.command: step.text for step in DAY if step.command and COMMANDS[step.command].admin}
"""Of each admin's command the last that the admin of that day wrote."""
KEY_OF_A_NODE = "https://models.example/v1 canary0123456789canary0123456789"
OF_A_MEMBER = ("/status details", "/status pin", "/models")
"""What answers everybody, but an admin with more."""
AS_IT_IS = (
    *(Step("/people", ["#1 Anna: admin"]), Step("/groups", ["Family"])),
    *(Step("/nodes", ["OpenAI-1: active"]), Step("/strategy", ["round_robin"])),
)


@pytest.fixture
async def model() -> AsyncGenerator[ModelServer, None]:
    async with ModelServer("openai") as made:
        yield made
        assert made.asks == []


async def told(way: ChatWay, chat: Any, person: int, calls: Sequence[str]) -> list[str]:
    """What this person is answered there, each as a reply to it."""
    asked = [say(way, chat, person, call) for call in calls]
    await way.server.until(lambda: all(chat.posts_to(it) for it in asked), PATIENCE_S)
    answers = [chat.posts_to(it) for it in asked]
    assert {len(posts) for posts in answers} == {1}
    assert not any(posts[0].buttons for posts in answers)
    return [plain(posts[0].text) for posts in answers]


def say(way: ChatWay, chat: Any, person: int, text: str) -> int:
    """To the bot, also in a group."""
    if isinstance(way, DiscordWay):
        return int(way.server.say(chat.id, person, text, mentions_bot=chat.guild is not None))
    to_the_bot = chat.kind == "private" or text.startswith("/")
    return int(way.server.say(chat.id, person, text if to_the_bot else f"@porchlight_bot {text}"))


async def seen_by_the_admin(way: ChatWay) -> list[str]:
    seen = []
    for step in AS_IT_IS:
        await way(step)
        seen.append(way.shown().partition("👋")[0].strip())  # how many strangers knocked does change
    return seen


async def let_in(way: ChatWay, platform: str, private: Mapping[int, Any]) -> None:
    for person, role in MEMBERS.items():
        await way(Step(f"/allow {platform}:{person} {role}", [f"as {role}."]))
        await told(way, private[person], person, ["/start"])


async def refuses_everybody(way: ChatWay, private: Mapping[int, Any], group: Any) -> None:
    """Whoever is no admin, and the admin outside of a private chat; where a key that is written there cannot
    be deleted, the admin is told so in private."""
    calls = list(CALLS.values())
    for person in MEMBERS:
        for chat in (private[person], group):
            assert await told(way, chat, person, calls) == [plain(SAY.ADMIN_ONLY)] * len(calls)
            status, pin, models = await told(way, chat, person, OF_A_MEMBER)
            assert (status, pin) == (SAY.MEMBER_STATUS["well"], SAY.MEMBER_STATUS["well"])
            assert models.endswith("OpenAI-1: stand-in (cloud)")
    assert await told(way, group, ANNA, calls) == [plain(SAY.PRIVATE_CHAT_ONLY)] * len(calls)
    await told(way, group, ANNA, [KEY_OF_A_NODE])
    await way.sees(SAY.DELETE_IT_YOURSELF)


async def tells_a_stranger_one_line(way: ChatWay, private: Any, group: Any) -> None:
    """And the admin that somebody knocked; the rest of what a stranger tries is not even answered."""
    knocked = [(chat, say(way, chat, STRANGER, call)) for chat in (private, group) for call in CALLS.values()]

    def answers() -> list[str]:
        return [post.text for chat, asked in knocked for post in chat.posts_to(asked)]

    await way.server.until(answers, PATIENCE_S)
    await way.sees("Somebody new wrote to me")
    await way(*AS_IT_IS)  # by now everything before was read
    assert answers() == [SAY.STRANGER]


async def test_admins_commands_on_telegram(tmp_path: Path, model: ModelServer) -> None:
    """In private the admin alone is obeyed, in a group nobody; a stranger hears one line; nothing changes."""
    async with way_in("telegram", tmp_path, model) as way:
        assert isinstance(way, TelegramWay)
        server = way.server
        private = {person: server.private(person) for person in (*MEMBERS, STRANGER)}
        group = server.group(-1001, "Family", members=[ANNA, *MEMBERS], joined=False)
        async with way.running():
            server.join(group.id, by=ANNA)
            await server.until(lambda: group.posts, PATIENCE_S)
            await let_in(way, "telegram", private)
            before = await seen_by_the_admin(way)
            await refuses_everybody(way, private, group)
            await tells_a_stranger_one_line(way, private[STRANGER], group)
            assert await seen_by_the_admin(way) == before
            await way(Step("/status", [SAY.ALL_WELL]))
        assert group.pinned == []


async def test_admins_commands_on_discord(tmp_path: Path, model: ModelServer) -> None:
    """The same; and whoever owns the server is shown admin's commands there, and is not obeyed either."""
    async with way_in("discord by words", tmp_path, model) as way:
        assert isinstance(way, DiscordWay)
        server = way.server
        private = {person: server.dm(person) for person in (*MEMBERS, STRANGER)}
        owner, *others = MEMBERS
        group = server.channel(server.guild(1, "Family", members=[owner, ANNA, *others]), "general")
        async with way.running():
            await way.press(SAY.ALLOW)
            await way.sees(SAY.GROUP_ALLOWED)
            await let_in(way, "discord", private)
            before = await seen_by_the_admin(way)
            await refuses_everybody(way, private, group)
            await tells_a_stranger_one_line(way, private[STRANGER], group)
            for name in CALLS:
                if name in server.offered(group.id, owner):
                    assert name not in server.offered(group.id, others[0])
                    await sees_alone(way, group, owner, name)
            assert await seen_by_the_admin(way) == before
            await way(Step("/status", [SAY.ALL_WELL]))
        assert group.pinned == []


async def sees_alone(way: ChatWay, group: Any, person: int, name: str) -> None:
    asked = way.server.command(group.id, person, name)

    def answers() -> list[Any]:
        return [post for post in group.posts if post.interaction == asked and post.text]

    await way.server.until(answers, PATIENCE_S)
    assert [(post.text, post.ephemeral_to) for post in answers()] == [(SAY.ADMIN_ONLY, person)]
