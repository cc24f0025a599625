"""Backups: one a day whatever happens to program and clock, few enough, and tried."""

import sqlite3
import stat
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.backup import RETRY_S, Backups
from core.copies import BackupInfo, folder_of, newest, sha256_of, stored, too_many
from core.errors import StorageError
from core.inbox import Inbox
from core.node_store import NodeStore
from core.storage import Database, open_database
from tests.core.rows import damage, exchange
from tests.fakes import Clock

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()  # a Wednesday
HOUR, DAY = 3600.0, 24 * 3600.0


@asynccontextmanager
async def backups(
    tmp_path: Path, clock: Clock, hours_east: int = 0
) -> AsyncGenerator[tuple[Backups, Database], None]:
    """One run of the program."""
    async with open_database(tmp_path / "test.db", now=clock) as database:
        zone = timezone(timedelta(hours=hours_east))
        yield Backups(database, NodeStore(database, clock), clock, clock, zone), database


def made(tmp_path: Path) -> list[BackupInfo]:
    return stored(tmp_path / "test.db")


def files_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


# ── Making one ────────────────────────────────────────────────────────────────────────────────────


async def test_a_copy_holds_everything_and_says_so_in_its_name(tmp_path: Path) -> None:
    """Its date, the version of its tables and the beginning of its hash; it is for its owner alone, and one
    file."""
    async with backups(tmp_path, Clock(NOON)) as (kept, database):
        await exchange(Inbox(database, Clock()), 1, "How deep?")
        copy = await kept.make()
        assert await kept.latest() == copy
    assert copy.path.name == f"test-20261118-120000-v{copy.version}-{sha256_of(copy.path)[:16]}.db"
    assert [file.name for file in folder_of(tmp_path / "test.db").iterdir()] == [copy.path.name]
    assert stat.S_IMODE(copy.path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy.path)) as reading:
        assert reading.execute("SELECT question FROM inbox").fetchall() == [("How deep?",)]
        assert reading.execute("PRAGMA user_version").fetchone() == (copy.version,)


async def test_a_copy_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    """What another connection has begun to write, and not committed, is not in it."""
    async with backups(tmp_path, Clock(NOON)) as (kept, database):
        with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("INSERT INTO choices VALUES ('a', 'b')")
            await database.read("PRAGMA busy_timeout = 0")
            with pytest.raises(StorageError, match="Another program"):  # for which day cannot be written
                await kept.make()
        (copy,) = made(tmp_path)
        with closing(sqlite3.connect(copy.path)) as reading:
            assert reading.execute("SELECT count(*) FROM choices").fetchone() == (0,)


