"""Opening the database: what is refused in words and left as it is, and how it is brought up to date."""

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StorageError
from core.storage import MIGRATIONS, open_database
from tests.core.pairs import (
    ADD,
    PAIRS,
    add_pair,
    count,
    pairs_database,
    refusal,
    steps,
)
from tests.fakes import Clock

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


async def test_a_damaged_index_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It holds nothing that the table does not; what it did not lead to any more is found again."""
    indexed = f"{PAIRS}CREATE INDEX by_n ON pairs (n);\n"
    async with open_database(tmp_path / "test.db", steps(tmp_path / "steps", indexed)) as database:
        await add_pair(database, 1)
    with closing(sqlite3.connect(tmp_path / "test.db")) as damaging:
        damaging.execute("PRAGMA writable_schema = ON")
        damaging.execute("UPDATE sqlite_schema SET sql = sql || ' WHERE n > 5' WHERE name = 'by_n'")
        damaging.commit()
    with closing(sqlite3.connect(tmp_path / "test.db")) as damaging:
        damaging.execute("INSERT INTO pairs VALUES (2, 'left'), (2, 'right')")
        damaging.execute("PRAGMA writable_schema = ON")
        damaging.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE n > 5', '') WHERE name = 'by_n'"
        )
        damaging.commit()
    async with open_database(tmp_path / "test.db", tmp_path / "steps") as database:
        assert await count(database, 2) == 2
        (check,) = await database.read("PRAGMA integrity_check")
        assert check[0] == "ok"
    assert "its indexes were made anew" in caplog.text


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
    assert copy.name.startswith("test-19700101-000000-v1-")
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
    assert [name[: len("test-19700101-000000-v1")] for name in copies] == [
        f"test-19700101-00000{n}-v{n}" for n in range(4, 9)
    ]


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
