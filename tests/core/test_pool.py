"""The pool: whoever can answer does, and never more than one of them."""

import asyncio
from contextlib import aclosing

import pytest

from core.errors import (
    BadRequest,
    NoAnswer,
    NodeError,
    RateLimited,
    Refused,
    Rejected,
    TooLong,
    Unavailable,
)
from core.pool import Pool
from core.providers import End, Thinking
from core.types import Ask, Done, Event, Restart, Status, Text, Turn
from tests.fakes import Beat, Clock, Player, ask, node, pool

CUT = Unavailable("cut", "no end mark")
STALLED = Unavailable("stalled", "nothing for 20 s")
DOWN = Unavailable("unreachable", "refused")
OFFLINE = Unavailable("offline", "no route")
PLAIN: list[Beat] = ["Sky ", "blue.", End(False, 9, 2)]


async def hear(made: Pool, question: Ask | None = None) -> list[Event]:
    async with aclosing(made.stream(question or ask())) as events:
        return [event async for event in events]


def answer(events: list[Event]) -> Done:
    """The last event, which is `Done`, whose text is all that was shown since the last restart."""
    *others, done = events
    assert isinstance(done, Done)
    assert not any(isinstance(event, Done) for event in others)
    shown = ""
    for event in others:
        match event:
            case Text():
                shown += event.piece
            case Restart():
                shown = ""
    assert done.text == shown.strip()
    return done


async def test_pieces_come_up_as_they_are_and_done_holds_the_whole() -> None:
    """One healthy node: asking, its pieces, done."""
    made = pool(node("Alpha", Player(PLAIN)), clock=Clock())
    assert await hear(made) == [
        Status("asking", "Alpha"),
        Text("Sky "),
        Text("blue."),
        Done("Sky blue.", "Alpha", "alpha-model"),
    ]


async def test_thinking_is_told_and_never_shown() -> None:
    """A thinking model gives a status, and no word of its thoughts."""
    events = await hear(pool(node("Alpha", Player([Thinking(), *PLAIN])), clock=Clock()))
    assert Status("thinking", "Alpha") in events
    assert answer(events).text == "Sky blue."


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


async def test_a_refusal_by_the_content_filter_is_not_shopped_around() -> None:
    """The other node is not asked."""
    good = Player(PLAIN)
    made = pool(node("Bad", Player([Refused("content_filter")])), node("Good", good), clock=Clock())
    with pytest.raises(NoAnswer) as error:
        await hear(made)
    assert error.value.reason == "refused"
    assert good.asked == []


async def test_a_bad_request_is_tried_at_one_other_kind_of_node() -> None:
    """Not at a node of the same kind, and not at a third kind."""
    players = [Player([BadRequest("400")]) for _ in range(4)]
    kinds = ["openai", "openai", "ollama", "cloudflare"]
    nodes = [node(f"N{i}", players[i], kind=kind) for i, kind in enumerate(kinds)]
    with pytest.raises(NoAnswer) as error:
        await hear(pool(*nodes, clock=Clock()))
    assert error.value.reason == "bad_request"
    assert [len(player.asked) for player in players] == [1, 0, 1, 0]


async def test_a_node_that_failed_quickly_is_asked_again_after_a_pause() -> None:
    """A single node that fails twice still answers, and the clock has moved between."""
    clock = Clock()
    events = await hear(pool(node("Alpha", Player([CUT], ["Old ", CUT], PLAIN)), clock=clock))
    assert answer(events).text == "Sky blue."
    assert events.count(Status("retrying")) == 2
    assert clock.now > 1000


async def test_retries_end_at_their_maximum() -> None:
    """One try and `retries_max` more."""
    player = Player([CUT])
    with pytest.raises(NoAnswer) as error:
        await hear(pool(node("Alpha", player), clock=Clock(), retries_max=2))
    assert error.value.reason == "exhausted"
    assert len(player.asked) == 3


async def test_a_node_that_let_us_wait_is_not_asked_again() -> None:
    """It would only let us wait again."""
    player = Player([STALLED])
    with pytest.raises(NoAnswer):
        await hear(pool(node("Alpha", player), clock=Clock()))
    assert len(player.asked) == 1


async def test_the_pools_retry_budget_runs_dry_when_all_fails() -> None:
    """Thirty questions to a broken pool cost thirty tries and ten retries, not a hundred and twenty."""
    player = Player([CUT])
    made = pool(node("Alpha", player), clock=Clock())
    for _ in range(30):
        made.reset()
        with pytest.raises(NoAnswer):
            await hear(made)
    assert len(player.asked) == 30 + 10


