"""Putting a copy back: what is refused, what is kept, and that everything is there afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.copies import BackupInfo, folder_of, stored
from core.errors import AlreadyRunning, StorageError
from core.inbox import Inbox
from core.lock import only_one
from core.memory import Memory
from core.restore import Restored, put_back, try_out
from core.storage import MIGRATIONS, newest_version, open_database
from tests.core.rows import exchange, questions
from tests.core.test_backup import NOON, backups
from tests.fakes import Clock


async def two_days(tmp_path: Path) -> BackupInfo:
    """A question, a copy, another question."""
    async with backups(tmp_path, Clock(NOON)) as (kept, database):
        await exchange(Inbox(database, Clock()), 1, "Before?")
        copy = await kept.make()
        await exchange(Inbox(database, Clock()), 2, "After?")
    return copy


async def asked(path: Path) -> list[str]:
    async with open_database(path) as database:
        return await questions(Memory(database))


def files_of(path: Path) -> list[Path]:
    return [path, Path(f"{path}-wal"), Path(f"{path}-shm")]


def back(tmp_path: Path, copy: Path) -> Restored:
    return put_back(tmp_path / "test.db", copy, Clock(NOON))


async def test_a_copy_takes_the_place_and_what_stood_there_is_kept(tmp_path: Path) -> None:
    """Both can be opened; the copy stays where it was."""
    copy = await two_days(tmp_path)
    restored = back(tmp_path, copy.path)
    assert (restored.trial.rows, restored.trial.damaged) == (1, 0)
    assert restored.aside == tmp_path / "test-replaced-20261118-120000.db"
    assert await asked(tmp_path / "test.db") == ["Before?"]
    assert await asked(restored.aside) == ["Before?", "After?"]
    assert stored(tmp_path / "test.db") == [copy]


async def test_what_stood_there_is_never_overwritten(tmp_path: Path) -> None:
    """Two in the same second are kept under two names."""
    copy = await two_days(tmp_path)
    asides = [back(tmp_path, copy.path).aside for _ in range(3)]
    assert len(set(asides)) == 3
    assert asides[0] is not None
    assert await asked(asides[0]) == ["Before?", "After?"]


def crash(path: Path) -> None:
    """A program is killed when what it committed lies beside the database, and not in it yet."""
    with closing(sqlite3.connect(path)) as dying:
        dying.execute("PRAGMA wal_autocheckpoint = 0")
        dying.execute("UPDATE inbox SET question = 'Torn?'")
        dying.commit()
        left = [(file, file.read_bytes()) for file in files_of(path)]
    for file, content in left:
        file.write_bytes(content)


async def test_after_a_crash_all_that_was_committed_is_set_aside(tmp_path: Path) -> None:
    """In one file, and nothing of it runs into what takes its place."""
    copy = await two_days(tmp_path)
    crash(tmp_path / "test.db")
    restored = back(tmp_path, copy.path)
    assert await asked(tmp_path / "test.db") == ["Before?"]
    assert restored.aside is not None
    with closing(sqlite3.connect(restored.aside)) as old:
        assert old.execute("SELECT DISTINCT question FROM inbox").fetchall() == [("Torn?",)]


async def test_a_damaged_database_can_be_replaced(tmp_path: Path) -> None:
    """That is what it is for; it is kept as it was, and what lies beside it does not run into the copy."""
    copy = await two_days(tmp_path)
    path = tmp_path / "test.db"
    crash(path)
    path.write_bytes(b"\xff" * 10_000)
    restored = back(tmp_path, copy.path)
    assert await asked(path) == ["Before?"]
    assert restored.aside is not None
    assert restored.aside.read_bytes() == b"\xff" * 10_000


async def test_where_there_is_no_database_any_more_the_copy_becomes_it(tmp_path: Path) -> None:
    """After a lost disk."""
    copy = await two_days(tmp_path)
    (tmp_path / "test.db").unlink()
    assert back(tmp_path, copy.path).aside is None
    assert await asked(tmp_path / "test.db") == ["Before?"]


def refused(tmp_path: Path, copy: Path, why: str) -> None:
    """In these words, by the trial as well, and everything is as it was."""
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(StorageError, match=why):
        back(tmp_path, copy)
    with pytest.raises(StorageError, match=why):
        try_out(tmp_path / "test.db", copy, Clock(NOON))
    (tmp_path / "running.lock").unlink()
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


async def test_a_copy_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    """Both versions are named, and what to do."""
    copy = (await two_days(tmp_path)).path.rename(tmp_path / "from-elsewhere.db")
    with closing(sqlite3.connect(copy)) as newer:
        newer.execute("PRAGMA user_version = 999")
    refused(tmp_path, copy, r"newer Porchlight \(version 999; this one knows \d+\)\. Update")


@pytest.mark.parametrize("damage", ["truncated", "one bit", "not a database", "empty"])
async def test_a_damaged_copy_is_refused(tmp_path: Path, damage: str) -> None:
    """Before anything is touched, with the advice to take an older one."""
    copy = (await two_days(tmp_path)).path
    content = bytearray(copy.read_bytes())
    match damage:
        case "truncated":
            del content[len(content) // 2 :]
        case "one bit":
            content[len(content) // 3] ^= 1
        case "not a database":
            content[:] = b"Dear diary, " * 1000
        case "empty":
            content.clear()
    copy.write_bytes(content)
    refused(tmp_path, copy, "is damaged .* Take an older one")


@pytest.mark.parametrize("version", [0, 1, newest_version(MIGRATIONS)])
async def test_another_programs_database_is_refused(tmp_path: Path, version: int) -> None:
    """Whatever it holds, and however it counts its versions."""
    await two_days(tmp_path)
    with closing(sqlite3.connect(tmp_path / "photos.db")) as theirs:
        theirs.execute("CREATE TABLE photos (name TEXT)")
        theirs.execute(f"PRAGMA user_version = {version}")
    refused(tmp_path, tmp_path / "photos.db", "nothing of ours")


async def test_a_copy_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A slip of the finger is no stack trace."""
    await two_days(tmp_path)
    refused(tmp_path, tmp_path / "no.db", "There is no copy .*no.db")


