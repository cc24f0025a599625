"""Which nodes may serve a question, and in which order to try the ready ones.

A strategy is a plain function from nodes to the same nodes in order. It keeps nothing: what it needs
to know stands on the nodes. It is given one priority tier at a time. To add one: write the function
and name it in `STRATEGIES`.
"""

from collections.abc import Callable, Sequence
from random import Random

from core.node import Node
from core.types import Ask

Strategy = Callable[[Sequence[Node], Random], list[Node]]


def round_robin(nodes: Sequence[Node], random: Random) -> list[Node]:
    """In turn: whoever was asked longest ago comes first."""
    return sorted(nodes, key=lambda node: node.asked_last)


def at_random(nodes: Sequence[Node], random: Random) -> list[Node]:
    return random.sample(nodes, len(nodes))


def least_used(nodes: Sequence[Node], random: Random) -> list[Node]:
    """The fewest questions first, since the program started: a node that is new has nothing to catch up."""
    return sorted(nodes, key=lambda node: node.asked_often)


def fastest(nodes: Sequence[Node], random: Random) -> list[Node]:
    """The better of two random choices, then the rest: nearly as quick as always taking the best one,
    and it does not send everybody to the same node. A node not measured yet is tried."""

    def wait(node: Node) -> float:
        return (node.in_flight + 1) * (node.counters.first_token_s or 0.0)

    two = sorted(random.sample(nodes, min(2, len(nodes))), key=wait)
    return [*two, *sorted((node for node in nodes if node not in two), key=wait)]


STRATEGIES: dict[str, Strategy] = {
    "round_robin": round_robin,
    "random": at_random,
    "least_used": least_used,
    "fastest": fastest,
}


def eligible(nodes: Sequence[Node], need: Ask) -> list[Node]:
    """The nodes that may see this question at all, ready or not; none that a person has paused."""
    return [
        node
        for node in nodes
        if not node.paused
        and (node.spec.local or not need.private)
        and (node.spec.allow_minors or not need.minor)
        and (node.spec.images or not need.images)
    ]


def in_order(nodes: Sequence[Node], strategy: Strategy, random: Random) -> list[Node]:
    """All of `nodes`, tier after tier, each tier in the strategy's order, free ones before those with
    a line of people waiting."""
    tiers = sorted({node.spec.priority for node in nodes})
    ordered: list[Node] = []
    for tier in tiers:
        tried = strategy([node for node in nodes if node.spec.priority == tier], random)
        ordered += sorted(tried, key=lambda node: not node.line.is_free)
    return ordered
