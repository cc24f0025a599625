"""Everything paused, and gone on with: questions that come meanwhile are kept, and answered afterwards.

It is on disk, so it outlives the program: what was paused stays so until an admin says otherwise. Answers
that are growing come to their end; what is held back is held by the desk.
"""

from collections.abc import Awaitable, Callable

from core.node_store import NodeStore

CHOICE = "paused"


class Pausing:
    """`now` is the wall clock. Until `load` was awaited, nothing is paused. Every coroutine raises
    `StorageError`, and then nothing was changed."""

    def __init__(self, store: NodeStore, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._since = ""
        self._when_over: list[Callable[[], Awaitable[None]]] = []

    async def load(self) -> None:
        self._since = await self._store.choice(CHOICE) or ""

    @property
    def is_on(self) -> bool:
        return bool(self._since)

    def when_over(self, call: Callable[[], Awaitable[None]]) -> None:
        """Called when it goes on."""
        self._when_over.append(call)

    async def pause(self) -> None:
        since = self._since or str(self._now())
        await self._store.choose(CHOICE, since)
        self._since = since

    async def resume(self) -> bool:
        """False if nothing was paused."""
        if not self._since:
            return False
        await self._store.choose(CHOICE, "")
        self._since = ""
        for call in self._when_over:
            await call()
        return True
