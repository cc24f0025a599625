"""Putting a copy in the place of the database, and trying beforehand whether that would work.

    copy ─► a file of its own ─► whole? ours? not newer? ─► brought up to date ─► do words match hashes?

A trial goes that far, and throws the file away. Putting it back goes on: nobody may have the database open;
what stood there is kept under another name; then the file takes its place in one step, so that a power cut
leaves the one or the other. The copy itself is only read.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from itertools import count
from pathlib import Path

from core import copies
from core.errors import AlreadyRunning, StorageError
from core.lock import alone_in, only_one
from core.storage import MIGRATIONS, as_text, explaining, newest_version, prepare
from core.words import is_damaged

log = logging.getLogger(__name__)

SAMPLE = (
    "SELECT * FROM inbox WHERE id IN (SELECT id FROM (SELECT id FROM inbox ORDER BY id DESC LIMIT 500))"
    " OR id IN (SELECT id FROM (SELECT id FROM inbox ORDER BY random() LIMIT 500))"
)
"""The newest rows, and some of all."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a copy was like."""

    rows: int
    """So many were compared with their hashes."""
    damaged: int
    """So many of them do not hold the words that were written."""


@dataclass(frozen=True, slots=True)
class Restored:
    trial: Trial
    aside: Path | None
    """Where what stood there before is kept; None if nothing stood there."""


def try_out(
    database: Path, copy: Path, now: Callable[[], float], migrations: Traversable = MIGRATIONS
) -> Trial:
    """Do what putting it back would take, on a file that is thrown away. Raises `StorageError` with what is
    wrong with the copy."""
    place = database.parent / "trial"
    with explaining(database), alone_in(copy.parent), _made_ready(place, copy, now, migrations) as (_, trial):
        return trial


def put_back(
    database: Path, copy: Path, now: Callable[[], float], migrations: Traversable = MIGRATIONS
) -> Restored:
    """Let the copy be the database. Raises `AlreadyRunning` while a program uses that, and `StorageError`
    with what is wrong; then everything is as it was."""
    folder = database.parent
    with (
        explaining(database),
        only_one(folder),
        alone_in(folder),
        _made_ready(folder / "restoring", copy, now, migrations) as (ready, trial),
    ):
        aside = _set_aside(database, now()) if database.exists() else None
        ready.replace(database)
        copies.on_disk(folder)
    log.warning("The copy %s was put in the place of the database", copy.name)
    return Restored(trial, aside)


@contextmanager
def _made_ready(
    place: Path, copy: Path, now: Callable[[], float], migrations: Traversable
) -> Generator[tuple[Path, Trial], None, None]:
    """A file in the folder `place` with what the copy holds, ready to be used. The folder goes afterwards."""
    if not copy.is_file():
        raise StorageError(f"There is no copy {copy}.")
    copies.want_room(copy, place.parent)
    shutil.rmtree(place, ignore_errors=True)  # of a program that was killed
    place.mkdir(mode=0o700)
    try:
        ready = place / "copy.db"
        shutil.copyfile(copy, ready)
        _refuse(ready, copy, newest_version(migrations))
        prepare(ready, migrations, now)
        trial = _sampled(ready)
        copies.on_disk(ready)
        yield ready, trial
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _refuse(ready: Path, copy: Path, newest: int) -> None:
    """What cannot be the database of this program."""
    described = copies.described(copy)
    if described and not copies.sha256_of(ready).startswith(described.sha256):
        raise _damaged(copy, "it is not what its name says")
    try:
        with closing(sqlite3.connect(ready)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            ours = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'inbox'").fetchone()
            if version > newest:
                raise StorageError(
                    f"The copy {copy} was written by a newer Porchlight (version {version}; this one knows "
                    f"{newest}). Update the program first."
                )
            (finding,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if finding != "ok" or not (version and ours):
                raise _damaged(copy, finding if finding != "ok" else "it holds nothing of ours")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _damaged(
            copy, "it is no database" if isinstance(error, UnicodeError) else str(error)
        ) from error


def _damaged(copy: Path, finding: str) -> StorageError:
    return StorageError(f"The copy {copy} is damaged ({finding}). Take an older one.")


def _sampled(ready: Path) -> Trial:
    with closing(sqlite3.connect(f"{ready.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = as_text
        rows = connection.execute(SAMPLE).fetchall()
    return Trial(len(rows), sum(is_damaged(row) for row in rows))


def _set_aside(database: Path, now: float) -> Path:
    """Keep what stands there under a name of its own, and in one file where that is possible. It stays in its
    place too, until the copy takes that. Raises `AlreadyRunning` if somebody has it open."""
    _fold(database)
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    names = (f"{database.stem}-replaced-{stamp}{f'-{n}' if n else ''}.db" for n in count())
    aside = next(path for name in names if not (path := database.with_name(name)).exists())
    try:
        os.link(database, aside)
    except OSError:  # a disk that knows no links, such as a USB stick's
        shutil.copyfile(database, aside)
        aside.chmod(0o600)
        copies.on_disk(aside)
    for left in ("-wal", "-shm"):  # they would be taken for those of the copy
        if (beside := Path(f"{database}{left}")).exists():
            beside.replace(f"{aside}{left}")
    copies.on_disk(database.parent)
    return aside


def _fold(database: Path) -> None:
    """Bring all it holds into the one file, which nobody may have open then."""
    try:
        with closing(sqlite3.connect(database, timeout=1.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise AlreadyRunning(f"Another program is using {database}. End it first.") from None
        log.warning("What is set aside could not be folded into one file: %s", error)
    except sqlite3.DatabaseError as error:  # damaged, which may be why another one takes its place
        log.warning("What is set aside could not be folded into one file: %s", error)
