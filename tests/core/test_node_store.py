"""What is known of the nodes outlives the program, and never stops it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.node_store import NodeStore
from core.storage import Database, open_database
from tests.fakes import Clock


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


async def test_a_node_is_found_as_it_was_saved_last(database: Database) -> None:
    """The newest state and counters, and when they were saved by the wall clock."""
    clock = Clock(100)
    store = NodeStore(database, clock)
    assert await store.load() == {}
    await store.save(("Alpha", {"out": False}, {"requests": 1}))
    await store.save(("Beta", {"open_s": None}, {}))
    clock.advance(5.5)
    await store.save(("Alpha", {"out": True, "last_error": "half \ud83d"}, {"failures": {"cut": 2}}))
    assert await NodeStore(database, clock).load() == {
        "Alpha": (105.5, {"out": True, "last_error": "half \ud83d"}, {"failures": {"cut": 2}}),
        "Beta": (100.0, {"open_s": None}, {}),
    }


@pytest.mark.parametrize("nonsense", ["", "{", "[1]", "null", "{'a': 1}"])
@pytest.mark.parametrize("column", ["state", "counters"])
async def test_what_cannot_be_read_is_left_out(
    database: Database, column: str, nonsense: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken row is one line in the log, and the other nodes are there."""
    store = NodeStore(database, Clock())
    await store.save(("Alpha", {}, {}))
    await store.save(("Beta", {}, {}))
    await database.write((f"UPDATE nodes SET {column} = ? WHERE name = 'Alpha'", (nonsense,)))
    assert list(await store.load()) == ["Beta"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Alpha" in caplog.text


async def test_a_choice_stays_until_the_next(database: Database) -> None:
    """What the admin chose is there in the next run; what was never chosen is None."""
    store = NodeStore(database, Clock())
    assert await store.choice("strategy") is None
    await store.choose("strategy", "random")
    await store.choose("strategy", "fastest")
    assert await NodeStore(database, Clock()).choice("strategy") == "fastest"
