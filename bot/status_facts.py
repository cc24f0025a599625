"""How everything is doing, as data: what `/status` says is decided here, and only worded in bot/phrases.

Plain functions over nodes and times. Whether something is wrong is decided in core/troubles.py, as it is
for the alerts and the digest: the same house is never called well in one place and ill in another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.node import Node, State
from core.troubles import Trouble
from core.types import Adapter, Messenger

QUIET_S_MAX = 120.0
"""A platform that is well is heard at least once a minute."""

SIGNS: Mapping[State, str] = {
    "ready": "🟢",
    "cooling": "🟡",
    "open": "🟠",
    "half-open": "🟠",
    "out": "🔴",
    "paused": "⚪",
}


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node. What is not known, or would say nothing, is 0, None or empty."""

    name: str
    model: str
    local: bool
    state: State
    left_s: float = 0.0
    """Until it comes back by itself; 0 where it does not, or is there."""
    until: datetime | None = None
    """The same as a time of day, for what is read later."""
    requests: int = 0
    answered: float | None = None
    """The share of whole answers, 0 … 1; an answer that a person stopped says nothing about the node."""
    rate_limits: int = 0
    failures: tuple[tuple[str, int], ...] = ()
    """By kind, the most frequent first."""
    first_token_s: float | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0
    remedy: str = ""
    trouble: str = ""
    """The last one; nothing where there is a remedy, which says more."""

    @property
    def sign(self) -> str:
        return SIGNS[self.state]


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    name: str
    health: Literal["well", "quiet", "unreached"]
    heard_s: float | None = None
    """How long ago it was in touch."""
    ailment: str = ""
    """What only a person can mend: a key of `TROUBLES` in bot/phrases."""

    @property
    def sign(self) -> str:
        return "🔴" if self.ailment else {"well": "🟢", "quiet": "🟠", "unreached": "🔴"}[self.health]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, the worst first; if nothing is, how many of the nodes are resting for a while."""

    paused: bool
    troubles: tuple[Trouble, ...]
    quiet: tuple[str, ...]
    """Platforms that are not heard, and nobody knows why."""
    resting: int
    nodes: int
    """Without those that a person has paused."""
    nodes_paused: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    verdict: Verdict | None
    """None: the program does not run, and that is the verdict."""
    nodes: tuple[NodeFacts, ...]
    platforms: tuple[PlatformFacts, ...]
    waiting: int
    """Questions nobody works on yet."""
    answering: int
    database_bytes: int
    backup_age_s: float | None
    backup_at: datetime | None
    version: str


def node_facts(node: Node, now: float, local: datetime | None = None) -> NodeFacts:
    """`now` is monotonic; with the `local` time, the end of a pause is told as a time of day."""
    counters, state = node.counters, node.state(now)
    if state == "ready" and node.is_failing:
        state = "half-open"  # the next question finds out, as it does there
    failed = sum(counters.failures.values())
    ended = counters.successes + failed
    left_s = node.due_in_s(now) if state in ("cooling", "open") else 0.0
    until = local + timedelta(seconds=left_s) if local is not None and left_s else None
    return NodeFacts(
        name=node.name,
        model=node.spec.model,
        local=node.spec.local,
        state=state,
        left_s=left_s,
        until=until,
        requests=counters.requests,
        answered=counters.successes / ended if ended else None,
        rate_limits=counters.rate_limits,
        failures=tuple(sorted(counters.failures.items(), key=lambda kind: -kind[1])),
        first_token_s=counters.first_token_s,
        prompt_tokens=counters.prompt_tokens,
        answer_tokens=counters.answer_tokens,
        remedy=node.remedy,
        trouble="" if node.remedy else node.last_error,
    )


Ailments = Mapping[str, tuple[str, float]]
"""By the platform, what it told that only a person can mend, and when. It is over when it is heard again."""


def platform_facts(adapter: Adapter, now: float, ailments: Ailments) -> PlatformFacts | None:
    """None where nobody can be out of reach: in this terminal."""
    if not isinstance(adapter, Messenger):
        return None
    name, heard_at = adapter.platform.capitalize(), adapter.heard_at
    ailment, since = ailments.get(adapter.platform, ("", 0.0))
    if heard_at is not None and heard_at > since:
        ailment = ""
    if heard_at is None:
        return PlatformFacts(name, "unreached", ailment=ailment)
    heard_s = max(0.0, now - heard_at)
    return PlatformFacts(name, "well" if heard_s < QUIET_S_MAX else "quiet", heard_s, ailment)


def verdict_of(
    troubles: Sequence[Trouble],
    nodes: Sequence[NodeFacts],
    platforms: Sequence[PlatformFacts],
    *,
    paused: bool,
) -> Verdict:
    explained = {trouble.platform for trouble in troubles if trouble.kind == "platform"}
    return Verdict(
        paused,
        tuple(troubles),
        tuple(it.name for it in platforms if it.health != "well" and it.name.lower() not in explained),
        sum(node.state not in ("ready", "paused") for node in nodes),
        sum(node.state != "paused" for node in nodes),
        sum(node.state == "paused" for node in nodes),
    )
