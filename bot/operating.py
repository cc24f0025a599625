"""What the admin's commands reach beside the pool and the people: one bundle, made in bot/app.py."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.charts import Drawn, Span
from bot.node_keeper import NodeKeeper
from bot.pausing import Pausing
from bot.phrases.english import English
from bot.pinned import Pins
from bot.status_facts import Ailments
from core.copies import BackupInfo
from core.storage import Database
from core.trail import Trails
from core.troubles import Signs


class BackupMaker(Protocol):
    """core/backup.py, as far as it is needed here."""

    async def latest(self) -> BackupInfo | None: ...

    async def make(self) -> BackupInfo:
        """Raises `StorageError`."""


Draw = Callable[[Span, English, bool], Awaitable[Drawn]]
"""What the nodes did in the last day or week; with a picture, if that is wanted."""


@dataclass(frozen=True, slots=True)
class Operating:
    database: Database
    keeper: NodeKeeper
    pausing: Pausing
    pins: Pins
    trails: Trails
    backups: BackupMaker
    look_at: Callable[[], Awaitable[Signs]]
    """What is judged, by core/troubles.py."""
    draw: Draw
    log_file: Path
    strike: Callable[[str], str]
    """Strikes out whatever is secret."""
    today: Callable[[], datetime]
    """The time in the family's time zone."""
    version: str
    ailments: Ailments = field(default_factory=dict)
