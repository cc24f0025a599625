"""The worker: whatever happens to its child, every call ends honestly and the next one works."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.web import JobFailed, JobLost
from core.worker import HOUSE, Worker
from core.workshop import FRAME_BYTES_MAX

CHILD = (sys.executable, "-m", "core.workshop", "tests.core.jobs")
LONG_S = 20.0
"""Far beyond what a test takes: where it passes, something else has ended the job."""


def job(name: str) -> str:
    return f"tests.core.jobs:{name}"


def child_that(does: str) -> tuple[str, str, str]:
    """A child of another kind: a few lines of Python."""
    return (sys.executable, "-c", f"import os, struct, sys, time\n{does}")


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(CHILD)
    yield worker
    await worker.close()


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


# ── Its end ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("waits", [True, False], ids=["mid-search", "mid-extraction"])
async def test_killed_child(worker: Worker, waits: bool) -> None:
    """A child killed in the middle of a job loses this job, and the next call has a new one."""
    pid = await pid_of(worker)
    running = asyncio.create_task(worker.call(job("wait"), {}, within_s=LONG_S, waits=waits))
    await begun(worker)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(JobLost):
        await running
    assert await works(worker)
    assert await pid_of(worker) != pid


async def test_aborting_job(worker: Worker) -> None:
    """A native crash in a job loses this job, and the next call has a new child."""
    with pytest.raises(JobLost):
        await worker.call(job("abort"), {}, within_s=LONG_S)
    assert await works(worker)


async def test_crash_spares_what_had_not_begun(worker: Worker) -> None:
    """When the child crashes, the job behind the crashing one is done by a new child."""
    crash, behind = await asyncio.gather(
        worker.call(job("abort"), {}, within_s=LONG_S), pid_of(worker), return_exceptions=True
    )
    assert isinstance(crash, JobLost)
    assert isinstance(behind, int)


async def test_overrun_kills_and_spares_the_others(worker: Worker) -> None:
    """A job that holds the interpreter is ended in time; a search that was running then is done again."""
    pid = await pid_of(worker)
    search = asyncio.create_task(worker.call(job("wait"), {"seconds": 0.5}, within_s=LONG_S, waits=True))
    await begun(worker)
    with pytest.raises(JobLost, match="too long"):
        await worker.call(job("hold"), {}, within_s=0.05)
    assert await search is None
    assert await pid_of(worker) != pid


async def test_overrun_of_a_waiting_job_spares_the_child(worker: Worker) -> None:
    """A job that only waits is given up in time, and the child goes on."""
    pid = await pid_of(worker)
    with pytest.raises(JobLost, match="too long"):
        await worker.call(job("wait"), {}, within_s=0.05, waits=True)
    assert await pid_of(worker) == pid


async def test_waiting_job_is_not_left_for_ever() -> None:
    """A job that was given up and never ends costs the child its life after a while."""
    worker = Worker(CHILD, left_s_max=0.05)
    pid = await pid_of(worker)
    with pytest.raises(JobLost):
        await worker.call(job("wait"), {}, within_s=0.05, waits=True)
    await ended(pid)
    await worker.close()


async def test_cancelled_caller_still_has_its_job_ended(worker: Worker) -> None:
    """Who stops waiting for a job that holds the interpreter does not leave it running."""
    pid = await pid_of(worker)
    running = asyncio.create_task(worker.call(job("hold"), {}, within_s=0.05))
    await asyncio.sleep(0)  # it is on its way
    await cancelled(running)
    await ended(pid)
    assert await works(worker)


async def test_child_ends_with_its_parent() -> None:
    """When the bot is killed, its child ends by itself, also in the middle of a job."""
    program = (
        "import asyncio\n"
        "from core.worker import Worker\n"
        "async def main():\n"
        f"    worker = Worker({CHILD!r})\n"
        f"    found = await worker.call({job('who')!r}, {{}}, within_s=60)\n"
        "    print(found['pid'], flush=True)\n"
        f"    await worker.call({job('wait')!r}, {{}}, within_s=600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=HOUSE, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await ended(pid)


async def test_nobody_is_needed_to_end_what_hangs() -> None:
    """A child that holds the interpreter ends by itself after a while, should there be nobody to end it."""
    worker = Worker(
        child_that("import core.workshop as it; it.SILENCE_S_MAX = 1; it.main(['tests.core.jobs'])")
    )
    with pytest.raises(JobLost, match="the child ended"):
        await worker.call(job("hold"), {}, within_s=LONG_S)
    await worker.close()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_signals_for_everybody_are_not_for_the_child(worker: Worker, sent: signal.Signals) -> None:
    """Ctrl-C and a service manager's SIGTERM leave the child to its parent."""
    pid = await pid_of(worker)
    os.kill(pid, sent)
    assert await pid_of(worker) == pid


