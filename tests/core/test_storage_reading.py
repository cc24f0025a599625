"""The database as whoever looks on beside the program reads it: nothing is made, migrated or written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StorageError
from core.lock import is_running, only_one
from core.people import People
from core.storage import open_database, read_database
from tests.fakes import Clock


async def test_what_was_written_is_read_beside_the_program(tmp_path: Path) -> None:
    """Also what is not yet in the file itself; and whoever reads cannot write."""
    path = tmp_path / "test.db"
    async with open_database(path) as database, read_database(path) as reading:
        await database.write(("INSERT INTO choices VALUES ('strategy', 'random')", ()))
        row = await reading.read_one("SELECT value FROM choices")
        assert row is not None
        assert row["value"] == "random"
        people = People(reading, Clock())
        await people.load()
        assert people.all() == []
        with pytest.raises(StorageError):
            await reading.write(("DELETE FROM choices", ()))


async def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """It is said what makes it."""
    with pytest.raises(StorageError, match="when it is started"):
        async with read_database(tmp_path / "test.db"):
            pass
    assert not (tmp_path / "test.db").exists()


async def test_a_database_of_another_version_is_not_read(tmp_path: Path) -> None:
    """Its tables may be others; only the program itself brings them up to date."""
    path = tmp_path / "test.db"
    async with open_database(path):
        pass
    with closing(sqlite3.connect(path)) as older:
        older.execute("PRAGMA user_version = 1")
    with pytest.raises(StorageError, match="another version"):
        async with read_database(path):
            pass


def test_whether_it_runs_is_told_by_its_lock(tmp_path: Path) -> None:
    """Without a folder, after its end, and while it runs, when looking takes nothing from it."""
    assert not is_running(tmp_path / "data")
    with only_one(tmp_path / "data"):
        assert is_running(tmp_path / "data")
        assert is_running(tmp_path / "data")
    assert not is_running(tmp_path / "data")
    with only_one(tmp_path / "data"):
        pass
