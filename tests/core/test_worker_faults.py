"""The worker's child killed, crashed, hung, or talking nonsense: the call is lost, and nothing else."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from core.web import JobFailed, JobLost
from core.worker import HOUSE, Worker
from tests.core.workers import (
    CHILD,
    LONG_S,
    begun,
    cancelled,
    child_that,
    children,
    descriptors,
    ended,
    job,
    pid_of,
    works,
)

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
