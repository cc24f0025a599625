"""When a digest comes: once on each local day, whatever is restarted and whatever clocks do."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bot import phrases
from bot.digest import RETRY_S, Digest
from bot.scheduler import TICK_S
from core.access import Access
from core.digests import Digests, Often, is_due
from core.errors import StorageError
from core.history import HOUR_S, History
from core.inbox import Inbox
from core.knocks import Knocks
from core.notices import Notice
from core.people import People
from core.storage import Statement, open_database
from core.troubles import Signs
from core.types import Chat, Person
from tests.fakes import Clock, Player, node

SAY = phrases.of()
ANNA, BEN = Person("stage", "1", "Anna"), Person("stage", "2", "Ben")
EIGHT = time(8)
MONDAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("often", "had", "local", "due"),
    [
        ("daily", [], "2026-03-11T08:00+00:00", True),
        ("daily", [], "2026-03-11T07:59:59+00:00", False),
        ("daily", [date(2026, 3, 10)], "2026-03-11T23:59+00:00", True),
        ("daily", [date(2026, 3, 11)], "2026-03-11T09:00+00:00", False),
        ("daily", [date(2026, 3, 12)], "2026-03-11T09:00+00:00", True),
        ("weekly", [], "2026-03-09T08:00+00:00", True),
        ("weekly", [], "2026-03-12T08:00+00:00", True),
        ("weekly", [MONDAY], "2026-03-15T23:00+00:00", False),
        ("weekly", [MONDAY], "2026-03-16T07:00+00:00", False),
        ("weekly", [MONDAY], "2026-03-16T08:00+00:00", True),
        ("weekly", [date(2026, 3, 10)], "2026-03-12T08:00+00:00", False),
        ("off", [], "2026-03-11T09:00+00:00", False),
    ],
)
def test_a_date_decides_whether_one_is_due(often: Often, had: list[date], local: str, due: bool) -> None:
    """Not before its time of day, not on a day that had one, and at once on a day that has none yet."""
    assert is_due(often, set(had), datetime.fromisoformat(local), EIGHT) is due


class House:
    """Admins, a clock on the wall that may be wrong, and runs of the program, one after the other."""

    def __init__(self, folder: Path, zone: ZoneInfo, begins: datetime) -> None:
        self.zone = zone
        self.clock = Clock(begins.timestamp())
        """The true time."""
        self.wrong_s = 0.0
        """By how much the clock on the wall is ahead of it."""
        self.dies = ""
        """The program is killed "before" or "after" the digest is on disk."""
        self.unreached = 0
        """So many times nobody can be reached."""
        self.complaints: list[str] = []
        self.tried = 0
        self._folder = folder

    def now(self) -> float:
        return self.clock() + self.wrong_s

    def local(self, at: float | None = None) -> datetime:
        return datetime.fromtimestamp(self.now() if at is None else at, self.zone)

    @asynccontextmanager
    async def running(self, at: time = EIGHT, *admins: Person) -> AsyncGenerator[Digest, None]:
        async with open_database(self._folder / "test.db") as database:
            self.database = database
            self.inbox = Inbox(database, self.now)
            access = Access(People(database, self.now), admins or [ANNA])
            await access.load()
            yield Digest(
                *(History(database, self.now), Digests(database), access, self._signs, self._announce),
                lambda person: SAY,
                knocked=Knocks(database, access, self.now).knocked,
                at=at,
                now=self.now,
                local=self.local,
                clock=self.clock,
                cache=self._folder / "cache",
            )

    async def _signs(self) -> Signs:
        return Signs([node("Alpha", Player())], self.clock(), complaints=self.complaints)

    async def _announce(self, notices: Sequence[Notice], also: Sequence[Statement]) -> bool:
        self.tried += 1
        if self.unreached:
            self.unreached -= 1
            return False
        if self.dies == "before":
            raise StorageError("killed before it was on disk")
        shown = [(Chat("stage", it.person.id), it) for it in notices]
        await self.inbox.announce(*shown, also=also)
        if self.dies == "after":
            raise StorageError("killed after it was on disk")
        return True

    async def sent(self, person: Person = ANNA) -> list[datetime]:
        """When this admin got a digest, by the clock on the wall of that moment."""
        rows = await self.database.read(
            "SELECT accepted_at FROM inbox WHERE post LIKE 'announced:digest%' AND person = ? ORDER BY id",
            (person.id,),
        )
        return [self.local(row["accepted_at"]) for row in rows]


SEASONS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Asia/Ho_Chi_Minh", date(2026, 6, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
]


@pytest.mark.parametrize(("zone", "change"), SEASONS, ids=[f"{zone} {day:%b}" for zone, day in SEASONS])
async def test_fifty_days_have_one_digest_each(tmp_path: Path, zone: str, change: date) -> None:
    """Whatever is restarted, killed, switched off, set wrong by an hour or a day and set right again, and
    whatever the season does: one digest on each local day on which the program ran at its time or later, and
    none on any other."""
    random = Random(f"{zone} {change}")
    begins = datetime.combine(change - timedelta(days=25), time(0, 1), ZoneInfo(zone))
    house = House(tmp_path, ZoneInfo(zone), begins)
    ends = house.clock() + 50 * 24 * HOUR_S
    expected: set[date] = set()
    jumps = Counter[float]()
    async with house.running():
        pass  # it was set up before the first morning
    while house.clock() < ends:
        async with house.running() as digest:
            for _ in range(random.randrange(1, 150)):
                if random.random() < 0.02:
                    house.wrong_s = random.choice((0.0, HOUR_S, -HOUR_S, 24 * HOUR_S, -24 * HOUR_S))
                    jumps[house.wrong_s] += 1
                house.dies = random.choice(("before", "after")) if random.random() < 0.05 else ""
                try:
                    await digest.send()
                except StorageError:
                    if house.dies == "after" and house.local().time() >= EIGHT:
                        expected.add(house.local().date())
                    break  # the next run begins
                if house.local().time() >= EIGHT:
                    expected.add(house.local().date())
                house.clock.advance(random.uniform(60, 2400))
                if house.clock() > ends:
                    break
        house.dies = ""
        house.clock.advance(random.choice((1, 60, HOUR_S, 5 * HOUR_S, 30 * HOUR_S)))
    async with house.running():
        sent = await house.sent()
    assert Counter(moment.date() for moment in sent) == Counter(expected)
    assert all(moment.time() >= EIGHT for moment in sent)
    assert len(expected) > 35
    assert min(jumps.values()) > 2
    assert len(jumps) == 5


@pytest.mark.parametrize("at", [time(0, 0), time(2, 30), time(8, 0), time(23, 59)])
@pytest.mark.parametrize(("zone", "change"), SEASONS[:2] + SEASONS[5:])
async def test_the_day_the_clocks_change_has_its_digest(
    tmp_path: Path, zone: str, change: date, at: time
) -> None:
    """Also at an hour that does not exist that day, or exists twice, and in the last minute of a day."""
    begins = datetime.combine(change, time(0, 0), ZoneInfo(zone))
    house = House(tmp_path, ZoneInfo(zone), begins - timedelta(days=3))
    async with house.running(at):
        pass
    for moment in ((begins, 26), (begins + timedelta(hours=20), 8)):
        house.clock.now = moment[0].timestamp()
        async with house.running(at) as digest:
            ends = house.clock() + moment[1] * HOUR_S
            while house.clock() < ends:
                near = abs(
                    (datetime.combine(change, at) - house.local().replace(tzinfo=None)).total_seconds()
                )
                await digest.send()
                house.clock.advance(TICK_S if near < 3 * HOUR_S and near % HOUR_S < 300 else 150)
    async with house.running(at):
        days = [moment.date() for moment in await house.sent()]
    assert days.count(change) == 1


async def test_other_settings_make_no_second_one(tmp_path: Path) -> None:
    """DIGEST_TIME is set later, and earlier again, and the time zone is another one, all on one day."""
    house = House(tmp_path, ZoneInfo("Europe/Berlin"), datetime(2026, 3, 9, 1, tzinfo=UTC))
    async with house.running():
        house.clock.advance(30 * HOUR_S)
    for at, zone, hours in (
        (EIGHT, "Europe/Berlin", 2),
        (time(20), "Europe/Berlin", 10),
        (time(6), "Europe/Berlin", 1),
        (EIGHT, "America/New_York", 2),
    ):
        house.zone = ZoneInfo(zone)
        async with house.running(at) as digest:
            await digest.send()
        house.clock.advance(hours * HOUR_S)
    async with house.running():
        assert len(await house.sent()) == 1


async def test_whoever_starts_it_late_in_the_evening_gets_one_and_not_seven(tmp_path: Path) -> None:
    """After a week of being off: that of today, which says for how long it was off, and the next one at its
    time."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 9, 1, tzinfo=UTC))
    async with house.running():
        await History(house.database, house.now).beat()
    house.clock.advance(7 * 24 * HOUR_S + 21 * HOUR_S)
    async with house.running() as digest:
        for _ in range(24):
            await digest.send()
            house.clock.advance(HOUR_S)
        assert [f"{moment:%d %H}" for moment in await house.sent()] == ["16 22", "17 08"]
        rows = await house.database.read("SELECT answer FROM inbox ORDER BY id")
        assert "not running for about 23 h in the last 24 hours" in rows[0]["answer"]


