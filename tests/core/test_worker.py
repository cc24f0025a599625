"""The worker: its child does what it is asked, knows no secrets, and is kept within its limits."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from core.web import JobFailed, JobLost
from core.worker import HOUSE, Worker
from core.workshop import FRAME_BYTES_MAX
from tests.core.workers import (
    CHILD,
    LONG_S,
    begun,
    cancelled,
    children,
    descriptors,
    ended,
    job,
    pid_of,
    works,
)

# ── The work ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "value", [None, 0, "", "Grüße, 世界 \ud800 \x00", [1, {"a": [True, 2.5]}], "x" * 3_000_000]
)
async def test_values_pass_unharmed(worker: Worker, value: object) -> None:
    """What JSON can hold goes there and back, half surrogate pairs and megabytes too."""
    assert await worker.call(job("echo"), {"value": value}, within_s=LONG_S) == value


async def test_starts_when_asked(worker: Worker) -> None:
    """A worker that was never asked has no child; one that was has one, for all jobs."""
    assert children() == []
    assert len({await pid_of(worker) for _ in range(3)}) == 1
    assert len(children()) == 1


async def test_waiting_jobs_run_beside_each_other(worker: Worker) -> None:
    """Jobs that wait for the network do not wait for each other, nor do the others for them."""
    waiting = [
        asyncio.create_task(worker.call(job("wait"), {}, within_s=LONG_S, waits=True)) for _ in range(3)
    ]
    for _ in waiting:
        await begun(worker)
    assert await works(worker)
    assert not any(task.done() for task in waiting)
    await cancelled(*waiting)


async def test_failed_job_tells_its_kind_only(worker: Worker) -> None:
    """An exception in a job comes back as its class, without a word of its text; the child goes on."""
    before = await pid_of(worker)
    with pytest.raises(JobFailed, match=r"\ALookupError\Z") as raised:
        await worker.call(job("fail"), {"words": "canary"}, within_s=LONG_S)
    assert raised.value.kind == "LookupError"
    assert await pid_of(worker) == before


@pytest.mark.parametrize(
    ("name", "argument", "kind"),
    [
        ("no_such_job", {}, "AttributeError"),
        ("echo", {"no_such_argument": 1}, "TypeError"),
        ("exits", {}, "SystemExit"),
        ("unsayable", {}, "TypeError"),
        ("long", {"letters": FRAME_BYTES_MAX}, "OverflowError"),
        ("grab", {"megabytes": 2000}, "MemoryError"),
    ],
)
async def test_impossible_job_fails_alone(
    worker: Worker, name: str, argument: dict[str, object], kind: str
) -> None:
    """A job that does not exist, leaves, answers what cannot be said or too much, or wants more memory
    than the child may have, fails; the child goes on."""
    before = await pid_of(worker)
    with pytest.raises(JobFailed) as raised:
        await worker.call(job(name), argument, within_s=LONG_S)
    assert raised.value.kind == kind
    assert await pid_of(worker) == before


async def test_missing_module_fails_alone(worker: Worker) -> None:
    """A library that is not installed is a failed job, not a lost child."""
    with pytest.raises(JobFailed, match="ModuleNotFoundError"):
        await worker.call("tests.core.no_such_module:job", {}, within_s=LONG_S)
    assert await works(worker)


async def test_too_big_an_argument_is_not_sent(worker: Worker) -> None:
    """An argument beyond the limit of a frame fails before there is a child."""
    with pytest.raises(JobFailed, match="FrameTooBig"):
        await worker.call(job("echo"), {"value": "x" * FRAME_BYTES_MAX}, within_s=LONG_S)
    assert children() == []


async def test_printing_does_no_harm(worker: Worker, capfd: pytest.CaptureFixture[str]) -> None:
    """What a job prints reaches neither the frames nor our own output."""
    assert await worker.call(job("chatter"), {"words": "canary"}, within_s=LONG_S) == "canary"
    assert await works(worker)
    assert "canary" not in "".join(capfd.readouterr())


async def test_child_knows_no_secrets(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child has none of our environment, and a session of its own: Ctrl-C is not for it."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "canary")
    found: Any = await worker.call(job("who"), {}, within_s=LONG_S)
    assert "canary" not in json.dumps(found["environment"])
    assert found["session"] == found["pid"]
    assert found["interrupt"]


# ── Its limits ────────────────────────────────────────────────────────────────────────────────────


async def test_child_is_replaced_after_so_many_jobs() -> None:
    """After its number of jobs the child makes room for another, and finishes what it was asked before."""
    worker = Worker(CHILD, jobs_max=2)
    running = asyncio.create_task(worker.call(job("wait"), {"seconds": 0.5}, within_s=LONG_S, waits=True))
    first, again, other = [await pid_of(worker) for _ in range(3)]
    assert first == again != other
    assert await running is None
    await ended(first)
    await worker.close()


async def test_child_is_replaced_when_it_has_grown() -> None:
    """A child that holds more memory than it may is replaced."""
    worker = Worker(CHILD, memory_bytes_max=100 * 2**20)
    small = await pid_of(worker)
    assert await worker.call(job("keep"), {"megabytes": 150}, within_s=LONG_S) == 1
    assert await pid_of(worker) != small
    await worker.close()


async def test_idle_child_is_ended() -> None:
    """A child that has had nothing to do for a while is ended, and started again when needed."""
    worker = Worker(CHILD, idle_s_max=0.05)
    await ended(await pid_of(worker))
    assert await works(worker)
    await worker.close()


async def test_two_hundred_jobs_leave_nothing_behind() -> None:
    """Two hundred jobs, good and bad, leave no process, no zombie and no descriptor."""
    async with asyncio.timeout(LONG_S):
        before = descriptors()
        worker = Worker(CHILD, jobs_max=40)
        for number in range(200):
            match number % 20:
                case 5:
                    with pytest.raises(JobLost):
                        await worker.call(job("abort"), {}, within_s=LONG_S)
                case 15:
                    with pytest.raises(JobFailed):
                        await worker.call(job("fail"), {"words": ""}, within_s=LONG_S)
                case _:
                    assert await worker.call(job("echo"), {"value": number}, within_s=LONG_S) == number
        await worker.close()
        assert children() == []
        assert descriptors() == before


async def test_closing_ends_what_runs(worker: Worker) -> None:
    """Closing loses what runs, leaves no process, and no call afterwards starts one."""
    running = asyncio.create_task(worker.call(job("wait"), {}, within_s=LONG_S))
    await begun(worker)
    await worker.close()
    with pytest.raises(JobLost):
        await running
    with pytest.raises(JobLost):
        await worker.call(job("echo"), {"value": 1}, within_s=LONG_S)
    assert children() == []


async def test_not_too_many_at_once(worker: Worker) -> None:
    """There is a limit to the jobs in flight; beyond it a call is refused at once."""
    calls = [asyncio.create_task(worker.call(job("wait"), {}, within_s=LONG_S)) for _ in range(64)]
    await asyncio.sleep(0)
    with pytest.raises(JobLost, match="too many"):
        await worker.call(job("echo"), {"value": 1}, within_s=LONG_S)
    await cancelled(*calls)


def test_bot_imports_no_parser() -> None:
    """The bot's own process holds neither ddgs, primp, lxml nor trafilatura, whatever it imports of us."""
    program = (
        "import sys, core.worker, core.search, bot.app\n"
        "print([name for name in ('lxml', 'primp', 'ddgs', 'trafilatura') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