async def test_no_new_cloud_node_is_begun_after_the_deadline() -> None:
    """A node that takes a minute to fail leaves no time for the next cloud node, but for the reserve."""
    clock = Clock()
    slow, late = Player([61.0, STALLED], clock=clock), Player(PLAIN)
    cloud = [node("Slow", slow), node("Late", late)]
    with pytest.raises(NoAnswer):
        await hear(pool(*cloud, clock=clock))
    assert late.asked == []
    made = pool(*cloud, node("Home", Player(PLAIN), local=True), clock=clock)
    made.nodes[1].asked_last = 99
    assert answer(await hear(made)).node == "Home"
    assert late.asked == []


async def test_a_cooling_node_is_asked_by_nobody() -> None:
    """After its 429 all further questions go elsewhere until its time is up."""
    clock = Clock()
    limited = Player([RateLimited("429", 60, stated=True)], PLAIN)
    made = pool(node("Limited", limited), node("Good", Player(PLAIN)), clock=clock)
    for _ in range(20):
        assert answer(await hear(made)).node == "Good"
    assert len(limited.asked) == 1
    clock.advance(60)
    assert {answer(await hear(made)).node for _ in range(2)} == {"Limited", "Good"}


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


async def test_without_a_reserve_the_node_due_soonest_is_probed_rather_than_refusing() -> None:
    """Two open nodes: the one that is due first is asked before its time, and answers."""
    clock = Clock()
    first, second = Player([STALLED]), Player([STALLED])
    made = pool(node("First", first), node("Second", second), clock=clock)
    for _ in range(5):
        with pytest.raises(NoAnswer):
            await hear(made)
    assert {each.state(clock.now) for each in made.nodes} == {"open"}
    made.nodes[1].breaker.open_until = clock.now + 3
    second.scripts = [PLAIN]
    assert answer(await hear(made)).node == "Second"
    assert len(first.asked) == 5


async def test_a_stated_cooldown_is_kept_even_when_nobody_else_is_there() -> None:
    """The person is told when to come back instead."""
    player = Player([RateLimited("429", 60, stated=True)])
    made = pool(node("Alpha", player), clock=Clock())
    for _ in range(2):
        with pytest.raises(NoAnswer) as error:
            await hear(made)
        assert error.value.ready_in_s == 60
    assert len(player.asked) == 1


async def test_the_reserve_answers_when_the_cloud_is_exhausted() -> None:
    """And only then."""
    home = Player(PLAIN)
    cloud = Player(PLAIN)
    made = pool(node("Home", home, local=True), node("Alpha", cloud), clock=Clock())
    assert answer(await hear(made)).node == "Alpha"
    assert home.asked == []
    cloud.scripts = [[RateLimited("429")]]
    assert answer(await hear(made)).node == "Home"


async def test_a_route_may_prefer_the_house() -> None:
    """`local,cloud` asks the reserve first; `cloud` alone never does."""
    home = Player(PLAIN)
    nodes = [node("Home", home, local=True), node("Alpha", Player([STALLED]))]
    made = pool(*nodes, clock=Clock(), routes={"summary": ("local", "cloud"), "chat": ("cloud",)})
    assert answer(await hear(made, ask(task="summary"))).node == "Home"
    with pytest.raises(NoAnswer):
        await hear(made)
    assert len(home.asked) == 1


async def test_a_private_question_is_put_to_nobody_outside() -> None:
    """Not even when the house cannot answer."""
    cloud, home = Player(PLAIN), Player([STALLED])
    made = pool(node("Alpha", cloud), node("Home", home, local=True), clock=Clock())
    with pytest.raises(NoAnswer) as error:
        await hear(made, ask(private=True))
    assert error.value.reason == "no_local_node"
    assert home.asked[0].private
    with pytest.raises(NoAnswer) as error:
        await hear(pool(node("Alpha", cloud), clock=Clock()), ask(private=True))
    assert error.value.reason == "no_local_node"
    assert cloud.asked == []


async def test_a_minor_is_served_only_where_the_terms_allow_it() -> None:
    """The first node's terms do not."""
    made = pool(node("Adults", Player(PLAIN), allow_minors=False), node("All", Player(PLAIN)), clock=Clock())
    assert {answer(await hear(made, ask(minor=True))).node for _ in range(4)} == {"All"}


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


async def test_too_long_is_only_said_where_it_is_the_reason() -> None:
    """A large node that rests a minute could read it."""
    clock = Clock()
    made = pool(
        node("Large", Player([RateLimited("429", 60, stated=True)]), context_tokens=100_000),
        node("Small", Player(PLAIN), local=True, context_tokens=1200),
        clock=clock,
    )
    with pytest.raises(NoAnswer) as error:
        await hear(made, ask("x" * 7500))
    assert (error.value.reason, error.value.ready_in_s) == ("exhausted", 60)


async def test_a_request_one_host_cannot_make_sense_of_is_put_to_another() -> None:
    """One of another kind first, and only one."""
    odd, good = Player([BadRequest("400")]), Player(PLAIN)
    made = pool(node("Odd", odd, priority=-1), node("Good", good), clock=Clock())
    assert answer(await hear(made)).node == "Good"


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


