"""What is done beside answering: books on disk, what happened in the history, the reserve warm."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core import upkeep
from core.errors import NoAnswer, RateLimited, Rejected, StorageError
from core.history import History
from core.node_store import NodeStore
from core.storage import Database, open_database
from tests.core.answers import PLAIN, hear
from tests.fakes import Clock, Player, node, pool

REJECTED = Rejected("401", "Renew the key.")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def test_only_nodes_whose_books_changed_are_saved(database: Database) -> None:
    """What another program learnt of the others stays."""
    clock = Clock()
    store = NodeStore(database, clock)
    await store.save(("Beta", {"kept": 1}, {}))
    made = pool(node("Alpha", Player(PLAIN)), node("Beta", Player(PLAIN), priority=9), clock=clock)
    await hear(made)
    await upkeep.save(made, store, clock)
    saved = await store.load()
    assert saved["Alpha"][2]["requests"] == 1
    assert saved["Beta"][1] == {"kept": 1}


async def test_whoever_looks_after_the_house_hears_of_each_change(database: Database) -> None:
    """At once: it may be something that a person has to know."""
    clock, heard = Clock(), asyncio.Event()
    made = pool(node("Alpha", Player([REJECTED])), node("Home", Player(PLAIN), local=True), clock=clock)
    keeping = asyncio.create_task(upkeep.keep(made, NodeStore(database, clock), clock, heard.set))
    await hear(made)
    async with asyncio.timeout(10):
        await heard.wait()
    await ended(keeping)


async def test_what_happened_goes_into_the_history_once(database: Database) -> None:
    """Whoever is cancelled in the middle of saving, or saves again, counts nothing twice; and what an earlier
    run counted is not counted again."""
    clock = Clock()
    store, history = NodeStore(database, clock), History(database, clock)
    made = pool(node("Alpha", Player(PLAIN)), clock=clock)
    await hear(made)
    for turns in range(6):
        saving = asyncio.create_task(upkeep.save(made, store, clock))
        for _ in range(turns):
            await asyncio.sleep(0)
        saving.cancel()
        await asyncio.wait({saving})
    await upkeep.save(made, store, clock)
    again = pool(node("Alpha", Player(PLAIN)), clock=clock)
    await upkeep.restore(again, store, clock, clock)
    await hear(again)
    await upkeep.save(again, store, clock)
    assert again.nodes[0].counters.requests == 2
    tally = (await history.totals(0))["Alpha"]
    assert (tally.requests, tally.answers) == (2, 2)


async def test_what_could_not_be_saved_is_saved_later(tmp_path: Path) -> None:
    """When the disk is there again, nothing is missing."""
    clock = Clock()
    made = pool(node("Alpha", Player(PLAIN)), clock=clock)
    async with open_database(tmp_path / "closed.db") as closed:
        pass
    await hear(made)
    with pytest.raises(StorageError):
        await upkeep.save(made, NodeStore(closed, clock), clock)
    async with open_database(tmp_path / "closed.db") as database:
        await upkeep.save(made, NodeStore(database, clock), clock)
        assert (await History(database, clock).totals(0))["Alpha"].requests == 1


async def test_a_pause_outlives_the_program(database: Database) -> None:
    """The next run leaves the node in peace for what is left."""
    clock = Clock()
    store = NodeStore(database, clock)
    made = pool(node("Alpha", Player([RateLimited("429", 600, stated=True)])), clock=clock)
    with pytest.raises(NoAnswer):
        await hear(made)
    await upkeep.save(made, store, clock)
    clock.advance(100)
    again = pool(node("Alpha", Player(PLAIN)), clock=clock)
    await upkeep.restore(again, store, clock, clock)
    assert again.nodes[0].due_in_s(clock()) == 500


async def test_the_reserve_is_warmed_up_when_the_cloud_weakens(database: Database) -> None:
    """The first local node only, and not again at every change."""
    clock = Clock()
    players = [Player(PLAIN), Player(PLAIN)]
    made = pool(
        node("Cloud", Player([REJECTED])),
        node("Home", players[0], local=True, priority=1),
        node("Mini", players[1], local=True, priority=2),
        clock=clock,
    )
    keeping = asyncio.create_task(upkeep.keep(made, NodeStore(database, clock), clock))
    await hear(made)
    async with asyncio.timeout(10):
        await players[0].is_warm.wait()
    await hear(made)
    await ended(keeping)
    assert (players[0].warmed, players[1].warmed) == (1, 0)
