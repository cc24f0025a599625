"""Allowances: so many a minute and a day, whatever restarts, and however the clock is set."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.allowance import Spent, UsedUp, with_one_more
from core.roles import ALLOWANCES, ROLES, Allowance, Role
from core.types import Person
from tests.core.homes import ADMIN, BEN, CLEO, DAY_S, NOON, SOFA, Home, home, link
from tests.fakes import Clock

FEW = Allowance(a_minute=3, a_day=5)


async def spend(it: Home, person: Person, role: Role, times: int) -> int:
    """How many of these are allowed, a second apart."""
    allowed = 0
    for _ in range(times):
        allowed += await it.allowances.spend(person, role) is None
        it.clock.advance(1)
    return allowed


# ── On disk ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
async def test_every_role_gets_what_the_table_says(tmp_path: Path, role: Role) -> None:
    """So many in one minute, so many on one day, and then again."""
    allowance = ALLOWANCES[role]
    assert allowance is not None
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, role)
        for minute in range(-(-allowance.a_day // allowance.a_minute)):
            left = allowance.a_day - minute * allowance.a_minute
            assert await spend(it, BEN, role, allowance.a_minute + 2) == min(allowance.a_minute, left)
            it.clock.advance(58 - allowance.a_minute)
        assert await it.allowances.today() == {it.listed(BEN).id: allowance.a_day}
        assert isinstance(await it.allowances.spend(BEN, role), UsedUp)
        it.clock.advance(DAY_S)
        assert await it.allowances.today() == {it.listed(BEN).id: 0}
        assert await it.allowances.spend(BEN, role) is None
        assert await it.allowances.today() == {it.listed(BEN).id: 1}


async def test_an_admin_asks_as_much_as_they_like(tmp_path: Path) -> None:
    """Nothing is counted of them, nor of who sits at the machine."""
    async with home(tmp_path) as it:
        for person in (ADMIN, SOFA):
            assert await spend(it, person, "admin", 300) == 300
        assert await it.allowances.today() == {}


async def test_a_restart_gives_no_more(tmp_path: Path) -> None:
    """What was spent is spent in the next run."""
    clock = Clock(NOON)
    async with home(tmp_path, clock=clock) as it:
        await it.access.let_in(BEN, "guest")
        assert await spend(it, BEN, "guest", 2) == 2
    async with home(tmp_path, clock=clock) as it:
        assert await spend(it, BEN, "guest", 2) == 1


async def test_two_accounts_of_one_human_share_it(tmp_path: Path) -> None:
    """What is asked from one phone cannot be asked from the other."""
    ben_there = Person("hall", "77")
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "guest")
        await it.access.let_in(CLEO, "guest")
        await link(it, BEN, ben_there)
        assert await spend(it, BEN, "guest", 2) == 2
        assert await spend(it, ben_there, "guest", 3) == 1
        assert await spend(it, CLEO, "guest", 3) == 3


async def test_many_at_once_are_counted_one_by_one(tmp_path: Path) -> None:
    """Fifty questions sent together get no more than fifty sent in a row."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "child")
        results = await asyncio.gather(*(it.allowances.spend(BEN, "child") for _ in range(50)))
        assert results.count(None) == 5