async def test_while_the_program_runs_nothing_is_put_back(tmp_path: Path) -> None:
    """Neither beside the one that runs on the folder, nor under a question on the command line."""
    copy = await two_days(tmp_path)
    with only_one(tmp_path), pytest.raises(AlreadyRunning):
        back(tmp_path, copy.path)
    async with open_database(tmp_path / "test.db") as database:
        await database.read("SELECT 1 FROM inbox")
        with pytest.raises(AlreadyRunning, match="Another program is using"):
            back(tmp_path, copy.path)
    assert await asked(tmp_path / "test.db") == ["Before?", "After?"]
    assert sorted(file.name for file in folder_of(tmp_path / "test.db").iterdir()) == [copy.path.name]


async def test_a_copy_from_before_an_update_is_brought_up_to_date(tmp_path: Path) -> None:
    """What the update before it had made of the tables is made of it, too."""
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / "0001_a.sql").write_text("CREATE TABLE inbox (id INTEGER);\nINSERT INTO inbox VALUES (7);\n")
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "test.db"
    async with open_database(path, steps):
        pass
    more = "".join(f"ALTER TABLE inbox ADD COLUMN {name} TEXT;\n" for name in ("text", "question", "answer"))
    (steps / "0002_b.sql").write_text(more)
    async with open_database(path, steps) as database:
        await database.write(("DELETE FROM inbox", ()))
    (copy,) = stored(path)
    assert copy.version == 1
    assert put_back(path, copy.path, Clock(NOON), steps).trial.rows == 1
    async with open_database(path, steps) as database:
        assert [tuple(row) for row in await database.read("SELECT id, answer FROM inbox")] == [(7, None)]
