"""How everything is doing, as data: what counts as out of reach, and what is said of it once."""

from bot.status_facts import QUIET_S_MAX, node_facts, platform_facts, verdict_of
from core.errors import Unavailable
from core.node import Node
from core.providers import End
from core.troubles import Signs, Trouble, troubles_of
from tests.fakes import Player, Stage, Street, node

NOW = 1000.0


def test_a_platform_is_well_as_long_as_it_is_heard() -> None:
    """Not heard for a while is quiet; never heard is not reached; a terminal is neither."""
    street = Street()
    for heard_at, health in ((None, "unreached"), (NOW - 5, "well"), (NOW - QUIET_S_MAX, "quiet")):
        street.heard_at = heard_at
        found = platform_facts(street, NOW, {})
        assert found is not None
        assert found.health == health
    assert platform_facts(Stage(), NOW, {}) is None


def test_what_a_platform_complains_of_is_over_when_it_is_heard_again() -> None:
    """Until then its sign is red, however lately it was heard before."""
    street = Street()
    street.heard_at = NOW - 30
    complains = platform_facts(street, NOW, {"stage": ("stage conflict", NOW - 20)})
    assert complains is not None
    assert (complains.sign, complains.ailment) == ("🔴", "stage conflict")
    street.heard_at = NOW - 10
    again = platform_facts(street, NOW, {"stage": ("stage conflict", NOW - 20)})
    assert again is not None
    assert (again.sign, again.ailment) == ("🟢", "")


def test_a_platform_that_is_out_of_reach_is_told_of_once() -> None:
    """Where it is known why, that is told, and not that it will come back."""
    street = Street()
    facts = platform_facts(street, NOW, {"stage": ("stage token", NOW)})
    assert facts is not None
    assert verdict_of([], [], [facts], paused=False).quiet == ("Stage",)
    assert verdict_of([Trouble("platform", "stage token")], [], [facts], paused=False).quiet == ()


def _fails(it: Node) -> None:
    lease = it.lease(NOW)
    assert lease is not None
    it.failed(lease, Unavailable("refused", "closed port"), NOW)


def test_where_every_answer_failed_nobody_is_told_that_all_is_well() -> None:
    """Long before the nodes are left alone: somebody was just told that none can answer. A single failure is
    a hiccup, and the next whole answer makes it good."""
    nodes = [node("Alpha", Player()), node("Beta", Player())]
    for it in nodes:
        _fails(it)
    assert troubles_of(Signs(nodes, NOW)) == []
    for it in nodes:
        _fails(it)
    assert troubles_of(Signs(nodes, NOW)) == [Trouble("nobody", tried_next=True)]
    assert {node_facts(it, NOW).sign for it in nodes} == {"🟠"}
    lease = nodes[0].lease(NOW)
    assert lease is not None
    nodes[0].succeeded(lease, End(), 0.5)
    assert troubles_of(Signs(nodes, NOW)) == []
    assert [node_facts(it, NOW).sign for it in nodes] == ["🟢", "🟠"]


def test_where_only_the_mini_model_still_answers_that_is_said() -> None:
    """Though the better one would be asked once more: its last answers failed."""
    good, mini = node("Alpha", Player()), node("Mini", Player(), small=True, local=True)
    _fails(good)
    assert troubles_of(Signs([good, mini], NOW)) == []
    _fails(good)
    assert troubles_of(Signs([good, mini], NOW)) == [Trouble("only_small")]
