"""What the contract test needs of each chat platform: a `Stage`, on which its adapter runs.

To put a new adapter under the contract, write its stage and add it to `STAGES`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from adapters.terminal import Terminal, Words
from core.types import Adapter, Arrival, Incoming
from tests.adapters.window import ENTER, Window

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


STAGES: dict[str, Callable[[Window], AbstractAsyncContextManager[Stage]]] = {"terminal": terminal}
