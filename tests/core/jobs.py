"""Jobs for the worker's child, each bad in its own way. Imported there, by name."""

import os
import re
import signal
import sys
import threading
import time

WAITING = threading.Semaphore(0)


def echo(value: object) -> object:
    return value


def fail(words: str) -> None:
    raise LookupError(words)


def chatter(words: str) -> str:
    """Prints as a careless library does."""
    print(words)  # noqa: T201
    print(words, file=sys.stderr)  # noqa: T201
    os.write(1, words.encode())
    return words


def wait(seconds: float = 600.0) -> None:
    """Lets others run meanwhile."""
    WAITING.release()
    time.sleep(seconds)


def seen_waiting() -> None:
    """Done as soon as one more `wait` has begun."""
    WAITING.acquire()


def hold(letters: int = 40) -> bool:
    """Holds the interpreter for a year, as hostile markup does: no other thread of the child gets a turn."""
    return re.fullmatch("(a+)+b", "a" * letters) is None


def abort() -> None:
    os.abort()


def grab(megabytes: int) -> int:
    return len(bytearray(megabytes * 2**20))


def keep(megabytes: int, kept: list[bytes] = []) -> int:  # noqa: B006 - a leak is what it is for
    kept.append(b"x" * (megabytes * 2**20))
    return len(kept)


def unsayable() -> object:
    return {1, 2}


def long(letters: int) -> str:
    return "x" * letters


def who() -> dict[str, object]:
    """What the child is and has."""
    return {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "environment": dict(os.environ),
        "interrupt": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "modules": sorted(sys.modules),
    }


def exits() -> None:
    sys.exit(3)
