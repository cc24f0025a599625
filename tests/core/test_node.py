"""The books of a node: what it did decides what it may do next."""

import json

import pytest

from core.errors import BadRequest, NodeError, RateLimited, Rejected, TooLong, Unavailable
from core.node import Node
from core.providers import End
from tests.fakes import Player, node

DAY_S = 24 * 3600


def after(*errors: NodeError, now: float = 0.0) -> Node:
    """A node to which these things happened."""
    made = node("Alpha", Player())
    for error in errors:
        lease = made.lease(now)
        assert lease is not None
        made.failed(lease, error, now)
    return made


@pytest.mark.parametrize(
    ("error", "pause_s"),
    [
        (RateLimited("429", 12, stated=True), 12),
        (RateLimited("429", 0.01, stated=True), 1),
        (RateLimited("429", 900_000, stated=True), DAY_S),
        (RateLimited("429"), 1800),
        (RateLimited("402", used_up=True), DAY_S),
        (RateLimited("3036", 7200, stated=True, used_up=True), 7200),
    ],
)
def test_a_rate_limit_cools_for_as_long_as_it_says(error: RateLimited, pause_s: float) -> None:
    """As stated between a second and a day; else 30 min; a day when the quota is gone."""
    made = after(error)
    assert made.state(pause_s - 0.1) == "cooling"
    assert not made.is_ready(pause_s - 0.1)
    assert made.lease(pause_s - 0.1) is None
    assert made.state(pause_s) == "ready"


def test_a_time_the_provider_stated_is_never_shortened() -> None:
    """A shorter pause that comes later does not replace a longer stated one."""
    made = node("Alpha", Player())
    first, second = made.lease(0), made.lease(0)
    assert first is not None
    assert second is not None
    made.failed(first, RateLimited("429", 600, stated=True), 0)
    made.failed(second, RateLimited("503", 5), 1)
    assert made.due_in_s(1) == 599
    assert not made.may_be_probed_early(1)


@pytest.mark.parametrize("error", [RateLimited("429"), RateLimited("402", used_up=True)])
def test_an_answer_begun_before_a_rate_limit_does_not_end_the_pause(error: RateLimited) -> None:
    """Of two questions at once the one is refused and the other still answered: it rests all the same."""
    made = node("Alpha", Player())
    answered, refused = made.lease(0), made.lease(0)
    assert answered is not None
    assert refused is not None
    made.failed(refused, error, 0)
    before = made.due_in_s(0), made.remedy
    made.succeeded(answered, End(), 0.1)
    assert made.state(0) == "cooling"
    assert (made.due_in_s(0), made.remedy) == before


def test_a_pause_stated_during_a_probe_is_kept_when_the_probe_succeeds() -> None:
    """It came from a question asked before, and is what the provider said last."""
    made = node("Alpha", Player())
    old = made.lease(0)
    assert old is not None
    made.breaker.open_for(0, 0)
    probe = made.lease(0)
    assert probe is not None
    made.failed(old, RateLimited("429", 3600, stated=True), 0)
    made.succeeded(probe, End(), 0.1)
    assert made.due_in_s(0) == 3600


def test_early_probes_go_on_after_one_that_was_stopped() -> None:
    """Or that met another rate limit: only while somebody probes, nobody else does."""
    made = after(RateLimited("429"))
    for error in (None, RateLimited("429"), None):
        assert made.may_be_probed_early(1)
        probe = made.lease(1, early=True)
        assert probe is not None
        assert made.is_probed
        assert not made.may_be_probed_early(1)
        if error:
            made.failed(probe, error, 1)
        else:
            made.released(probe)


def test_a_refusal_puts_it_out_until_it_is_mended() -> None:
    """Out shows the remedy; a probe is due after six hours; its success brings it back."""
    made = after(Rejected("401", "Renew the token."))
    assert made.state(0) == "out"
    assert made.remedy == "Renew the token."
    assert made.lease(6 * 3600 - 1) is None
    probe = made.lease(6 * 3600)
    assert probe is not None
    assert made.lease(6 * 3600) is None
    made.succeeded(probe, End(), 0.1)
    assert made.state(6 * 3600) == "ready"
    assert made.remedy == ""


