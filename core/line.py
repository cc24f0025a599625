"""The short, visible line in front of a local model: it answers a few at a time, the others wait.

A home computer that answers four questions at once answers all four badly. So a local node serves
`parallel` tickets, first come first served, and the rest are told how many are before them.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

from core.errors import Unavailable

WAITING_MAX = 20
"""More than a family ever asks at once; a line longer than this would only end in timeouts."""


class Line:
    """`parallel` None: everybody is served at once and nobody waits."""

    def __init__(self, parallel: int | None) -> None:
        self._parallel = parallel
        self._tickets: list[object] = []
        self._moved = asyncio.Event()

    @property
    def is_free(self) -> bool:
        return self._parallel is None or len(self._tickets) < self._parallel

    def _place(self, ticket: object) -> int:
        """How many have to finish before it is this one's turn."""
        if self._parallel is None:
            return 0
        return max(0, self._tickets.index(ticket) + 1 - self._parallel)

    @contextmanager
    def ticket(self) -> Iterator[object]:
        """A place in the line, given back at the end. Raises `Unavailable` if the line is full."""
        if self._parallel is not None and len(self._tickets) >= self._parallel + WAITING_MAX:
            raise Unavailable("busy", f"{WAITING_MAX} others are waiting already")
        ticket = object()
        self._tickets.append(ticket)
        try:
            yield ticket
        finally:
            self._tickets.remove(ticket)
            self._moved.set()
            self._moved = asyncio.Event()

    async def turn(self, ticket: object) -> AsyncGenerator[int, None]:
        """Our place whenever it has changed; ends when it is our turn."""
        shown = 0
        while place := self._place(ticket):
            moved = self._moved
            if place != shown:
                shown = place
                yield place
            else:
                await moved.wait()
