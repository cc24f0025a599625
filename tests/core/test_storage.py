"""The database: what it survives, what it refuses, and that it says so in words."""

import asyncio
import logging
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from random import Random

import pytest

from core.errors import StorageError, StorageFull
from core.storage import MIGRATIONS, Database, open_database
from tests.fakes import Clock

ROOT = Path(__file__).parents[2]
PAIRS = "CREATE TABLE pairs (n INTEGER NOT NULL, half TEXT NOT NULL) STRICT;\n"
ADD = "INSERT INTO pairs VALUES (?, ?)"


def steps(folder: Path, *sql: str) -> Path:
    """A folder of numbered migrations."""
    folder.mkdir(exist_ok=True)
    for number, step in enumerate(sql, 1):
        (folder / f"{number:04}_step.sql").write_text(step)
    return folder


@asynccontextmanager
async def pairs_database(tmp_path: Path) -> AsyncGenerator[Database, None]:
    async with open_database(tmp_path / "test.db", steps(tmp_path / "steps", PAIRS)) as database:
        yield database


async def add_pair(database: Database, n: int) -> None:
    await database.write((ADD, (n, "left")), (ADD, (n, "right")))


async def count(database: Database, n: int | None = None) -> int:
    row = await database.read_one("SELECT count(*) FROM pairs WHERE ? IN (n, -1)", (-1 if n is None else n,))
    assert row is not None
    return int(row[0])


async def a_few_turns() -> None:
    """Let other tasks come as far as they can without the disk."""
    for _ in range(10):
        await asyncio.sleep(0)


def content(path: Path) -> bytes:
    return path.read_bytes()


async def refusal(path: Path, migrations: Path) -> str:
    """What opening says; the file is as it was."""
    before = content(path)
    with pytest.raises(StorageError) as refused:
        async with open_database(path, migrations, Clock()):
            pass
    assert content(path) == before
    return str(refused.value)


# ── Transactions ──────────────────────────────────────────────────────────────────────────────────


async def test_written_rows_are_read_back_after_opening_again(tmp_path: Path) -> None:
    """What was written is there in the next run."""
    async with pairs_database(tmp_path) as database:
        await add_pair(database, 1)
    async with pairs_database(tmp_path) as database:
        rows = await database.read("SELECT * FROM pairs ORDER BY half")
        assert [(row["n"], row["half"]) for row in rows] == [(1, "left"), (1, "right")]