async def test_a_damaged_database_makes_no_copy_and_costs_none(tmp_path: Path) -> None:
    """The copies from before the damage stay, and the sentence says that they are there."""
    async with backups(tmp_path, Clock(NOON)) as (kept, database):
        for post in range(200):
            await exchange(Inbox(database, Clock()), post, f"{post} " * 100)
        good = await kept.make()
        await database.read("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.path.stat().st_size
        with database.path.open("r+b") as file:
            file.seek(size // 2 // 4096 * 4096)
            file.write(b"\xff" * 4096)
        with pytest.raises(StorageError, match="damaged"):
            await kept.make()
        assert made(tmp_path) == [good]


# ── When ──────────────────────────────────────────────────────────────────────────────────────────


async def test_there_is_one_copy_for_each_local_day_whatever_the_clock_and_the_program_do(
    tmp_path: Path,
) -> None:
    """Restarts, ticks at any hour, a clock that jumps by an hour or a day to and fro: one for each date."""
    clock = Clock(NOON)
    dates = set()
    for step in (0, HOUR, -HOUR, 13 * HOUR, -DAY, DAY, HOUR, -HOUR, -DAY, DAY, 25 * HOUR, 60.0, DAY):
        clock.advance(step)
        dates.add(datetime.fromtimestamp(clock(), timezone(timedelta(hours=7))).date())
        async with backups(tmp_path, clock, hours_east=7) as (kept, _):
            for _ in range(3):
                await kept.do_what_is_due()
    local = [
        datetime.fromtimestamp(copy.made_at, timezone(timedelta(hours=7))).date() for copy in made(tmp_path)
    ]
    assert sorted(local) == sorted(dates)


async def test_days_are_those_of_the_familys_time_zone(tmp_path: Path) -> None:
    """Across both changes of the clocks there is one copy for each date."""
    zone = ZoneInfo("Europe/Berlin")
    for month in (3, 10):
        clock = Clock(datetime(2026, month, 23, 0, 30, tzinfo=zone).timestamp())
        folder = tmp_path / str(month)
        folder.mkdir()
        async with open_database(folder / "test.db", now=clock) as database:
            kept = Backups(database, NodeStore(database, clock), clock, clock, zone)
            for _ in range(24 * 6):
                await kept.do_what_is_due()
                clock.advance(HOUR)
        dates = [datetime.fromtimestamp(copy.made_at, zone).day for copy in stored(folder / "test.db")]
        assert dates == list(range(23, 29))


async def test_what_failed_is_tried_again_after_a_while(tmp_path: Path) -> None:
    """A full disk is not worn out by an attempt at every tick."""
    clock = Clock(NOON)
    async with backups(tmp_path, clock) as (kept, _):
        folder_of(tmp_path / "test.db").write_text("in the way")
        await kept.do_what_is_due()
        folder_of(tmp_path / "test.db").unlink()
        await kept.do_what_is_due()
        assert made(tmp_path) == []
        clock.advance(RETRY_S)
        await kept.do_what_is_due()
        assert len(made(tmp_path)) == 1


# ── How many ──────────────────────────────────────────────────────────────────────────────────────


def copies_at(*days: float, version: int = 8) -> list[BackupInfo]:
    return [BackupInfo(Path(f"{day}-v{version}"), NOON + day * DAY, version, "", 1) for day in days]


def test_seven_days_and_four_weeks_are_kept() -> None:
    """After a hundred days; of a day with several, the newest."""
    every = copies_at(*range(100), 99.2)
    kept = [copy for copy in every if copy not in too_many(every, NOON + 99.3 * DAY)]
    days = [round((copy.made_at - NOON) / DAY, 1) for copy in kept]
    assert days == [81, 88, 93, 94, 95, 96, 97, 98, 99.2]


async def test_the_copy_that_is_told_of_is_there(tmp_path: Path) -> None:
    """Of two made within one second the last one stands; so does one made by a clock that was set back."""
    clock = Clock(NOON)
    async with backups(tmp_path, clock) as (kept, database):
        for number, step_s in enumerate((0.0, 0.0, 0.0, -HOUR)):
            clock.advance(step_s)
            await database.write(("INSERT INTO cursors VALUES (?, '')", (f"{number}",)))
            assert (await kept.make()).path.exists()


def test_the_way_back_from_a_migration_is_kept() -> None:
    """The newest copy of an older version outlives those of its day and week."""
    every = [*copies_at(0, 1, version=7), *copies_at(*range(2, 60))]
    kept = [copy for copy in every if copy not in too_many(every, NOON + 60 * DAY)]
    assert [copy.path.name for copy in kept if copy.version == 7] == ["1-v7"]


def test_a_clock_that_ran_ahead_makes_no_copy_the_newest_for_ever() -> None:
    """What is dated in the future counts as the oldest."""
    every = copies_at(0, 1, 2, 1000)
    found = newest(every, NOON + 3 * DAY)
    assert found is not None
    assert found.path.name == "2-v8"
    assert newest([], NOON) is None


# ── Trying ────────────────────────────────────────────────────────────────────────────────────────


async def test_every_week_it_is_tried_whether_the_newest_copy_could_be_put_back(tmp_path: Path) -> None:
    """Once in each week, and nothing of the trial stays behind."""
    clock = Clock(NOON)
    tried = []
    for _ in range(16):
        async with backups(tmp_path, clock) as (kept, database):
            await exchange(Inbox(database, clock), int(clock()))
            await kept.do_what_is_due()
            tried.append(await kept.tried())
        clock.advance(DAY)
    assert all(it is not None and it.finding == "" for it in tried)
    assert len({it.at for it in tried if it}) == 3  # Wed–Sun, a week, Mon–Thu
    assert files_in(tmp_path) == {"test.db", "backups"}


async def test_a_copy_that_was_damaged_since_is_found_out(tmp_path: Path) -> None:
    """One bit is enough, as its name holds its hash."""
    async with backups(tmp_path, Clock(NOON)) as (kept, _):
        copy = await kept.make()
        with copy.path.open("r+b") as file:
            file.seek(-1, 2)
            file.write(b"\x01")
        assert "it is not what its name says" in (await kept.try_restore()).finding


async def test_after_a_bad_trial_the_next_copy_is_tried_at_once(tmp_path: Path) -> None:
    """And not only next week; the same one is not tried again and again."""
    clock = Clock(NOON)
    async with backups(tmp_path, clock) as (kept, _):
        copy = await kept.make()
        copy.path.write_bytes(b"\xff" * 5000)
        await kept.do_what_is_due()
        bad = await kept.tried()
        clock.advance(60)
        await kept.do_what_is_due()
        assert bad is not None
        assert bad.finding
        assert await kept.tried() == bad
        clock.advance(60)
        await kept.make()
        await kept.do_what_is_due()
        good = await kept.tried()
        assert good is not None
        assert good.finding == ""


async def test_a_copy_of_damaged_words_is_found_out(tmp_path: Path) -> None:
    """A file that SQLite finds whole, but whose words do not match their hashes."""
    async with backups(tmp_path, Clock(NOON)) as (kept, database):
        row = await exchange(Inbox(database, Clock()), 1)
        await damage(database, row, "answer")
        copy = await kept.make()
        assert (await kept.try_restore()).finding == f"1 of 1 rows in {copy.path.name} are damaged."


async def test_without_a_copy_there_is_nothing_to_try(tmp_path: Path) -> None:
    """And that is said."""
    async with backups(tmp_path, Clock(NOON)) as (kept, _):
        with pytest.raises(StorageError, match="no copy"):
            await kept.try_restore()


def test_names_of_others_are_no_copies(tmp_path: Path) -> None:
    """Only what has the form of ours is listed, and so only that is ever thinned out."""
    folder = folder_of(tmp_path / "test.db")
    folder.mkdir()
    names: Sequence[str] = ("test.part", "test-holiday.db", "test-20269999-000000-v1-0123456789abcdef.db")
    for name in names:
        (folder / name).touch()
    assert made(tmp_path) == []


def test_a_copy_that_cannot_be_looked_at_is_none(tmp_path: Path) -> None:
    """A name that leads nowhere, or where this program may not look, breaks nothing."""
    folder = folder_of(tmp_path / "test.db")
    folder.mkdir()
    name = "test-20261118-120000-v8-0123456789abcdef.db"
    (folder / name).symlink_to(name)
    assert made(tmp_path) == []


async def test_what_was_kept_of_the_trial_may_be_nonsense(tmp_path: Path) -> None:
    """Then it is due again."""
    async with backups(tmp_path, Clock(NOON)) as (kept, database):
        store = NodeStore(database, Clock())
        await store.choose("backup_tried", '{"week": 1}')
        await store.choose("backups_made", '"x')
        await kept.do_what_is_due()
        assert await kept.tried() is not None
        assert made(tmp_path)[0] == await kept.latest()
