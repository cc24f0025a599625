"""What one question has been through in the pool, and whom to try next: the plain decisions.

In this order, within the task's route (say cloud, then local):

    1. a ready node that has not been tried yet, at once;
    2. a tried one that failed quickly and is still ready, after a pause that doubles, with full jitter,
       as long as the retry allowances last (the question's own, and the pool's);
    3. the next place of the route, the same way;
    4. when nobody is in play: the node that is due soonest, once, before its time (where there is a
       reserve, only the reserve itself); or a wait for the probe that somebody else has under way.

Then it is given up. Nothing here waits or speaks to anybody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from core.breaker import Lease
from core.errors import BadRequest, Fault, NoAnswer, NodeError, Refused, TooLong, Unavailable
from core.node import Node
from core.strategies import Strategy, in_order
from core.turns import fit
from core.types import Ask, Tried, Turn

Place = Literal["cloud", "local"]

QUICK_FAULTS: frozenset[Fault] = frozenset(
    {
        "refused",
        "unreachable",
        "offline",
        "server",
        "not_a_stream",
        "malformed",
        "error_inside",
        "cut",
        "empty",
    }
)
"""Faults after which the same node may be asked again for the same question. A node that let us wait
in vain would only do so again."""
PAUSE_FIRST_S, PAUSE_S_MAX = 0.25, 4.0
PROBE_WAIT_S = 0.25


class RetryBudget:
    """A token bucket for the whole pool: when everything is failing, retries only add to the load.
    Ten retries in reserve, and one more for every five answers."""

    FULL, PER_ANSWER = 10.0, 0.2

    def __init__(self) -> None:
        self._tokens = self.FULL

    def take(self) -> bool:
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def earn(self) -> None:
        self._tokens = min(self.FULL, self._tokens + self.PER_ANSWER)


@dataclass(frozen=True, slots=True)
class Try:
    """Ask `node`, after `pause_s`. `early`: before its time."""

    node: Node
    pause_s: float = 0.0
    early: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody can be asked just now, but a probe is under way that may change it."""

    pause_s: float


