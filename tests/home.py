"""A home to run the whole program in: a folder with a `.env`, the program as a child process, and a model.

What stands around it, the platforms, is a stand-in each; whichever of them changes, and whatever the program
says to whoever started it, `until` looks again.
"""

import asyncio
import os
import pty
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.servers.models import ModelServer
from tests.servers.standing import Watched

ROOT = Path(__file__).parents[1]
"""The program that is run is the one beside these tests."""


class Home:
    def __init__(self, folder: Path, watched: Watched, model: ModelServer, **settings: str) -> None:
        self.folder = folder
        self.said = b""
        """On its terminal."""
        self._watched = watched
        self._model = model
        self._always = settings
        self._keyboard = -1

    def settings(self, **more: str) -> None:
        spec = self._model.spec("x")
        values = {
            "EMBEDDED_MODEL": "off",
            "OPENAI_1_URL": spec.url,
            "OPENAI_1_KEY": spec.key,
            "OPENAI_1_MODEL": spec.model,
            **self._always,
            **more,
        }
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    @asynccontextmanager
    async def running(
        self, *call: str, terminal: bool = False, **environ: str
    ) -> AsyncGenerator[asyncio.subprocess.Process, None]:
        """Until the end of the block; with a `terminal`, somebody looks on and can `type`. `call` is what
        stands behind the program's name, `environ` more of the environment."""
        ours, theirs = pty.openpty() if terminal else (-1, -1)
        self._keyboard = ours
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *call),
            cwd=self.folder,
            env={
                **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
                "TERM": "xterm",
                "PYTHONPATH": str(ROOT),
                **environ,
            },
            stdin=theirs if terminal else asyncio.subprocess.DEVNULL,
            stdout=theirs if terminal else asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        listening: asyncio.Task[None] | None = None
        if terminal:
            os.close(theirs)
            asyncio.get_running_loop().add_reader(ours, self._read)
        else:
            assert program.stdout is not None
            listening = asyncio.create_task(self._listen(program.stdout))
        try:
            yield program
        finally:
            if program.returncode is None:
                program.terminate()
                await asyncio.wait_for(program.wait(), 20)
            if listening is not None:
                await listening
            else:
                asyncio.get_running_loop().remove_reader(ours)
                os.close(ours)

    def type(self, line: str) -> None:
        os.write(self._keyboard, f"{line}\r".encode())

    async def until(self, seen: Callable[[], object]) -> None:
        await self._watched.until(seen, timeout_s=30)

    def everything_written(self) -> bytes:
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != ".env")
        return b"".join(path.read_bytes() for path in files)

    async def _listen(self, out: asyncio.StreamReader) -> None:
        while chunk := await out.read(65536):
            self.said += chunk
            self._watched.changed()

    def _read(self) -> None:
        with suppress(OSError):  # the other end is closed
            self.said += os.read(self._keyboard, 65536)
        self._watched.changed()
