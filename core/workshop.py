"""The worker's child: it does jobs that may crash, hang or eat memory, so that the bot need not.

Run as `python -m core.workshop module…` by core/worker.py. It reads frames from its standard input and
answers on its standard output; a frame is four bytes of length (big-endian) and that much JSON:

    in    {"number": 7, "job": "module:function", "argument": {…}, "waits": false}
    out   {"number": 7, "begun": true}        its module is imported, and its time begins to run
    out   {"number": 7, "value": …, "memory_bytes": 93000000}          or "failed": "ValueError"

The function is called with the argument's entries as keywords and returns what JSON can hold. Jobs that
only wait for the network run beside each other; all others one after the other, so that each has the
processor to itself, and the one that overruns is the one that hangs. The modules on the command line are
imported at once, in that order and in the background: the first job need not wait for the last library.

Whoever started us may vanish: the end of the standard input is the end of us, and an alarm that needs no
help from Python ends a job that would hold the interpreter for ever. Nothing a job prints or logs gets
out, and of an exception only the class: its text may hold words of a page.
"""

import importlib
import json
import os
import resource
import signal
import struct
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

FRAME_BYTES_MAX = 4 * 2**20
"""A page is 1.5 MB at most before it is read, and hardly twice that as JSON."""
LENGTH = struct.Struct(">I")
WAITING_MAX = 16
"""Jobs that wait for the network at the same time."""
SILENCE_S_MAX = 60
"""Without a new job, while one is still to be done. Far beyond what core/worker.py grants: this counts
when nobody is left to end us."""
DATA_BYTES_MAX = 768 * 2**20
"""Of memory that can be written to (RLIMIT_DATA): a job that wants more gets a MemoryError. The address
space (RLIMIT_AS) would be the wrong measure: each thread reserves 64 MB of it and uses hardly any."""


def encoded(frame: object) -> bytes:
    """Half a surrogate pair, as broken pages have it, passes unharmed."""
    body = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return LENGTH.pack(len(body)) + body


def decoded(body: bytes) -> object:
    """Raises `ValueError` or `RecursionError` for what is no JSON."""
    return json.loads(body.decode("utf-8", "surrogatepass"))


class Workshop:
    def __init__(self, outgoing: BinaryIO, modules: Sequence[str]) -> None:
        self._outgoing = outgoing
        self._lock = threading.Lock()
        self._undone = 0
        self._waiting = ThreadPoolExecutor(WAITING_MAX)
        self._working = ThreadPoolExecutor(1)
        self._importing = ThreadPoolExecutor(1)
        """One thread: two that import the same library at once may each see half of it."""
        self._modules: dict[str, Future[ModuleType]] = {}
        for module in modules:
            self._module(module)

    def take(self, frame: dict[str, Any]) -> None:
        with self._lock:
            self._undone += 1
            signal.alarm(SILENCE_S_MAX)
        pool = self._waiting if frame["waits"] else self._working
        pool.submit(self._do, frame["number"], frame["job"], frame["argument"])

    def _do(self, number: int, job: str, argument: dict[str, object]) -> None:
        try:
            module, _, name = job.partition(":")
            function = getattr(self._module(module).result(), name)
            self._say(encoded({"number": number, "begun": True}))
            value = function(**argument)
            answer = encoded({"number": number, "value": value, "memory_bytes": memory_bytes()})
            if len(answer) > FRAME_BYTES_MAX:
                raise OverflowError
        except BaseException as error:  # noqa: BLE001 - whatever a job raises is its answer
            kind = type(error).__name__
            answer = encoded({"number": number, "failed": kind, "memory_bytes": memory_bytes()})
        self._say(answer)
        with self._lock:
            self._undone -= 1
            if not self._undone:
                signal.alarm(0)

    def _say(self, frame: bytes) -> None:
        try:
            with self._lock:
                self._outgoing.write(frame)
                self._outgoing.flush()
        except OSError:
            os._exit(1)  # nobody listens any more

    def _module(self, name: str) -> Future[ModuleType]:
        with self._lock:
            if name not in self._modules:
                self._modules[name] = self._importing.submit(importlib.import_module, name)
            return self._modules[name]


def memory_bytes() -> int:
    """What is resident now; 0 where the system does not tell. (The peak that getrusage tells is the
    parent's, where the child was made by vfork.)"""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def main(modules: Sequence[str]) -> None:
    # A service manager may signal everybody at once; answers that are being written still need us then.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold pages
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or hard > DATA_BYTES_MAX:
        resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES_MAX, hard))
    with os.fdopen(os.dup(0), "rb") as incoming, os.fdopen(os.dup(1), "wb") as outgoing:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # a library that prints must not print into the frames
            os.dup2(nothing, descriptor)
        workshop = Workshop(outgoing, modules)
        while len(head := incoming.read(LENGTH.size)) == LENGTH.size:
            body = incoming.read(LENGTH.unpack(head)[0])
            frame = decoded(body)
            if not isinstance(frame, dict):
                break
            workshop.take(frame)
        os._exit(0)  # at once: threads of unfinished jobs would be waited for


if __name__ == "__main__":
    main(sys.argv[1:])
