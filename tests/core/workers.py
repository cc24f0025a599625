"""A worker to try: which child it has, what that does, and whether anything of it is left."""

import asyncio
import contextlib
import gc
import os
import sys
from typing import Any

import psutil

from core.worker import Worker

CHILD = (sys.executable, "-m", "core.workshop", "tests.core.jobs")
LONG_S = 20.0
"""Far beyond what a test takes: where it passes, something else has ended the job."""


def job(name: str) -> str:
    return f"tests.core.jobs:{name}"


def child_that(does: str) -> tuple[str, str, str]:
    """A child of another kind: a few lines of Python."""
    return (sys.executable, "-c", f"import os, struct, sys, time\n{does}")


async def pid_of(worker: Worker) -> int:
    found: Any = await worker.call(job("who"), {}, within_s=LONG_S)
    return int(found["pid"])


async def works(worker: Worker) -> bool:
    return await worker.call(job("echo"), {"value": "well"}, within_s=LONG_S) == "well"


async def begun(worker: Worker) -> None:
    """The job `wait` that was called before now runs in the child."""
    await worker.call(job("seen_waiting"), {}, within_s=LONG_S, waits=True)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def descriptors() -> set[str]:
    gc.collect()
    return set(os.listdir("/proc/self/fd"))


async def ended(pid: int) -> None:
    """Wait until the process is gone; the limit is the test's failure."""
    async with asyncio.timeout(LONG_S):
        with contextlib.suppress(psutil.NoSuchProcess):
            await asyncio.to_thread(psutil.Process(pid).wait, LONG_S)


async def cancelled(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
