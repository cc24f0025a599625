"""One budget for a chat: what is too much waits, in this chat and in no other."""

import asyncio

from bot.pace import Pace, Paces
from core.types import Chat, Limits
from tests.fakes import Clock, Stage


def pace(clock: Clock, previews_per_minute: int | None = 3) -> Pace:
    return Pace(Limits((1.0,), previews_per_minute=previews_per_minute), clock, clock.sleep)


def test_previews_wait_when_a_minute_is_full() -> None:
    """Whatever was sent counts; the next one fits when the oldest is a minute old."""
    clock = Clock(0)
    made = pace(clock)
    for _ in range(3):
        assert made.preview_in_s() == 0
        made.sent()
        clock.advance(10)
    assert made.preview_in_s() == 30
    clock.advance(30)
    assert made.preview_in_s() == 0


def test_final_texts_over_the_ceiling_push_previews_further_back() -> None:
    """They are sent all the same, and previews leave them the room."""
    clock = Clock(0)
    made = pace(clock)
    for _ in range(5):
        made.sent()
        clock.advance(1)
    assert made.preview_in_s() == 57


async def test_a_flood_wait_holds_everything_until_it_is_over() -> None:
    """A shorter one that comes later does not end it."""
    clock = Clock(0)
    made = pace(clock, None)
    made.hold(30)
    made.hold(3)
    assert made.held_s == made.preview_in_s() == 30
    await made.free()
    assert clock.now == 30
    assert made.held_s == 0


def test_answers_that_grow_side_by_side_share_the_pace() -> None:
    """Each of two waits twice as long."""
    made = pace(Clock())
    with made.grows(), made.grows():
        assert made.spread(1.5) == 3
    assert made.spread(1.5) == 1.5


async def test_topics_of_a_group_have_one_pace_and_groups_have_their_own_limits() -> None:
    """Another chat has another."""
    clock = Clock()
    stage = Stage()
    group = Limits((5.0,))
    stage.limits = Limits((1.0,), group=group)
    paces = Paces(clock, asyncio.sleep)
    first = paces.of(stage, Chat("stage", "-1:7", "group"))
    assert first is paces.of(stage, Chat("stage", "-1:8", "group"))
    assert first is not paces.of(stage, Chat("stage", "-2", "group"))
    assert first.limits == group
    assert paces.of(stage, Chat("stage", "7")).limits == stage.limits


async def test_where_topics_are_counted_apart_each_has_its_own_pace() -> None:
    """A channel that is held holds no other of its server."""
    stage = Stage()
    stage.limits = Limits((1.0,), topics_apart=True)
    paces = Paces(Clock(), asyncio.sleep)
    one, two = (paces.of(stage, Chat("stage", f"1:{channel}", "group")) for channel in (7, 8))
    one.hold(30)
    assert (one.held_s, two.held_s) == (30, 0)
