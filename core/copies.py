"""Whole copies of the database, each one file in the folder `backups` beside it.

    porchlight-20261121-132701-v8-3f9a0c1b2d4e5f60.db
               made at (UTC)   │  the beginning of its SHA-256
                               the version of its tables

The name says all that is known of a copy, so it can be judged without the database it was made of, which
may be gone. A copy gets its name when it is whole, was read through, and is on the disk for certain; until
then it is a `.part`, which nobody takes for a copy. Meanwhile the database can be written.

When copies are made, and whether they can be put back, is decided in core/backup.py and core/restore.py.
"""

import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StorageError, StorageFull
from core.lock import alone_in

DAYS_KEPT, WEEKS_KEPT, VERSIONS_KEPT = 7, 4, 5
"""The newest copy of each of the last days, weeks and versions is kept; of versions, because the copy made
before a migration is the way back from it."""
ROOM_LEFT_BYTES_MIN = 16 * 1024 * 1024
"""A copy is not made if less would be left on the disk: tonight's questions need it more."""
DAY_S = 24 * 3600.0
HASH_DIGITS = 16

_MADE = "%Y%m%d-%H%M%S"
_NAME = re.compile(r".+-(?P<made>\d{8}-\d{6})-v(?P<version>\d+)-(?P<sha256>[0-9a-f]{16})\.db")


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """One copy, as its name describes it."""

    path: Path
    made_at: float
    """In seconds since 1970."""
    version: int
    """Of the tables: how many migrations it has seen."""
    sha256: str
    """The beginning of what the whole file's hash has to be."""
    size_bytes: int


def folder_of(database: Path) -> Path:
    return database.parent / "backups"


def stored(database: Path) -> list[BackupInfo]:
    """All copies of it, the oldest first; none if there is no such folder."""
    found = (described(file) for file in folder_of(database).glob(f"{database.stem}-*.db"))
    return sorted((copy for copy in found if copy), key=lambda copy: copy.made_at)


def newest(copies: Iterable[BackupInfo], now: float) -> BackupInfo | None:
    return max(copies, key=lambda copy: _age_order(copy, now), default=None)


def make(connection: sqlite3.Connection, database: Path, now: float) -> BackupInfo:
    """A copy of what `connection` reads, and the end of those that are too many. Raises `StorageError`,
    `sqlite3.Error` or OSError, and then the older copies are as they were."""
    folder = folder_of(database)
    folder.mkdir(mode=0o700, exist_ok=True)
    want_room(database, folder)
    with alone_in(folder):
        part = folder / f"{database.stem}.part"
        part.unlink(missing_ok=True)
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            version = _fill(part, connection, database)
            made = datetime.fromtimestamp(now, UTC).strftime(_MADE)
            name = f"{database.stem}-{made}-v{version}-{sha256_of(part)[:HASH_DIGITS]}.db"
            on_disk(part)
            part.replace(folder / name)
            on_disk(folder)
        finally:
            part.unlink(missing_ok=True)
        copies = stored(database)
        made_now = next(copy for copy in copies if copy.path.name == name)
        for copy in too_many(copies, now):
            if copy != made_now:  # whoever made it is told of it, whatever others the clock calls newer
                copy.path.unlink(missing_ok=True)
        return made_now


def too_many(copies: Sequence[BackupInfo], now: float) -> list[BackupInfo]:
    """Those that are not kept."""
    recent = sorted(copies, key=lambda copy: _age_order(copy, now), reverse=True)
    kept = {
        *_newest_of_each(recent, lambda copy: _made(copy).date(), DAYS_KEPT),
        *_newest_of_each(recent, lambda copy: _made(copy).isocalendar()[:2], WEEKS_KEPT),
        *_newest_of_each(recent, lambda copy: copy.version, VERSIONS_KEPT),
    }
    return [copy for copy in copies if copy not in kept]


def _newest_of_each(
    recent: Sequence[BackupInfo], span_of: Callable[[BackupInfo], object], count: int
) -> list[BackupInfo]:
    firsts: dict[object, BackupInfo] = {}
    for copy in recent:
        firsts.setdefault(span_of(copy), copy)
    return list(firsts.values())[:count]


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def on_disk(path: Path) -> None:
    """Let what a file, or the list of a folder, holds survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fill(part: Path, connection: sqlite3.Connection, database: Path) -> int:
    """Copy everything, and read it through; gives the version of its tables."""
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # else what it holds may be in a second file
        (finding,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if finding != "ok":
            raise StorageError(
                f"No copy was made, because {database} is damaged ({finding}). The copies in "
                f"{folder_of(database)} are from before. End the program, and put the newest one back."
            )
        return int(copy.execute("PRAGMA user_version").fetchone()[0])


def want_room(database: Path, folder: Path) -> None:
    """Raises `StorageFull` if another file as large in that folder would leave too little on its disk."""
    wal = Path(f"{database}-wal")
    needed = database.stat().st_size + (wal.stat().st_size if wal.exists() else 0)
    if shutil.disk_usage(folder).free < needed + ROOM_LEFT_BYTES_MIN:
        raise StorageFull(f"There is too little room on the disk for a copy of {database}. Free some.")


def described(file: Path) -> BackupInfo | None:
    """What its name says; None if it is not one of ours."""
    named = _NAME.fullmatch(file.name)
    if not named:
        return None
    try:
        made = datetime.strptime(named["made"], _MADE).replace(tzinfo=UTC)
        return BackupInfo(file, made.timestamp(), int(named["version"]), named["sha256"], file.stat().st_size)
    except (ValueError, OSError):  # no date, thinned out by another program meanwhile, or not for our eyes
        return None


def _age_order(copy: BackupInfo, now: float) -> tuple[bool, float]:
    """What a clock that ran ahead called the future is older than all else."""
    return copy.made_at <= now + DAY_S, copy.made_at


def _made(copy: BackupInfo) -> datetime:
    return datetime.fromtimestamp(copy.made_at, UTC)
