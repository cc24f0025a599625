"""A terminal window to test in: a pseudo-terminal, what its emulator shows, and the keys a person presses.

The program under test gets `stdin` and `out`, and cannot tell them from a real terminal. A thread reads
what is written and draws it, as a terminal does, so that a program that writes much is never held up.
"""

import asyncio
import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Callable
from threading import Condition, Thread

import pyte

WAIT_S_MAX = 10.0

CTRL_C, CTRL_D, ENTER, ALT_ENTER, TAB, UP = "\x03", "\x04", "\r", "\x1b\r", "\t", "\x1b[A"


def pasted(text: str) -> str:
    """The text as a terminal sends it when it is pasted, and not typed."""
    return f"\x1b[200~{text}\x1b[201~"


class _Screen(pyte.HistoryScreen):
    """`reply` gets the terminal's answers to what the program asks: where is the cursor?"""

    def __init__(self, columns: int, rows: int, reply: Callable[[str], None]) -> None:
        super().__init__(columns, rows, history=100_000)
        self.reply = reply

    def write_process_input(self, data: str) -> None:
        self.reply(data)


class Window:
    def __init__(self, columns: int = 60, rows: int = 20) -> None:
        self._ours, theirs = pty.openpty()
        self.stdin = open(theirs, encoding="utf-8")  # noqa: SIM115 # closed in `close`
        self.out = open(os.dup(theirs), "w", encoding="utf-8")  # noqa: SIM115 # closed in `close`
        self._screen = _Screen(columns, rows, self._reply)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = Condition()
        self.written = b""
        """Every byte the program sent."""
        self.resize(columns, rows)
        self._closing = False
        self._reader = Thread(target=self._read)
        self._reader.start()

    def hang_up(self) -> None:
        """The person closes the window."""
        self._closing = True
        self._reader.join()
        os.close(self._ours)

    def close(self) -> None:
        self.stdin.close()
        self.out.close()
        if not self._closing:
            self.hang_up()

    # ── What the person does ──────────────────────────────────────────────────────────────────────

    async def type(self, keys: str) -> None:
        await self.send(keys.encode())

    async def send(self, data: bytes) -> None:
        """In a thread: a terminal takes a few kilobytes, and then waits until they are read."""
        await asyncio.to_thread(self._send, data)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        with self._drawn:
            self._screen.resize(rows, columns)

    # ── What the person sees ──────────────────────────────────────────────────────────────────────

    @property
    def screen(self) -> list[str]:
        """The rows in view."""
        with self._drawn:
            return [row.rstrip() for row in self._screen.display]

    @property
    def all(self) -> list[str]:
        """What has scrolled away, and the rows in view."""
        with self._drawn:
            gone = self._screen.history.top
            columns = range(self._screen.columns)
            return ["".join(row[n].data for n in columns).rstrip() for row in gone] + self.screen

    @property
    def text(self) -> str:
        """All of it as one string without blanks at the edges of rows."""
        return "\n".join(self.all).strip()

    @property
    def colours(self) -> set[str]:
        """Those that letters in view have."""
        with self._drawn:
            rows = self._screen.buffer.values()
            return {cell.fg for row in rows for cell in row.values() if cell.data.strip()}

    async def reads(self, *lines: str) -> None:
        """Wait until that is all there is, without the rows that are empty."""
        await self.until(lambda: [line for line in self.all if line] == list(lines))

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until that is seen; fail with what is seen instead if it does not come."""
        if not await asyncio.to_thread(self._wait, seen):
            raise AssertionError(f"not seen within {WAIT_S_MAX} s; instead:\n{self.text}")

    async def shows(self, words: str) -> None:
        await self.until(lambda: words in self.text)

    async def asks(self) -> None:
        """Wait until there is an empty prompt in the last row that is not empty."""
        await self.until(lambda: bool(self.text) and self.text.splitlines()[-1].strip() == "›")

    # ── The emulator ──────────────────────────────────────────────────────────────────────────────

    def _wait(self, seen: Callable[[], bool]) -> bool:
        with self._drawn:
            return self._drawn.wait_for(seen, WAIT_S_MAX)

    def _read(self) -> None:
        while not self._closing:
            if not select.select([self._ours], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # the program's side is closed
                return
            with self._drawn:
                self.written += data
                self._stream.feed(data)
                self._drawn.notify_all()

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._ours, data[:1024]) :]

    def _reply(self, data: str) -> None:
        os.write(self._ours, data.encode())
