"""One child process for what must not happen in the bot: searching by ddgs, parsing strangers' pages.

`call` sends a job to the child (core/workshop.py tells how they talk) and waits for its value. The child
is started by the first job, ended after five idle minutes, and replaced after so many jobs or when it
has grown too big: what it was asked before then still finishes. When it dies, the jobs it had begun are
lost, for any of them may be why; those it had not begun are sent once more, to a new child.

A job that overruns is lost. If it only waits for the network it is left alone for a while; any other may
hold the interpreter, so the child is killed, and all the other jobs are sent once more.

The child gets no environment (our secrets are in it), a session of its own (Ctrl-C is for us), and no
place to write but its pipe: what a parser complains about is words of a page. What comes through the
pipe is checked like anything that may have been written by a stranger. There is no task and no process
while nothing is asked; whoever made a worker closes it.
"""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.web import JobFailed, JobLost
from core.workshop import FRAME_BYTES_MAX, LENGTH, decoded, encoded

ARGV = (sys.executable, "-m", "core.workshop", "core.workshop_search", "core.workshop_text")
"""What is needed first stands first."""
HOUSE = Path(__file__).parents[1]
"""Where `core` is found, whichever folder the bot was started in."""
JOBS_MAX = 500
MEMORY_BYTES_MAX = 300 * 2**20
"""Several times what the child holds with its libraries and some pages read."""
START_S_MAX = 20.0
"""From the moment a job is sent until it begins: a slow memory card, a slow import, a queue."""
LEFT_S_MAX = 15.0
"""How long a job that waits for the network may outlive its time before the child is ended."""
IDLE_S_MAX = 300.0
IN_FLIGHT_MAX = 64


