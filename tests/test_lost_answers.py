"""One test for each way in which bots of this kind were seen to lose an answer, or to show it twice.

The program runs in this process, between the strict stand-in for Telegram and one for a model. What counts
is what stands in the chat when nothing moves any more: every word of the answer, once.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from adapters.telegram import Telegram
from bot import app, settings
from bot.phrases import of
from core.inbox import Inbox
from core.types import Adapter
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer

SAY = of()
TOKEN = "123456:made-up"
PATIENCE_S = 1.0
LIMIT = 4096


class Room:
    """A private chat with the running program."""

    def __init__(self, telegram: TelegramServer, model: ModelServer, folder: Path) -> None:
        self.telegram = telegram
        self.model = model
        self.folder = folder

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        spec = self.model.spec("x")
        environ = {
            "EMBEDDED_MODEL": "off",
            "DATA_DIR": str(self.folder),
            "ADMIN_IDS": "telegram:7,telegram:8",
            "OPENAI_1_URL": spec.url,
            "OPENAI_1_KEY": spec.key,
            "OPENAI_1_MODEL": spec.model,
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.telegram.url,
        }
        written = settings.load(None, environ)

        def platforms(inbox: Inbox, trouble: Callable[[str], Awaitable[None]]) -> list[Adapter]:
            cursor = partial(inbox.cursor, Telegram.platform)
            url = self.telegram.url
            return [Telegram(TOKEN, url, cursor=cursor, trouble=trouble, timeout_s=PATIENCE_S)]

        task = asyncio.create_task(app.serve(written, lambda text: None, platforms))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def until(self, seen: Callable[[], bool]) -> None:
        await self.telegram.until(seen, timeout_s=30)

    def texts(self, chat: int = 7) -> list[str]:
        return [post.text for post in self.telegram.chats[chat].posts]

    async def answered(self, chat: int = 7) -> str:
        """All that stands there, when the button under a finished answer is there."""
        await self.until(lambda: self._is_finished(chat))
        return "\n".join(self.texts(chat))

    def _is_finished(self, chat: int) -> bool:
        posts = self.telegram.chats[chat].posts
        return bool(posts) and [button.label for button in posts[-1].buttons] == [SAY.RETRY_BUTTON]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncGenerator[Room, None]:
    async with TelegramServer(TOKEN) as telegram, ModelServer("openai") as model:
        for number, name in ((7, "Anna"), (8, "Ben")):
            telegram.person(number, name)
            telegram.private(number)
        yield Room(telegram, model, tmp_path)
        assert telegram.violations == []


def words(first: int, count: int) -> str:
    """So many numbered words, a paragraph for every ten."""
    ends = (" ",) * 9 + ("\n\n",)
    return "".join(f"w{number:05}{ends[number % 10]}" for number in range(first, first + count))


def expect_whole(shown: str, count: int) -> None:
    """Every word, once, in order."""
    assert shown.split() == [f"w{number:05}" for number in range(count)]


async def test_a_first_piece_longer_than_a_post(room: Room) -> None:
    """It is cut into posts that fit."""
    room.model.pieces = (words(0, 1500), words(1500, 10))
    async with room.running():
        room.telegram.say(7, 7, "Tell me a lot.")
        expect_whole(await room.answered(), 1510)
    assert len(room.texts()) > 2
    assert all(len(text) <= LIMIT for text in room.texts())


async def test_one_piece_that_crosses_two_ends_of_posts(room: Room) -> None:
    """In the middle of a growing answer."""
    room.model.pieces = (words(0, 500), words(500, 1300), words(1800, 10))
    room.model.pace_s = 0.3
    async with room.running():
        room.telegram.say(7, 7, "Tell me a lot.")
        expect_whole(await room.answered(), 1810)


async def test_an_empty_answer(room: Room) -> None:
    """Is none: there is an honest sentence, and no empty post is tried."""
    room.model.failing = "empty"
    async with room.running():
        room.telegram.say(7, 7, "Say nothing.")
        assert "None of my models" in await room.answered()
    assert all(call.status == 200 for call in room.telegram.calls if call.method == "sendMessage")


async def test_a_stream_without_its_end_mark(room: Room) -> None:
    """The half answer is not left standing as if it were one: the next attempt takes its place."""
    room.model.pieces = tuple(words(number, 1) for number in range(30))
    room.model.fail("no_end", after=20)
    async with room.running():
        room.telegram.say(7, 7, "Count.")
        expect_whole(await room.answered(), 30)
    assert len(room.texts()) == 1


async def test_a_sentence_whose_own_formatting_is_refused(room: Room) -> None:
    """It goes out as plain text."""
    room.model.failing = "unauthorized"
    room.telegram.fail("sendMessage", "400", times=1)
    async with room.running():
        room.telegram.say(7, 7, "Why?")
        await room.until(lambda: any("lets me in any more" in text for text in room.texts()))


@pytest.mark.parametrize("trouble", ["429", "400", "500", "502", "timeout", "reset", "lost", "lost_hang"])
async def test_the_last_edit_fails(room: Room, trouble: str) -> None:
    """Whatever is answered to it: the end of the answer stands there at last."""
    room.model.pieces = tuple(words(number, 1) for number in range(20))
    room.model.pace_s = 0.02
    async with room.running():
        room.telegram.say(7, 7, "Count.")
        await room.until(lambda: bool(room.texts()))
        room.telegram.fail("editMessageText", trouble, times=2, retry_after=1)
        expect_whole(await room.answered(), 20)
    assert len(room.texts()) == 1


@pytest.mark.parametrize("trouble", ["429", "502", "lost"])
async def test_the_post_of_the_second_part_fails(room: Room, trouble: str) -> None:
    """It comes, and comes once."""
    room.model.pieces = (words(0, 400), words(400, 400))
    room.model.pace_s = 0.5
    async with room.running():
        room.telegram.say(7, 7, "Tell me a lot.")
        await room.until(lambda: len(room.texts()) == 1)
        room.telegram.fail("sendMessage", trouble, times=1, retry_after=1)
        expect_whole(await room.answered(), 800)


async def test_a_retry_does_not_show_the_text_twice(room: Room) -> None:
    """Neither one of the program's own, nor one that is pressed."""
    room.model.pieces = tuple(words(number, 1) for number in range(10))
    room.model.fail("reset", after=8)
    async with room.running():
        room.telegram.say(7, 7, "Count.")
        expect_whole(await room.answered(), 10)
        (post,) = room.telegram.chats[7].posts
        room.telegram.press(7, post.id, SAY.RETRY_BUTTON, person=7)
        await room.until(lambda: len(room.model.asks) == 3)
        expect_whole(await room.answered(), 10)
    assert len(room.texts()) == 1


async def test_a_restart_leaves_no_half_answer_beside_the_whole_one(room: Room) -> None:
    """The next run goes on in the same posts."""
    room.model.pieces = tuple(words(number, 100) for number in range(0, 1000, 100))
    room.model.fail("stall", after=7)
    async with room.running():
        room.telegram.say(7, 7, "Tell me a lot.")
        await room.until(lambda: len(room.texts()) == 2)
        room.model.pace_s = 0.0
    async with room.running():
        expect_whole(await room.answered(), 1000)


async def test_the_flood_wait_of_one_chat_holds_no_other(room: Room) -> None:
    """Ben is answered while nothing may be sent to Anna, who is answered afterwards."""
    room.model.pieces = (words(0, 5),)
    room.telegram.fail("sendMessage", "429", times=1, chat=7, retry_after=3)
    async with room.running():
        room.telegram.say(7, 7, "Count.")
        await room.until(lambda: any(call.status == 429 for call in room.telegram.calls))
        room.telegram.say(8, 8, "Count.")
        expect_whole(await room.answered(8), 5)
        assert room.texts(7) == []
        expect_whole(await room.answered(7), 5)
