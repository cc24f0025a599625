"""What a query gives, kept in memory, so that a question asked at every step needs no waiting.

The memory never lags behind the disk. Each change reads everything anew in the same transaction, so
either both happened or neither; and whoever asks for a change and is cancelled meanwhile does not keep
the memory from hearing of it: a person who was removed is out at once. It is meant for what a family has
few of, a few hundred rows at most, and for one program at a time.
"""

import asyncio
from collections.abc import Callable
from sqlite3 import Row
from typing import Generic, TypeVar

from core.storage import Database, Statement

T = TypeVar("T")


class Mirror(Generic[T]):
    """`made` turns the rows of the query `sql` into what is kept; `value` is that, and `empty` before
    the first `load`. Both methods raise `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, sql: str, made: Callable[[list[Row]], T], empty: T) -> None:
        self.value = empty
        self._database = database
        self._sql = sql
        self._made = made
        self._changing: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        await self.change()

    async def change(self, *statements: Statement) -> None:
        """All of them in one transaction. They return no rows: `value` shows what came of it."""
        task = asyncio.create_task(self._change(statements))
        self._changing.add(task)
        task.add_done_callback(self._over)
        await asyncio.shield(task)

    async def _change(self, statements: tuple[Statement, ...]) -> None:
        query = (self._sql, ())
        rows = await (self._database.write(*statements, query) if statements else self._database.read(*query))
        self.value = self._made(rows)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._changing.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has heard of it, or is gone
