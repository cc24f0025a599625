"""Asking a person at the keyboard for the next line, and hearing Ctrl-C while nothing is asked.

`KeyPrompt` is for a terminal: editing, history, Tab for commands, pasted lines, Alt-Enter for a new
line. `LinePrompt` reads plain lines, from a pipe or a terminal that can do no more. `interrupts` is for
the time between two questions: keys are not echoed then, and what is typed ahead is kept for the next
prompt. `above_prompt` is for whoever has something to say meanwhile. What a line means is not decided here.
"""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Protocol, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app_or_none, run_in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import clear_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import create_output

PROMPT = "› "
PRIVATE = "/private"

HISTORY_LINES_MAX = 1000
HISTORY_CHARS_MAX = 10_000
"""A longer text was pasted: it is in its file already, and would only bury the others here."""
LINE_BYTES_MAX = 16_000_000
"""Where a pipe without line ends is cut, before it fills the memory."""


class Prompt(Protocol):
    async def read(self, draft: str) -> str | None:
        """The next text; it begins with `draft` where a text can be edited. None: the person leaves."""


@contextmanager
def interrupts(keys: Input | None, pressed: Callable[[], None]) -> Iterator[None]:
    """Call `pressed` at each Ctrl-C, as a key of the terminal or as a signal."""
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        before = signal.getsignal(signal.SIGINT)
        with suppress(NotImplementedError):  # Windows knows no such handlers; there it is a key
            loop.add_signal_handler(signal.SIGINT, pressed)
            stack.callback(signal.signal, signal.SIGINT, before)
            stack.callback(loop.remove_signal_handler, signal.SIGINT)
        if keys:
            stack.enter_context(keys.raw_mode())
            stack.enter_context(keys.attach(lambda: _sort(keys, pressed)))
        yield


def _sort(keys: Input, pressed: Callable[[], None]) -> None:
    """Ctrl-C acts now, and forgets what was typed before it; all else waits for the next prompt."""
    for press in keys.read_keys():
        if press.key == Keys.ControlC:
            clear_typeahead(keys)
            pressed()
        elif press.key != Keys.CPRResponse:
            store_typeahead(keys, [press])


def above_prompt(words: str, out: TextIO) -> None:
    """Write them; if a prompt stands there, it is drawn anew below them."""
    write = partial(print, words, file=out, flush=True)
    if get_app_or_none() is None:
        write()
    else:
        run_in_terminal(write)


# ── A terminal ────────────────────────────────────────────────────────────────────────────────────


class KeyPrompt:
    """`commands` are (name without slash, what it does); `leave_hint` is said before Ctrl-C leaves."""

    def __init__(
        self,
        keys: Input,
        out: TextIO,
        *,
        commands: Sequence[tuple[str, str]],
        history: Path | None,
        secret: Callable[[str], bool] = lambda _: False,
        leave_hint: str,
    ) -> None:
        self._leave_hint = leave_hint
        self._leaving = False
        self._session: PromptSession[str] = PromptSession(
            PROMPT,
            input=keys,
            output=create_output(out),
            prompt_continuation=" " * len(PROMPT),
            placeholder=self._placeholder,
            history=FileHistory(history, secret) if history else InMemoryHistory(),
            completer=_Commands(commands),
            complete_while_typing=False,
            key_bindings=self._bindings(),
        )
        self._session.default_buffer.on_text_changed += lambda _: self._stay()

    async def read(self, draft: str) -> str | None:
        self._stay()
        try:
            return await self._session.prompt_async(default=draft, set_exception_handler=False)
        except EOFError:
            return None

    def _stay(self) -> None:
        self._leaving = False

    def _placeholder(self) -> StyleAndTextTuples:
        return [("fg:ansibrightblack", self._leave_hint if self._leaving else "")]

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()

        @bindings.add("escape", "enter")
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        @bindings.add("c-c", filter=~is_searching)
        @bindings.add(Keys.SIGINT)
        def _(event: KeyPressEvent) -> None:
            if event.current_buffer.text:
                event.current_buffer.reset()
            elif self._leaving:
                self._stay()  # the hint is not to be the last that stands there
                event.app.exit(exception=EOFError())
            else:
                self._leaving = True

        return bindings


