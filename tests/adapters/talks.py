"""A chat in the terminal that runs: what it handed in, and what the rest of the program answers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from adapters.terminal import Once, Terminal
from core.errors import StorageError
from core.types import Arrival, Incoming


class Talk:
    """A running adapter, and what it handed in."""

    def __init__(self, adapter: Terminal | Once) -> None:
        self.adapter = adapter
        self.said: asyncio.Queue[Incoming] = asyncio.Queue()
        self.disk: StorageError | None = None
        """What accepting fails with, as long as it is set."""
        self.running = asyncio.create_task(adapter.run(self._accept))

    async def grow(self, question: Incoming, text: str) -> None:
        await self._post(question, text, final=False)

    async def finish(self, question: Incoming, text: str) -> None:
        await self._post(question, text, final=True)

    async def left(self) -> None:
        """Wait until `run` returns."""
        await asyncio.wait_for(self.running, 10)

    async def _accept(self, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        if self.disk:
            raise self.disk
        for arrival in arrivals:
            assert isinstance(arrival, Incoming)
            self.said.put_nowait(arrival)

    async def _post(self, question: Incoming, text: str, final: bool) -> None:
        [part] = self.adapter.render(text, final)
        await self.adapter.post(question.chat, part, reply_to=question.post, key=f"to {question.post}")


@asynccontextmanager
async def talking(adapter: Terminal | Once) -> AsyncGenerator[Talk, None]:
    talk = Talk(adapter)
    async with asyncio.timeout(30):
        yield talk
        talk.running.cancel()
        await asyncio.wait({talk.running})
