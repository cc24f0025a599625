"""The whole program on Telegram: a child process, the strict stand-in, a stand-in for a model."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from bot.phrases import operator
from tests.home import Home
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer

TOKEN = "123456:canary-token-that-nobody-may-ever-see"
PASSWORD = "open the porch"
WHOLE = "Forty metres."


class TelegramHome(Home):
    def __init__(self, folder: Path, telegram: TelegramServer, model: ModelServer) -> None:
        super().__init__(folder, telegram, model, TELEGRAM_TOKEN=TOKEN, TELEGRAM_API_URL=telegram.url)
        self.telegram = telegram
        self.model = model

    def texts(self, chat: int) -> list[str]:
        return [post.text for post in self.telegram.chats[chat].posts]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[TelegramHome, None]:
    async with (
        TelegramServer(TOKEN) as telegram,
        ModelServer("openai", pieces=["Forty ", "metres."]) as model,
    ):
        telegram.person(7, "Anna")
        telegram.person(8, "Ben")
        made = TelegramHome(tmp_path, telegram, model)
        made.settings(ADMIN_IDS="telegram:7")
        yield made
        assert telegram.violations == []
        assert TOKEN.encode() not in made.everything_written()
        assert TOKEN.encode() not in made.said


async def test_a_question_is_answered_in_its_chat(home: TelegramHome) -> None:
    """One post that replies to it, with a button to ask again; and what was said while the program was off
    is answered when it starts, the oldest first."""
    home.telegram.private(7)
    first = home.telegram.say(7, 7, "How deep?", ago_s=7200)
    second = home.telegram.say(7, 7, "And how wide?")
    async with home.running():
        await home.until(lambda: len(home.texts(7)) == 2 and all(WHOLE in text for text in home.texts(7)))
        one, two = home.telegram.chats[7].posts
        assert (one.reply_to, two.reply_to) == (first, second)
        assert "I was away" in one.text
        assert two.text == WHOLE
        await home.until(lambda: [button.label for button in two.buttons] == ["Retry"])
        home.telegram.press(7, two.id, "Retry", person=7)
        await home.until(lambda: len(home.model.asks) == 3)
    assert len(home.texts(7)) == 2


async def test_a_new_bot_is_claimed_by_a_link_and_a_stranger_is_not_let_in(home: TelegramHome) -> None:
    """The link stands in the terminal; whoever opens it first is the admin; what strangers write is kept
    nowhere, and the admin sees a card."""
    home.settings(ADMIN_PASSWORD=PASSWORD)
    home.telegram.private(7)
    home.telegram.private(8)
    async with home.running():
        await home.until(lambda: b"?start=" in home.said)
        code = home.said.decode().partition("?start=")[2].split()[0]
        home.telegram.say(7, 7, f"/start {code}")
        await home.until(lambda: bool(home.texts(7)))
        assert home.texts(7)[0].startswith("Welcome, Anna!")
        home.telegram.say(8, 8, "canary words of a stranger")
        await home.until(lambda: len(home.texts(7)) == 2 and bool(home.texts(8)))
        card = home.telegram.chats[7].posts[-1]
        assert "Ben" in card.text
        home.telegram.press(7, card.id, "Let in", person=7)
        await home.until(lambda: "password" in home.texts(7)[-1])
        secret = home.telegram.say(7, 7, PASSWORD)
        await home.until(lambda: secret in home.telegram.chats[7].deleted)
        await home.until(lambda: home.texts(7)[-1] == "As what?")
        home.telegram.press(7, home.telegram.chats[7].posts[-1].id, "teen", person=7)
        await home.until(lambda: "may talk with me now" in home.texts(7)[-1])
        home.telegram.say(8, 8, "How deep?")
        await home.until(lambda: home.texts(8)[-1] == WHOLE)
    assert code.encode() not in home.everything_written()
    assert b"canary words" not in home.everything_written()
    assert PASSWORD.encode() not in home.everything_written()


async def test_everybody_is_offered_what_they_may_use(home: TelegramHome) -> None:
    """The admin's menu has the admin's commands, a stranger's only the beginning."""
    home.telegram.private(7)
    async with home.running():
        await home.until(lambda: len(home.telegram.menus) == 2)
    offered = {scope: [name for name, _ in menu] for (scope, _), menu in home.telegram.menus.items()}
    assert offered["default"] == ["start"]
    assert {"status", "invite", "private"} <= set(offered["chat:7"])


