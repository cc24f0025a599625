"""The pool: whoever can answer does, and never more than one of them."""

import asyncio

import pytest

from core.errors import BadRequest, NoAnswer, RateLimited, Refused, Rejected, TooLong
from core.providers import Thinking
from core.types import Ask, Done, Status, Text, Turn
from tests.core.answers import CUT, PLAIN, STALLED, answer, hear
from tests.fakes import Clock, Player, ask, node, pool


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
    assert error.value.reason == "no_node_at_home"
    assert cloud.asked == []


async def test_a_minor_is_served_only_where_the_terms_allow_it() -> None:
    """The first node's terms do not."""
    made = pool(node("Adults", Player(PLAIN), allow_minors=False), node("All", Player(PLAIN)), clock=Clock())
    assert {answer(await hear(made, ask(minor=True))).node for _ in range(4)} == {"All"}


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


async def test_nodes_that_only_the_admin_can_mend_are_told_apart() -> None:
    """When every node has refused our key, asking again later is no use."""
    made = pool(node("Alpha", Player([Rejected("401", "Renew it.")])), clock=Clock())
    for _ in range(2):
        with pytest.raises(NoAnswer) as error:
            await hear(made)
        assert error.value.reason == "all_out"


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


async def test_a_local_node_answers_one_at_a_time_and_tells_the_place() -> None:
    """Three at once: never two on the machine, and the waiting hear their place."""
    home = Player(PLAIN)
    made = pool(node("Home", home, local=True, parallel=1), clock=Clock())
    answers = await asyncio.gather(*[hear(made) for _ in range(3)])
    assert home.playing_max == 1
    assert Status("queued", "Home", 2) in answers[2]
    assert Status("queued", "Home", 1) in answers[2]


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
