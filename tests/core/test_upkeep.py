"""What is done beside answering: books on disk, the admin told once, the reserve warm."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core import upkeep
from core.errors import NoAnswer, RateLimited, Rejected
from core.node import Node
from core.node_store import NodeStore
from core.pool import Pool
from core.storage import Database, open_database
from tests.core.test_pool import PLAIN, hear
from tests.fakes import Clock, Player, node, pool

REJECTED = Rejected("401", "Renew the key.")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


class Keeping:
    """Upkeep at work, and what it told the admin."""

    def __init__(self, made: Pool, store: NodeStore, clock: Clock) -> None:
        self.told: list[tuple[str, str]] = []
        self.seen = True
        """Whether somebody looks at what is told."""
        self._heard = asyncio.Event()
        self.task = asyncio.create_task(upkeep.keep(made, store, clock, self._tell))

    async def _tell(self, node: Node) -> bool:
        self.told.append((node.name, node.remedy))
        self._heard.set()
        return self.seen

    async def heard(self) -> None:
        async with asyncio.timeout(10):
            await self._heard.wait()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def test_the_admin_hears_once_of_what_only_a_person_can_mend(database: Database) -> None:
    """Also across a restart; and again only after it had been mended."""
    clock = Clock()
    store = NodeStore(database, clock)
    made = pool(node("Alpha", Player([REJECTED])), node("Home", Player(PLAIN), local=True), clock=clock)
    keeping = Keeping(made, store, clock)
    await hear(made)
    await keeping.heard()
    await ended(keeping.task)
    await upkeep.save(made, store, clock)
    assert keeping.told == [("Alpha", "Renew the key.")]

    again = pool(node("Alpha", Player([REJECTED])), node("Home", Player(PLAIN), local=True), clock=clock)
    await upkeep.restore(again, store, clock, clock)
    keeping = Keeping(again, store, clock)
    clock.advance(7 * 3600)
    await hear(again)
    await hear(again)
    await asyncio.sleep(0)
    assert keeping.told == []
    again.reset()
    await hear(again)
    await keeping.heard()
    await ended(keeping.task)
    assert keeping.told == [("Alpha", "Renew the key.")]


async def test_what_nobody_saw_is_told_by_the_next_run(database: Database) -> None:
    """And not over and over by this one."""
    clock = Clock()
    store = NodeStore(database, clock)
    made = pool(node("Alpha", Player([REJECTED])), node("Home", Player(PLAIN), local=True), clock=clock)
    keeping = Keeping(made, store, clock)
    keeping.seen = False
    await hear(made)
    await keeping.heard()
    await hear(made)
    await ended(keeping.task)
    await upkeep.save(made, store, clock)
    assert len(keeping.told) == 1
    again = pool(node("Alpha", Player([REJECTED])), clock=clock)
    await upkeep.restore(again, store, clock, clock)
    assert not again.nodes[0].admin_told


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
    keeping = Keeping(made, NodeStore(database, clock), clock)
    await hear(made)
    await keeping.heard()
    async with asyncio.timeout(10):
        await players[0].is_warm.wait()
    await hear(made)
    await ended(keeping.task)
    assert (players[0].warmed, players[1].warmed) == (1, 0)
