"""The program itself, as a person starts it: how soon it asks for the first question, and what it holds.

`python -m bot` runs in a terminal window, in an empty folder whose `.env` names one node, a stand-in. It
is asked one question, so that nothing is left out that it loads only then, and then left idle. There is no
built-in model in it: that is a process of its own, as large as its weights.
"""

import asyncio
import os
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from tests.adapters.window import ENTER, Window
from tests.bench.streams import KEY, MODEL, QUESTION, ROOT, model_server

PROMPT = "›"
PIECES = 5
LAST_WORD = f"word{PIECES - 1}"
"""The stand-in's answer ends with it."""
REST_S = 0.5


@dataclass(frozen=True, slots=True)
class Started:
    start_s: float
    """Until the first prompt, median of all starts."""
    memory_mb: float
    """Resident, in 1,000,000 bytes; the most of all starts."""


async def measured(starts: int) -> Started:
    found: list[tuple[float, float]] = []
    async with model_server(pieces=PIECES) as url:
        for _ in range(starts + 1):
            with TemporaryDirectory() as folder:
                found.append(await _start(Path(folder), url))
    found.pop(0)  # the first one may compile what was changed
    return Started(median(start_s for start_s, _ in found), max(memory_mb for _, memory_mb in found))


async def _start(folder: Path, url: str) -> tuple[float, float]:
    """Seconds and megabytes of one start."""
    node = f"OPENAI_1_URL={url}\nOPENAI_1_KEY={KEY}\nOPENAI_1_MODEL={MODEL}\n"
    (folder / ".env").write_text(f"{node}EMBEDDED_MODEL=off\nDATA_DIR={folder}/data\n", "utf-8")
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    with closing(Window()) as window:
        began = time.monotonic()
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot"),
            cwd=folder,
            env={**environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
            stdin=window.stdin,
            stdout=window.out,
            stderr=window.out,
        )
        try:
            await window.shows(PROMPT)
            start_s = time.monotonic() - began
            await window.type(f"{QUESTION}{ENTER}")
            await window.shows(LAST_WORD)
            await window.asks()
            await asyncio.sleep(REST_S)
            return start_s, psutil.Process(program.pid).memory_info().rss / 1e6
        finally:
            with suppress(ProcessLookupError):
                program.kill()
            await program.wait()