async def test_it_is_durable(tmp_path: Path) -> None:
    """A commit is on the disk, and not only on its way, when it returns; references are checked."""
    async with pairs_database(tmp_path) as database:
        found = [
            await database.read_one(f"PRAGMA {name}")
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
        assert [row[0] for row in found if row] == ["wal", 2, 1]


async def test_rows_that_statements_return_come_back(tmp_path: Path) -> None:
    """A transaction gives the rows of all its statements, in order."""
    async with pairs_database(tmp_path) as database:
        rows = await database.write(
            (f"{ADD} RETURNING n", (1, "a")), (ADD, (2, "b")), (f"{ADD} RETURNING n", (3, "c"))
        )
        assert [row["n"] for row in rows] == [1, 3]


async def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """If one statement fails, none of them happened, and the next transaction works."""
    async with pairs_database(tmp_path) as database:
        with pytest.raises(StorageError, match="NOT NULL"):
            await database.write((ADD, (1, "left")), (ADD, (1, None)))
        assert await count(database) == 0
        await add_pair(database, 2)
        assert await count(database) == 2


async def test_readers_never_see_half_a_transaction(tmp_path: Path) -> None:
    """Between two statements of a transaction nobody reads."""
    async with pairs_database(tmp_path) as database:
        async with asyncio.TaskGroup() as tasks:
            writers = [tasks.create_task(add_pair(database, n)) for n in range(40)]
            seen = []
            while not all(writer.done() for writer in writers):
                seen.append(await count(database))
        assert {rows % 2 for rows in seen} == {0}


async def test_a_cancelled_writer_ends_its_transaction_first(tmp_path: Path) -> None:
    """Whoever is cancelled in a transaction hears of it when it is wholly on disk."""
    async with pairs_database(tmp_path) as database:
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writer = asyncio.create_task(add_pair(database, 1))
            await a_few_turns()
            writer.cancel()
            await a_few_turns()
            assert not writer.done()
            other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await writer
        assert await count(database) == 2


async def test_a_writer_cancelled_before_its_turn_does_nothing(tmp_path: Path) -> None:
    """Who waits for the connection can leave at once."""
    async with pairs_database(tmp_path) as database:
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            first, second = (asyncio.create_task(add_pair(database, n)) for n in (1, 2))
            await a_few_turns()
            second.cancel()
            await asyncio.wait({second})
            assert second.cancelled()
            other.execute("ROLLBACK")
        await first
        assert (await count(database, 1), await count(database, 2)) == (2, 0)


async def test_a_timeout_around_a_transaction_is_still_a_timeout(tmp_path: Path) -> None:
    """A deadline that passes meanwhile is told when the transaction is over."""

    async def late() -> None:
        async with asyncio.timeout(0):
            await add_pair(database, 1)

    async with pairs_database(tmp_path) as database:
        with pytest.raises(TimeoutError):
            await late()
        assert await count(database) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_cancellations_splits_no_transaction(tmp_path: Path, seed: int) -> None:
    """Hundreds of writers are cancelled anywhere: each wrote all or nothing, whoever was told that it
    wrote did, and the connection is as good as new."""
    random = Random(seed)
    async with pairs_database(tmp_path) as database:
        writers = [asyncio.create_task(add_pair(database, n)) for n in range(300)]
        victims = random.sample(writers, 250)
        while victims:
            for _ in range(random.randrange(8)):
                await asyncio.sleep(0)
            for victim in [victims.pop() for _ in range(min(len(victims), random.randrange(4)))]:
                victim.cancel()
        ends = await asyncio.gather(*writers, return_exceptions=True)
        halves = [await count(database, n) for n in range(300)]
        assert set(halves) <= {0, 2}
        assert all(halves[n] == 2 for n, end in enumerate(ends) if end is None)
        assert {type(end) for end in ends} == {type(None), asyncio.CancelledError}
        await add_pair(database, 300)
        assert await count(database, 300) == 2
        (check,) = await database.read("PRAGMA integrity_check")
        assert check[0] == "ok"


async def test_a_full_disk_is_told_and_confirms_nothing(tmp_path: Path) -> None:
    """With no room left the transaction did not happen, and with room again the next one does."""
    async with pairs_database(tmp_path) as database:
        await add_pair(database, 1)
        await database.read("PRAGMA max_page_count = 10")
        with pytest.raises(StorageFull, match="no room left"):
            await database.write((ADD, (2, "left")), (ADD, (2, "x" * 100_000)))
        assert await count(database) == 2
        await database.read("PRAGMA max_page_count = 1000000")
        await add_pair(database, 3)
        assert await count(database) == 4


async def test_another_program_that_holds_the_database_is_named(tmp_path: Path) -> None:
    """Who has to wait too long for another program is told that there is one."""
    async with pairs_database(tmp_path) as database:
        await database.read("PRAGMA busy_timeout = 0")
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="running twice"):
                await add_pair(database, 1)


async def test_a_database_that_became_read_only_says_what_to_do(tmp_path: Path) -> None:
    """SQLite's refusal to write becomes a sentence about the folder."""
    async with pairs_database(tmp_path) as database:
        await database.read("PRAGMA query_only = ON")
        with pytest.raises(StorageError, match="Let this user write"):
            await add_pair(database, 1)


async def test_what_people_wrote_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Even at DEBUG, the values of statements are not written down."""
    caplog.set_level(logging.DEBUG)
    async with pairs_database(tmp_path) as database:
        await database.write((ADD, (1, "my secret garden")))
        await database.read("SELECT * FROM pairs WHERE half = ?", ("my secret garden",))
    assert "secret" not in caplog.text


# ── Closing ───────────────────────────────────────────────────────────────────────────────────────


async def test_after_closing_nothing_is_written(tmp_path: Path) -> None:
    """Who comes too late is told so in our words."""
    async with pairs_database(tmp_path) as database:
        pass
    with pytest.raises(StorageError, match="closed"):
        await add_pair(database, 1)


async def test_closing_lets_the_running_transaction_end(tmp_path: Path) -> None:
    """A transaction that has begun when the program leaves is on disk afterwards."""
    async with pairs_database(tmp_path) as database:
        writer = asyncio.create_task(add_pair(database, 1))
        await a_few_turns()
    await writer
    async with pairs_database(tmp_path) as database:
        assert await count(database) == 2


def run(program: str, path: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-c", program, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_program_that_breaks_still_ends(tmp_path: Path) -> None:
    """An error beside an open database ends the program, and does not hang it."""
    program = """
