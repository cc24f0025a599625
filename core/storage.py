"""The SQLite database: opened with care, written in whole transactions, closed for certain.

One connection serves the whole program, because then there is one order in which things happened. A
transaction is a list of statements that is known before it begins, so nothing can wait, fail or be
cancelled between them except in the database itself. Who is cancelled while it runs hears of that when
it is over: it happened wholly or not at all, and the connection is free for the next.

Opening goes: make the file, private to its owner ─► refuse what is damaged, foreign or newer than this
program ─► copy it and apply the migrations it lacks ─► hand over the connection. A file that is refused
is left as it is. All that SQLite raises becomes a `StorageError` here, in words that say what to do.

What the tables hold is not known here: that is in `migrations/`, core/inbox.py and their like.
"""

import asyncio
import errno
import fcntl
import logging
import os
import sqlite3
import stat
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from sqlite3 import Row
from typing import Any, TypeVar

import aiosqlite

from core.errors import StorageError, StorageFull

log = logging.getLogger(__name__)
logging.getLogger("aiosqlite").setLevel(logging.INFO)  # at DEBUG it logs every value, people's words too

T = TypeVar("T")
Value = str | bytes | int | float | None
Parameters = Sequence[Value] | Mapping[str, Value]
Statement = tuple[str, Parameters]

MIGRATIONS = resources.files("migrations")
BACKUPS_KEPT = 5
BUSY_S_MAX = 5.0
"""How long to wait for another program that is writing, such as `porchlight ask` beside the bot."""
ALONE_S_MAX, ALONE_EVERY_S = 30.0, 0.02
"""How long to wait for another program that is opening it, which may have to migrate it."""
CHECKED_BYTES_MAX = 64 * 1024 * 1024
"""A larger file is not read through at every start, which would keep people waiting."""
SQLITE_MIN = (3, 37, 0)
"""The first with STRICT tables."""

PRAGMAS = (
    "PRAGMA synchronous = FULL",  # what is confirmed survives a power cut
    "PRAGMA fullfsync = ON",  # on a Mac, FULL alone stops at the disk's own cache
    "PRAGMA foreign_keys = ON",
)


@asynccontextmanager
async def open_database(
    path: Path, migrations: Traversable = MIGRATIONS, now: Callable[[], float] = time.time
) -> AsyncGenerator["Database", None]:
    """The database at `path`, made or brought up to date first. `now` is the wall clock, and dates the
    copy that is made before a migration. Raises `StorageError`."""
    await asyncio.to_thread(_prepare, path, migrations, now)
    connection = aiosqlite.connect(path, timeout=BUSY_S_MAX, isolation_level=None)
    database = Database(connection, path)
    try:
        with _explaining(path):
            await _to_its_end(_connect(connection))
        yield database
    finally:
        with _explaining(path):
            await _to_its_end(database.close())  # an open connection would keep the program from ending


class Database:
    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._free = asyncio.Lock()
        self._closed = False

    async def write(self, *statements: Statement) -> list[Row]:
        """All of them in one transaction, on disk when this returns; gives the rows they return.

        Cancelled before its turn it did nothing; cancelled later it ends first, and is then cancelled.
        Raises `StorageError`, and then nothing happened.
        """
        async with self._turn():
            return await _to_its_end(self._transaction(statements))

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows of one query, as they stand between transactions. Raises `StorageError`."""
        async with self._turn():
            return list(await self._connection.execute_fetchall(sql, parameters))

    async def read_one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    async def close(self) -> None:
        """Let the running transaction end, then close; safe to call again."""
        async with self._free:
            self._closed = True
            await self._connection.close()

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None, None]:
        """The connection for oneself. Readers take turns too, as they would see half a transaction."""
        async with self._free:
            if self._closed:
                raise StorageError(f"The database {self._path} is closed: the program is ending.")
            with _explaining(self._path):
                yield

    async def _transaction(self, statements: Sequence[Statement]) -> list[Row]:
        rows: list[Row] = []
        try:
            await self._connection.execute_fetchall("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                rows += await self._connection.execute_fetchall(sql, parameters)
            await self._connection.commit()
        except BaseException:
            await self._connection.rollback()  # of no effect if the commit was carried out
            raise
        return rows


async def _connect(connection: aiosqlite.Connection) -> None:
    await connection
    connection.row_factory = Row
    for pragma in PRAGMAS:
        await connection.execute_fetchall(pragma)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await it whatever is cancelled meanwhile; the cancellation is raised when it is over."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from None if task.cancelled() else task.exception()
    return task.result()


# ── Before it is opened: plain functions, run in a thread ─────────────────────────────────────────


def _prepare(path: Path, migrations: Traversable, now: Callable[[], float]) -> None:
    """Leave a whole database of the newest version at `path`, or raise `StorageError`."""
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise StorageError(
            f"This Python comes with SQLite {sqlite3.sqlite_version}, and 3.37 or newer is needed. "
            "Take a newer Python."
        )
    steps = _steps(migrations)
    if not steps:
        raise StorageError("The program is not whole: its migrations are missing. Install it again.")
    with _explaining(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone_in(path.parent):
            _make_private(path)
            with closing(sqlite3.connect(path, timeout=BUSY_S_MAX, isolation_level=None)) as connection:
                _refuse_what_is_not_ours(connection, path, newest=max(steps))
                _migrate(connection, path, steps, now)
                connection.execute("PRAGMA journal_mode = WAL")  # stays so


@contextmanager
def _alone_in(folder: Path) -> Generator[None, None, None]:
    """One program prepares at a time: `porchlight ask` may start together with the bot."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(round(ALONE_S_MAX / ALONE_EVERY_S)):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(ALONE_EVERY_S)
        else:
            raise StorageError(f"Another program has been opening the database in {folder} for too long.")
        yield
    finally:
        os.close(lock)


