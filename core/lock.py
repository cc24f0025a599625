"""Who may use a folder: locks that end with the program, however it ends.

`alone_in` waits for a moment's work of another program, such as migrating. `only_one` is for as long as a
program runs, and refuses at once. Both are the kernel's locks (flock), so none is left behind by a kill.
"""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import AlreadyRunning, StorageError

ALONE_S_MAX, ALONE_EVERY_S = 30.0, 0.02
"""How long to wait for another program, and how often to look."""
RUNNING = "running.lock"


@contextmanager
def alone_in(folder: Path) -> Generator[None, None, None]:
    """One program at a time works on what is in there. Raises `StorageError` if it takes too long."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(round(ALONE_S_MAX / ALONE_EVERY_S)):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(ALONE_EVERY_S)
        else:
            raise StorageError(f"Another program has been at work in {folder} for too long.")
        yield
    finally:
        os.close(lock)


@contextmanager
def only_one(folder: Path) -> Generator[None, None, None]:
    """The program that runs on this folder. Raises `AlreadyRunning`, or OSError if the folder cannot be
    used."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / RUNNING).touch(mode=0o600)
    with (folder / RUNNING).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"Porchlight is running with the folder {folder}. End it first.") from None
        yield


def is_running(folder: Path) -> bool:
    """Whether a program holds `only_one` of this folder. It looks for a blink, and holds nothing."""
    try:
        with (folder / RUNNING).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
