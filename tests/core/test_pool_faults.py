"""The pool: whatever a node does wrong is noticed, and charged to nobody but whoever's fault it is."""

import asyncio
from contextlib import aclosing

import pytest

from core.errors import BadRequest, NoAnswer, NodeError, RateLimited, Rejected, TooLong
from core.providers import End, Thinking
from core.types import Done, Restart, Text
from tests.core.answers import CUT, DOWN, OFFLINE, PLAIN, STALLED, answer, hear
from tests.fakes import Beat, Clock, Player, ask, node, pool


@pytest.mark.parametrize(
    "error",
    [CUT, STALLED, DOWN, RateLimited("429"), Rejected("401", "…"), TooLong("400"), BadRequest("422")],
)
async def test_another_node_answers_when_one_cannot(error: NodeError) -> None:
    """Whatever the first node does, the next one starts over, and nothing of the first is left."""
    bad, good = Player(["Old ", error]), Player(PLAIN)
    made = pool(node("Bad", bad), node("Good", good, kind="ollama", context_tokens=16384), clock=Clock())
    events = await hear(made)
    assert Restart("Bad") in events
    assert answer(events) == Done("Sky blue.", "Good", "good-model")


async def test_an_answer_without_its_end_mark_is_none() -> None:
    """A provider that simply ends is treated as cut, and its text is void."""
    made = pool(node("Bad", Player(["Old "])), node("Good", Player(PLAIN)), clock=Clock())
    assert answer(await hear(made)).node == "Good"
    assert made.nodes[0].counters.failures == {"cut": 1}


async def test_an_end_mark_without_text_is_no_answer() -> None:
    """White space is not an answer either."""
    made = pool(node("Bad", Player([" \n", End()])), node("Good", Player(PLAIN)), clock=Clock())
    assert answer(await hear(made)).node == "Good"
    assert made.nodes[0].counters.failures == {"empty": 1}


async def test_fifty_questions_at_once_probe_a_half_open_node_once() -> None:
    """The other forty-nine are answered elsewhere meanwhile."""
    clock = Clock()
    gate = asyncio.Event()
    probed, good = Player([STALLED], clock=clock), Player(PLAIN)
    made = pool(node("Probed", probed), node("Good", good), clock=clock)
    for _ in range(10):
        await hear(made)
    assert made.nodes[0].state(clock.now) == "open"
    asked = len(probed.asked)
    probed.scripts = [[gate, *PLAIN]]
    clock.advance(30)
    questions = asyncio.as_completed([hear(made) for _ in range(50)])
    first = [answer(await next(questions)).node for _ in range(49)]
    assert first == ["Good"] * 49
    assert len(probed.asked) == asked + 1
    gate.set()
    assert answer(await next(questions)).node == "Probed"
    assert made.nodes[0].state(clock.now) == "ready"


async def test_our_own_network_being_down_is_nobodys_fault() -> None:
    """Every host out of reach: the reserve answers, no breaker moves, nobody is asked twice."""
    clouds = [Player([DOWN]), Player([DOWN])]
    made = pool(
        *[node(f"Cloud{i}", player) for i, player in enumerate(clouds)],
        node("Home", Player(PLAIN), local=True),
        clock=Clock(),
    )
    for _ in range(10):
        assert answer(await hear(made)).node == "Home"
    assert [each.breaker.failures for each in made.nodes] == [0, 0, 0]
    assert [len(player.asked) for player in clouds] == [10, 10]


async def test_a_single_host_is_only_blamed_for_what_is_its_own_doing() -> None:
    """No route at all charges nobody; a refused connection is the host's, once for each question."""
    for error, failures in ((OFFLINE, 0), (DOWN, 3)):
        made = pool(
            node("Cloud", Player([error]), url="http://one.example:1/v1"),
            node("Cloud-2", Player([error]), url="http://one.example:2/v1"),
            node("Home", Player(PLAIN), local=True),
            clock=Clock(),
        )
        for _ in range(3):
            assert answer(await hear(made)).node == "Home"
        assert made.nodes[0].breaker.failures == failures


async def test_two_questions_do_not_wait_for_each_others_probes() -> None:
    """Both nodes are half-open and out of reach: each question lets go of its probe before it waits."""
    clock = Clock()
    clouds = [node(name, Player([DOWN])) for name in ("A", "B")]
    for each in clouds:
        each.breaker.open_for(0, clock.now)
    made = pool(*clouds, clock=clock)
    errors = await asyncio.gather(hear(made), hear(made), return_exceptions=True)
    assert all(isinstance(error, NoAnswer) for error in errors)
    assert clock.now < 1010


async def test_a_probe_is_judged_when_another_node_answers() -> None:
    """Not only when its answer is over."""
    clock = Clock()
    first = node("A", Player([DOWN]), priority=-1)
    made = pool(first, node("B", Player(["One ", asyncio.Event(), End()])), clock=clock)
    first.breaker.open_for(0, clock.now)
    async with aclosing(made.stream(ask())) as events:
        async for event in events:
            if isinstance(event, Text):
                break
        assert not first.is_probed


async def test_a_node_that_is_out_does_not_hide_that_the_network_is_down() -> None:
    """The one that is in play is not charged for it."""
    retired = node("Retired", Player([Rejected("404", "Choose another model.")]))
    healthy = node("Healthy", Player([OFFLINE]))
    made = pool(retired, healthy, node("Home", Player(PLAIN), local=True), clock=Clock())
    for _ in range(6):
        assert answer(await hear(made)).node == "Home"
    assert healthy.breaker.failures == 0


