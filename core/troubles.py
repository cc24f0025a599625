"""What is wrong just now that a person should know of, and what they were told of it.

`troubles_of` looks at the signs and says what is wrong, the worst first; `is_over` says of something
that was told whether it is proven to be good again, which is more than not being seen any more: a node that
was reset is not well before it has answered. What was told stands in the table `alerts`, so that a restart
repeats nothing. When to tell, and in which words, is decided in bot/alerts.py; the digest shows the same
troubles.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.node import Node
from core.storage import Database, Statement

DAY_S = 24 * 3600.0
BACKUP_AGE_S_MAX = 3 * DAY_S
FREE_BYTES_MIN = 500 * 2**20
"""Room for the database to be copied before a migration, and for some weeks of questions."""
FREE_BYTES_WELL = 2 * FREE_BYTES_MIN
"""A disk that goes back and forth around one limit would be told of again and again."""

Kind = Literal["nobody", "no_nodes", "only_small", "node", "backup", "disk"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """`nobody` can be answered; `no_nodes` are set up; `only_small`: nobody is there but the built-in mini
    model; a `node` wants something of a person; the `backup` has failed for days; the `disk` is almost
    full. What an admin has paused is no trouble."""

    kind: Kind
    name: str = ""
    """Of the node."""
    remedy: str = ""
    """What is to be done about the node."""
    days: int = 0
    """Without a new backup."""
    free_bytes: int = 0
    answers: int = 0
    """How many whole answers the node has given so far."""

    @property
    def key(self) -> str:
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Signs:
    """What is looked at. `clock` is the monotonic time of `nodes`; `backup_age_s` is how long there was no
    new backup, be there an older one or not. None: not known."""

    nodes: Sequence[Node]
    clock: float
    free_bytes: int | None = None
    backup_age_s: float | None = None


def troubles_of(signs: Signs) -> list[Trouble]:
    """The worst first."""
    troubles = []
    in_play = [node for node in signs.nodes if not node.paused]
    ready = [node for node in in_play if node.state(signs.clock) == "ready"]
    if not signs.nodes:
        troubles.append(Trouble("no_nodes"))
    elif in_play and not ready:
        troubles.append(Trouble("nobody"))
    elif ready and all(node.spec.small for node in ready) and not all(node.spec.small for node in in_play):
        troubles.append(Trouble("only_small"))
    if signs.free_bytes is not None and signs.free_bytes < FREE_BYTES_MIN:
        troubles.append(Trouble("disk", free_bytes=signs.free_bytes))
    if signs.backup_age_s is not None and signs.backup_age_s > BACKUP_AGE_S_MAX:
        troubles.append(Trouble("backup", days=int(signs.backup_age_s // DAY_S)))
    troubles += [
        Trouble("node", node.name, node.remedy, answers=node.counters.successes)
        for node in in_play
        if node.remedy
    ]
    return troubles


def is_over(told: Trouble, signs: Signs) -> bool:
    """Is it proven that what was told is good again?"""
    match told.kind:
        case "node":
            node = _named(told.name, signs)
            return node is not None and not node.remedy and node.counters.successes > told.answers
        case "disk":
            return signs.free_bytes is not None and signs.free_bytes >= FREE_BYTES_WELL
        case "backup":
            return signs.backup_age_s is not None and signs.backup_age_s <= BACKUP_AGE_S_MAX
        case _:
            return told.key not in {trouble.key for trouble in troubles_of(signs)}


def _named(name: str, signs: Signs) -> Node | None:
    return next((node for node in signs.nodes if node.name == name), None)


class Told:
    """What the admins were told, and have not been told is over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def still(self, signs: Signs) -> list[Trouble]:
        """What was told, the oldest first, as far as it still concerns anybody: a node that is gone is
        forgotten, and one that was reset, or has another key, may fail anew. Raises `StorageError`."""
        rows = await self._database.read("SELECT * FROM alerts ORDER BY told_at, key")
        known = [replace(_by_key(row["key"]), remedy=row["detail"], answers=row["answers"]) for row in rows]
        still: list[Trouble] = []
        changes: list[Statement] = []
        for told in known:
            node = _named(told.name, signs) if told.kind == "node" else None
            if told.kind == "node" and node is None:
                changes.append(self.over(told))
                continue
            if node is not None and told.remedy and not node.remedy:
                changes.append(("UPDATE alerts SET detail = '' WHERE key = ?", (told.key,)))
            still.append(told)
        if changes:
            await self._database.write(*changes)
        return still

    def told(self, trouble: Trouble, now: float) -> Statement:
        """To be written in the transaction that tells it; `now` is the wall clock."""
        return (
            "INSERT INTO alerts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET detail = excluded.detail,"
            " answers = excluded.answers, told_at = excluded.told_at",
            (trouble.key, trouble.remedy, trouble.answers, now),
        )

    def over(self, trouble: Trouble) -> Statement:
        return "DELETE FROM alerts WHERE key = ?", (trouble.key,)


def _by_key(key: str) -> Trouble:
    kind, _, name = key.partition(" ")
    return Trouble(kind, name)  # type: ignore[arg-type] # only keys of troubles are ever written