def test_reset_brings_back_whatever_was_held_against_it() -> None:
    """After `/reset` it is asked like any other."""
    for error in (Rejected("401", "…"), RateLimited("429", 600, stated=True)):
        made = after(error)
        made.reset()
        assert made.state(0) == "ready"
        assert made.lease(0) is not None


@pytest.mark.parametrize("error", [TooLong("400"), BadRequest("422")])
def test_a_bad_question_is_not_the_nodes_fault(error: NodeError) -> None:
    """It stays ready, however many come."""
    assert after(*[error] * 20).state(0) == "ready"


def test_five_failures_in_a_row_open_it() -> None:
    """Four do not."""
    broken = Unavailable("cut", "…")
    assert after(*[broken] * 4).state(0) == "ready"
    assert after(*[broken] * 5).state(0) == "open"


def test_failures_are_counted_by_kind() -> None:
    """For `/status`."""
    made = after(Unavailable("cut", "…"), Unavailable("cut", "…"), RateLimited("429", 1))
    assert made.counters.failures == {"cut": 2, "RateLimited": 1}
    assert made.counters.rate_limits == 1


def test_state_and_counters_survive_a_restart() -> None:
    """After a minute away, half a minute of ninety seconds is left, and the counters are the same."""
    made = after(Unavailable("cut", "…"), RateLimited("429", 90, stated=True), now=500)
    state, counters = json.loads(json.dumps(made.saved(500)))
    again = node("Alpha", Player())
    again.restore(state, counters, away_s=60, now=7)
    assert again.due_in_s(7) == 30
    assert not again.may_be_probed_early(7)
    assert again.counters == made.counters
    assert again.breaker.failures == 1


@pytest.mark.parametrize("error", [Rejected("401", "Renew it."), *[Unavailable("cut", "…")] * 1])
def test_an_open_or_refused_node_is_still_that_after_a_restart(error: NodeError) -> None:
    """It is not asked sooner because the program was started anew."""
    made = after(*[error] * (1 if isinstance(error, Rejected) else 5))
    again = node("Alpha", Player())
    again.restore(*made.saved(0), away_s=10, now=100)
    assert again.state(100) == made.state(10)
    assert again.due_in_s(100) == made.due_in_s(10)
    assert again.remedy == made.remedy


def test_a_clock_that_was_set_back_never_makes_a_pause_longer() -> None:
    """An hour "before" it was saved counts as no time at all."""
    made = after(RateLimited("429", 90, stated=True))
    again = node("Alpha", Player())
    again.restore(*made.saved(0), away_s=-3600, now=0)
    assert again.due_in_s(0) == 90


@pytest.mark.parametrize("spoil", [{"cooling_s": "soon"}, {"open_s": []}, {"failures": None}])
def test_a_spoilt_state_is_refused_whole(spoil: dict[str, object]) -> None:
    """Nothing of it is taken over."""
    state, counters = after(RateLimited("429", 90)).saved(0)
    again = node("Alpha", Player())
    with pytest.raises((TypeError, ValueError)):
        again.restore(state | spoil, counters, away_s=0, now=0)
    assert again.state(0) == "ready"
    with pytest.raises(TypeError):
        again.restore(state, {"requests": "many"}, away_s=0, now=0)
    assert again.counters.requests == 0


def test_a_node_with_another_key_begins_without_the_grudge_of_the_old_one() -> None:
    """Whoever mends the key in `.env` and starts again is answered."""
    made = after(Rejected("401", "Renew it."))
    mended = node("Alpha", Player(), key="another")
    mended.restore(*made.saved(0), away_s=1, now=0)
    assert mended.state(0) == "ready"
