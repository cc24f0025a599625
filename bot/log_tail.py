"""The end of the log, as it may be shown in a chat: the last records of a level and above, secrets struck
out.

The log is written without secrets (bot/logs.py); they are struck out once more here, since what was not
known to be one when a line was written may be by now. It holds nobody's words.
"""

import logging
import re
from collections.abc import Callable
from pathlib import Path

READ_BYTES_MAX = 1_000_000
"""From the end of each file."""
SHOWN_CHARS_MAX = 3500
"""So that it fits one post."""
LINE_CHARS_MAX = 400
RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| ([A-Z]+) \| ")
"""As bot/logs.py writes one; what stands below it, a traceback, is indented."""
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


def tail(
    path: Path, count: int, level: int, strike: Callable[[str], str], chars_max: int = SHOWN_CHARS_MAX
) -> list[str]:
    """The last `count` records of this level or above that fit into so much, the oldest first. Of a traceback
    only its last line is shown, which says what went wrong. Raises OSError."""
    records: list[list[str]] = []
    for line in _end_of(path):
        if found := RECORD.match(line):
            wanted = LEVELS.get(found[1].lower(), logging.CRITICAL) >= level
            records.append([line] if wanted else [])
        elif records and records[-1] and line.strip():
            records[-1][1:] = [line]
    lines = ["\n".join(map(_cut, map(strike, record))) for record in records if record]
    shown: list[str] = []
    for line in reversed(lines[-count:]):
        if sum(map(len, shown)) + len(line) > chars_max:
            break
        shown.append(line)
    return shown[::-1]


def _end_of(path: Path) -> list[str]:
    """Together with the file before it: it may have turned over just now."""
    end = _read_end(path)
    before = path.with_name(f"{path.name}.1")
    if before.exists():
        end = _read_end(before) + end
    return end.decode("utf-8", "replace").splitlines()


def _read_end(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - READ_BYTES_MAX))
        return file.read()


def _cut(line: str) -> str:
    """No line is so long that it stands alone, and none ends the block it stands in."""
    line = line.replace("```", "'''")
    return line if len(line) <= LINE_CHARS_MAX else f"{line[: LINE_CHARS_MAX - 1]}…"
