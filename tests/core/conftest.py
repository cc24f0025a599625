"""What many tests of the core stand on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.inbox import Inbox
from core.memory import Memory
from core.storage import Database, open_database
from tests.fakes import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


@pytest.fixture
def inbox(database: Database, clock: Clock) -> Inbox:
    return Inbox(database, clock)


@pytest.fixture
def memory(database: Database) -> Memory:
    return Memory(database)