@dataclass(slots=True)
class Quest:
    """One question on its way through the pool. `nodes` are those that may serve it."""

    ask: Ask
    nodes: Sequence[Node]
    route: Sequence[Place]
    cloud_until: float
    """When it is too late to begin at one more cloud node; the reserve keeps its own patience."""
    retries_max: int
    too_small: set[str] = field(default_factory=set)
    """Nodes with too little room for it."""
    failed: dict[str, NodeError] = field(default_factory=dict)
    """The last error of each node tried, by its name."""
    retries: int = 0
    waited: bool = False
    """For the last resort, which there is only once."""

    unsettled: list[tuple[Node, Lease, NodeError]] = field(default_factory=list)
    """Failures whose cause may be our own network, to be charged when the question is over."""
    left: Node | None = None
    """The node that failed last: whoever is asked next takes over from it."""
    tried: list[Tried] = field(default_factory=list)
    """Each attempt, in order."""
    trims: int = 0
    """How often older turns were left out for its length."""

    def next_step(
        self, now: float, strategy: Strategy, random: Random, may_retry: Callable[[], bool]
    ) -> Try | Wait | None:
        """What to do next; None to give up. `may_retry` takes one retry from the pool's allowance."""
        for place in self.route:
            group = [node for node in self.nodes if node.spec.local == (place == "local")]
            if place == "cloud" and (now >= self.cloud_until or self._only_the_house_is_left(now)):
                continue
            fresh = [node for node in group if self._may_try(node) and node.is_ready(now)]
            if fresh:
                return Try(in_order(self._of_another_kind(fresh), strategy, random)[0])
            again = [node for node in group if self._may_try_again(node) and node.is_ready(now)]
            if again and self.retries < self.retries_max and may_retry():
                pause_s = min(PAUSE_FIRST_S * 2**self.retries, PAUSE_S_MAX) * random.random()
                self.retries += 1
                return Try(in_order(again, strategy, random)[0], pause_s)
        if self._trim():
            return self.next_step(now, strategy, random, may_retry)
        return self._last_resort(now)

    def _last_resort(self, now: float) -> Try | Wait | None:
        left = [node for node in self.nodes if self._may_try(node)]
        reserve = [node for node in self.nodes if node.spec.local]
        if reserve or now >= self.cloud_until or self.network_is_down(now):
            left = [node for node in left if node in reserve]
        if any(node.is_probed for node in left):
            self.waited = True
            return Wait(PROBE_WAIT_S)
        early = [node for node in left if node.may_be_probed_early(now)]
        if self.waited or not early:
            return None
        self.waited = True
        return Try(min(early, key=lambda node: node.due_in_s(now)), early=True)

    # ── What it has been through ──────────────────────────────────────────────────────────────────

    def turns_for(self, node: Node) -> tuple[Turn, ...] | None:
        """The turns as they fit this node; None if not even the question does."""
        turns, room = self.ask.turns, node.room_tokens
        if self.trims > 1:
            turns = (*(turn for turn in turns[:-1] if turn.role == "system"), turns[-1])
        return fit(turns, room // 2 if self.trims == 1 else room)

    def note(self, node: Node, error: NodeError) -> None:
        """Remember that this node failed. Raises `NoAnswer` where asking on is no use."""
        if isinstance(error, Refused):
            raise NoAnswer("refused") from error
        self.failed[node.name] = error
        self.left = node
        if isinstance(error, TooLong):
            self.too_small |= {other.name for other in self.nodes if other.room_tokens <= node.room_tokens}
        if sum(isinstance(other, BadRequest) for other in self.failed.values()) > 1:
            raise NoAnswer("bad_request") from error

    def taken_over_by(self, node: Node) -> Node | None:
        """The node from which this one takes the question over, if it is another one."""
        before, self.left = self.left, None
        return None if before is node else before

    def answered_by(self, node: Node) -> list[Lease]:
        """What it did before is forgiven; the leases that this leaves to be given back."""
        self.failed.pop(node.name, None)
        leases = [lease for other, lease, _ in self.unsettled if other is node]
        self.unsettled = [it for it in self.unsettled if it[0] is not node]
        return leases

    def given_up(self, now: float) -> NoAnswer:
        """Why nobody could, in the one word that helps the person most."""
        why = "; ".join(f"{name}: {error.why}" for name, error in self.failed.items())
        errors = self.failed.values()
        if not self.ask.private and all(node.state(now) == "out" for node in self.nodes):
            return NoAnswer("all_out", why)
        if not self.ask.private and self.network_is_down(now):
            return NoAnswer("offline", why)
        in_play = [node for node in self.nodes if node.state(now) != "out"]
        if self.too_small and all(self._is_too_small(node) for node in in_play):
            return NoAnswer("too_long", why)
        if errors and all(isinstance(error, BadRequest) for error in errors):
            return NoAnswer("bad_request", why)
        could = [node for node in in_play if not self._is_too_small(node)]
        due_s = min((node.due_in_s(now) for node in could), default=0.0)
        return NoAnswer("no_local_node" if self.ask.private else "exhausted", why, due_s or None)

    # ── The rules ─────────────────────────────────────────────────────────────────────────────────

    def _trim(self) -> bool:
        """Try once more with half the conversation, then with the question alone."""
        said = sum(turn.role != "system" for turn in self.ask.turns)
        if self.trims > 1 or not self.too_small or said < 2:
            return False
        self.trims += 1
        self.too_small.clear()
        self.failed = {name: error for name, error in self.failed.items() if not isinstance(error, TooLong)}
        return True

    def _may_try(self, node: Node) -> bool:
        if node.name in self.failed or node.name in self.too_small:
            return False
        return not any(
            (other.spec.kind, other.host) == (node.spec.kind, node.host) for other in self._baffled()
        )

    def _of_another_kind(self, nodes: list[Node]) -> list[Node]:
        """Than those that could make no sense of the request, if there are any."""
        baffled = {node.spec.kind for node in self._baffled()}
        return [node for node in nodes if node.spec.kind not in baffled] or nodes

    def _baffled(self) -> list[Node]:
        return [node for node in self.nodes if isinstance(self.failed.get(node.name), BadRequest)]

    def _is_too_small(self, node: Node) -> bool:
        return node.name in self.too_small or isinstance(self.failed.get(node.name), TooLong)

    def _may_try_again(self, node: Node) -> bool:
        error = self.failed.get(node.name)
        return isinstance(error, Unavailable) and error.fault in QUICK_FAULTS

    def network_is_down(self, now: float) -> bool:
        """Every cloud host that is in play was tried just now and not one could be reached: it is our own
        network. If there is a single host, only a cause that is not the host's own can tell."""
        clouds = [node for node in self.nodes if not node.spec.local]
        tried = [node for node in clouds if node.name in self.failed]
        if any(node not in tried and node.is_ready(now) for node in clouds):
            return False
        faults = {_fault(self.failed[node.name]) for node in tried}
        hosts = {node.host for node in tried}
        return faults == {"offline"} or (len(hosts) > 1 and faults <= OUT_OF_REACH)

    def _only_the_house_is_left(self, now: float) -> bool:
        """Then it is not worth waiting for the network to come back."""
        reserve = [node for node in self.nodes if node.spec.local and self._may_try(node)]
        return bool(reserve) and self.network_is_down(now)


OUT_OF_REACH: frozenset[Fault] = frozenset({"unreachable", "offline"})


def is_out_of_reach(error: NodeError | None) -> bool:
    return _fault(error) in OUT_OF_REACH


def _fault(error: NodeError | None) -> Fault | None:
    return error.fault if isinstance(error, Unavailable) else None
