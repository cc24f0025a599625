"""The memory of a few rows: never behind the disk, and never ahead of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from sqlite3 import Row

import pytest

from core.errors import StorageError
from core.mirror import Mirror
from core.storage import Database
from tests.core.pairs import ADD, pairs_database


def numbers(rows: list[Row]) -> list[int]:
    return [row["n"] for row in rows]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with pairs_database(tmp_path) as database:
        yield database


def mirror_of(database: Database) -> Mirror[list[int]]:
    return Mirror(database, "SELECT n FROM pairs ORDER BY n", numbers, [])


async def test_it_is_empty_until_it_is_loaded(database: Database) -> None:
    """What is on disk is known after `load`, and not before."""
    await database.write((ADD, (1, "left")))
    mirror = mirror_of(database)
    assert mirror.value == []
    await mirror.load()
    assert mirror.value == [1]


async def test_a_change_is_known_when_it_is_done(database: Database) -> None:
    """All statements of it, after they are on disk."""
    mirror = mirror_of(database)
    await mirror.change((ADD, (2, "left")), (ADD, (1, "left")))
    assert mirror.value == [1, 2]
    assert numbers(await database.read("SELECT n FROM pairs ORDER BY n")) == [1, 2]


async def test_what_fails_changes_neither_disk_nor_memory(database: Database) -> None:
    """If one statement fails, or what is there cannot be understood, nothing happened to either."""
    mirror = mirror_of(database)
    await mirror.change((ADD, (1, "left")))
    with pytest.raises(StorageError):
        await mirror.change((ADD, (2, "left")), (ADD, (3, None)))
    assert mirror.value == [1]


async def test_changes_at_once_leave_the_newest(database: Database) -> None:
    """Whichever ends last, memory is what is on disk."""
    mirror = mirror_of(database)
    await asyncio.gather(*(mirror.change((ADD, (n, "left"))) for n in range(30)))
    assert mirror.value == list(range(30))


async def test_a_change_reaches_memory_whoever_is_cancelled(database: Database) -> None:
    """Wherever its asker is cancelled, it happened for memory if and only if it did on disk."""
    mirror = mirror_of(database)
    written = set()
    for turns in range(40):
        task = asyncio.create_task(mirror.change((ADD, (turns, "left"))))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        # This reads behind whatever is still on its way to the disk.
        on_disk = numbers(await database.read("SELECT n FROM pairs ORDER BY n"))
        assert mirror.value == on_disk
        written.add(turns in on_disk)
    assert written == {True, False}


async def test_a_change_nobody_waits_for_may_fail_in_peace(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Its error is for whoever asked; if they are gone, nothing complains about it."""
    mirror = mirror_of(database)
    task = asyncio.create_task(mirror.change((ADD, (1, None))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await database.read("SELECT 1")
    await asyncio.sleep(0)
    assert mirror.value == []
    assert caplog.text == ""