def _steps(migrations: Traversable) -> dict[int, Traversable]:
    """The numbered SQL files, in order."""
    files = [file for file in migrations.iterdir() if file.name.endswith(".sql")]
    return {int(file.name[:4]): file for file in sorted(files, key=lambda file: file.name)}


def _make_private(path: Path) -> None:
    """Let the file be there, for its owner alone; SQLite gives the files beside it the same mode."""
    with suppress(FileExistsError):  # one that exists is not opened: closing it would end SQLite's locks
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        try:
            if stat.S_IMODE(file.stat().st_mode) != 0o600:
                file.chmod(0o600)
        except FileNotFoundError:
            pass
        except OSError as error:  # a disk without modes, such as a USB stick's
            log.warning("Others on this machine may be able to read %s: %s", file, error.strerror)


def _refuse_what_is_not_ours(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    version = _version(connection)
    if version > newest:
        raise StorageError(
            f"The database {path} was written by a newer Porchlight (version {version}; this one knows "
            f"{newest}). Update the program, or put an older copy from {_backups(path)} in its place."
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise StorageError(f"{path} belongs to another program. Choose another DATA_DIR.")
    size = path.stat().st_size
    wal = Path(f"{path}-wal")
    recovering = wal.exists() and wal.stat().st_size
    if not recovering and size % connection.execute("PRAGMA page_size").fetchone()[0]:
        raise _damaged(path, "its end is missing")
    if size <= CHECKED_BYTES_MAX:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise _damaged(path, finding)


def _migrate(
    connection: sqlite3.Connection, path: Path, steps: Mapping[int, Traversable], now: Callable[[], float]
) -> None:
    before, newest = _version(connection), max(steps)
    if 0 < before < newest:
        _back_up(connection, path, f"before-v{newest}", now)
    for number in range(before + 1, newest + 1):
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement in _statements(steps[number].read_text(encoding="utf-8")):
                connection.execute(statement)
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise sqlite3.IntegrityError("a row would refer to one that is not there")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.commit()
        except sqlite3.Error as error:
            connection.rollback()
            cause = _explained(error, path)
            raise type(cause)(
                f"The migration {steps[number].name} failed and was undone. The database is as it was, at "
                f"version {_version(connection)}: the program from before the update works with it. {cause}"
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(sql: str) -> Iterator[str]:
    """One by one, since `executescript` would commit first; each has to end with its line."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement


def _backups(path: Path) -> Path:
    return path.parent / "backups"


def _back_up(connection: sqlite3.Connection, path: Path, label: str, now: Callable[[], float]) -> None:
    """A whole copy, or none; only the newest few are kept."""
    folder = _backups(path)
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / f"{path.stem}.part"
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
        made = datetime.fromtimestamp(now(), UTC).strftime("%Y%m%d-%H%M%S")
        part.replace(folder / f"{path.stem}-{label}-{made}.db")
    finally:
        part.unlink(missing_ok=True)
    copies = sorted(folder.glob(f"{path.stem}-*.db"), key=lambda file: file.stat().st_mtime)
    for old in copies[:-BACKUPS_KEPT]:
        old.unlink()


# ── What went wrong, in words ─────────────────────────────────────────────────────────────────────


@contextmanager
def _explaining(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(path) from error
        raise _unwritable(path, error.strerror or type(error).__name__) from error


def _explained(error: sqlite3.Error, path: Path) -> StorageError:
    """By SQLite's result code; the higher bits only say more about the lower eight."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return _full(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(path, str(error))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _unwritable(path, str(error))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(
                f"Another program keeps the database {path} for itself. Is Porchlight running twice?"
            )
        case sqlite3.SQLITE_IOERR:
            return StorageError(
                f"The disk under {path} reports an error ({name}). Copy the folder to a safe place, then "
                "look at the disk."
            )
    return StorageError(f"The database {path} refused ({name}: {error}).")


def _full(path: Path) -> StorageFull:
    return StorageFull(
        f"There is no room left on the disk for {path}. Nothing that was kept is lost; free some."
    )


def _damaged(path: Path, finding: str) -> StorageError:
    return StorageError(
        f"{path} is damaged or not a database ({finding}). It was left as it is. Move it away, and put the "
        f"newest copy from {_backups(path)} in its place; without one, the program begins anew."
    )


def _unwritable(path: Path, why: str) -> StorageError:
    return StorageError(
        f"The database {path} cannot be written ({why}). Let this user write to the folder {path.parent}, or "
        "choose another DATA_DIR."
    )
