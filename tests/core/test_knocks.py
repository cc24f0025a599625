"""Strangers at the door: each hears one line, the admins a few names, and nobody a word of theirs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.knocks import KEPT_MAX, SHOWN_PER_HOUR_MAX, TOLD_PER_HOUR_MAX, Card, Knock
from core.types import Person
from tests.core.homes import ADMIN, BEN, CLEO, DAY_S, HOUR_S, NOON, Home, count_in, home, strangers
from tests.fakes import Clock

NOTHING = Knock()


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[Home]:
    async with home(tmp_path) as it:
        yield it


async def test_a_stranger_is_told_once_a_day(tmp_path: Path) -> None:
    """The line comes with the first knock and then not for a day, even across a restart."""
    clock = Clock(NOON)
    async with home(tmp_path, clock=clock) as it:
        assert await it.knocks.knock(BEN) == Knock(True, Card(BEN, 0))
        assert await it.knocks.knock(BEN) == NOTHING
    async with home(tmp_path, clock=clock) as it:
        clock.advance(DAY_S - 1)
        assert await it.knocks.knock(BEN) == NOTHING
        clock.advance(1)
        assert await it.knocks.knock(BEN) == Knock(True, None)
        assert await it.knocks.knock(replace(BEN, name="Another")) == NOTHING


async def test_the_admins_see_a_stranger_once_a_week(at_home: Home) -> None:
    """The next card comes a week after the last one."""
    await at_home.knocks.knock(BEN)
    at_home.clock.advance(7 * DAY_S - 1)
    assert (await at_home.knocks.knock(BEN)).card is None
    at_home.clock.advance(1)
    assert (await at_home.knocks.knock(BEN)).card == Card(BEN, 0)


async def test_many_at_the_door_are_counted_on_the_next_card(at_home: Home) -> None:
    """An hour has room for a few cards; the others are a number on the next one, once."""
    crowd = strangers(SHOWN_PER_HOUR_MAX + 12)
    knocks = [await at_home.knocks.knock(person) for person in crowd]
    shown = [knock.card for knock in knocks if knock.card]
    assert shown == [Card(person, 0) for person in crowd[:SHOWN_PER_HOUR_MAX]]
    at_home.clock.advance(HOUR_S)
    assert (await at_home.knocks.knock(BEN)).card == Card(BEN, 12)
    assert (await at_home.knocks.knock(CLEO)).card == Card(CLEO, 0)


async def test_who_knocks_before_there_is_an_admin_has_a_card_later(tmp_path: Path) -> None:
    """Whoever was quicker than the parent who sets it up is not lost for a week."""
    async with home(tmp_path, admins=()) as it:
        assert await it.knocks.knock(BEN) == Knock(True, None)
        assert await it.knocks.knock(CLEO) == Knock(True, None)
        await it.access.let_in(ADMIN, "admin", by=ADMIN)
        assert await it.knocks.knock(BEN) == Knock(False, Card(BEN, 1))


async def test_it_is_known_how_many_knocked(at_home: Home) -> None:
    """Lately, each of them once, and without those that nobody wants to hear of."""
    for person in (BEN, BEN, *strangers(7)):
        await at_home.knocks.knock(person)
    await at_home.knocks.block(CLEO)
    assert await at_home.knocks.knocked(DAY_S) == 8
    at_home.clock.advance(DAY_S)
    await at_home.knocks.knock(BEN)
    assert await at_home.knocks.knocked(DAY_S) == 1


async def test_one_who_was_only_counted_gets_a_card_later(at_home: Home) -> None:
    """Grandma, who knocked in a crowd, is not one of the others for ever."""
    for person in strangers(SHOWN_PER_HOUR_MAX):
        await at_home.knocks.knock(person)
    assert (await at_home.knocks.knock(BEN)).card is None
    at_home.clock.advance(HOUR_S)
    assert (await at_home.knocks.knock(BEN)).card == Card(BEN, 0)


async def test_a_thousand_strangers_hear_little_and_leave_little(at_home: Home) -> None:
    """1,000 messages of as many strangers, all at once, give a few lines and cards an hour, and a small
    table."""
    knocks = await asyncio.gather(*(at_home.knocks.knock(person) for person in strangers(1000)))
    assert sum(knock.tell for knock in knocks) == TOLD_PER_HOUR_MAX
    assert sum(knock.card is not None for knock in knocks) == SHOWN_PER_HOUR_MAX
    assert await count_in(at_home.database, "knocks") <= KEPT_MAX + TOLD_PER_HOUR_MAX + SHOWN_PER_HOUR_MAX


async def test_a_crowd_makes_nobody_forgotten_who_was_told_or_shown(at_home: Home) -> None:
    """However many come after, who was told today is not told again, and who was shown not shown."""
    shown, *crowd = strangers(KEPT_MAX + 50)
    assert await at_home.knocks.knock(shown) == Knock(True, Card(shown, 0))
    for person in crowd[:SHOWN_PER_HOUR_MAX]:
        await at_home.knocks.knock(person)
    assert await at_home.knocks.knock(BEN) == Knock(True, None)
    at_home.clock.advance(60)
    for person in crowd[SHOWN_PER_HOUR_MAX:]:
        await at_home.knocks.knock(person)
    at_home.clock.advance(HOUR_S)
    assert not (await at_home.knocks.knock(BEN)).tell
    assert await at_home.knocks.knock(shown) == NOTHING
    at_home.clock.advance(2 * DAY_S)
    for person in crowd:
        await at_home.knocks.knock(person)
    at_home.clock.advance(HOUR_S)
    assert await at_home.knocks.knock(shown) == Knock(True, None)


async def test_one_stranger_a_thousand_times_is_one_row(at_home: Home) -> None:
    """What is kept does not grow with what they send."""
    for _ in range(300):
        await at_home.knocks.knock(BEN)
    assert await count_in(at_home.database, "knocks") == 1


async def test_old_knocks_are_forgotten(at_home: Home) -> None:
    """After a month nothing is left of a stranger but of a blocked one."""
    await at_home.knocks.knock(BEN)
    await at_home.knocks.block(CLEO)
    at_home.clock.advance(31 * DAY_S)
    await at_home.knocks.knock(strangers(1)[0])
    assert await count_in(at_home.database, "knocks") == 2
    assert await at_home.knocks.blocked(10) == [CLEO]


async def test_the_blocked_get_nothing_and_nobody_hears_of_them(tmp_path: Path) -> None:
    """Not after a year, and not after a restart; until an admin thinks again."""
    async with home(tmp_path) as it:
        await it.knocks.knock(BEN)
        await it.knocks.block(BEN)
        await it.knocks.block(CLEO)
        it.clock.advance(400 * DAY_S)
        assert await it.knocks.knock(CLEO) == NOTHING
    async with home(tmp_path) as it:
        assert await it.knocks.knock(BEN) == NOTHING
        await it.knocks.unblock(BEN)
        assert (await it.knocks.knock(BEN)).tell


async def test_who_is_allowed_comes_in_under_their_name(at_home: Home) -> None:
    """Whether they knocked or were blocked, they are no stranger any more; a second press does nothing."""
    await at_home.knocks.knock(BEN)
    await at_home.knocks.block(CLEO)
    for person in (BEN, CLEO):
        nameless = replace(person, name="")
        assert await at_home.knocks.allow(nameless, "guest", ADMIN) == "done"
        assert await at_home.knocks.allow(nameless, "adult", ADMIN) == "unchanged"
        member = at_home.listed(person)
        assert (member.role, member.name) == ("guest", person.name)
        assert member.added_by == at_home.listed(ADMIN).id
    assert await count_in(at_home.database, "knocks") == 0


async def test_the_blocked_can_be_listed(at_home: Home) -> None:
    """A few of them, whoever knocked last first, and no other stranger."""
    await at_home.knocks.knock(BEN)
    for person in strangers(3):
        at_home.clock.advance(1)
        await at_home.knocks.knock(person)
        await at_home.knocks.block(person)
    assert await at_home.knocks.blocked(2) == strangers(3)[:0:-1]


async def test_names_on_a_card_deceive_nobody(at_home: Home) -> None:
    """What a stranger calls themselves is clipped, and nothing in it turns the line around."""
    card = (await at_home.knocks.knock(Person("stage", "9", "\u202eAdmin\n" + "x" * 500))).card
    assert card is not None
    assert card.person.name == "Admin " + "x" * 58
    await at_home.knocks.block(card.person)
    assert await at_home.knocks.blocked(1) == [card.person]


async def test_a_clock_set_back_gives_no_more(at_home: Home) -> None:
    """Nobody is told or shown again, and a day after the new time everything is as usual."""
    crowd = strangers(TOLD_PER_HOUR_MAX)
    for person in crowd:
        await at_home.knocks.knock(person)
    at_home.clock.advance(-300 * DAY_S)
    assert await at_home.knocks.knock(crowd[0]) == NOTHING
    assert await at_home.knocks.knock(BEN) == NOTHING
    at_home.clock.advance(DAY_S)
    assert (await at_home.knocks.knock(crowd[0])).tell
