"""Wrong tries: counted for a while, and one clock or another makes them neither fewer nor eternal."""

from pathlib import Path

from core.tries import KEPT_MAX, WrongTries
from tests.core.homes import ADMIN, BEN, count_in, home
from tests.fakes import Clock


async def test_they_are_counted_within_the_window(tmp_path: Path) -> None:
    """One's own and everybody's, each until it is too old, and each kind by itself."""
    clock = Clock()
    async with home(tmp_path) as it:
        codes = WrongTries(it.database, "code", 60, clock)
        passwords = WrongTries(it.database, "password", 60, clock)
        await codes.add(ADMIN)
        clock.advance(59)
        await codes.add(BEN)
        assert ((await codes.count(BEN)).own, (await codes.count(BEN)).all) == (1, 2)
        assert (await passwords.count(BEN)).all == 0
        clock.advance(1)
        assert ((await codes.count(ADMIN)).own, (await codes.count(ADMIN)).all) == (0, 1)


async def test_a_clock_set_back_neither_frees_nor_locks_for_ever(tmp_path: Path) -> None:
    """What seems to come from the future counts as if it were from now."""
    clock = Clock(10**9)
    async with home(tmp_path) as it:
        tries = WrongTries(it.database, "code", 60, clock)
        await tries.add(BEN)
        clock.now = 1000
        assert (await tries.count(BEN)).own == 1
        clock.advance(59)
        assert (await tries.count(BEN)).own == 1
        clock.advance(1)
        assert (await tries.count(BEN)).own == 0


async def test_the_oldest_are_forgotten_first(tmp_path: Path) -> None:
    """There are never more of a kind than a fixed number, and the other kind stays."""
    async with home(tmp_path) as it:
        await it.database.write(
            *(
                ("INSERT INTO wrong_tries VALUES (NULL, 'code', 'stage', ?, ?)", (str(n), 1000.0))
                for n in range(KEPT_MAX)
            )
        )
        clock = Clock()
        await WrongTries(it.database, "password", 60, clock).add(BEN)
        await WrongTries(it.database, "code", 60, clock).add(BEN)
        rows = await it.database.read("SELECT person FROM wrong_tries WHERE what = 'code' ORDER BY number")
        assert (rows[0]["person"], rows[-1]["person"]) == ("1", BEN.id)
        assert await count_in(it.database, "wrong_tries") == KEPT_MAX + 1
