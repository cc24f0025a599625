"""The database: what it survives, what it refuses, and that it says so in words."""

import asyncio
import logging
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from core.errors import StorageError, StorageFull
from tests.core.pairs import (
    ADD,
    ROOT,
    a_few_turns,
    add_pair,
    count,
    pairs_database,
)

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

async def cancelled_after(turns_max):
    opened = asyncio.Event()
    task = asyncio.create_task(opening(opened))
    turns = 0
    while turns < turns_max and not opened.is_set():
        await asyncio.sleep(0)
        turns += 1
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    return turns

async def main():
    await cancelled_after(10**9)  # the first time it is made
    all_turns = await cancelled_after(10**9)
    for part in range(60):
        await cancelled_after(all_turns * part // 50)
    gc.collect()

asyncio.run(main())
print("ended")
"""
    ended = run(program, tmp_path / "test.db")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")
