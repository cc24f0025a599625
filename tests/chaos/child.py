"""The program as a child process that is killed and started again, and the one who kills it.

`Child` is the process in its folder with a `.env`, as a family has it. `Reaper` is told whenever a point is
passed, and sends SIGKILL there, at once and from within: what the program would have done next never
happens.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.points import AT_RANDOM, Doom

ROOT = Path(__file__).parents[2]
LEAVES_S_MAX = 20.0


class Child:
    def __init__(self, command: Sequence[str], folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self._command = command
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        self._environ = kept | {"PYTHONPATH": str(ROOT)}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def said(self) -> str:
        """What it wrote to the terminal, in all its lives."""
        return (self.folder / "terminal").read_text("utf-8", "replace")

    async def start(self) -> None:
        with (self.folder / "terminal").open("ab") as terminal:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self.folder,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
            )

    def signal(self, which: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(which)

    async def ended(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def leave(self) -> None:
        """Asked to end, as a service is; it must not take longer than a service manager waits."""
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.ended(), LEAVES_S_MAX)
        except TimeoutError:
            await self.destroy()

    async def destroy(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self.signal(signal.SIGKILL)
            await self.ended()

    def found_in_files(self, secret: str) -> list[str]:
        """The files, but for the settings, that hold it."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != ".env")
        return [path.name for path in files if secret.encode() in path.read_bytes()]


@dataclass(frozen=True, slots=True)
class Kill:
    at: float
    point: str


class Reaper:
    """`clock` is that of the stand-ins. A kill waits `patience_s` for its point, then it comes anyway."""

    def __init__(self, child: Child, clock: Callable[[], float], patience_s: float) -> None:
        self.kills: list[Kill] = []
        self.in_vain: Counter[str] = Counter()
        """Points that were not passed while a kill waited for them."""
        self.own_ends: list[int] = []
        """Exit codes of runs that ended by themselves, which none should."""
        self._child = child
        self._clock = clock
        self._patience_s = patience_s
        self._doom: Doom | None = None
        self._skips_left = 0
        self._timer: asyncio.TimerHandle | None = None

    async def strike(self, doom: Doom) -> None:
        """Let the running child end like this, and wait until it has."""
        before = len(self.kills)
        loop = asyncio.get_running_loop()
        self._doom, self._skips_left = doom, doom.skips
        if doom.point == AT_RANDOM:
            self._timer = loop.call_later(doom.after_s, self._kill, AT_RANDOM)
        else:
            self._timer = loop.call_later(self._patience_s, self._give_up, doom.point)
        code = await self._child.ended()
        self._doom = None
        self._timer.cancel()
        if len(self.kills) == before:
            self.own_ends.append(code)

    def passed(self, point: str) -> bool:
        """Whether it is killed there, at once."""
        if self._doom is None or self._doom.point != point:
            return False
        if self._skips_left:
            self._skips_left -= 1
            return False
        after_s, self._doom = self._doom.after_s, None
        assert self._timer is not None
        self._timer.cancel()
        if after_s:
            self._timer = asyncio.get_running_loop().call_later(after_s, self._kill, point)
            return False
        self._kill(point)
        return True

    def _give_up(self, point: str) -> None:
        self.in_vain[point] += 1
        self._kill(AT_RANDOM)

    def _kill(self, point: str) -> None:
        self._doom = None
        self.kills.append(Kill(self._clock(), point))
        self._child.signal(signal.SIGKILL)
