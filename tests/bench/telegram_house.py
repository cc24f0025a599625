"""The program itself between a stand-in for Telegram and one for a model, and people who ask it something.

`python -m bot` runs as a child with a `.env`, as a family has it: its start, its loop and its memory are its
own, so what is measured is what a family would see, and neither the stand-ins' work nor that of another house
is on its account. Every person is an admin, because admins have no allowance that could be used up.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.bench.lag import Lag, lag, letters, sights
from tests.bench.writer import Speed, Writer, question
from tests.chaos.child import Child
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_chats import Post

TOKEN = "123456:made-up-token"
ROUND_TRIP_S = 0.06
HEARD_S = 0.05
"""The program is another process: a flood wait takes a moment to reach it."""
STARTS_S_MAX = 30.0
PATIENCE_S = 40.0
"""After the time an answer takes by itself: a reply that never comes costs the program 15 s."""
QUIET_S = 0.3
"""What belongs to an answer besides its text, such as its buttons, comes within this."""
POSTING = {"sendMessage", "editMessageText", "editMessageReplyMarkup", "deleteMessage"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what became of it."""

    chat: int
    post: int
    number: int
    lag: Lag | None
    """None: the model has said nothing."""
    calls: int
    """Sends, edits and deletes, those that were refused too."""
    floods: int


class House:
    def __init__(self, telegram: TelegramServer, writer: Writer, child: Child, random: Random) -> None:
        self.telegram = telegram
        self.writer = writer
        self.asked: list[Asked] = []
        self._child = child
        self._random = random

    async def hears(self) -> None:
        """Until the program polls."""
        await self.telegram.until(
            lambda: any(call.method == "getUpdates" for call in self.telegram.calls), STARTS_S_MAX
        )

    async def group(self, chat: int, person: int) -> int:
        """A new group, to which this person adds the bot; its id."""
        log = self.telegram.group(chat, "Family", members=[person], joined=False)
        self.telegram.join(chat, by=person)
        await self.telegram.until(lambda: log.posts)
        return chat

    async def ask(self, chat: int, person: int, speed: Speed) -> Asked:
        """Ask, and look until the whole answer stands there, or patience is at its end."""
        telegram, log = self.telegram, self.telegram.chats[chat]
        number = self.writer.lay_down(speed, self._random)
        mention = "" if log.kind == "private" else f"@{telegram.bot_username} "
        calls_before = len(telegram.calls)
        post = telegram.say(chat, person, f"{mention}{question(number)}")
        with suppress(TimeoutError):
            await telegram.until(lambda: self._is_whole(chat, post, number), speed.seconds + PATIENCE_S)
        await asyncio.sleep(QUIET_S)
        calls = [
            call for call in telegram.calls[calls_before:] if call.chat_id == chat and call.method in POSTING
        ]
        pieces = self.writer.written(number)
        found = lag(pieces, sights(_answer(log.history, post)), telegram.clock())
        floods = sum(call.status == 429 for call in calls)
        self.asked.append(Asked(chat, post, number, found, len(calls), floods))
        return self.asked[-1]

    async def leave(self) -> list[Asked]:
        """End the program, and look once more: the questions whose answers are not whole, or not alone."""
        await self._child.leave()
        ends: dict[int, int] = {}
        broken = []
        for asked in reversed(self.asked):
            if not self._is_whole(asked.chat, asked.post, asked.number, ends.get(asked.chat)):
                broken.append(asked)
            ends[asked.chat] = asked.post
        return broken

    def _is_whole(self, chat: int, post: int, number: int, end: int | None = None) -> bool:
        """Whether the answer, and nothing else, stands between this question and the next, `end`."""
        standing = "".join(it.text for it in _answer(self.telegram.chats[chat].posts, post, end))
        return letters(standing) == letters(self.writer.text(number))


def _answer(posts: Iterable[Post], question_post: int, end: int | None = None) -> list[Post]:
    return [post for post in posts if post.id > question_post and (end is None or post.id < end)]


@asynccontextmanager
async def house(*, people: int, random: Random) -> AsyncIterator[House]:
    """A house that is starting, with people 1, 2, 3, … in private chats of their own."""
    ids = range(1, people + 1)
    async with TelegramServer(TOKEN, latency_s=ROUND_TRIP_S, random=random) as telegram, Writer() as writer:
        telegram.heard_s = HEARD_S
        for person in ids:
            telegram.private(person)
        with TemporaryDirectory() as folder:
            child = Child((sys.executable, "-m", "bot"), Path(folder), _settings(telegram, writer, ids))
            try:
                await child.start()
                yield House(telegram, writer, child, random)
            finally:
                await child.leave()


def _settings(telegram: TelegramServer, writer: Writer, people: Iterable[int]) -> dict[str, str]:
    node = writer.spec()
    return {
        "EMBEDDED_MODEL": "off",
        "OPENAI_1_URL": node.url,
        "OPENAI_1_KEY": node.key,
        "OPENAI_1_MODEL": node.model,
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "ADMIN_IDS": ",".join(f"telegram:{person}" for person in people),
    }
