"""Asking a person at the terminal a few questions, one after the other: for setting up, not for chatting.

What is pasted may have several lines, and is still one answer, also where the terminal hands them over as if
they had been typed. What is typed before a question stands there answers nothing, and is not shown: it may be
the rest of a key. A secret is shown as stars, so that one sees that something has arrived, and is remembered
by no history; a terminal that cannot draw (TERM=dumb) shows nothing of it.
"""

import shutil
import sys
import termios
import textwrap
from types import TracebackType
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input import create_input
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.output import create_output
from prompt_toolkit.utils import is_dumb_terminal

BLOCKS = frozenset("█▀▄ ")
"""What the picture of a link is made of."""
LOCAL_MODES = 3
"""Where `termios` keeps them."""


class TerminalForm:
    """To be used in a `with`, which keeps the terminal from showing what nobody asked for. `ask` raises
    EOFError or KeyboardInterrupt if the person leaves. `draws`: the terminal can move its cursor."""

    def __init__(
        self, stdin: TextIO | None = None, out: TextIO | None = None, *, draws: bool | None = None
    ) -> None:
        self._stdin, self._out = stdin or sys.stdin, out or sys.stdout
        self._draws = not is_dumb_terminal() if draws is None else draws

    def __enter__(self) -> "TerminalForm":
        self._before = termios.tcgetattr(self._stdin)
        self._show_typing(False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        termios.tcsetattr(self._stdin, termios.TCSADRAIN, self._before)

    def tell(self, text: str) -> None:
        width = shutil.get_terminal_size().columns
        for line in text.split("\n"):
            self._out.write(f"{_fitted(line, width)}\n")
        self._out.flush()

    async def ask(self, question: str, *, secret: bool = False) -> str:
        termios.tcflush(self._stdin, termios.TCIFLUSH)
        if not self._draws:
            return self._read_line(question, secret).strip()
        keys = create_input(self._stdin)
        session: PromptSession[str] = PromptSession(
            f"{question}: ",
            is_password=secret,
            history=DummyHistory(),
            enable_suspend=True,
            input=keys,
            output=create_output(self._out),
        )
        answer = await session.prompt_async()
        more = "".join(key.data for key in get_typeahead(keys))
        return f"{answer}\n{more}".strip()

    def _read_line(self, question: str, secret: bool) -> str:
        self._out.write(f"{question}: ")
        self._out.flush()
        self._show_typing(not secret)
        try:
            line = self._stdin.readline()
        finally:
            self._show_typing(False)
        if not line:
            raise EOFError
        return line

    def _show_typing(self, shown: bool) -> None:
        modes = termios.tcgetattr(self._stdin)
        modes[LOCAL_MODES] = (
            modes[LOCAL_MODES] | termios.ECHO if shown else modes[LOCAL_MODES] & ~termios.ECHO
        )
        termios.tcsetattr(self._stdin, termios.TCSADRAIN, modes)


def _fitted(line: str, width: int) -> str:
    """Broken between words only: a link stays in one piece, and so does a row of a picture."""
    if len(line) < width or BLOCKS.issuperset(line):
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line, width - 1, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