async def test_nodes_that_only_the_admin_can_mend_are_told_apart() -> None:
    """When every node has refused our key, asking again later is no use."""
    made = pool(node("Alpha", Player([Rejected("401", "Renew it.")])), clock=Clock())
    for _ in range(2):
        with pytest.raises(NoAnswer) as error:
            await hear(made)
        assert error.value.reason == "all_out"


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


async def test_too_long_goes_to_a_node_with_more_room() -> None:
    """And not to one with less."""
    small, smaller, large = Player([TooLong("400")]), Player(PLAIN), Player(PLAIN)
    made = pool(
        node("Small", small, context_tokens=4096),
        node("Smaller", smaller, context_tokens=2048),
        node("Large", large, context_tokens=8192),
        clock=Clock(),
    )
    assert answer(await hear(made)).node == "Large"
    assert smaller.asked == []


async def test_too_long_everywhere_trims_the_older_turns() -> None:
    """The second time the node gets fewer turns, with the question still last, and then that alone."""
    player = Player([TooLong("400")], PLAIN)
    turns = [Turn("user" if i % 2 == 0 else "assistant", "x" * 1500) for i in range(13)]
    made = pool(node("Alpha", player), clock=Clock())
    assert answer(await hear(made, Ask(tuple(turns)))).node == "Alpha"
    first, second = (prompt.turns for prompt in player.asked)
    assert len(second) < len(first) == 13
    assert second[-1] == turns[-1]
    player.scripts = [[TooLong("400")], [TooLong("400")], PLAIN]
    assert answer(await hear(made, Ask(tuple(turns)))).node == "Alpha"
    assert player.asked[-1].turns == (turns[-1],)
    player.scripts = [[TooLong("400")]]
    with pytest.raises(NoAnswer) as error:
        await hear(made, Ask(tuple(turns)))
    assert error.value.reason == "too_long"


async def test_a_question_longer_than_any_context_is_sent_nowhere() -> None:
    """Two megabytes are refused without a call."""
    player = Player(PLAIN)
    with pytest.raises(NoAnswer) as error:
        await hear(pool(node("Alpha", player), clock=Clock()), ask("x" * 2_000_000))
    assert error.value.reason == "too_long"
    assert player.asked == []


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


async def test_a_local_node_answers_one_at_a_time_and_tells_the_place() -> None:
    """Three at once: never two on the machine, and the waiting hear their place."""
    home = Player(PLAIN)
    made = pool(node("Home", home, local=True, parallel=1), clock=Clock())
    answers = await asyncio.gather(*[hear(made) for _ in range(3)])
    assert home.playing_max == 1
    assert Status("queued", "Home", 2) in answers[2]
    assert Status("queued", "Home", 1) in answers[2]


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


async def test_a_change_of_strategy_takes_effect_at_the_next_question() -> None:
    """From round robin to least used, without a new pool."""
    made = pool(node("A", Player(PLAIN)), node("B", Player(PLAIN)), clock=Clock())
    assert [answer(await hear(made)).node for _ in range(4)] == ["A", "B", "A", "B"]
    made.nodes[0].asked_often = 100
    made.strategy = "least_used"
    assert [answer(await hear(made)).node for _ in range(3)] == ["B", "B", "B"]


async def test_a_pool_without_nodes_says_so() -> None:
    """So that the person can be told what to set up."""
    with pytest.raises(NoAnswer) as error:
        await hear(pool(clock=Clock()))
    assert error.value.reason == "no_nodes"


async def test_tokens_and_times_are_counted() -> None:
    """As the provider counted them; the time to the first token is our own."""
    clock = Clock()
    made = pool(node("Alpha", Player([2.0, *PLAIN], clock=clock)), clock=clock)
    await hear(made)
    counters = made.nodes[0].counters
    assert (counters.requests, counters.successes) == (1, 1)
    assert (counters.prompt_tokens, counters.answer_tokens) == (9, 2)
    assert counters.first_token_s == 2.0


async def test_a_private_question_is_answered_at_home_whatever_the_route_says() -> None:
    """`ROUTE_CHAT=cloud` is about other questions."""
    made = pool(node("Home", Player(PLAIN), local=True), clock=Clock(), routes={"chat": ("cloud",)})
    assert answer(await hear(made, ask(private=True))).node == "Home"


async def test_a_probe_that_is_stopped_before_it_began_is_free_again() -> None:
    """Closed at the very first event, the half-open node may be probed by the next question."""
    clock = Clock()
    made = pool(node("Alpha", Player(PLAIN)), clock=clock)
    made.nodes[0].breaker.open_for(0, clock.now)
    async with aclosing(made.stream(ask())) as events:
        await anext(events)
    assert made.nodes[0].is_ready(clock.now)
