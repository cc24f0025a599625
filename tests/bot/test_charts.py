"""Charts: what is in them, that they are drawn elsewhere, and that nothing waits for one that is not."""

import asyncio
import os
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import phrases
from bot.charts import BINS, LANES_MAX, Chart, chart, chart_of, picture, table
from bot.phrases.english import English
from core.history import HOUR_S, History, NodeHour, Tally, happened, running_at
from core.storage import open_database
from tests.fakes import Clock

SAY = phrases.of()
MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC).timestamp()
BUSY, FAILING = Tally(4, 4), Tally(5, 3, 2, 0.0, {"cut": 2})


def utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def day(*hours: tuple[int, str, Tally], off: tuple[int, ...] = ()) -> Chart:
    """A day that begins at midnight."""
    found = [NodeHour(MIDNIGHT + hour * HOUR_S, name, tally) for hour, name, tally in hours]
    dark = [MIDNIGHT + hour * HOUR_S for hour in off]
    return chart_of(found, dark, "day", MIDNIGHT, SAY, utc)


DAY = day((3, "Alpha", BUSY), (4, "Alpha", FAILING), (4, "Beta", Tally(2, 2)), off=(7, 8))

# ── What is in it ─────────────────────────────────────────────────────────────────────────────────


def test_each_node_has_a_lane_with_what_it_did_when() -> None:
    """The busiest first, and its sums in words."""
    alpha, beta = DAY.lanes
    assert (alpha.name, alpha.note) == ("Alpha", "asked 9, answered 7, 2 failed, 2 passed on")
    assert (beta.name, beta.note) == ("Beta", "asked 2, answered 2")
    assert (alpha.answered[3:5], alpha.failed[3:5], alpha.failovers[3:5]) == ((4, 3), (0, 2), (0, 2))
    assert (sum(alpha.answered), len(alpha.answered)) == (7, 24)
    assert DAY.off == (7, 8)


def test_the_caption_says_what_the_picture_shows() -> None:
    """For whoever cannot see it; and when questions were passed on, and when the program did not run."""
    assert DAY.caption.splitlines() == [
        "- Alpha: asked 9, answered 7, 2 failed, 2 passed on (04:00–05:00)",
        "- Beta: asked 2, answered 2",
        "- Not running: about 2 h (07:00–09:00)",
    ]
    assert day().caption == "Nothing was asked in this time."


def test_the_caption_names_a_few_times_and_not_all() -> None:
    """The first two; of a week, with the day."""
    often = day(*((hour, "Alpha", FAILING) for hour in (0, 3, 4, 9, 15)), off=(1, 23))
    assert often.caption.splitlines() == [
        "- Alpha: asked 25, answered 15, 10 failed, 10 passed on (00:00–01:00, 03:00–05:00, …)",
        "- Not running: about 2 h (01:00–02:00, 23:00–00:00)",
    ]
    dark = [MIDNIGHT + hour * HOUR_S for hour in (*range(6, 12), *range(18, 30))]
    week = chart_of([NodeHour(MIDNIGHT, "Alpha", FAILING)], dark, "week", MIDNIGHT, SAY, utc)
    assert week.caption.splitlines() == [
        "- Alpha: asked 5, answered 3, 2 failed, 2 passed on (Wed 00:00–06:00)",
        "- Not running: about 18 h (Wed 06:00–12:00, Wed 18:00–Thu 06:00)",
    ]


@pytest.mark.parametrize("say", phrases.LANGUAGES.values(), ids=phrases.LANGUAGES)
def test_the_longest_caption_fits_under_a_picture(say: English) -> None:
    """Wherever pictures are shown there is room for 1024 letters: six nodes with long names that all fail."""
    names = [f"{number} {'name ' * 20}" for number in range(9)]
    hours = [NodeHour(MIDNIGHT + at * 12 * HOUR_S, name, FAILING) for at in range(14) for name in names]
    hours += [NodeHour(MIDNIGHT, name, Tally(9000, 5000, 4000, 0.0, {"cut": 4000})) for name in names]
    dark = [MIDNIGHT + hour * HOUR_S for hour in range(168) if hour % 12 > 5]
    caption = chart_of(hours, dark, "week", MIDNIGHT, say, utc).caption
    assert len(caption.splitlines()) == LANES_MAX + 1
    assert len(caption) <= 1024


def test_many_nodes_share_the_last_lane() -> None:
    """A picture that has to be scrolled shows nothing; but nothing is left out of it."""
    busy = [(hour, f"Node-{hour:02}", Tally(30 - hour, 30 - hour)) for hour in range(10)]
    many = day(*busy)
    assert len(many.lanes) == LANES_MAX
    assert many.lanes[-1].name == "other models"
    assert sum(sum(lane.answered) for lane in many.lanes) == sum(tally.answers for _, _, tally in busy)
    assert len(day(*busy[:LANES_MAX]).lanes) == LANES_MAX


