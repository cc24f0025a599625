"""What strangers' pages can do to the process that reads them: to its memory, and to its patience.

First every trick of tests/servers/hostile_pages.py is fetched, several times over, and the process may not
have grown. Then the hostile HTML is fetched and extracted by the real worker, as many pages at once as a
research reads, while a heartbeat on the event loop notes the longest time nobody else could run. The fetch
table is run with a heartbeat too. Faults that are not the expected ones are a miss as well.

The servers run in the same process here, so that theirs is a part of each figure. What other programs take
of the processor is not ours: blocking is the least of some runs, for what we do ourselves is in each of them.
"""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import psutil

from core.pages import Pages
from core.web import PageUnread
from core.worker import Worker
from tests.bench.report import Report, Table, Target
from tests.servers.hostile_pages import HTML, TRICKS, HostilePages

GROWTH_MB_MAX = 10.0
BLOCKED_MS_MAX = 50.0
FETCH_S_MAX = 0.5
AT_ONCE = 5
BEAT_S = 0.001


class Heart:
    """Beats on the loop. `longest_ms` is how long it once could not, `peak_mb` the most memory seen."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self.peak_mb = 0.0

    async def beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT_S)
            now = time.perf_counter()
            self.longest_ms = max(self.longest_ms, (now - last - BEAT_S) * 1000)
            self.peak_mb = max(self.peak_mb, _resident_mb())
            last = time.perf_counter()


async def run(*, seed: int = 0, short: bool = False) -> Report:
    """The seed changes nothing: there is no chance in it."""
    report = Report("pages")
    async with HostilePages() as web, _worker() as worker:
        for name, html in HTML.items():
            web.show(_path(name), html.encode())
        rounds = 2 if short else 5
        await _fetch_table(report, web, worker, rounds)
        await _html_table(report, web, worker, rounds)
    return report


async def _fetch_table(report: Report, web: HostilePages, worker: Worker, rounds: int) -> None:
    pages = _pages(web, worker)
    for scheme in ("http", "https"):
        await pages.read(f"{scheme}://varn.example/")  # what is imported and built once is no growth
    gc.collect()
    before_mb = _resident_mb()
    hearts: list[Heart] = []
    wrong: dict[str, str] = {}
    for _ in range(rounds):
        async with _heart() as heart:
            seen = await _faults(pages, TRICKS)
        hearts.append(heart)
        wrong |= {path: fault for path, fault in seen.items() if fault != TRICKS[path][1]}
    growth_mb = max(heart.peak_mb for heart in hearts) - before_mb
    rows = Counter(fault for _, fault in TRICKS.values()).most_common()
    report.tables.append(Table(f"{len(TRICKS)} tricks of servers, {rounds} times", ("fault", "tricks"), rows))
    report.targets += [
        Target("memory growth over the fetch table, at its peak", growth_mb, GROWTH_MB_MAX, "MB"),
        Target("event loop blocked while fetching", _least_ms(hearts), BLOCKED_MS_MAX, "ms"),
        Target("tricks with another fault than theirs", len(wrong), 0),
    ]
    report.notes += [f"{path}: {fault} instead of {TRICKS[path][1]}" for path, fault in wrong.items()]


async def _html_table(report: Report, web: HostilePages, worker: Worker, rounds: int) -> None:
    pages = _pages(web, worker)
    gate = asyncio.Semaphore(AT_ONCE)
    rows: list[tuple[str, str, float]] = []
    hearts: list[Heart] = []

    async def read(name: str) -> None:
        async with gate:
            began = time.perf_counter()
            fault = await _fault(pages, _path(name))
            rows.append((name, fault or "read", (time.perf_counter() - began) * 1000))

    for _ in range(rounds):
        rows.clear()
        async with _heart() as heart, asyncio.TaskGroup() as group:
            for name in HTML:
                group.create_task(read(name))
        hearts.append(heart)
    unread = await _fault(pages, "/") is not None
    report.tables.append(Table("Hostile HTML, by the real worker", ("page", "ended as", "ms"), sorted(rows)))
    report.targets += [
        Target("event loop blocked while extracting", _least_ms(hearts), BLOCKED_MS_MAX, "ms"),
        Target("good pages that were not read afterwards", int(unread), 0),
    ]


def _least_ms(hearts: Sequence[Heart]) -> float:
    return min(heart.longest_ms for heart in hearts)


def _path(name: str) -> str:
    return f"/{name.replace(' ', '-')}"


def _pages(web: HostilePages, worker: Worker) -> Pages:
    return Pages(
        worker, resolver=web.resolve, connect=web.connect, tls=web.tls, own=web.own, fetch_s_max=FETCH_S_MAX
    )


async def _faults(pages: Pages, paths: Mapping[str, object]) -> dict[str, str]:
    return {path: await _fault(pages, path) or "read" for path in paths}


async def _fault(pages: Pages, path: str) -> str | None:
    try:
        await pages.read(f"http://varn.example{path}")
    except PageUnread as unread:
        return unread.fault
    return None


def _resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


@asynccontextmanager
async def _worker() -> AsyncIterator[Worker]:
    worker = Worker()
    try:
        yield worker
    finally:
        await worker.close()


@asynccontextmanager
async def _heart() -> AsyncIterator[Heart]:
    heart = Heart()
    beating = asyncio.create_task(heart.beat())
    try:
        yield heart
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


if __name__ == "__main__":
    from tests.bench.report import as_text

    print(as_text(asyncio.run(run(short=True))))  # noqa: T201 - the figures are what it is for
