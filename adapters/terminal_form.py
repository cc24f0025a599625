"""Asking a person at the terminal a few questions, one after the other: for setting up, not for chatting.

What is pasted may have several lines, and is still one answer. A secret is shown as stars, so that one sees
that something has arrived, and is remembered by no history.
"""

import shutil
import sys
import textwrap

from prompt_toolkit import PromptSession
from prompt_toolkit.history import DummyHistory


class TerminalForm:
    """`ask` raises EOFError or KeyboardInterrupt if the person leaves."""

    def tell(self, text: str) -> None:
        width = shutil.get_terminal_size().columns
        for line in text.split("\n"):
            sys.stdout.write(f"{_fitted(line, width)}\n")
        sys.stdout.flush()

    async def ask(self, question: str, *, secret: bool = False) -> str:
        session: PromptSession[str] = PromptSession(
            f"{question}: ", is_password=secret, history=DummyHistory()
        )
        return (await session.prompt_async()).strip()


def _fitted(line: str, width: int) -> str:
    """Broken between words only: a link stays in one piece. A picture of a code fits anyway."""
    if len(line) < width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line, width - 1, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