@pytest.mark.parametrize(
    ("zone", "ticks"),
    [
        ("UTC", [(0, "00:00"), (6, "06:00"), (12, "12:00"), (18, "18:00")]),
        ("Asia/Ho_Chi_Minh", [(5, "12:00"), (11, "18:00"), (17, "00:00"), (23, "06:00")]),
        ("Asia/Kolkata", [(1, "06:30"), (7, "12:30"), (13, "18:30"), (19, "00:30")]),
    ],
)
def test_a_day_is_labelled_in_local_time(zone: str, ticks: list[tuple[int, str]]) -> None:
    """Every six hours."""

    def local(at: float) -> datetime:
        return datetime.fromtimestamp(at, ZoneInfo(zone))

    assert list(chart_of([], [], "day", MIDNIGHT, SAY, local).ticks) == ticks


def test_a_week_is_labelled_by_its_days() -> None:
    """Where each begins; and a bin is dark if the program ran for less than half of it."""
    off = [MIDNIGHT + hour * HOUR_S for hour in (0, 1, 2, 7, 8)]
    week = chart_of([NodeHour(MIDNIGHT + 5 * HOUR_S, "Alpha", BUSY)], off, "week", MIDNIGHT, SAY, utc)
    assert week.lanes[0].answered[0] == 4
    assert week.off == (0,)
    assert [label for _, label in week.ticks] == ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue"]
    assert len(week.lanes[0].answered) == BINS["week"][0]


async def test_hours_before_the_first_and_after_now_are_not_dark(tmp_path: Path) -> None:
    """The program was not there yet, or time has not come: neither is a gap."""
    now = MIDNIGHT + 12.5 * HOUR_S
    async with open_database(tmp_path / "test.db") as database:
        for hour in (2, 3, 6, 12):
            await database.write(running_at(MIDNIGHT + hour * HOUR_S))
        await database.write(*happened({"Alpha": BUSY}, now))
        made = await chart(History(database, Clock(now)), "day", SAY, now=now, local=utc)
    first_hour = 24 - 13
    assert [at - first_hour for at in made.off] == [4, 5, 7, 8, 9, 10, 11]
    assert made.lanes[0].answered[-1] == 4


# ── As a table ────────────────────────────────────────────────────────────────────────────────────


def test_a_table_shows_the_same_in_letters() -> None:
    """A column for each hour: how much was asked, nothing asked, and not running are three things; and where
    questions were passed on."""
    rows = table(DAY, SAY).splitlines()
    assert rows[3] == "Alpha     ▇█  ░░               "
    assert rows[4] == "           ▴                   "
    assert rows[5] == "Beta       ▄  ░░               "
    assert rows[6] == "       00:00 06:00 12:00 18:00"
    assert rows[7] == "▴ passed on to another model · ░ not running"
    assert rows[-1] == "- Not running: about 2 h (07:00–09:00)"
    assert table(day(), SAY) == "Nothing was asked in this time."


# ── As a picture ──────────────────────────────────────────────────────────────────────────────────


def size(png: bytes) -> tuple[int, int]:
    """Width and height, from the header of a PNG."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


async def test_a_picture_fits_a_phone(tmp_path: Path) -> None:
    """1080 pixels wide, higher with every node, whatever the nodes are called."""
    one = day((3, "Alpha", BUSY))
    odd = day((3, "$x^2$ \\frac", FAILING), (3, "モデル <b>&\x07", BUSY), (5, "x" * 500, BUSY), off=(9,))
    sizes = [size(await picture(it, tmp_path) or b"") for it in (one, odd)]
    assert [width for width, _ in sizes] == [1080, 1080]
    assert sizes[0][1] < sizes[1][1] < 3 * sizes[0][1]


async def test_what_is_not_drawn_in_time_is_left(tmp_path: Path) -> None:
    """The child is ended, and the words have to do."""
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    drawing = asyncio.create_task(picture(DAY, tmp_path, (sys.executable, "-c", code), within_s=1.0))
    assert await drawing is None
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "pass", "import sys; sys.stdin.close()"])
async def test_a_child_that_fails_costs_a_picture_and_no_more(tmp_path: Path, code: str) -> None:
    """Neither its end nor its silence is an error here."""
    assert await picture(DAY, tmp_path, (sys.executable, "-c", code)) is None


async def test_a_child_that_cannot_be_started_costs_a_picture_and_no_more(tmp_path: Path) -> None:
    """As on a machine without memory for it: the digest comes without one."""
    assert await picture(DAY, tmp_path, ("/nowhere",)) is None


async def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    """Not even a child is started."""
    assert await picture(day(), tmp_path, ("/nowhere",)) is None


async def test_the_child_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment it has what the library needs, and nothing of ours."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "secret")
    code = "import os, sys; sys.stdout.write(','.join(sorted(os.environ)))"
    said = await picture(DAY, tmp_path, (sys.executable, "-c", code))
    assert set((said or b"").decode().split(",")) <= {"MPLCONFIGDIR", "LC_CTYPE"}


def test_the_program_itself_never_loads_the_library() -> None:
    """Whoever imports all of it in a fresh interpreter has loaded nothing that draws."""
    code = (
        "import sys, bot.__main__, bot.app, bot.charts, bot.digest, bot.alerts, bot.scheduler\n"
        "assert 'bot.charts' in sys.modules\n"
        "print({name.partition('.')[0] for name in sys.modules} & {'matplotlib', 'numpy', 'PIL'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