import asyncio, sys
from pathlib import Path
from core.storage import open_database

async def main():
    async with open_database(Path(sys.argv[1])):
        raise SystemExit(3)

asyncio.run(main())
"""
    ended = run(program, tmp_path / "test.db")
    assert (ended.returncode, ended.stderr) == (3, "")


def test_a_program_cancelled_while_it_opens_still_ends(tmp_path: Path) -> None:
    """Wherever opening is broken off, nothing is left open that would keep the program from ending."""
    program = """
import asyncio, gc, sys
from pathlib import Path
from core.storage import open_database

async def opening(opened):
    async with open_database(Path(sys.argv[1])):
        opened.set()
        await asyncio.Event().wait()

async def main():
    turns = 10**9
    for part in range(60, 0, -1):
        opened = asyncio.Event()
        task = asyncio.create_task(opening(opened))
        turn = 0
        while turn < turns * part / 50 and not opened.is_set():
            await asyncio.sleep(0)
            turn += 1
        turns = min(turns, turn) if part == 60 else turns  # so many it takes to open
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
    gc.collect()

asyncio.run(main())
print("ended")
"""
    ended = run(program, tmp_path / "test.db")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────


async def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """The database, what SQLite puts beside it, and a folder made for it can be read by nobody else,
    even if an older file could."""
    path = tmp_path / "data" / "test.db"
    async with open_database(path) as database:
        await database.read("SELECT 1 FROM inbox")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == {"test.db": 0o600, "test.db-wal": 0o600, "test.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    async with open_database(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_path_through_a_file_is_refused_in_words(tmp_path: Path) -> None:
    """Where no folder can be, the refusal names the path and what to do."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match=r"file.*DATA_DIR"):
        async with open_database(tmp_path / "file" / "data" / "test.db"):
            pass


async def test_a_folder_that_may_not_be_written_is_refused_in_words(tmp_path: Path) -> None:
    """A read-only folder is refused, with what to do about it."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.geteuid() == 0:  # whom modes do not stop, but the kernel's own folder does
        folder = Path("/sys")
        if not folder.is_mount():
            pytest.skip("root may write everywhere here")
    with pytest.raises(StorageError, match="Let this user write to the folder"):
        async with open_database(folder / "test.db"):
            pass


async def test_a_folder_in_place_of_the_file_is_refused_in_words(tmp_path: Path) -> None:
    """A folder of the database's name is not a database."""
    (tmp_path / "test.db").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        async with open_database(tmp_path / "test.db"):
            pass


async def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    """Something else under that name is left as it is."""
    (tmp_path / "test.db").write_bytes(b"Dear diary, " * 1000)
    assert "not a database" in await refusal(tmp_path / "test.db", steps(tmp_path / "steps", PAIRS))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
async def test_a_truncated_database_is_refused_and_kept(tmp_path: Path, share: float) -> None:
    """A database of which a part is missing is named as damaged, with the way back."""
    async with pairs_database(tmp_path) as database:
        await database.write(*((ADD, (n, "x" * 1000)) for n in range(50)))
    path = tmp_path / "test.db"
    os.truncate(path, int(path.stat().st_size * share))
    words = await refusal(path, tmp_path / "steps")
    assert "damaged" in words
    assert "backups" in words


async def test_a_database_overwritten_in_its_middle_is_refused(tmp_path: Path) -> None:
    """Damage is found at the start, before anybody is answered from it."""
    async with pairs_database(tmp_path) as database:
        await database.write(*((ADD, (n, "x" * 1000)) for n in range(50)))
    path = tmp_path / "test.db"
    with path.open("r+b") as file:
        file.seek(4096 * 4)
        file.write(b"\xff" * 4096)
    assert "damaged" in await refusal(path, tmp_path / "steps")


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """Our tables are not added to somebody else's."""
    with closing(sqlite3.connect(tmp_path / "test.db")) as theirs:
        theirs.execute("CREATE TABLE photos (name TEXT)")
    assert "another program" in await refusal(tmp_path / "test.db", steps(tmp_path / "steps", PAIRS))


