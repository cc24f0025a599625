"""The tick: every few seconds each job is asked to look whether something is due.

Whether it is, each job decides by what stands in the database (a local date, the age of a copy, what was
told before), never by a timer: so a restart, a night of sleep or a clock that is set makes nothing happen
twice and nothing get lost. That is also why there is no scheduling library here: with the database deciding,
what is left of a scheduler is this loop.

A job that takes its time holds up no other: it is simply not begun again before it has ended. One that fails
is noted, and asked again at the next tick.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from core.errors import StorageError

log = logging.getLogger(__name__)

TICK_S = 20.0
"""Less than half a minute, so that there is a tick in every minute of the day, 23:59 among them."""

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """`jobs` by the name under which the log speaks of them."""

    def __init__(self, jobs: Mapping[str, Job], tick_s: float = TICK_S) -> None:
        self._jobs = jobs
        self._tick_s = tick_s
        self._woken: set[str] = set()
        self._waking = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}

    def wake(self, name: str) -> None:
        """Something happened that this job should see at once."""
        self._woken.add(name)
        self._waking.set()

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        next_tick = clock()
        async with asyncio.TaskGroup() as tasks:
            while True:
                due = self._woken
                self._woken = set()
                self._waking.clear()
                if clock() >= next_tick:
                    due, next_tick = set(self._jobs), clock() + self._tick_s
                for name in due & self._jobs.keys():
                    before = self._running.get(name)
                    if before is None or before.done():
                        self._running[name] = tasks.create_task(_calmly(name, self._jobs[name]))
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(next_tick):
                        await self._waking.wait()


async def _calmly(name: str, job: Job) -> None:
    try:
        await job()
    except StorageError as error:
        log.warning("What was due could not be done (%s): %s", name, error)
    except Exception:
        log.exception("What was due broke (%s)", name)
