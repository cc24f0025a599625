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
import logging
import os
import sqlite3
import stat
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from sqlite3 import Row
from typing import Any, Literal, TypeVar

import aiosqlite

from core import copies
from core.errors import StorageError, StorageFull
from core.lock import alone_in

log = logging.getLogger(__name__)
logging.getLogger("aiosqlite").setLevel(logging.INFO)  # at DEBUG it logs every value, people's words too

T = TypeVar("T")
Value = str | bytes | int | float | None
Parameters = Sequence[Value] | Mapping[str, Value]
Statement = tuple[str, Parameters]

MIGRATIONS = resources.files("migrations")
BUSY_S_MAX = 5.0
"""How long to wait for another program that is writing, such as `porchlight ask` beside the bot."""
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
    await asyncio.to_thread(prepare, path, migrations, now)
    connection = aiosqlite.connect(path, timeout=BUSY_S_MAX, isolation_level=None)
    database = Database(connection, path)
    try:
        with explaining(path):
            await to_its_end(_connect(connection))
        yield database
    finally:
        with explaining(path):
            await to_its_end(database.close())  # an open connection would keep the program from ending


@asynccontextmanager
async def read_database(path: Path) -> AsyncGenerator["Database", None]:
    """To look on beside the program that uses it: nothing is made, migrated or written. Raises
    `StorageError`, also if the program has not been here yet, or not since its last update."""
    address = await asyncio.to_thread(_to_be_read, path)
    connection = aiosqlite.connect(address, uri=True, timeout=BUSY_S_MAX, isolation_level=None)
    database = Database(connection, path)
    try:
        with explaining(path):
            await to_its_end(_connect(connection))
        (row,) = await database.read("PRAGMA user_version")
        if row[0] != newest_version(MIGRATIONS):
            raise StorageError(f"{path.name} is of another version than this program. Start that once.")
        yield database
    finally:
        await to_its_end(database.close())


class Database:
    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._free = asyncio.Lock()
        self._closed = False

    async def write(self, *statements: Statement) -> list[Row]:
        """All of them in one transaction, on disk when this returns; gives the rows they return.

        Cancelled before its turn it did nothing; cancelled later it ends first, and is then cancelled.
        Raises `StorageError`, and then nothing happened.
        """
        async with self._turn():
            return await to_its_end(self._transaction(statements))

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows of one query, as they stand between transactions. Raises `StorageError`."""
        async with self._turn():
            return list(await self._connection.execute_fetchall(sql, parameters))

    async def read_one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    async def size_bytes(self) -> int:
        """Of all that is in it, also what is not yet written back into the file itself."""
        row = await self.read_one("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(row[0]) if row else 0

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
                raise StorageError(f"The database {self.path} is closed: the program is ending.")
            with explaining(self.path):
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


def _to_be_read(path: Path) -> str:
    if not path.exists():
        raise StorageError("Porchlight has kept nothing here yet. It begins to when it is started.")
    return f"{path.absolute().as_uri()}?mode=ro"


async def _connect(connection: aiosqlite.Connection) -> None:
    await connection
    connection.row_factory = Row
    # Words that are damaged on disk are read all the same, to be known by their hash; SQLite's own complaint
    # would keep their neighbours from being read, and would hold them.
    connection.text_factory = as_text
    for pragma in PRAGMAS:
        await connection.execute_fetchall(pragma)


def as_text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
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


def prepare(path: Path, migrations: Traversable, now: Callable[[], float]) -> None:
    """Leave a whole database of the newest version at `path`, or raise `StorageError`."""
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise StorageError(
            f"This Python comes with SQLite {sqlite3.sqlite_version}, and 3.37 or newer is needed. "
            "Take a newer Python."
        )
    steps = _steps(migrations)
    if not steps:
        raise StorageError("The program is not whole: its migrations are missing. Install it again.")
    with explaining(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone_in(path.parent):
            _make_private(path)
            with closing(sqlite3.connect(path, timeout=BUSY_S_MAX, isolation_level=None)) as connection:
                connection.text_factory = as_text
                _refuse_what_is_not_ours(connection, path, newest=max(steps))
                _migrate(connection, path, steps, now)
                connection.execute("PRAGMA journal_mode = WAL")  # stays so


def newest_version(migrations: Traversable) -> int:
    """That of a database which has seen all of them."""
    return max(_steps(migrations), default=0)


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
            f"{newest}). Update the program, or put an older copy from {copies.folder_of(path)} in its place."
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise StorageError(f"{path} belongs to another program. Choose another DATA_DIR.")
    size = path.stat().st_size
    wal = Path(f"{path}-wal")
    recovering = wal.exists() and wal.stat().st_size
    if not recovering and size % connection.execute("PRAGMA page_size").fetchone()[0]:
        raise _damaged(path, "its end is missing")
    if size <= CHECKED_BYTES_MAX:
        _refuse_what_is_damaged(connection, path)


def _refuse_what_is_damaged(connection: sqlite3.Connection, path: Path) -> None:
    """An index says nothing that the tables do not say, so one that is damaged is made anew: else what it
    does not lead to any more would never be answered. (Which of the two is damaged cannot be known.)"""
    if (finding := _finding(connection, "quick_check")) != "ok":
        raise _damaged(path, finding)
    if (finding := _finding(connection, "integrity_check")) == "ok":
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("REINDEX")
        still = _finding(connection, "integrity_check")
        if still != "ok":
            raise _damaged(path, still)
        connection.commit()
    finally:
        if connection.in_transaction:
            connection.rollback()
    log.error(
        "The database was damaged (%s), so its indexes were made anew. If what was damaged is not an index "
        "but a row, a question may stay unanswered. Look at the disk",
        finding,
    )


def _finding(connection: sqlite3.Connection, check: Literal["quick_check", "integrity_check"]) -> str:
    return str(connection.execute(f"PRAGMA {check}(1)").fetchone()[0])


def _migrate(
    connection: sqlite3.Connection, path: Path, steps: Mapping[int, Traversable], now: Callable[[], float]
) -> None:
    before, newest = _version(connection), max(steps)
    if 0 < before < newest:
        copies.make(connection, path, now())
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


# ── What went wrong, in words ─────────────────────────────────────────────────────────────────────


@contextmanager
def explaining(path: Path) -> Generator[None, None, None]:
    """What SQLite and the disk raise, as a `StorageError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except UnicodeDecodeError as error:  # what SQLite complains about is in its complaint
        raise _damaged(path, "it holds text that is none") from error
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
        f"{path} is damaged or not a database ({finding}). It was left as it is. To put the "
        f"newest copy from {copies.folder_of(path)} in its place: porchlight restore. Without one, move the "
        "file away, and the program begins anew."
    )


def _unwritable(path: Path, why: str) -> StorageError:
    return StorageError(
        f"The database {path} cannot be written ({why}). Let this user write to the folder {path.parent}, or "
        "choose another DATA_DIR."
    )
