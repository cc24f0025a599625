"""The whole program on Discord, and on every platform at once: a child process, the strict stand-ins, a
stand-in for a model."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.home import Home
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import Channel, Post
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.Canary.token-that-nobody-may-ever-see"
TELEGRAM_TOKEN = "123456:canary-token-that-nobody-may-ever-see"
PASSWORD = "open the porch"
WHOLE = "Forty metres."
ANNA, BEN = 7, 8


class DiscordHome(Home):
    def __init__(self, folder: Path, discord: DiscordServer, model: ModelServer) -> None:
        super().__init__(
            *(folder, discord, model),
            DISCORD_TOKEN=TOKEN,
            DISCORD_API_URL=discord.api_url,
            DISCORD_GATEWAY_URL=discord.gateway_url,
        )
        self.discord = discord
        self.model = model

    async def ready(self) -> None:
        """Connected, and the commands are offered."""
        await self.until(lambda: self.discord.gateway.connected and self.discord.commands)

    async def press(self, room: Channel, post: Post, label: str, person: int = ANNA) -> int:
        await self.until(lambda: label in dict(post.buttons))
        return self.discord.press(room.id, post.id, label, person=person)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[DiscordHome, None]:
    async with DiscordServer(TOKEN) as discord, ModelServer("openai", pieces=["Forty ", "metres."]) as model:
        discord.person(ANNA, "Anna")
        discord.person(BEN, "Ben", locale="de")
        made = DiscordHome(tmp_path, discord, model)
        made.settings(ADMIN_IDS=f"discord:{ANNA}")
        yield made
        assert discord.violations == []
        assert TOKEN.encode() not in made.everything_written()
        assert TOKEN.encode() not in made.said


def texts(room: Channel, to: int | None = None) -> list[str]:
    return [post.text for post in room.posts if post.ephemeral_to in (None, to)]


async def test_a_question_is_answered_in_its_chat(home: DiscordHome) -> None:
    """As a reply, with a button to ask again; what is said while the program is off is answered later."""
    room = home.discord.dm(ANNA)
    async with home.running():
        await home.ready()
        first = home.discord.say(room.id, ANNA, "How deep?")
        await home.until(lambda: texts(room) == [WHOLE])
        (post,) = room.posts_to(first)
        await home.press(room, post, "Retry")
        await home.until(lambda: len(home.model.asks) == 2)
    second = home.discord.say(room.id, ANNA, "And how wide?")
    async with home.running():
        await home.until(lambda: [post.text for post in room.posts_to(second)] == [WHOLE])
    assert len(texts(room)) == 2


async def test_a_changed_question_is_answered_anew_and_one_taken_back_is_not(home: DiscordHome) -> None:
    """In the same post; and the answer to what was taken back goes with it."""
    room = home.discord.dm(ANNA)
    async with home.running():
        await home.ready()
        asked = home.discord.say(room.id, ANNA, "How deep?")
        await home.until(lambda: texts(room) == [WHOLE])
        home.discord.edit(room.id, asked, "How wide?")
        await home.until(lambda: len(home.model.asks) == 2)
        await home.until(lambda: texts(room) == [WHOLE])
        home.discord.remove(room.id, asked)
        await home.until(lambda: texts(room) == [])


async def test_what_was_taken_back_while_nobody_heard_is_not_answered(home: DiscordHome) -> None:
    """Also if it was accepted before: nobody tells, and no history says, that it is gone."""
    room = home.discord.dm(ANNA)
    home.model.fail("hang")
    async with home.running() as program:
        await home.ready()
        asked = home.discord.say(room.id, ANNA, "How deep?")
        await home.until(lambda: home.model.asks)
        program.kill()
        await program.wait()
    home.discord.remove(room.id, asked)
    async with home.running():
        await home.ready()
        after = home.discord.say(room.id, ANNA, "How wide?")
        await home.until(lambda: [post.text for post in room.posts_to(after)] == [WHOLE])
    assert texts(room) == [WHOLE]
    assert len(home.model.asks) == 3


async def test_a_new_bot_is_claimed_by_a_code_and_a_stranger_is_not_let_in(home: DiscordHome) -> None:
    """The code and the link that adds the bot to a server stand in the terminal; what strangers write is
    kept nowhere; the admin lets one in, and enters the password into a form."""
    home.settings(ADMIN_PASSWORD=PASSWORD)
    hers, his = home.discord.dm(ANNA), home.discord.dm(BEN)
    async with home.running():
        await home.until(lambda: b"write this, and it is you:\n" in home.said and home.said.endswith(b"\n"))
        assert b"discord.com/oauth2/authorize?client_id=" in home.said
        code = home.said.decode().partition("it is you:\n")[2].split()[0]
        home.discord.say(hers.id, ANNA, code)
        await home.until(lambda: any(text.startswith("Welcome, Anna!") for text in texts(hers)))
        home.discord.say(his.id, BEN, "canary words of a stranger")
        await home.until(lambda: len(texts(his)) == 1 and len(texts(hers)) == 2)
        card = hers.posts[-1]
        assert "Ben" in card.text
        await home.press(hers, card, "Let in")
        await home.until(lambda: "Enter the password" in dict(hers.posts[-1].buttons))
        opened = await home.press(hers, hers.posts[-1], "Enter the password")
        await home.until(lambda: home.discord.interactions[opened].modal is not None)
        home.discord.submit(opened, {"entered": PASSWORD})
        await home.until(lambda: hers.posts[-1].text == "As what?")
        await home.press(hers, hers.posts[-1], "teen")
        await home.until(lambda: any("may talk with me now" in text for text in texts(hers)))
        home.discord.say(his.id, BEN, "How deep?")
        await home.until(lambda: texts(his)[-1] == WHOLE)
    assert code.encode() not in home.everything_written()
    assert b"canary words" not in home.everything_written()
    assert PASSWORD.encode() not in home.everything_written()


async def test_in_a_server_commands_and_mentions_are_answered(home: DiscordHome) -> None:
    """What is only for one is seen by that one; admin's commands are hidden, and refused there; a message
    can be asked about."""
    guild = home.discord.guild(1, "Family", members=[ANNA, BEN])
    room = home.discord.channel(guild, "general")
    home.settings(ADMIN_IDS=f"discord:{ANNA},discord:{BEN}")
    async with home.running():
        await home.ready()
        await home.until(lambda: any("Hello" in text for text in texts(room)))
        home.discord.say(room.id, BEN, "not for you")
        asked = home.discord.say(room.id, BEN, "how deep?", mentions_bot=True)
        await home.until(lambda: [post.text for post in room.posts_to(asked)] == [WHOLE])
        home.discord.command(room.id, BEN, "ask", {"text": "How deep?"})
        await home.until(lambda: texts(room)[-1] == WHOLE and len(home.model.asks) == 2)
        home.discord.command(room.id, BEN, "help")
        await home.until(lambda: any("/private" in text for text in texts(room, to=BEN)))
        assert not any("/private" in text for text in texts(room))
        assert "logs" not in home.discord.offered(room.id, BEN)
        home.discord.command(room.id, ANNA, "logs")
        await home.until(lambda: "Please write that to me in a private chat." in texts(room, to=ANNA))
        home.discord.message_command(room.id, BEN, "Ask about this", asked)
        await home.until(lambda: len(home.model.asks) == 3)
    assert home.model.asks[-1].body["messages"][-1]["content"].endswith("\n\n> how deep?")
    assert len(home.model.asks) == 3


async def test_a_server_of_strangers_waits_until_the_admin_has_decided(home: DiscordHome) -> None:
    """They hear one line, of which nothing is kept; the admin was asked, and a button leaves."""
    hers = home.discord.dm(ANNA)
    room = home.discord.channel(home.discord.guild(2, "Crowd", members=[99]), "general")
    async with home.running():
        await home.until(lambda: any("Crowd" in text for text in texts(hers)))
        home.discord.say(room.id, 99, "canary words", mentions_bot=True)
        await home.until(lambda: any("private assistant" in text for text in texts(room)))
        (card,) = [post for post in hers.posts if "Crowd" in post.text]
        await home.press(hers, card, "Leave")
        await home.until(lambda: home.discord.left == [2])
    assert b"canary words" not in home.everything_written()
    assert home.model.asks == []


async def test_one_person_on_both_platforms(home: DiscordHome) -> None:
    """`/link` here, the code there: one language and one allowance, and each chat remembers only itself."""
    async with TelegramServer(TELEGRAM_TOKEN) as telegram:
        telegram.person(ANNA, "Anna")
        telegram.private(ANNA)
        room = home.discord.dm(ANNA)
        home.settings(
            ADMIN_IDS=f"discord:{ANNA}", TELEGRAM_TOKEN=TELEGRAM_TOKEN, TELEGRAM_API_URL=telegram.url
        )

        def told() -> list[str]:
            return [post.text for post in telegram.chats[ANNA].posts]

        async with home.running():
            await home.ready()
            home.discord.say(room.id, ANNA, "/settings language de")
            await home.until(lambda: any("Sprache" in text for text in texts(room)))
            home.discord.say(room.id, ANNA, "/link")
            await home.until(lambda: "`/link " in texts(room)[-1])
            code = texts(room)[-1].partition("`/link ")[2].partition("`")[0]
            telegram.say(ANNA, ANNA, f"/link {code}")
            await telegram.until(lambda: any("deine beiden Konten" in text for text in told()), 30)
            telegram.say(ANNA, ANNA, "Wie tief?")
            await telegram.until(lambda: told()[-1] == WHOLE, 30)
            telegram.say(ANNA, ANNA, "/people")
            await telegram.until(lambda: "discord, telegram" in told()[-1], 30)
        assert telegram.violations == []
        assert [turn["content"] for turn in home.model.asks[-1].body["messages"][1:]] == ["Wie tief?"]
    assert code.encode() not in home.everything_written()


async def test_an_admin_runs_it_from_a_chat(home: DiscordHome) -> None:
    """The status with its buttons, refreshed in place, and pinned; the log without a secret."""
    room = home.discord.dm(ANNA)
    async with home.running():
        await home.ready()
        home.discord.say(room.id, ANNA, "How deep?")
        await home.until(lambda: texts(room) == [WHOLE])
        home.discord.command(room.id, ANNA, "status")
        await home.until(lambda: "All well." in texts(room)[-1])
        post = room.posts[-1]
        assert "🟢 OpenAI-1: active · 1 asked, 100% answered" in post.text
        home.discord.say(room.id, ANNA, "And how wide?")
        await home.until(lambda: texts(room).count(WHOLE) == 2)
        await home.press(room, post, "Refresh")
        await home.until(lambda: "2 asked" in post.text)
        home.discord.command(room.id, ANNA, "logs", {"text": "50 info"})
        await home.until(lambda: "| INFO |" in texts(room)[-1])
        assert not any("How deep" in text for text in texts(room))
        home.discord.command(room.id, ANNA, "status", {"text": "pin"})
        await home.until(lambda: room.pinned)
    assert room.pinned == [room.posts[-1].id]


BREAKING = ["token", "intents", "unreachable", "garbage", "bursts"]


@pytest.mark.parametrize("fault", BREAKING)
async def test_a_broken_platform_harms_no_other(home: DiscordHome, fault: str) -> None:
    """Whatever Discord does, Telegram and the terminal go on answering, and once it is mended, so does it."""
    async with TelegramServer(TELEGRAM_TOKEN) as telegram:
        telegram.person(ANNA, "Anna")
        telegram.private(ANNA)
        room = home.discord.dm(ANNA)
        home.settings(
            ADMIN_IDS=f"discord:{ANNA},telegram:{ANNA}",
            TELEGRAM_TOKEN=TELEGRAM_TOKEN,
            TELEGRAM_API_URL=telegram.url,
        )
        match fault:
            case "token":
                home.discord.close_with(4004)
                home.discord.fail("me", "401", times=3)
            case "unreachable":
                await home.discord.stop_listening()
        async with home.running(terminal=True):
            match fault:
                case "intents":
                    await home.until(lambda: home.discord.gateway.connected)
                    home.discord.close_with(4014)
                case "garbage":
                    await home.until(lambda: home.discord.gateway.connected)
                    home.discord.tell("MESSAGE_CREATE", {"id": [], "content": 7})
                    home.discord.tell("INTERACTION_CREATE", {"type": "?"})
                    home.discord.tell("GUILD_CREATE", {"channels": "none"})
                case "bursts":
                    await home.until(lambda: home.discord.gateway.connected)
                    for _ in range(3):
                        home.discord.drop(resume=False)
            telegram.say(ANNA, ANNA, "How deep?")
            await telegram.until(lambda: WHOLE in [post.text for post in telegram.chats[ANNA].posts], 30)
            home.type("How deep?")
            await home.until(lambda: WHOLE.encode() in home.said)
            if fault == "unreachable":
                await home.discord.listen()
            home.discord.say(room.id, ANNA, "How deep?")
            if fault in ("unreachable", "garbage", "bursts"):
                await home.until(lambda: WHOLE in texts(room))
            elif fault == "intents":
                await telegram.until(
                    lambda: "4014" in "".join(p.text for p in telegram.chats[ANNA].posts), 30
                )
        assert telegram.violations == []
