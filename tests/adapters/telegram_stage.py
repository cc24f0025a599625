"""The Telegram adapter in front of the stand-in: a person, a group, and a disk that is a list."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from adapters.telegram import Telegram
from adapters.telegram_poll import Trouble
from core.errors import StorageError
from core.types import Arrival, Chat, Incoming
from tests.fakes import Clock
from tests.servers.telegram import TelegramServer

TOKEN = "123456:canary"
HOME = Chat("telegram", "7")
FAMILY = Chat("telegram", "-1001", "group")


class Hall:
    """What stands around the adapter in the program."""

    def __init__(self, server: TelegramServer, *, cursor: str | None = None, poll_s: float = 1.0) -> None:
        self.server = server
        self.cursor = cursor
        """What is on the disk."""
        self.accepted: list[tuple[list[Arrival], str | None]] = []
        self.refusals = 0
        """So often the disk is full."""
        self.troubles: list[Trouble] = []
        self.told_after: list[int] = []
        """How many calls had been made when each of them was told."""
        self.slept: list[float] = []
        self.clock = Clock()
        self.said: asyncio.Queue[Incoming] = asyncio.Queue()
        self.adapter = Telegram(
            TOKEN,
            server.url,
            cursor=self._stored,
            trouble=self._trouble,
            poll_s=poll_s,
            timeout_s=0.4,
            clock=self.clock,
            sleep=self._sleep,
        )

    @property
    def arrivals(self) -> list[Arrival]:
        return [arrival for arrivals, _ in self.accepted for arrival in arrivals]

    async def accept(self, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        if self.refusals:
            self.refusals -= 1
            self.server.changed()
            raise StorageError("the disk is full")
        self.accepted.append((list(arrivals), cursor))
        self.cursor = cursor
        for arrival in arrivals:
            if isinstance(arrival, Incoming):
                self.said.put_nowait(arrival)
        self.server.changed()

    async def _stored(self) -> str | None:
        return self.cursor

    async def _trouble(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        self.told_after.append(len(self.server.calls))
        self.server.changed()

    async def _sleep(self, seconds: float) -> None:
        """Time flies, but others get their turn."""
        self.slept.append(seconds)
        self.clock.advance(seconds)
        self.server.changed()
        await asyncio.sleep(0.001)


@asynccontextmanager
async def running(hall: Hall) -> AsyncGenerator[Hall, None]:
    """The adapter receives until the end of the block."""
    task = asyncio.create_task(hall.adapter.run(hall.accept))
    try:
        yield hall
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await hall.adapter.close()