# ── Nonsense ──────────────────────────────────────────────────────────────────────────────────────

FRAME = "def say(body, length=None): os.write(1, struct.pack('>I', length or len(body)) + body)\n"


@pytest.mark.parametrize(
    "does",
    [
        "os.write(1, b'Segmentation fault\\n' * 9); time.sleep(60)",
        FRAME + "say(b'{not json'); time.sleep(60)",
        FRAME + "say(b'[' * 200000); time.sleep(60)",
        FRAME + "say(b'\\xff\\xfe'); time.sleep(60)",
        FRAME + "say(b'[1]'); time.sleep(60)",
        FRAME + 'say(b\'{"number": 99, "value": 1, "memory_bytes": 1}\'); time.sleep(60)',
        FRAME + 'say(b\'{"number": 1, "value": 1}\'); time.sleep(60)',
        FRAME
        + 'say(b\'{"number": 1, "begun": true}\'); say(b\'{"number": 1, "begun": true}\'); time.sleep(60)',
        FRAME + "say(b'', 2**32 - 1); time.sleep(60)",
        FRAME + "say(b'{\"num', 100)",
        FRAME + "say(b'?')\nwhile True: os.write(1, b'?' * 65536)",
        "os.write(1, b'\\x00\\x00')",
        "sys.exit(1)",
        "os.close(1); time.sleep(60)",
    ],
    ids=[
        "words",
        "no JSON",
        "deep JSON",
        "no UTF-8",
        "no object",
        "unknown number",
        "half an answer",
        "begun twice",
        "four gigabytes",
        "truncated frame",
        "flood",
        "truncated head",
        "leaves at once",
        "closes the pipe",
    ],
)
async def test_nonsense_on_the_pipe(does: str) -> None:
    """Garbage, truncated and oversized frames, and a child that leaves, are a lost job, not a broken loop."""
    before = descriptors()
    worker = Worker(child_that(does))
    for _ in range(2):
        with pytest.raises(JobLost, match="the child"):
            await worker.call("a:b", {}, within_s=LONG_S)
    await worker.close()
    assert children() == []
    assert descriptors() == before


async def test_kind_is_a_name() -> None:
    """What a child calls a failure is passed on only if it is a name, as a class has."""
    says = FRAME + 'say(b\'{"number": 1, "failed": "canary words", "memory_bytes": 1}\'); time.sleep(60)'
    worker = Worker(child_that(says))
    with pytest.raises(JobFailed, match=r"\AUnknown\Z"):
        await worker.call("a:b", {}, within_s=LONG_S)
    await worker.close()


async def test_last_words_are_not_heard(capfd: pytest.CaptureFixture[str]) -> None:
    """What a child complains about before it dies does not reach our own output."""
    worker = Worker(child_that("sys.exit('canary')"))
    with pytest.raises(JobLost):
        await worker.call("a:b", {}, within_s=LONG_S)
    await worker.close()
    assert "canary" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "argv",
    [child_that("time.sleep(60)"), ("/no/such/program",), (str(Path(__file__)),)],
    ids=["silent", "not there", "not a program"],
)
async def test_child_that_never_starts(argv: tuple[str, ...]) -> None:
    """A child that never begins, or cannot be started, is a lost job each time, for all who asked."""
    before = descriptors()
    worker = Worker(argv, start_s_max=0.2)
    for _ in range(2):
        calls = (worker.call("a:b", {}, within_s=LONG_S) for _ in range(3))
        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(error) for error in errors] == [JobLost] * 3
    await worker.close()
    assert children() == []
    assert descriptors() == before


# ── Housekeeping ──────────────────────────────────────────────────────────────────────────────────


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


async def ended(pid: int) -> None:
    """Wait until the process is gone; the limit is the test's failure."""
    async with asyncio.timeout(LONG_S):
        with contextlib.suppress(psutil.NoSuchProcess):
            await asyncio.to_thread(psutil.Process(pid).wait, LONG_S)


async def cancelled(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