class _Commands(Completer):
    def __init__(self, commands: Sequence[tuple[str, str]]) -> None:
        self._commands = commands

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        for name, about in self._commands:
            if typed and f"/{name}".startswith(typed):
                yield Completion(f"/{name}", start_position=-len(typed), display_meta=about)


class FileHistory(History):
    """What was written, for the arrow keys: one JSON string a line, in a file for its owner alone.

    Private questions, and what is `secret`, are remembered by this run only. A file that cannot be written is
    done without.
    """

    def __init__(self, path: Path, secret: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self._path = path
        self._secret = secret

    def load_history_strings(self) -> Iterable[str]:
        """Newest first."""
        with suppress(OSError):
            lines = self._path.read_text("ascii", "replace").splitlines()
            if len(lines) > 2 * HISTORY_LINES_MAX:
                self._write(lines[-HISTORY_LINES_MAX:], os.O_TRUNC)
            for line in reversed(lines[-HISTORY_LINES_MAX:]):
                with suppress(ValueError):
                    yield str(json.loads(line))

    def store_string(self, string: str) -> None:
        private = string.lstrip().lower().startswith(PRIVATE)
        if private or len(string) > HISTORY_CHARS_MAX or self._secret(string):
            return
        with suppress(OSError):
            self._write([json.dumps(string)], os.O_APPEND)

    def _write(self, lines: Sequence[str], how: int) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        with open(file, "w", encoding="ascii") as history:
            os.fchmod(file, 0o600)
            history.writelines(f"{line}\n" for line in lines)


# ── Plain lines ───────────────────────────────────────────────────────────────────────────────────


class LinePrompt:
    """Reads in a thread: a blocking read cannot be cancelled, and must not keep the program from
    ending. `asking` is where a prompt is written, if a person is there to see it."""

    def __init__(self, stdin: TextIO, asking: TextIO | None, leave_hint: str) -> None:
        self._stdin = stdin
        self._asking = asking
        self._leave_hint = leave_hint
        self._read_so_far = b""
        self._reading: asyncio.Future[bytes] | None = None

    async def read(self, draft: str) -> str | None:
        for hint in (self._leave_hint, None):
            self._say(PROMPT)
            line = await self._line_or_interrupt()
            if line:
                return line.decode("utf-8", "replace").rstrip("\r\n")
            if line is not None:
                break
            self._say(f"\n{hint}\n" if hint else "")
        self._say("\n")
        return None

    def _say(self, words: str) -> None:
        if self._asking:
            print(words, end="", file=self._asking, flush=True)

    async def _line_or_interrupt(self) -> bytes | None:
        """The next line with its end, empty if there is none any more. None: Ctrl-C came first, and the
        line is still to come."""
        if self._reading is None:
            loop = asyncio.get_running_loop()
            self._reading = loop.create_future()
            Thread(target=self._read, args=(loop, self._reading), daemon=True).start()
        news = asyncio.Event()
        self._reading.add_done_callback(lambda _: news.set())
        with interrupts(None, news.set):
            await news.wait()
        if not self._reading.done():
            return None
        line, self._reading = self._reading.result(), None
        return line

    def _read(self, loop: asyncio.AbstractEventLoop, reading: asyncio.Future[bytes]) -> None:
        chunk = b"more"
        while chunk and b"\n" not in self._read_so_far and len(self._read_so_far) < LINE_BYTES_MAX:
            try:
                chunk = os.read(self._stdin.fileno(), 65536)
            except OSError:
                chunk = b""
            self._read_so_far += chunk
        line, end, self._read_so_far = self._read_so_far.partition(b"\n")
        with suppress(RuntimeError):  # the loop has ended without waiting for this line
            loop.call_soon_threadsafe(_settle, reading, line + end)


def _settle(reading: "asyncio.Future[bytes]", line: bytes) -> None:
    if not reading.done():
        reading.set_result(line)