# ── Migrations ────────────────────────────────────────────────────────────────────────────────────


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_our_migrations_are_numbered_without_gaps() -> None:
    """The numbers say the order, and the last one is the version this program knows."""
    names = sorted(file.name for file in MIGRATIONS.iterdir() if file.name.endswith(".sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


async def test_every_step_is_applied_once_and_in_order(tmp_path: Path) -> None:
    """A database gets the steps it lacks, and keeps what it holds."""
    async with pairs_database(tmp_path) as database:
        await add_pair(database, 1)
    more = """
-- Why; because
ALTER TABLE pairs ADD COLUMN note TEXT DEFAULT 'a;b';
UPDATE pairs SET n = n + 1;
"""
    both = steps(tmp_path / "steps", PAIRS, more)
    for _ in range(2):
        async with open_database(tmp_path / "test.db", both, Clock()) as database:
            rows = await database.read("SELECT DISTINCT n, note FROM pairs")
            assert [tuple(row) for row in rows] == [(2, "a;b")]
    assert version(tmp_path / "test.db") == 2


async def test_a_copy_is_made_before_a_migration(tmp_path: Path) -> None:
    """The database as it was lies beside it, whole and private; a new database needs none."""
    async with pairs_database(tmp_path) as database:
        await add_pair(database, 1)
    assert not (tmp_path / "backups").exists()
    both = steps(tmp_path / "steps", PAIRS, "DELETE FROM pairs;\n")
    async with open_database(tmp_path / "test.db", both, Clock(0)):
        pass
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.name == "test-before-v2-19700101-000000.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert version(copy) == 1
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT count(*) FROM pairs").fetchone()[0] == 2


async def test_only_the_newest_copies_are_kept(tmp_path: Path) -> None:
    """Copies do not fill the disk: five are kept."""
    clock = Clock(0)
    sql = [PAIRS]
    for _ in range(9):
        async with open_database(tmp_path / "test.db", steps(tmp_path / "steps", *sql), clock):
            pass
        sql.append("SELECT 1;\n")
        clock.advance(1)
    copies = sorted(file.name for file in (tmp_path / "backups").iterdir())
    assert copies == [f"test-before-v{n}-19700101-00000{n - 1}.db" for n in range(5, 10)]


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE TABLE more (n INTEGER);\nDELETE FROM pairs;\nINSERT INTO nowhere VALUES (1);\n",
        "CREATE TABLE more (n INTEGER);\nDELETE FROM pairs;\nCREATE TABLE unfinished (n",
        "CREATE TABLE more (n INTEGER REFERENCES good (n));\nINSERT INTO more VALUES (9);\n",
    ],
    ids=["fails", "unfinished", "refers to nothing"],
)
async def test_a_migration_that_fails_half_way_is_undone(tmp_path: Path, broken: str) -> None:
    """The old version stays, with all it holds, and the message names the step and says so."""
    async with pairs_database(tmp_path) as database:
        await add_pair(database, 1)
    good = "CREATE TABLE good (n INTEGER UNIQUE);\n"
    with pytest.raises(StorageError, match=r"0003_step\.sql failed and was undone.*version 2"):
        async with open_database(
            tmp_path / "test.db", steps(tmp_path / "steps", PAIRS, good, broken), Clock()
        ):
            pass
    (tmp_path / "steps" / "0003_step.sql").unlink()
    async with open_database(tmp_path / "test.db", tmp_path / "steps", Clock()) as database:
        assert await count(database) == 2
        tables = await database.read("SELECT name FROM sqlite_schema ORDER BY name")
        assert {row["name"] for row in tables} & {"good", "more", "pairs"} == {"good", "pairs"}


async def test_a_newer_database_is_refused_and_kept(tmp_path: Path) -> None:
    """A database of a later version is left alone, and both versions are named."""
    async with pairs_database(tmp_path) as database:
        await database.write(("PRAGMA user_version = 7", ()))
    words = await refusal(tmp_path / "test.db", tmp_path / "steps")
    assert "newer Porchlight (version 7; this one knows 1)" in words
    assert "Update the program" in words


async def test_a_program_without_its_migrations_says_so(tmp_path: Path) -> None:
    """A broken installation is named as what it is."""
    with pytest.raises(StorageError, match="Install it again"):
        async with open_database(tmp_path / "test.db", steps(tmp_path / "steps")):
            pass


async def test_two_programs_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    """Whoever comes second finds the work done."""
    path, one = tmp_path / "test.db", steps(tmp_path / "steps", PAIRS)

    async def start() -> None:
        async with open_database(path, one, Clock()) as database:
            await add_pair(database, 1)

    await asyncio.gather(*(start() for _ in range(4)))
    async with open_database(path, one, Clock()) as database:
        assert await count(database) == 8
