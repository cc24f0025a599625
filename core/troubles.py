"""What is wrong just now that a person should know of, and what they were told of it.

`troubles_of` looks at the signs and says what is wrong, the worst first; `is_over` says of something
that was told whether it is proven to be good again, which is more than not being seen any more: a node that
was reset, or whose pause is over, is not well before it has answered. What was told stands in the table
`alerts`, so that a restart repeats nothing. When to tell, and in which words, is decided in bot/alerts.py;
the digest shows the same troubles.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from core.node import Node
from core.storage import Database, Statement

DAY_S = 24 * 3600.0
BACKUP_DAYS_MAX = 3
BACKUP_AGE_S_MAX = BACKUP_DAYS_MAX * DAY_S
FREE_BYTES_MIN = 500 * 2**20
"""Room for the database to be copied before a migration, and for some weeks of questions."""
FREE_BYTES_WELL = 2 * FREE_BYTES_MIN
"""A disk that goes back and forth around one limit would be told of again and again."""

Kind = Literal["nobody", "no_nodes", "only_small", "platform", "disk", "backup", "trial", "node"]
LASTING = ("token", "intents", "conflict")
"""What of the complaints of a platform is a state, and no single event."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`nobody` can be answered; `no_nodes` are set up; `only_small`: nobody is there but the built-in mini
    model; a `platform` does not let us in; the `disk` is almost full; the `backup` has failed for days; the
    weekly `trial` of the newest one did; a `node` wants something of a person. What an admin has paused is
    no trouble."""

    kind: Kind
    name: str = ""
    """Of the node; of the platform, and what it complains of."""
    remedy: str = ""
    """What is to be done about the node."""
    tried_next: bool = False
    """Nobody could be answered the last time, and the next question tries again."""
    days: int = 0
    """Without a new backup."""
    free_bytes: int = 0
    answers: int = 0
    """How many whole answers there were when it was last seen, of this node or of all that would end it."""

    @property
    def key(self) -> str:
        return f"{self.kind} {self.name}".strip()

    @property
    def platform(self) -> str:
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Signs:
    """What is looked at. `clock` is the monotonic time of `nodes`."""

    nodes: Sequence[Node]
    clock: float
    free_bytes: int | None = None
    """None: not known."""
    backup_days: int = 0
    """On how many days the program ran, and made no new backup."""
    trial_failed: bool = False
    complaints: Collection[str] = ()
    """Of platforms that have not been heard since: "telegram token"."""
    platforms: Mapping[str, bool] = field(default_factory=dict)
    """All of them, and whether each is in touch."""
    paused: bool = False
    """By an admin, everything."""

    @property
    def mute(self) -> set[str]:
        """The platforms on which nothing can be said."""
        return {name.partition(" ")[0] for name in self.complaints if not name.endswith("conflict")}


def troubles_of(signs: Signs) -> list[Trouble]:
    """The worst first."""
    troubles = []
    in_play = [node for node in signs.nodes if not node.paused]
    asked = [node for node in in_play if node.state(signs.clock) in ("ready", "half-open")]
    ready = [node for node in asked if node.state(signs.clock) == "ready" and not node.is_failing]
    if not signs.nodes:
        troubles.append(Trouble("no_nodes"))
    elif in_play and not ready:
        troubles.append(Trouble("nobody", tried_next=bool(asked)))
    elif ready and all(node.spec.small for node in ready) and not all(node.spec.small for node in in_play):
        troubles.append(Trouble("only_small"))
    troubles += [Trouble("platform", name) for name in signs.complaints]
    if signs.free_bytes is not None and signs.free_bytes < FREE_BYTES_MIN:
        troubles.append(Trouble("disk", free_bytes=signs.free_bytes))
    if signs.backup_days >= BACKUP_DAYS_MAX:
        troubles.append(Trouble("backup", days=signs.backup_days))
    if signs.trial_failed:
        troubles.append(Trouble("trial"))
    troubles += [Trouble("node", node.name, node.remedy) for node in in_play if node.remedy]
    return [replace(it, answers=_answers(it, signs)) for it in troubles]


def is_over(told: Trouble, signs: Signs) -> bool:
    """Is it proven that what was told is good again?"""
    if told.kind == "disk":
        return signs.free_bytes is not None and signs.free_bytes >= FREE_BYTES_WELL
    if told.key in {trouble.key for trouble in troubles_of(signs)}:
        return False
    if told.kind == "platform":
        return signs.platforms.get(told.platform, False)
    return told.kind in ("backup", "trial") or _answers(told, signs) > told.answers


def _answers(it: Trouble, signs: Signs) -> int:
    """How many whole answers there were of those nodes of which one more would end this trouble."""
    match it.kind:
        case "nobody" | "no_nodes":
            nodes = list(signs.nodes)
        case "only_small":
            nodes = [node for node in signs.nodes if not node.spec.small]
        case "node":
            nodes = [node for node in signs.nodes if node.name == it.name]
        case _:
            nodes = []
    return sum(node.counters.successes for node in nodes)


def _concerns(told: Trouble, signs: Signs) -> bool:
    """Not if its node or platform is gone, or if there is nothing any more but the mini model."""
    match told.kind:
        case "node":
            return told.name in {node.name for node in signs.nodes}
        case "platform":  # of which `porchlight ask` knows none
            return not signs.platforms or told.platform in signs.platforms
        case "only_small":
            return not all(node.spec.small for node in signs.nodes)
        case _:
            return True


class Told:
    """What the admins were told, and have not been told is over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def still(self, signs: Signs) -> list[Trouble]:
        """What was told, the oldest first, as far as it still concerns anybody. A node that was reset, or has
        another key, may fail anew; and what is seen again, or has lost a node, wants a new proof of its
        end. Raises `StorageError`."""
        rows = await self._database.read("SELECT * FROM alerts ORDER BY told_at, key")
        known = [replace(_by_key(row["key"]), remedy=row["detail"], answers=row["answers"]) for row in rows]
        seen = {trouble.key: trouble for trouble in troubles_of(signs)}
        remedies = {node.name: node.remedy for node in signs.nodes}
        still: list[Trouble] = []
        changes: list[Statement] = []
        for told in known:
            if not _concerns(told, signs):
                changes.append(self.over(told))
                continue
            answers = _answers(told, signs)
            now = replace(
                told,
                remedy=told.remedy if remedies.get(told.name) else "",
                answers=answers if told.key in seen else min(answers, told.answers),
            )
            if now != told:
                changes.append(
                    (
                        "UPDATE alerts SET detail = ?, answers = ? WHERE key = ?",
                        (now.remedy, now.answers, now.key),
                    )
                )
            still.append(now)
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
