"""The tick: everybody is asked, and nobody holds up or brings down another."""

import asyncio

from bot.scheduler import Scheduler
from core.errors import StorageError


class Job:
    """Counts how often it is asked, and does what it is told."""

    def __init__(self, *, breaks: Exception | None = None, takes: asyncio.Event | None = None) -> None:
        self.asked = 0
        self.again = asyncio.Event()
        """Set when it is asked for the third time."""
        self._breaks = breaks
        self._takes = takes

    async def __call__(self) -> None:
        self.asked += 1
        if self.asked == 3:
            self.again.set()
        if self._takes is not None:
            await self._takes.wait()
        if self._breaks is not None:
            raise self._breaks


async def run_until(scheduler: Scheduler, seen: asyncio.Event) -> None:
    running = asyncio.create_task(scheduler.run())
    async with asyncio.timeout(10):
        await seen.wait()
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_each_job_is_asked_again_and_again() -> None:
    """At every tick."""
    first, second = Job(), Job()
    await run_until(Scheduler({"first": first, "second": second}, tick_s=0.001), second.again)
    assert first.asked >= 3


async def test_a_job_that_breaks_is_asked_again_like_the_others() -> None:
    """Whether the disk failed or the program did."""
    full, broken, well = Job(breaks=StorageError("full")), Job(breaks=ValueError("bug")), Job()
    jobs = {"full": full, "broken": broken, "well": well}
    await run_until(Scheduler(jobs, tick_s=0.001), well.again)
    assert min(full.asked, broken.asked) >= 3


async def test_a_job_that_takes_its_time_holds_up_nobody() -> None:
    """It is not begun a second time before it has ended."""
    slow, well = Job(takes=asyncio.Event()), Job()
    await run_until(Scheduler({"slow": slow, "well": well}, tick_s=0.001), well.again)
    assert slow.asked == 1


async def test_whoever_wakes_it_is_not_kept_waiting() -> None:
    """Also when the next tick is an hour away; and nobody else is disturbed."""
    job, other = Job(), Job()
    scheduler = Scheduler({"job": job, "other": other}, tick_s=3600)

    async def wake() -> None:
        while not job.again.is_set():
            scheduler.wake("job")
            await asyncio.sleep(0)

    waking = asyncio.create_task(wake())
    await run_until(scheduler, job.again)
    await waking
    assert other.asked == 1


async def test_no_waking_keeps_the_others_from_their_tick() -> None:
    """However often it happens."""
    job, other = Job(), Job()
    scheduler = Scheduler({"job": job, "other": other}, tick_s=0.001)

    async def wake() -> None:
        while not other.again.is_set():
            scheduler.wake("job")
            await asyncio.sleep(0)

    waking = asyncio.create_task(wake())
    await run_until(scheduler, other.again)
    await waking
