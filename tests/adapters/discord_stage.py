"""The Discord adapter in front of the stand-in: a person, a server, and a disk that is a list."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from adapters.discord import Discord
from adapters.discord_gateway import Trouble
from adapters.discord_slash import Slash
from core.errors import StorageError
from core.types import Arrival, Chat, Incoming
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import Channel

TOKEN = "canary.token.discord"
ANNA = 7
COMMANDS = (
    Slash(
        *("ask", "Ask something", "The question"),
        needed=True,
        translations={"de": "Etwas fragen"},
        argument_translations={"de": "Die Frage"},
    ),
    Slash("help", "What I can do", alone=True),
    Slash("status", "How the nodes are", admin=True),
)


class Hall:
    """What stands around the adapter in the program."""

    def __init__(self, server: DiscordServer, *, cursor: str | None = None) -> None:
        self.server = server
        self.cursor = cursor
        """What is on the disk."""
        self.arrivals: list[Arrival] = []
        self.refusals = 0
        """So often the disk is full."""
        self.troubles: list[Trouble] = []
        self.slept: list[float] = []
        self.said: asyncio.Queue[Incoming] = asyncio.Queue()
        """As the inbox keeps them: what comes again, from the history, is known there already."""
        self.adapter = Discord(
            TOKEN,
            server.api_url,
            server.gateway_url,
            cursor=self._stored,
            trouble=self._trouble,
            commands=COMMANDS,
            timeout_s=0.4,
            sleep=self._sleep,
        )

    async def accept(self, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        if self.refusals:
            self.refusals -= 1
            self.server.changed()
            raise StorageError("the disk is full")
        known = {(it.chat, it.post) for it in self.arrivals if isinstance(it, Incoming)}
        self.arrivals += arrivals
        self.cursor = cursor or self.cursor
        for arrival in arrivals:
            if isinstance(arrival, Incoming) and (
                arrival.edited or (arrival.chat, arrival.post) not in known
            ):
                self.said.put_nowait(arrival)
        self.server.changed()

    @property
    def texts(self) -> list[str]:
        return [arrival.text for arrival in self.arrivals if isinstance(arrival, Incoming)]

    async def _stored(self) -> str | None:
        return self.cursor

    async def _trouble(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        self.server.changed()

    async def _sleep(self, seconds: float) -> None:
        """Time flies, but others get their turn."""
        self.slept.append(seconds)
        self.server.changed()
        await asyncio.sleep(0.01)


def chat_of(channel: Channel) -> Chat:
    if channel.guild is None:
        return Chat("discord", str(channel.id))
    return Chat("discord", f"{channel.guild}:{channel.id}", "group")


@asynccontextmanager
async def running(hall: Hall) -> AsyncGenerator[Hall, None]:
    """The adapter receives until the end of the block."""
    task = asyncio.create_task(hall.adapter.run(hall.accept))
    try:
        await hall.server.until(lambda: hall.server.gateway.connected or hall.troubles or hall.slept)
        yield hall
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await hall.adapter.close()
