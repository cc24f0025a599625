"""Backups: a copy of the database every day, and every week a trial whether it could be put back.

The database says for which days a copy was made, in the family's own time, so there is one a day however
often the program starts and whatever its clock does. What failed is tried again after a while; a copy that
did not pass its trial, as soon as there is another one. Who is told of it is decided in core/troubles.py.

The copies are files of their own (core/copies.py); putting one back is for a program that is not running
(core/restore.py).
"""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from core import copies
from core.copies import BackupInfo
from core.errors import StorageError
from core.node_store import NodeStore
from core.restore import try_out
from core.storage import Database, explaining

log = logging.getLogger(__name__)

MADE, TRIED = "backups_made", "backup_tried"
"""The names under which it is kept for which days copies were made, and how the newest trial ended."""
DAYS_KNOWN = 14
"""A clock that jumps back by less finds its day done."""
RETRY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Tried:
    """How the newest trial ended."""

    week: str
    at: float
    """In seconds since 1970."""
    copy: str
    """The name of the file that was tried."""
    finding: str
    """What is wrong with it; empty if it could be put back."""


class Backups:
    """`now` is the wall clock, `clock` the monotonic one. Days are those of `zone`; None: the
    machine's."""

    def __init__(
        self,
        database: Database,
        store: NodeStore,
        now: Callable[[], float],
        clock: Callable[[], float],
        zone: tzinfo | None,
    ) -> None:
        self._database = database
        self._store = store
        self._now = now
        self._clock = clock
        self._zone = zone
        self._retry_at: float | None = None

    async def do_what_is_due(self) -> None:
        """Call it every few minutes; it does nothing most of the time, and raises nothing."""
        if self._retry_at is not None and self._clock() < self._retry_at:
            return
        try:
            if self._today() not in await self._days():
                await self.make()
            if await self._wants_trial():
                await self.try_restore()
        except StorageError as error:
            log.error("The daily backup: %s", error)
            self._retry_at = self._clock() + RETRY_S
        else:
            self._retry_at = None

    async def latest(self) -> BackupInfo | None:
        """The newest copy."""
        return copies.newest(await asyncio.to_thread(copies.stored, self._database.path), self._now())

    async def make(self) -> BackupInfo:
        """A copy, now. Raises `StorageError`."""
        copy = await asyncio.to_thread(_copy, self._database.path, self._now())
        days = [day for day in await self._days() if day != self._today()]
        await self._store.choose(MADE, json.dumps([*days, self._today()][-DAYS_KNOWN:]))
        log.info("A copy of the database was made: %s (%d bytes)", copy.path.name, copy.size_bytes)
        return copy

    async def try_restore(self) -> Tried:
        """Try whether the newest copy could be put back, and keep how that ended. Raises `StorageError` if
        there is none, or if that cannot be kept."""
        copy = await self.latest()
        if copy is None:
            raise StorageError("There is no copy of the database yet.")
        finding = ""
        try:
            trial = await asyncio.to_thread(try_out, self._database.path, copy.path, self._now)
            if trial.damaged:
                finding = f"{trial.damaged} of {trial.rows} rows in {copy.path.name} are damaged."
        except StorageError as error:
            finding = str(error)
        if finding:
            log.error("The newest backup is not as it should be: %s", finding)
        tried = Tried(self._week(), self._now(), copy.path.name, finding)
        await self._store.choose(TRIED, json.dumps(asdict(tried)))
        return tried

    async def tried(self) -> Tried | None:
        """How the newest trial ended; None if there was none. Raises `StorageError`."""
        try:
            return Tried(**json.loads(await self._store.choice(TRIED) or ""))
        except (TypeError, ValueError):
            return None

    async def _wants_trial(self) -> bool:
        """Nothing was tried this week, or what was tried is bad and not the newest any more."""
        tried = await self.tried()
        if tried is None or tried.week != self._week():
            return True
        latest = await self.latest() if tried.finding else None
        return latest is not None and latest.path.name != tried.copy

    async def _days(self) -> list[str]:
        try:
            return [str(day) for day in json.loads(await self._store.choice(MADE) or "[]")]
        except (TypeError, ValueError):
            return []

    def _today(self) -> str:
        return self._local().date().isoformat()

    def _week(self) -> str:
        year, week, _ = self._local().isocalendar()
        return f"{year}-W{week:02}"

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._now(), self._zone)


def _copy(database: Path, now: float) -> BackupInfo:
    """By a connection of its own, beside the one that goes on writing."""
    address = f"{database.absolute().as_uri()}?mode=ro"
    with explaining(database), closing(sqlite3.connect(address, uri=True)) as reading:
        return copies.make(reading, database, now)
