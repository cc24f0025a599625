"""A small database to try things on: pairs of rows that only make sense together."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.errors import StorageError
from core.storage import Database, open_database
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
