"""Which answers are growing, and how to end one: because somebody pressed stop, or changed the question."""

import asyncio
from collections.abc import Collection
from typing import Literal

from core.inbox import Item
from core.types import Chat, Done, Person


class Stops:
    def __init__(self) -> None:
        self._reading: dict[tuple[Chat, str], tuple[asyncio.Task[Done], int]] = {}
        self._ended: dict[asyncio.Task[Done], Literal["stopped", "changed"]] = {}

    def stop(self, chat: Chat, person: Person) -> bool:
        """End the answer that is growing for this person there; false if there is none."""
        reading, _ = self._reading.get((chat, person.id), (None, 0))
        return reading is not None and self._end(reading, "stopped")

    def changed(self, rows: Collection[int]) -> None:
        """The questions in these rows are not the same any more: end the answers to what they were."""
        for reading, row in self._reading.values():
            if row in rows:
                self._end(reading, "changed")

    def _end(self, reading: asyncio.Task[Done], why: Literal["stopped", "changed"]) -> bool:
        if reading.done():
            return False
        self._ended[reading] = why
        return reading.cancel()

    async def outcome(self, item: Item, reading: asyncio.Task[Done]) -> Done | Literal["stopped", "changed"]:
        """What the reading came to."""
        place = item.incoming.chat, item.incoming.person.id
        self._reading[place] = reading, item.id
        try:
            await asyncio.wait({reading})
            why = self._ended.pop(reading, None)
            return why if reading.cancelled() and why is not None else reading.result()
        finally:
            del self._reading[place]
