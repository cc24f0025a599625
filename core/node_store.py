"""What outlives the program about its nodes: how each was doing, and what the admin chose.

States and counters are JSON here, in the words of core/node.py, which also decides whether they make
sense. What cannot be read is left out: a node that begins anew is better than a program that does not.
"""

import json
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.history import Tally, happened
from core.storage import Database

log = logging.getLogger(__name__)

Facts = dict[str, object]
Books = tuple[str, Facts, Facts]
"""A node's name, its state and its counters."""


class NodeStore:
    """`now` is the wall clock. Every method raises `StorageError`."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def save(self, *books: Books, did: Mapping[str, Tally] = MappingProxyType({})) -> None:
        """All of them, in one transaction with what the nodes `did` since they were last saved."""
        now = self._now()
        await self._database.write(
            *happened(did, now),
            *(
                (
                    "INSERT INTO nodes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " saved_at = excluded.saved_at, state = excluded.state, counters = excluded.counters",
                    (name, now, json.dumps(state), json.dumps(counters)),
                )
                for name, state, counters in books
            ),
        )

    async def load(self) -> dict[str, tuple[float, Facts, Facts]]:
        """By the node's name: when it was saved, in seconds since 1970, its state and its counters."""
        saved = {}
        for row in await self._database.read("SELECT * FROM nodes"):
            try:
                saved[row["name"]] = (row["saved_at"], _facts(row["state"]), _facts(row["counters"]))
            except ValueError as error:
                log.warning("Node %s: what was saved of it cannot be read (%s)", row["name"], error)
        return saved

    async def choice(self, name: str) -> str | None:
        row = await self._database.read_one("SELECT value FROM choices WHERE name = ?", (name,))
        return row["value"] if row else None

    async def choose(self, name: str, value: str) -> None:
        await self._database.write(
            (
                "INSERT INTO choices VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (name, value),
            )
        )


def _facts(text: str) -> Facts:
    """Raises ValueError, which a JSON error is too."""
    facts = json.loads(text)
    if not isinstance(facts, dict):
        raise ValueError("not an object")
    return facts