@dataclass(eq=False, slots=True)
class _Job:
    number: int
    frame: bytes
    within_s: float
    waits: bool
    answer: asyncio.Future[object]
    begun: bool = False
    left: bool = False
    """Nobody waits for it any more; it may end in its own time."""
    times_sent: int = 0
    timer: asyncio.TimerHandle | None = None

    def time(self, seconds: float, then: Callable[["_Job"], None]) -> None:
        self.untime()
        self.timer = self.answer.get_loop().call_later(seconds, then, self)

    def untime(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def lost(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(JobLost(why))


class Worker:
    """`argv` starts a child; the figures are its limits."""

    def __init__(
        self,
        argv: Sequence[str] = ARGV,
        *,
        jobs_max: int = JOBS_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        start_s_max: float = START_S_MAX,
        left_s_max: float = LEFT_S_MAX,
        idle_s_max: float = IDLE_S_MAX,
    ) -> None:
        self._argv = argv
        self._jobs_max = jobs_max
        self._memory_bytes_max = memory_bytes_max
        self._start_s_max = start_s_max
        self._left_s_max = left_s_max
        self._idle_s_max = idle_s_max
        self._numbers = itertools.count(1)
        self._child: _Child | None = None
        """Who gets the next job."""
        self._children: set[_Child] = set()
        """Those whose process may still exist."""
        self._closed = False

    async def call(
        self, job: str, argument: Mapping[str, object], *, within_s: float, waits: bool = False
    ) -> object:
        """Calls the function `job` ("module:function") with the entries of `argument` as keywords.

        `within_s` is counted from its beginning, without the child's start and the jobs before it. `waits`
        says that it waits for the network and hardly computes. A caller that is cancelled leaves the job
        behind, under the same limits. Raises `JobLost`, `JobFailed`.
        """
        number = next(self._numbers)
        frame = encoded({"number": number, "job": job, "argument": dict(argument), "waits": waits})
        if len(frame) > FRAME_BYTES_MAX:
            raise JobFailed("FrameTooBig")
        if sum(len(child.jobs) for child in self._children) >= IN_FLIGHT_MAX:
            raise JobLost("too many jobs at once")
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._send(_Job(number, frame, within_s, waits, answer))
        return await answer

    async def close(self) -> None:
        """Ends the child; what is still to be done is lost."""
        self._closed = True
        children = list(self._children)
        for child in children:
            child.end("the worker was closed", child.jobs.values())
        await asyncio.gather(*(child.gone for child in children))

    def _send(self, job: _Job) -> None:
        if self._closed:
            job.lost("the worker is closed")
            return
        child = self._child
        if child is not None and (
            child.jobs_done >= self._jobs_max or child.memory_bytes > self._memory_bytes_max
        ):
            child.retire()
            child = None
        if child is None:
            child = self._child = _Child(
                self._argv, self._over, self._start_s_max, self._left_s_max, self._idle_s_max
            )
            self._children.add(child)
            child.gone.add_done_callback(lambda _: self._children.discard(child))
        child.take(job)

    def _over(self, child: "_Child", innocent: Collection[_Job]) -> None:
        if self._child is child:
            self._child = None
        for job in innocent:
            if job.answer.done():
                continue
            if job.times_sent < 2:
                self._send(job)
            else:
                job.lost("the child died twice")


class _Child:
    """A process and the jobs it holds. `over` is told, once, of its end and of the jobs that go on."""

    def __init__(
        self,
        argv: Sequence[str],
        over: Callable[["_Child", Collection[_Job]], None],
        start_s_max: float,
        left_s_max: float,
        idle_s_max: float,
    ) -> None:
        self._argv = argv
        self._over = over
        self._start_s_max = start_s_max
        self._left_s_max = left_s_max
        self._idle_s_max = idle_s_max
        self._process: asyncio.subprocess.Process | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._retired = False
        self._ended = False
        self.jobs: dict[int, _Job] = {}
        self.jobs_done = 0
        self.memory_bytes = 0
        self.gone = asyncio.create_task(self._live())
        """Done when there is nothing left of it."""

    def take(self, job: _Job) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self.jobs[job.number] = job
        job.begun = False
        job.times_sent += 1
        job.time(self._start_s_max, self._late)
        self._write(job)

    def retire(self) -> None:
        """No more jobs: it ends when it has none."""
        self._retired = True
        self._rest()

    def end(self, why: str, guilty: Collection[_Job]) -> None:
        """At once. The `guilty` jobs are lost, the others go on elsewhere."""
        if self._ended:
            return
        self._ended = True
        if self._idle is not None:
            self._idle.cancel()
        if self._process is not None:
            _kill(self._process)
        guilty = set(guilty)
        jobs = list(self.jobs.values())
        self.jobs.clear()
        for job in jobs:
            job.untime()
            if job in guilty:
                job.lost(why)
        self._over(self, [job for job in jobs if job not in guilty])

    async def _live(self) -> None:
        why = "the child ended"
        process: asyncio.subprocess.Process | None = None
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=HOUSE,
                env={},
                start_new_session=True,
            )
            for job in self.jobs.values():
                self._write(job)
            while not self._ended:
                self._hear(await _frame(process))
        except asyncio.IncompleteReadError:
            pass
        except (ValueError, RecursionError):
            why = "the child spoke nonsense"
        except OSError as error:
            self.end(f"the child could not be started: {type(error).__name__}", self.jobs.values())
        finally:
            self.end(why, [job for job in self.jobs.values() if job.begun])
            if process is not None:
                await _buried(process)

    def _write(self, job: _Job) -> None:
        """Without waiting: what is in flight is limited, and a child that does not read is ended in time."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(job.frame)

    def _hear(self, said: object) -> None:
        match said:
            case {"number": int(number), "begun": True} if number in self.jobs:
                job = self.jobs[number]
                if job.begun:
                    raise ValueError("begun twice")
                job.begun = True
                job.time(job.within_s, self._late)
            case {"number": int(number), "value": value, "memory_bytes": int(size)} if number in self.jobs:
                job = self._done(number, size)
                if not job.answer.done():
                    job.answer.set_result(value)
            case {"number": int(number), "failed": str(kind), "memory_bytes": int(size)} if (
                number in self.jobs
            ):
                job = self._done(number, size)
                if not job.answer.done():
                    job.answer.set_exception(JobFailed(kind if kind.isidentifier() else "Unknown"))
            case _:
                raise ValueError("not an answer")

    def _done(self, number: int, memory_bytes: int) -> _Job:
        job = self.jobs.pop(number)
        job.untime()
        self.jobs_done += 1
        self.memory_bytes = memory_bytes
        self._rest()
        return job

    def _rest(self) -> None:
        if self.jobs:
            return
        if self._retired:
            self.end("", ())
        else:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._idle_s_max, self.end, "", ())

    def _late(self, job: _Job) -> None:
        if not job.begun:
            # A child that has never begun anything will not begin the others either.
            never = not self.jobs_done and not any(other.begun for other in self.jobs.values())
            self.end("the child did not begin in time", self.jobs.values() if never else [job])
        elif job.waits and not job.left:
            job.left = True
            job.lost("it took too long")
            job.time(self._left_s_max, self._late)
        else:
            self.end("it took too long", [job])


async def _frame(process: asyncio.subprocess.Process) -> object:
    stream = process.stdout
    assert stream is not None  # noqa: S101 - it is a pipe
    (length,) = LENGTH.unpack(await stream.readexactly(LENGTH.size))
    if length > FRAME_BYTES_MAX:
        raise ValueError("a frame too big")
    return decoded(await stream.readexactly(length))


def _kill(process: asyncio.subprocess.Process) -> None:
    # `process.kill()` would first look whether it has ended, and take its status away from asyncio.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


async def _buried(process: asyncio.subprocess.Process) -> None:
    """No zombie and no descriptor of it is left."""
    _kill(process)  # it may have come to life after its end
    if process.stdin is not None:
        process.stdin.close()
    while process.stdout is not None and await process.stdout.read(FRAME_BYTES_MAX):
        pass  # a pipe that is not read to its end stays open
    await process.wait()
