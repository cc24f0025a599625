"""The program itself between a stand-in for a platform and one for a model, and people who ask it something.

    telegram_house.py, discord_house.py ─► Platform ─► House ─► telegram.py, discord.py

`python -m bot` runs as a child with a `.env`, as a family has it: its start, its loop and its memory are its
own, so what is measured is what a family would see, and neither the stand-ins' work nor that of another house
is on its account. Every person is an admin, because admins have no allowance that could be used up.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Generic, Protocol, TypeVar

from tests.bench.lag import Lag, Post, lag, letters, sights
from tests.bench.writer import Speed, Writer, question
from tests.chaos.child import Child

ROUND_TRIP_S = 0.06
STARTS_S_MAX = 30.0
SETTLES_S = 1.0
PATIENCE_S = 40.0
"""After the time an answer takes by itself: a reply that never comes costs the program 15 s."""
QUIET_S = 0.3
"""What belongs to an answer besides its text, such as its buttons, comes within this."""
PROGRAM = ("-m", "bot")


class Platform(Protocol):
    """A stand-in server with people in it, in the words of a house."""

    @property
    def server(self) -> AbstractAsyncContextManager[object]: ...

    @property
    def violations(self) -> Sequence[str]: ...

    @property
    def calls(self) -> Sequence[tuple[int | None, int]]:
        """All so far, those that were refused too: into which chat something was sent, edited or deleted,
        and with which status this was answered. The chat of any other call is None."""

    def settle(self, people: Iterable[int]) -> None:
        """These are there, each with a private chat of their own."""

    def settings(self, people: Iterable[int]) -> dict[str, str]: ...

    def is_heard(self) -> bool:
        """Whether the program hears people by now."""

    def clock(self) -> float: ...

    async def until(self, happened: Callable[[], object], timeout_s: float = ...) -> None: ...

    def ask(self, chat: int, person: int, text: str) -> int:
        """Something that the program answers; the post it stands in."""

    def answer(self, chat: int, post: int, end: int | None) -> Sequence[Post]:
        """All posts that were ever made for what was asked in `post`; `end` is the next one there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what became of it."""

    chat: int
    post: int
    number: int
    lag: Lag | None
    """None: the model has said nothing."""
    states: int
    """So many texts were seen, one after the other, while it grew."""
    calls: int
    """Sends, edits and deletes in this chat, those that were refused too."""
    floods: int
    """How many of them were told to wait."""


P = TypeVar("P", bound=Platform)


class House(Generic[P]):
    def __init__(self, platform: P, writer: Writer, child: Child, random: Random) -> None:
        self.platform = platform
        self.writer = writer
        self.asked: list[Asked] = []
        self.folder = child.folder
        self._child = child
        self._random = random

    async def hears(self) -> None:
        """Until the program hears people, and has done what it does at its start."""
        await self.platform.until(self.platform.is_heard, STARTS_S_MAX)
        await asyncio.sleep(SETTLES_S)

    async def ask(
        self,
        chat: int,
        person: int,
        speed: Speed,
        *,
        text: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Asked:
        """Ask, and look until the whole answer stands there, or patience is at its end. What the model
        says is `text`, over and over, or else what comes to its mind."""
        platform = self.platform
        number = self.writer.lay_down(speed, self._random, text)
        calls_before = len(platform.calls)
        post = platform.ask(chat, person, question(number))
        with suppress(TimeoutError):
            await platform.until(lambda: self._is_whole(chat, post, number), speed.seconds + patience_s)
        await asyncio.sleep(QUIET_S)
        statuses = [status for into, status in platform.calls[calls_before:] if into == chat]
        posts = platform.answer(chat, post, None)
        found = lag(self.writer.written(number), sights(posts), platform.clock())
        states = sum(len(it.shown) for it in posts)
        self.asked.append(Asked(chat, post, number, found, states, len(statuses), statuses.count(429)))
        return self.asked[-1]

    async def leave(self) -> list[Asked]:
        """End the program, and look once more: the questions whose answers are not whole, or not alone."""
        await self._child.leave()
        ends: dict[int, int] = {}
        broken = []
        for asked in sorted(self.asked, key=lambda it: it.post, reverse=True):
            if not self._is_whole(asked.chat, asked.post, asked.number, ends.get(asked.chat)):
                broken.append(asked)
            ends[asked.chat] = asked.post
        return broken

    def _is_whole(self, chat: int, post: int, number: int, end: int | None = None) -> bool:
        """Whether the answer, and nothing else, stands there."""
        posts = self.platform.answer(chat, post, end)
        standing = "".join(it.text for it in posts if it.deleted_at is None)
        return letters(standing) == letters(self.writer.text(number))


@asynccontextmanager
async def house(
    platform: P, *, people: int, random: Random, program: Sequence[str] = PROGRAM
) -> AsyncIterator[House[P]]:
    """A house that is starting, with people 1, 2, 3, … in private chats of their own."""
    ids = range(1, people + 1)
    async with platform.server, Writer() as writer:
        platform.settle(ids)
        node = writer.spec()
        settings = {
            "EMBEDDED_MODEL": "off",
            "OPENAI_1_URL": node.url,
            "OPENAI_1_KEY": node.key,
            "OPENAI_1_MODEL": node.model,
            **platform.settings(ids),
        }
        with TemporaryDirectory() as folder:
            child = Child((sys.executable, *program), Path(folder), settings)
            try:
                await child.start()
                yield House(platform, writer, child, random)
            finally:
                await child.leave()
