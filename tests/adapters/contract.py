"""What the contract test needs of each chat platform: a `Stage`, on which its adapter runs.

To put a new adapter under the contract, write its stage and add it to `STAGES`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from adapters.terminal import Terminal, Words
from core.types import Adapter, Arrival, Incoming, Person
from tests.adapters import discord_stage
from tests.adapters.discord_stage import ANNA
from tests.adapters.telegram_stage import HOME, TOKEN, Hall, running
from tests.adapters.window import ENTER, Window
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer

WORDS = Words(
    greeting="Welcome.",
    stop_hint="Ctrl-C stops",
    leave_hint="Ctrl-C again or Ctrl-D leaves",
    earlier="To an earlier question:",
    not_saved="Not saved:",
)


class Stage(Protocol):
    """One platform with one person on it."""

    said: asyncio.Queue[Incoming]
    """What the adapter handed in."""
    keyed: bool
    """Whether the platform knows a post by its key. Where it does not, an unclear one is looked for."""
    earlier: str
    """A post of an earlier run."""

    @property
    def adapter(self) -> Adapter: ...

    async def say(self, text: str) -> None:
        """The person writes that."""

    async def until(self, seen: Callable[[str], bool]) -> None:
        """Wait until what the person sees is so; fail if it does not come."""

    @property
    def text(self) -> str:
        """All that the person sees."""


class TerminalStage:
    keyed = True
    earlier = "0-0"

    def __init__(self, window: Window) -> None:
        self.adapter = Terminal(WORDS, stdin=window.stdin, out=window.out)
        self.said: asyncio.Queue[Incoming] = asyncio.Queue()
        self._window = window

    async def accept(self, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        for arrival in arrivals:
            assert isinstance(arrival, Incoming)
            self.said.put_nowait(arrival)

    async def say(self, text: str) -> None:
        await self._window.asks()
        await self._window.type(text + ENTER)

    async def until(self, seen: Callable[[str], bool]) -> None:
        await self._window.until(lambda: seen(self.text))

    @property
    def text(self) -> str:
        return self._window.text


@asynccontextmanager
async def terminal(window: Window) -> AsyncGenerator[Stage, None]:
    stage = TerminalStage(window)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(stage.adapter.run(stage.accept))
        yield stage
        running.cancel()


class TelegramStage:
    keyed = False

    def __init__(self, hall: Hall, earlier: str) -> None:
        self.adapter = hall.adapter
        self.said = hall.said
        self.earlier = earlier
        self._server = hall.server

    async def say(self, text: str) -> None:
        self._server.say(int(HOME.id), int(HOME.id), text)

    async def until(self, seen: Callable[[str], bool]) -> None:
        await self._server.until(lambda: seen(self.text))

    @property
    def text(self) -> str:
        return "\n".join(post.text for post in self._server.private(int(HOME.id)).posts)


@asynccontextmanager
async def telegram(_: Window) -> AsyncGenerator[Stage, None]:
    async with TelegramServer(TOKEN) as server:
        server.private(int(HOME.id))
        async with running(Hall(server)) as hall:
            [part] = hall.adapter.render("Half an", False)
            earlier = await hall.adapter.post(HOME, part, reply_to=None, key="0-0")
            yield TelegramStage(hall, earlier)
        assert server.violations == []


class DiscordStage:
    keyed = True

    def __init__(self, hall: discord_stage.Hall, channel_id: int, earlier: str) -> None:
        self.adapter = hall.adapter
        self.said = hall.said
        self.earlier = earlier
        self._server = hall.server
        self._channel_id = channel_id

    async def say(self, text: str) -> None:
        self._server.say(self._channel_id, ANNA, text)

    async def until(self, seen: Callable[[str], bool]) -> None:
        await self._server.until(lambda: seen(self.text))

    @property
    def text(self) -> str:
        return "\n".join(post.text for post in self._server.channels[self._channel_id].posts)


@asynccontextmanager
async def discord(_: Window) -> AsyncGenerator[Stage, None]:
    async with DiscordServer(discord_stage.TOKEN) as server:
        server.person(ANNA, "Anna")
        async with discord_stage.running(discord_stage.Hall(server)) as hall:
            home = await hall.adapter.direct(Person("discord", str(ANNA)))
            [part] = hall.adapter.render("Half an", False)
            earlier = await hall.adapter.post(home, part, reply_to=None, key="0-0")
            yield DiscordStage(hall, int(home.id), earlier)
        assert server.violations == []


STAGES: dict[str, Callable[[Window], AbstractAsyncContextManager[Stage]]] = {
    "discord": discord,
    "telegram": telegram,
    "terminal": terminal,
}
