"""What the pool needs done beside answering: its state kept on disk, and the reserve kept warm.

A node's state is written soon after it changed, so that a program that is killed remembers who asked
for a pause. The reserve is warmed up while the cloud is weak, so that the first question it has to
answer does not wait for a model to load.
"""

import asyncio
import logging
from collections.abc import Callable
from copy import deepcopy

from core.errors import NodeError, StorageError
from core.history import growth
from core.node_store import NodeStore
from core.pool import Pool
from core.storage import to_its_end

log = logging.getLogger(__name__)

SAVE_PAUSE_S = 0.5
"""Changes that come this close together are one write."""
RETRY_PAUSE_S = 30.0
WARM_UP_PAUSE_S = 300.0


async def restore(pool: Pool, store: NodeStore, clock: Callable[[], float], now: Callable[[], float]) -> None:
    """Take up each node's state and counters where the last run left them. `now` is the wall clock."""
    saved = await store.load()
    for node in pool.nodes:
        if node.name in saved:
            saved_at, state, counters = saved[node.name]
            try:
                node.restore(state, counters, now() - saved_at, clock())
            except (KeyError, TypeError, ValueError) as error:
                log.warning("Node %s: its saved state is not readable (%s), it begins anew", node.name, error)


async def save(pool: Pool, store: NodeStore, clock: Callable[[], float]) -> None:
    """Those nodes whose books changed: another program may look after the same ones (`porchlight ask`).
    Cancelled meanwhile, it ends first: what goes into the history goes there once."""
    await to_its_end(_save(pool, store, clock))


async def _save(pool: Pool, store: NodeStore, clock: Callable[[], float]) -> None:
    nodes, pool.unsaved = pool.unsaved, set()
    counted = {node: deepcopy(node.counters) for node in nodes}
    try:
        await store.save(
            *((node.name, *node.saved(clock())) for node in nodes),
            did={node.name: growth(node.written, now) for node, now in counted.items()},
        )
    except BaseException:
        pool.unsaved |= nodes
        raise
    for node, counters in counted.items():
        node.written = counters


async def keep(
    pool: Pool,
    store: NodeStore,
    clock: Callable[[], float],
    changed: Callable[[], None] = lambda: None,
) -> None:
    """Until cancelled: save what changed, say that something `changed`, warm what may be needed."""
    warmed_at: float | None = None
    async with asyncio.TaskGroup() as beside:
        while True:
            await pool.changed.wait()
            pool.changed.clear()
            pause_s = SAVE_PAUSE_S
            changed()
            try:
                await save(pool, store, clock)
            except StorageError as error:
                log.warning("The nodes' state could not be saved: %s", error)
                pool.changed.set()
                pause_s = RETRY_PAUSE_S
            clouds = sum(not node.spec.local for node in pool.nodes)
            weak = len(pool.ready(local=False)) < max(1, min(2, clouds))
            if weak and (warmed_at is None or clock() - warmed_at > WARM_UP_PAUSE_S):
                warmed_at = clock()
                beside.create_task(warm_up(pool))  # it may take minutes
            await asyncio.sleep(pause_s)


async def warm_up(pool: Pool) -> None:
    """Load the first reserve that can be; the others stay cold."""
    for node in sorted(pool.ready(local=True), key=lambda node: node.spec.priority):
        try:
            await node.provider.warm_up()
        except NodeError as error:
            log.info("Node %s cannot be warmed up: %s", node.name, error.why)
        else:
            return
