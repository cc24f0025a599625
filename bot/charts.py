"""What the nodes did over a day or a week, as a picture and, where none can be seen, as a table.

    hours on disk ─► bins ─► lanes, one for each node ─┬─ JSON ─► python -m bot.drawing ─► PNG
                                                       └─ the table, the caption: the same in words

Bins in which the program was not running are marked, so that silence is not taken for them. The drawing
itself happens in a child process, which is ended if it takes too long; this one never loads the library.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Literal

from bot.phrases.english import English
from core.history import HOUR_S, History, NodeHour, Tally, totals_of

log = logging.getLogger(__name__)

HOUSE = Path(__file__).parents[1]
"""Where `bot` is found, whichever folder the program was started in."""
DRAWING = (sys.executable, "-m", "bot.drawing")
DRAWING_S_MAX = 45.0
"""The first picture on a slow machine looks through all its fonts."""
LANES_MAX = 6
"""The others become one lane: a picture that has to be scrolled shows nothing."""
NAME_LETTERS_MAX = 40
TIMES_NAMED_MAX = 2
"""More would not fit under a picture."""
BARS = "▁▂▃▄▅▆▇█"
PASSED_ON, NOT_RUNNING = "▴", "░"

Span = Literal["day", "week"]
BINS: dict[Span, tuple[int, int]] = {"day": (24, 1), "week": (28, 6)}
"""How many, and how many hours each."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One node: how many answers, failures and failovers in each bin."""

    name: str
    note: str
    answered: tuple[int, ...]
    failed: tuple[int, ...]
    failovers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is in the picture; `off` are the bins in which the program did not run, `ticks` the bins that are
    labelled."""

    title: str
    lanes: tuple[Lane, ...]
    off: tuple[int, ...]
    ticks: tuple[tuple[int, str], ...]
    words: dict[str, str]
    caption: str

    @property
    def is_empty(self) -> bool:
        return not self.lanes


Drawn = tuple[Chart, bytes | None]
"""With its picture, if there is one."""


async def chart(
    history: History, span: Span, say: English, *, now: float, local: Callable[[float], datetime]
) -> Chart:
    """Of the time until `now`; `local` gives the local time of a moment. Raises `StorageError`."""
    count, hours_each = BINS[span]
    until = (now // HOUR_S + 1) * HOUR_S
    since = until - count * hours_each * HOUR_S
    began = await history.began()
    running = await history.running(since, until)
    off = [
        at
        for number in range(count * hours_each)
        if (at := since + number * HOUR_S) not in running
        and began is not None
        and began <= at <= now - HOUR_S  # in this hour we do run, be it written yet or not
    ]
    return chart_of(await history.hours(since, until), off, span, since, say, local)


def chart_of(
    hours: Sequence[NodeHour],
    off: Sequence[float],
    span: Span,
    since: float,
    say: English,
    local: Callable[[float], datetime],
) -> Chart:
    """`off` are the beginnings of the hours in which the program did not run."""
    count, hours_each = BINS[span]

    def bin_of(at: float) -> int:
        return int((at - since) // (hours_each * HOUR_S))

    totals = totals_of(hours)
    names = list(totals)
    alone = names if len(names) <= LANES_MAX else names[: LANES_MAX - 1]
    groups = [([name], name) for name in alone]
    if rest := names[len(alone) :]:
        groups.append((rest, say.CHART["others"]))
    lanes = []
    for members, name in groups:
        bins = [Tally()] * count
        for hour in hours:
            if hour.node in members and 0 <= bin_of(hour.at) < count:
                bins[bin_of(hour.at)] += hour.tally
        shown = name if len(name) <= NAME_LETTERS_MAX else f"{name[: NAME_LETTERS_MAX - 1]}…"
        lanes.append(_lane(shown, bins, say))
    dark = tuple(at for at in range(count) if sum(bin_of(hour) == at for hour in off) * 2 >= hours_each)
    when = partial(_when, span=span, since=since, say=say, local=local)
    lines = [f"- {lane.name}: {lane.note}{when(lane.failovers)}" for lane in lanes] or [say.CHART["nothing"]]
    if off:
        lines.append(f"- {say.chart_off(len(off))}{when([at in dark for at in range(count)])}")
    return Chart(
        title=say.CHART["title" if span == "day" else "title_week"],
        lanes=tuple(lanes),
        off=dark,
        ticks=tuple(_ticks(span, since, say, local)),
        words={word: say.CHART[word] for word in ("answered", "failed", "failover", "off")},
        caption="\n".join(lines),
    )


def _lane(name: str, bins: Sequence[Tally], say: English) -> Lane:
    total = sum(bins, start=Tally())
    return Lane(
        name,
        say.chart_note(total.requests, total.answers, total.failed, total.failovers),
        tuple(it.answers for it in bins),
        tuple(it.failed for it in bins),
        tuple(it.failovers for it in bins),
    )


def _when(
    marked: Sequence[int], span: Span, since: float, say: English, local: Callable[[float], datetime]
) -> str:
    """From when to when the bins are that are not 0, in brackets; the first few of such times."""
    times = []
    for is_marked, run in groupby(range(len(marked)), key=lambda at: bool(marked[at])):
        if is_marked:
            bins = list(run)
            begins, ends = (local(since + at * BINS[span][1] * HOUR_S) for at in (bins[0], bins[-1] + 1))
            day, last_day = (
                f"{say.CHART_DAYS[it.weekday()]} " if span == "week" else "" for it in (begins, ends)
            )
            times.append(
                f"{day}{begins:%H:%M}–{last_day if ends.date() != begins.date() else ''}{ends:%H:%M}"
            )
    shown = times if len(times) <= TIMES_NAMED_MAX else [*times[:TIMES_NAMED_MAX], "…"]
    return f" ({', '.join(shown)})" if shown else ""


def _ticks(
    span: Span, since: float, say: English, local: Callable[[float], datetime]
) -> list[tuple[int, str]]:
    """Every sixth hour of a day; of a week, each day where it begins."""
    count, hours_each = BINS[span]
    times = [local(since + at * hours_each * HOUR_S) for at in range(count)]
    if span == "day":
        return [(at, time.strftime("%H:%M")) for at, time in enumerate(times) if time.hour % 6 == 0]
    days = [time.weekday() for time in times]
    return [(at, say.CHART_DAYS[day]) for at, day in enumerate(days) if at and day != days[at - 1]]


# ── As a table ────────────────────────────────────────────────────────────────────────────────────


def table(chart: Chart, say: English) -> str:
    """The chart in letters, as Markdown: a column for each bin, marked where questions were passed on, and
    where the program did not run."""
    if chart.is_empty:
        return chart.caption
    top = max(max(map(sum, zip(lane.answered, lane.failed, strict=True))) for lane in chart.lanes)
    names = [lane.name for lane in chart.lanes]
    width = max(map(len, names))
    rows = []
    for lane in chart.lanes:
        rows.append(f"{lane.name:<{width}}  {_bars(lane, chart.off, top)}")
        if any(lane.failovers):
            marks = "".join(PASSED_ON if many else " " for many in lane.failovers)
            rows.append(f"{'':<{width}}  {marks}")
    scale = ""
    for at, label in chart.ticks:
        if at > len(scale) or at == 0:
            scale = f"{scale:<{at}}{label}"
    key = [f"{PASSED_ON} {chart.words['failover']}"] if any(any(it.failovers) for it in chart.lanes) else []
    key += [f"{NOT_RUNNING} {chart.words['off']}"] if chart.off else []
    below = [f"{'':<{width}}  {scale}", *([" · ".join(key)] if key else [])]
    return "\n".join([f"**{chart.title}**", "", "```", *rows, *below, "```", "", chart.caption])


def _bars(lane: Lane, off: Sequence[int], top: int) -> str:
    letters = []
    for at, (answered, failed) in enumerate(zip(lane.answered, lane.failed, strict=True)):
        if many := answered + failed:
            letters.append(BARS[(many * (len(BARS) - 1) + top - 1) // top if top > 1 else -1])
        else:
            letters.append(NOT_RUNNING if at in off else " ")
    return "".join(letters)


# ── As a picture ──────────────────────────────────────────────────────────────────────────────────


async def picture(
    chart: Chart, cache: Path, argv: Sequence[str] = DRAWING, within_s: float = DRAWING_S_MAX
) -> bytes | None:
    """The PNG; None if it could not be drawn, and then the words have to do. In the folder `cache` the
    library keeps what it found out about fonts."""
    if chart.is_empty:
        return None
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=HOUSE,
            env=_environment(cache),
            start_new_session=True,  # Ctrl-C is for us
        )
    except OSError as error:
        log.warning("A chart could not be drawn: %s", error.strerror)
        return None
    try:
        async with asyncio.timeout(within_s):
            png, _ = await process.communicate(json.dumps(asdict(chart)).encode())
    except TimeoutError:
        log.warning("A chart was not drawn within %.0f s", within_s)
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode or not png:
        log.warning("A chart could not be drawn: the child ended with %s", process.returncode)
        return None
    return png


def _environment(cache: Path) -> dict[str, str]:
    """Nothing of ours: secrets are in it."""
    return {"MPLCONFIGDIR": str(cache.absolute())}
