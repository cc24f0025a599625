"""The heartbeat: a file that is touched every few seconds while all is well, for whoever looks on.

    python -m bot.health data      exit code 0: well; 1: no heartbeat, or none for a while

This is the health check of the container, so it reads neither settings nor database and loads nothing large.
Who touches the file, and when it is left alone, is decided in bot/watchdog.py.
"""

import sys
import time
from pathlib import Path

FILE = "heartbeat"
AGE_S_MAX = 30.0
"""Several beats: a busy machine may miss one."""
GONE_S = 120.0
"""After so long without a beat, a person is told, who would have to look."""


def beat(folder: Path) -> None:
    """Raises OSError."""
    (folder / FILE).touch(mode=0o600)


def age_s(folder: Path, now: float) -> float | None:
    """How far away the last beat is, in seconds of the wall clock; None if there was none. One that lies in
    the future, because the clock was set back, is no better than an old one: a program that lives beats again
    within seconds."""
    try:
        return abs(now - (folder / FILE).stat().st_mtime)
    except OSError:
        return None


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "data")
    age = age_s(folder, time.time())
    if age is None:
        print(f"There is no heartbeat in {folder}: Porchlight has not run there.")  # noqa: T201
        return 1
    if age > AGE_S_MAX:
        print(f"The last heartbeat was {age:.0f} s ago.")  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