async def test_in_a_group_it_answers_in_the_topic_and_leaves_others(home: TelegramHome) -> None:
    """Only when it is spoken to; a group in which a stranger put it is left with one line."""
    group = home.telegram.group(-1001, "Family", members=[7, 8], forum=True, joined=False)
    crowd = home.telegram.group(-1002, "Crowd", members=[8], joined=False)
    async with home.running():
        home.telegram.join(group.id, by=7)
        await home.until(lambda: "Hello" in "".join(home.texts(group.id)))
        topic = home.telegram.topic(group.id, "Lakes", by=7)
        home.telegram.say(group.id, 7, "not for you", topic=topic)
        asked = home.telegram.say(group.id, 7, "@porchlight_bot how deep?", topic=topic)
        await home.until(lambda: home.texts(group.id)[-1] == WHOLE)
        post = group.posts[-1]
        assert (post.reply_to, post.topic) == (asked, topic)
        home.telegram.join(crowd.id, by=8)
        await home.until(lambda: crowd.id in home.telegram.left)
        assert len(home.texts(crowd.id)) == 1
    assert len(home.model.asks) == 1
    assert home.model.asks[0].body["messages"][-1]["content"] == "how deep?"


async def test_a_refused_token_is_told_to_whoever_started_it(home: TelegramHome) -> None:
    """In a sentence of its own, and without the token."""
    home.telegram.fail("getUpdates", "401")
    async with home.running():
        await home.until(lambda: operator.TROUBLES["telegram token"].encode() in home.said)
    assert TOKEN.encode() not in home.said


async def test_a_changed_question_is_answered_anew(home: TelegramHome) -> None:
    """In the same post."""
    home.telegram.private(7)
    async with home.running():
        asked = home.telegram.say(7, 7, "How deep?")
        await home.until(lambda: home.texts(7) == [WHOLE])
        home.telegram.edit(7, asked, "How wide?")
        await home.until(lambda: len(home.model.asks) == 2)
    assert home.texts(7) == [WHOLE]
    with closing(sqlite3.connect(home.folder / "data" / "porchlight.db")) as database:
        assert database.execute("SELECT text, state FROM inbox").fetchall() == [("How wide?", "closed")]


async def test_an_admin_runs_it_from_a_chat(home: TelegramHome) -> None:
    """The status with its buttons, refreshed in place, and pinned; the log without a secret; a backup."""
    home.telegram.private(7)
    chat = home.telegram.chats[7]
    async with home.running():
        asked = home.telegram.say(7, 7, "How deep?")
        await home.until(lambda: home.texts(7) == [WHOLE])
        home.telegram.say(7, 7, "/status")
        await home.until(lambda: "All well." in home.texts(7)[-1])
        post = chat.posts[-1]
        assert "🟢 OpenAI-1: active · 1 asked, 100% answered" in post.text
        assert "🟢 Telegram: heard " in post.text
        await home.until(lambda: [it.label for it in post.buttons][:3] == ["Refresh", "Chart", "Details"])
        home.telegram.say(7, 7, "And how wide?")
        await home.until(lambda: home.texts(7).count(WHOLE) == 2)
        home.telegram.press(7, post.id, "Refresh", person=7)
        await home.until(lambda: "2 asked" in post.text)
        home.telegram.say(7, 7, "/logs 50 info")
        await home.until(lambda: "| INFO |" in home.texts(7)[-1])
        home.telegram.say(7, 7, "/backup")
        await home.until(lambda: "A backup was made" in home.texts(7)[-1])
        home.telegram.say(7, 7, "/why", reply_to=asked)
        await home.until(lambda: "OpenAI-1 answered" in home.texts(7)[-1])
        home.telegram.say(7, 7, "/status pin")
        await home.until(lambda: chat.pinned)
    assert chat.pinned == [chat.posts[-1].id]
    assert not any("How deep" in text or TOKEN in text for text in home.texts(7))