async def test_two_admins_get_one_each(tmp_path: Path) -> None:
    """And nobody else gets any."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 10, 12, tzinfo=UTC))
    async with house.running(EIGHT, ANNA, BEN):
        pass
    house.clock.advance(24 * HOUR_S)
    async with house.running(EIGHT, ANNA, BEN) as digest:
        for _ in range(3):
            await digest.send()
        assert len(await house.sent(ANNA)) == len(await house.sent(BEN)) == 1


async def test_whoever_becomes_an_admin_today_gets_it_tomorrow(tmp_path: Path) -> None:
    """There is nothing to tell somebody who has only just come in."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 10, 12, tzinfo=UTC))
    async with house.running() as digest:
        await digest.send()
        assert await house.sent() == []
        house.clock.advance(24 * HOUR_S)
        await digest.send()
        assert len(await house.sent()) == 1


async def test_whoever_cannot_be_reached_is_tried_again(tmp_path: Path) -> None:
    """After a while, as each time a picture is drawn."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 10, 1, tzinfo=UTC))
    house.unreached = 1
    async with house.running() as digest:
        house.clock.advance(8 * HOUR_S)
        for _ in range(3):
            await digest.send()
            house.clock.advance(TICK_S)
        assert house.tried == 1
        house.clock.advance(RETRY_S)
        await digest.send()
        assert len(await house.sent()) == 1


async def test_where_nothing_can_be_said_none_is_left_to_be_read_too_late(tmp_path: Path) -> None:
    """A platform refuses the token: the digest comes when it lets us in again, as it is then."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 10, 1, tzinfo=UTC))
    house.complaints = ["stage token"]
    async with house.running() as digest:
        house.clock.advance(8 * HOUR_S)
        await digest.send()
        assert await house.sent() == []
        house.complaints = []
        house.clock.advance(RETRY_S)
        await digest.send()
        assert len(await house.sent()) == 1


@pytest.mark.parametrize(("often", "count"), [("daily", 14), ("weekly", 2), ("off", 0)])
async def test_it_comes_as_often_as_they_want_it(tmp_path: Path, often: Often, count: int) -> None:
    """In two weeks."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 9, 1, tzinfo=UTC))
    async with house.running() as digest:
        await digest.digests.choose(1, often)
        for _ in range(14 * 24):
            await digest.send()
            house.clock.advance(HOUR_S)
        assert len(await house.sent()) == count


async def test_a_day_is_had_once_even_by_two_at_once(tmp_path: Path) -> None:
    """The key on disk holds where everything else fails: the second digest is not shown."""
    house = House(tmp_path, ZoneInfo("UTC"), datetime(2026, 3, 9, 1, tzinfo=UTC))
    async with house.running() as digest:
        has = digest.digests.has(1, MONDAY)
        notice = Notice(ANNA, None, "digest a", "First.")
        await house._announce([notice], has)
        with pytest.raises(StorageError):
            await house._announce([replace(notice, key="digest b")], has)
        assert len(await house.sent()) == 1