async def test_a_refused_question_costs_nothing(tmp_path: Path) -> None:
    """Only what was allowed counts towards the day."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "guest")
        await spend(it, BEN, "guest", 30)
        assert await it.allowances.today() == {it.listed(BEN).id: 3}


async def test_a_stranger_has_no_allowance(tmp_path: Path) -> None:
    """To ask for one is a mistake of the program."""
    async with home(tmp_path) as it:
        with pytest.raises(ValueError, match="listed"):
            await it.allowances.spend(BEN, "guest")


async def test_the_day_is_the_familys(tmp_path: Path) -> None:
    """It ends at their midnight, not at that of Greenwich."""
    async with home(tmp_path, hours_east=7) as it:
        await it.access.let_in(BEN, "guest")
        for _ in range(5):
            await spend(it, BEN, "guest", 3)
            it.clock.advance(57)
        used_up = await it.allowances.spend(BEN, "guest")
        midnight = datetime(2026, 3, 12, tzinfo=timezone(timedelta(hours=7)))
        assert used_up == UsedUp("day", midnight)
        it.clock.now = midnight.timestamp() - 1
        assert await it.allowances.spend(BEN, "guest") == used_up
        it.clock.now = midnight.timestamp()
        assert await it.allowances.spend(BEN, "guest") is None


# ── The rule ──────────────────────────────────────────────────────────────────────────────────────


def all_allowed(moments: list[datetime], allowance: Allowance = FEW) -> list[datetime]:
    """Of questions asked at these moments, those that are allowed."""
    spent: Spent | None = None
    allowed = []
    for now in moments:
        spent, result = with_one_more(spent, now, allowance)
        if result is None:
            allowed.append(now)
    return allowed


def at(hour: int, minute: int = 0, second: int = 0, *, day: int = 11) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def test_a_used_up_minute_says_when_there_is_more() -> None:
    """At the next full minute, and not before it."""
    spent = Spent(at(0).date(), 3, int(at(12, 30).timestamp() // 60), 3)
    assert with_one_more(spent, at(12, 30, 59), FEW) == (spent, UsedUp("minute", at(12, 31)))
    after, used_up = with_one_more(spent, at(12, 31), FEW)
    assert (after.in_day, used_up) == (4, None)


def test_a_minute_in_the_hour_that_comes_twice() -> None:
    """When the clocks go back, the wait for the next minute is a minute and not an hour."""
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 2, 59, 30, tzinfo=berlin)
    spent = Spent(now.date(), 3, int(now.timestamp() // 60), 3)
    _, used_up = with_one_more(spent, now, FEW)
    assert isinstance(used_up, UsedUp)
    assert used_up.until.timestamp() - now.timestamp() == 30


def test_a_clock_set_back_by_a_minute_gives_no_second_one() -> None:
    """What was used of a minute is still used in the one before it."""
    assert all_allowed([at(12, 31)] * 3 + [at(12, 30), at(12, 32)]) == [at(12, 31)] * 3 + [at(12, 32)]


def test_a_clock_set_back_over_midnight_gives_no_second_day() -> None:
    """What was used of tomorrow is used, and tomorrow is not new when it comes again."""
    tomorrow = [at(0, minute, day=12) for minute in range(5)]
    assert all_allowed([*tomorrow, at(23, 50), at(0, 10, day=12), at(0, 0, day=13)]) == [
        *tomorrow,
        at(0, 0, day=13),
    ]


def test_a_clock_that_was_years_ahead_locks_nobody_out() -> None:
    """When it is right again, the day's count stands, and the next day is as usual."""
    wrong = [at(12, minute).replace(year=2040) for minute in range(5)]
    assert all_allowed([*wrong, at(12), at(13), at(0, day=12)]) == [*wrong, at(0, day=12)]


@given(st.lists(st.integers(0, 6 * 3600), max_size=60))
def test_a_clock_that_jumps_gives_no_more_than_its_days_have(seconds: list[int]) -> None:
    """However often it goes to and fro over midnight, each day it shows is given once."""
    moments = [at(21) + timedelta(seconds=second) for second in seconds]
    assert len(all_allowed(moments)) <= FEW.a_day * len({moment.day for moment in moments})


@given(st.lists(st.integers(0, 6 * 3600), max_size=60))
def test_a_clock_that_goes_on_keeps_to_the_minute(seconds: list[int]) -> None:
    """In order, no minute has more than its share, and nothing is refused that both had room for."""
    moments = [at(21) + timedelta(seconds=second) for second in sorted(seconds)]
    allowed = all_allowed(moments)
    for now in moments:
        in_minute = sum(it.replace(second=0) == now.replace(second=0) for it in allowed)
        in_day = sum(it.day == now.day for it in allowed)
        assert in_minute <= FEW.a_minute
        assert now in allowed or in_minute == FEW.a_minute or in_day == FEW.a_day
