"""In which order ready nodes are tried."""

from random import Random

import pytest

from core.strategies import STRATEGIES, fastest, in_order, least_used, round_robin
from tests.fakes import Player, node


def test_round_robin_takes_whoever_was_asked_longest_ago() -> None:
    """The order of the last questions, oldest first."""
    nodes = [node(name, Player()) for name in "ABC"]
    for each, number in zip(nodes, [3, 1, 2], strict=True):
        each.asked_last = number
    assert [each.name for each in round_robin(nodes, Random(1))] == ["B", "C", "A"]


def test_least_used_takes_the_fewest_requests() -> None:
    nodes = [node(name, Player()) for name in "ABC"]
    nodes[0].asked_often = 5
    nodes[1].asked_often = 2
    nodes[2].asked_often = 9
    assert [each.name for each in least_used(nodes, Random(1))] == ["B", "A", "C"]


def test_fastest_prefers_the_quicker_and_less_busy_of_two() -> None:
    """The slowest of three is never first; one busy answer makes a quick node count double."""
    nodes = [node(name, Player()) for name in "ABC"]
    for each, first_token_s in zip(nodes, [0.2, 0.5, 3.0], strict=True):
        each.counters.first_token_s = first_token_s
    firsts = {fastest(nodes, Random(seed))[0].name for seed in range(50)}
    assert firsts == {"A", "B"}
    nodes[0].in_flight = 9
    firsts = {fastest(nodes[:2], Random(seed))[0].name for seed in range(50)}
    assert firsts == {"B"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_gives_each_node_once_and_the_lowest_tier_first(name: str) -> None:
    """A reserve of the second tier never comes before the first tier."""
    nodes = [node(f"N{i}", Player(), priority=i % 2) for i in range(6)]
    for seed in range(20):
        ordered = in_order(nodes, STRATEGIES[name], Random(seed))
        assert [each.spec.priority for each in ordered] == [0, 0, 0, 1, 1, 1]
        assert {each.name for each in ordered} == {each.name for each in nodes}


def test_a_free_local_machine_comes_before_one_with_a_line() -> None:
    nodes = [node("Busy", Player(), parallel=1), node("Free", Player(), parallel=1)]
    with nodes[0].line.ticket():
        assert in_order(nodes, round_robin, Random(1))[0].name == "Free"
