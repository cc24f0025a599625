"""The digest in the morning, from the whole program: a child process, and the strict stand-in for Telegram.
On which days one comes, whatever is restarted and whatever clocks do, is in tests/bot/test_digest_days.py."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from bot import phrases
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer
from tests.test_telegram_program import TOKEN, WHOLE, TelegramHome

SAY = phrases.of()
DAY_S = 24 * 3600


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[TelegramHome, None]:
    async with (
        TelegramServer(TOKEN) as telegram,
        ModelServer("openai", pieces=["Forty ", "metres."]) as model,
    ):
        telegram.person(7, "Anna")
        telegram.private(7)
        made = TelegramHome(tmp_path, telegram, model)
        made.settings(ADMIN_IDS="telegram:7", DIGEST_TIME="00:00")
        yield made
        assert telegram.violations == []


def digests(home: TelegramHome) -> list[str]:
    return [text for text in home.texts(7) if text.startswith("🟢 All is well.")]


def she_came_yesterday(home: TelegramHome) -> None:
    """Whoever comes in after the digest of a day gets the one of the next."""
    with closing(sqlite3.connect(home.folder / "data" / "porchlight.db")) as database:
        database.execute("UPDATE people SET added_at = added_at - ?", (DAY_S,))
        database.commit()


async def test_in_the_morning_each_admin_has_one_digest(home: TelegramHome) -> None:
    """By itself and without a sound, with a picture and a button for less; after a restart no second one."""
    async with home.running():
        home.telegram.say(7, 7, "How deep?")
        await home.until(lambda: home.texts(7) == [WHOLE])
    she_came_yesterday(home)
    async with home.running():
        await home.until(lambda: home.telegram.chats[7].posts[-1].photo is not None)
        [text] = digests(home)
        assert SAY.digest_questions("day", 1, None) in text
        post = next(it for it in home.telegram.chats[7].posts if it.text == text)
        assert [label for label, _ in post.buttons] == [SAY.LESS_BUTTON]
        sent = [it for it in home.telegram.calls if it.method in ("sendMessage", "sendPhoto")][-2:]
        assert [it.params["disable_notification"] for it in sent] == [True, True]
    async with home.running():
        home.telegram.say(7, 7, "And how wide?")
        await home.until(lambda: home.texts(7)[-1] == WHOLE)
        assert len(digests(home)) == 1
