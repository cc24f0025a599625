"""The second factor: a password opens for a while, and cannot be guessed, not even with restarts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.second_factor import UNLOCKED_S, WRONG_MAX, WRONG_WINDOW_S, SecondFactor
from tests.core.homes import ADMIN, BEN, NOON, PASSWORD, Home, all_that_is_kept, count_in, home
from tests.fakes import Clock


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[Home]:
    async with home(tmp_path) as it:
        yield it


async def test_the_password_opens_for_a_while(at_home: Home) -> None:
    """For this person alone, until the time is over."""
    factor = at_home.second_factor
    assert not factor.is_unlocked(ADMIN)
    assert await factor.unlock(ADMIN, PASSWORD) == "unlocked"
    assert (factor.is_unlocked(ADMIN), factor.is_unlocked(BEN)) == (True, False)
    at_home.clock.advance(UNLOCKED_S - 1)
    assert factor.is_unlocked(ADMIN)
    at_home.clock.advance(1)
    assert not factor.is_unlocked(ADMIN)


async def test_a_restart_asks_again(tmp_path: Path) -> None:
    """That somebody gave it is in memory only."""
    async with home(tmp_path) as it:
        await it.second_factor.unlock(ADMIN, PASSWORD)
    async with home(tmp_path) as it:
        assert not it.second_factor.is_unlocked(ADMIN)


@pytest.mark.parametrize("password", [None, ""])
async def test_without_a_password_nobody_is_asked(at_home: Home, password: str | None) -> None:
    """Where none is set, everything is open, and nothing that is given is wrong."""
    factor = SecondFactor(at_home.database, password, at_home.clock, at_home.clock)
    assert factor.is_unlocked(ADMIN)
    assert await factor.unlock(ADMIN, "whatever") == "unlocked"


async def test_a_wrong_one_opens_nothing(at_home: Home) -> None:
    """Nor does nothing, a part, or more than it."""
    for wrong in ("", PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), "\ud83d"):
        assert await at_home.second_factor.unlock(ADMIN, wrong) == "wrong"
        assert not at_home.second_factor.is_unlocked(ADMIN)


async def test_the_same_word_from_another_keyboard_is_right(at_home: Home) -> None:
    """Letters can be written in two ways, and a phone adds a space."""
    factor = SecondFactor(at_home.database, "Blåbær é", at_home.clock, at_home.clock)
    assert await factor.unlock(ADMIN, " Bla\u030abær e\u0301 ") == "unlocked"


async def test_after_a_few_wrong_ones_not_even_the_right_one_is_tried(tmp_path: Path) -> None:
    """For a quarter of an hour, and a restart or another clock does not shorten it; others may go on."""
    clock = Clock(NOON)
    async with home(tmp_path, clock=clock) as it:
        for _ in range(WRONG_MAX):
            assert await it.second_factor.unlock(ADMIN, "wrong") == "wrong"
        assert await it.second_factor.unlock(ADMIN, PASSWORD) == "too_often"
        assert await it.second_factor.unlock(BEN, PASSWORD) == "unlocked"
    async with home(tmp_path, clock=clock) as it:
        assert await it.second_factor.unlock(ADMIN, PASSWORD) == "too_often"
        clock.advance(-1000 * WRONG_WINDOW_S)
        assert await it.second_factor.unlock(ADMIN, PASSWORD) == "too_often"
        assert not it.second_factor.is_unlocked(ADMIN)
        clock.advance(WRONG_WINDOW_S)
        assert await it.second_factor.unlock(ADMIN, PASSWORD) == "unlocked"


async def test_tries_at_once_are_no_more_than_tries_in_a_row(at_home: Home) -> None:
    """Of many sent together, a few are looked at."""
    tried = await asyncio.gather(*(at_home.second_factor.unlock(ADMIN, f"w{n}") for n in range(30)))
    assert tried.count("wrong") == WRONG_MAX
    assert await count_in(at_home.database, "wrong_tries") == WRONG_MAX


async def test_wrong_codes_are_not_wrong_passwords(at_home: Home) -> None:
    """Each kind of guess has its own limit."""
    for number in range(10):
        await at_home.invites.redeem(f"guess-{number}", ADMIN)
    assert await at_home.second_factor.unlock(ADMIN, PASSWORD) == "unlocked"


async def test_no_password_is_kept(at_home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Neither right nor wrong ones are in any table or log."""
    caplog.set_level("DEBUG")
    await at_home.second_factor.unlock(ADMIN, "a-wrong-password")
    await at_home.second_factor.unlock(ADMIN, PASSWORD)
    kept = await all_that_is_kept(at_home.database) + caplog.text
    assert "stage" in kept
    assert "a-wrong-password" not in kept
    assert PASSWORD not in kept
    assert PASSWORD not in str(vars(at_home.second_factor))