async def test_without_a_network_and_a_reserve_it_is_tried_again_and_then_said() -> None:
    """A short interruption is bridged; a long one is told from a node's failure."""
    clouds = [Player([OFFLINE], [OFFLINE], PLAIN), Player([OFFLINE])]
    made = pool(*[node(f"Cloud{i}", player) for i, player in enumerate(clouds)], clock=Clock())
    assert answer(await hear(made)).node == "Cloud0"
    clouds[0].scripts = [[OFFLINE]]
    with pytest.raises(NoAnswer) as error:
        await hear(made)
    assert error.value.reason == "offline"
    assert [each.breaker.failures for each in made.nodes] == [0, 0]


async def test_a_probe_of_the_cloud_is_free_again_while_the_reserve_answers() -> None:
    """A half-open node that could not be reached is judged before the reserve begins."""
    clock = Clock()
    writing = asyncio.Event()
    cloud = node("Cloud", Player([DOWN]))
    made = pool(cloud, node("Home", Player(["One ", writing, End()]), local=True), clock=clock)
    cloud.breaker.open_for(0, clock.now)
    async with aclosing(made.stream(ask())) as events:
        async for event in events:
            if isinstance(event, Text):
                break
        assert cloud.state(clock.now) == "open"


async def test_one_host_out_of_reach_is_that_hosts_fault() -> None:
    """The other host answered, so the network is there."""
    made = pool(node("Gone", Player([DOWN])), node("Good", Player(PLAIN)), clock=Clock())
    for _ in range(10):
        assert answer(await hear(made)).node == "Good"
    assert made.nodes[0].breaker.state(1000) == "open"


async def test_a_stopped_answer_charges_nobody_and_frees_the_node() -> None:
    """Closing the stream in the middle ends the request; a probe that was stopped may be tried again."""
    clock = Clock()
    player = Player(["One ", asyncio.Event(), "two", End()])
    made = pool(node("Alpha", player), clock=clock)
    made.nodes[0].breaker.open_for(0, clock.now)
    async with aclosing(made.stream(ask())) as events:
        async for event in events:
            if isinstance(event, Text):
                break
    assert player.playing == 0
    assert made.nodes[0].in_flight == 0
    assert made.nodes[0].is_ready(clock.now)
    assert made.nodes[0].counters.failures == {}


async def test_a_dripping_node_is_left_while_another_is_ready() -> None:
    """A letter every two seconds; alone, the same node is heard to its end."""
    clock = Clock()
    letter: list[Beat] = ["x", 2.0]
    drip: list[Beat] = [*letter * 8, End()]
    alone = pool(node("Drip", Player(drip, clock=clock)), clock=clock)
    assert answer(await hear(alone)).text == "x" * 8
    made = pool(node("Drip", Player(drip, clock=clock)), node("Good", Player(PLAIN)), clock=clock)
    assert answer(await hear(made)).node == "Good"
    assert made.nodes[0].counters.failures == {"dripping": 1}


async def test_a_node_that_begins_to_drip_is_left_too() -> None:
    """However fast it was before."""
    clock = Clock()
    letter: list[Beat] = ["x", 2.0]
    late: list[Beat] = ["x" * 1000, 1.0, *letter * 14, End()]
    made = pool(node("Drip", Player(late, clock=clock)), node("Good", Player(PLAIN)), clock=clock)
    assert answer(await hear(made)).node == "Good"


async def test_thinking_does_not_go_on_for_ever() -> None:
    """A node that shows thoughts and no word is left when the question's time is up."""
    clock = Clock()
    thoughts: list[Beat] = [Thinking(), 9.0]
    made = pool(
        node("Thinker", Player([*thoughts * 50, End()], clock=clock)),
        node("Home", Player(PLAIN), local=True),
        clock=clock,
    )
    assert answer(await hear(made)).node == "Home"
    assert 1060 <= clock.now < 1090


async def test_a_mistake_in_our_own_code_costs_no_question(caplog: pytest.LogCaptureFixture) -> None:
    """Another node answers, and the operator gets the traceback once."""
    broken = Player([])
    broken.clock = None
    broken.scripts = [[1.0]]  # moving a clock it does not have
    made = pool(node("Alpha", broken), node("Good", Player(PLAIN)), clock=Clock())
    assert answer(await hear(made)).node == "Good"
    assert caplog.text.count("Traceback") == 1


async def test_a_node_that_stays_silent_is_left_in_time() -> None:
    """No first token, and no next token, within its patience: two faults with names of their own."""
    silent = asyncio.Event()
    scripts: list[tuple[list[Beat], str]] = [([silent], "slow_start"), (["One ", silent], "stalled")]
    for script, fault in scripts:
        quiet = node("Quiet", Player(script), first_token_timeout_s=0.01, stall_timeout_s=0.01)
        made = pool(quiet, node("Good", Player(PLAIN)), clock=Clock())
        assert answer(await hear(made)).node == "Good"
        assert quiet.counters.failures == {fault: 1}


async def test_a_probe_that_is_stopped_before_it_began_is_free_again() -> None:
    """Closed at the very first event, the half-open node may be probed by the next question."""
    clock = Clock()
    made = pool(node("Alpha", Player(PLAIN)), clock=clock)
    made.nodes[0].breaker.open_for(0, clock.now)
    async with aclosing(made.stream(ask())) as events:
        await anext(events)
    assert made.nodes[0].is_ready(clock.now)
