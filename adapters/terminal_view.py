"""How an answer that grows looks in a terminal: finished blocks are printed once, the rest is redrawn.

    › What is a tide?

    The sea rises and falls …             finished: printed for good, may scroll away
    ## Why                                the last block: may still change, so it is live
    ⠙ Alpha is answering · Ctrl-C stops   the status line

Only the live lines are ever drawn over, and there are never more of them than the screen has rows; so
even a long answer leaves each of its lines in the scrollback once. If a text turns out not to begin with
what is printed already (another node took over), a rule is drawn and it starts again below: two texts
are never spliced.

`LiveView` needs a terminal that can move its cursor; `PlainView` writes whole answers, for pipes and
terminals that cannot. Neither knows whose answer it is, or when to ask for the next line.
"""

import os
import time
from collections.abc import Callable
from io import TextIOWrapper
from itertools import cycle
from typing import Protocol, TextIO

from rich.console import Console, ConsoleDimensions
from rich.rule import Rule
from rich.text import Text

from adapters.terminal_text import blocks, clean, drawing, finished, lines_of, tail

SPINNER, SPINNER_ASCII = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
REST_PER_DRAWING = 3
"""After each drawing so many times as long nothing is drawn: the model may need the same processor."""

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_WRAP_OFF, _WRAP_ON = "\x1b[?7l", "\x1b[?7h"
_ERASE_LINE, _ERASE_BELOW = "\x1b[2K", "\x1b[J"


class View(Protocol):
    """Where answers stand."""

    gone: bool
    """The terminal or the pipe was closed: nobody sees this any more."""

    def say(self, words: str) -> None:
        """One quiet line of the program's own."""

    def note(self, words: str) -> None:
        """What the status line says from now on."""

    def show(self, markdown: str, final: bool) -> None:
        """The whole text so far of the answer that grows; `final` ends it."""

    def drop(self) -> None:
        """The answer that grows will not be finished: what is not printed yet goes away."""

    def tick(self) -> None:
        """Time passes: draw the status line, adapt to a new size."""

    def rest(self) -> None:
        """Nobody waits any more: no status line, and what was shown of an answer stays."""


def open_view(out: TextIO, notes: TextIO | None, hint: str) -> "LiveView | PlainView":
    """The view that suits `out`; `notes` is for a plain one, `hint` for a live one."""
    console = Console(file=out)
    if out.isatty() and not console.is_dumb_terminal and not console.legacy_windows:
        return LiveView(out, hint)
    return PlainView(out, notes)


class _Writing:
    """Writes until nobody reads any more."""

    def __init__(self, out: TextIO) -> None:
        if isinstance(out, TextIOWrapper):
            out.reconfigure(errors="replace")  # a terminal that knows ASCII only is still a terminal
        self._out = out
        self.gone = False

    def write(self, *pieces: str) -> None:
        if self.gone:
            return
        try:
            self._out.write("".join(pieces))
            self._out.flush()
        except OSError:
            self._lose()

    def _lose(self) -> None:
        """What is left in the buffer would be written when Python ends, and fail once more."""
        self.gone = True
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self._out.fileno())


class LiveView(_Writing):
    """On a terminal that can move its cursor. `hint` stands in the status line, behind the note."""

    def __init__(self, out: TextIO, hint: str, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(out)
        self._clock = clock
        self._hint = hint
        self._console = Console(file=out, force_terminal=True, highlight=False)
        self._spinner = cycle(SPINNER_ASCII if self._console.options.ascii_only else SPINNER)
        self._waiting = False
        self._note = ""
        self._text = ""
        self._printed = ""
        """The beginning of the text that is printed for good."""
        self._drawn = True
        """What is on the screen is the newest text."""
        self._resting_until = 0.0
        self._live_rows = 0
        """How many rows the cursor is below the first live line."""

    def say(self, words: str) -> None:
        self._measure()
        self._draw([*lines_of(self._console, Text(clean(words), style="dim")), ""], self._unfinished())

    def note(self, words: str) -> None:
        self._note = " ".join(clean(words).split())

    def show(self, markdown: str, final: bool) -> None:
        self._text = clean(markdown)
        self._drawn = False
        if final or self._clock() >= self._resting_until:
            self._measure()
            self._redraw(final)
        if final:
            self._text = self._printed = ""

    def drop(self) -> None:
        self._text = self._printed = ""
        self._draw([], [])

    def tick(self) -> None:
        resized = self._measure()
        if not self._waiting:
            self._waiting = True
            self._draw([""], self._unfinished())
        elif resized or (not self._drawn and self._clock() >= self._resting_until):
            self._redraw()
        else:
            self.write("\r", _ERASE_LINE, self._status())

    def rest(self) -> None:
        self._waiting = False
        self._note = ""
        if self._text:
            self.show(self._text, final=True)
        else:
            self._draw([], [])

    # ── Drawing ───────────────────────────────────────────────────────────────────────────────────

    def _redraw(self, final: bool = False) -> None:
        """Print the blocks that are finished, and draw the rest live."""
        began = self._clock()
        printing: list[str] = []
        if not self._text.startswith(self._printed):
            printing = [*lines_of(self._console, Rule(style="dim")), ""]
            self._printed = ""
        rest = self._text[len(self._printed) :]
        for block in blocks(rest) if final else finished(rest):
            lines = self._block(block)
            printing += [*lines, ""] if lines else []
            self._printed += block
        self._draw(printing, self._unfinished())
        self._drawn = True
        ended = self._clock()
        self._resting_until = ended + (ended - began) * REST_PER_DRAWING

    def _draw(self, printed: list[str], live: list[str]) -> None:
        """Put lines that stay, and below them new live lines, in the place of the old live lines.

        One write, and each live line is erased only where it is drawn: nothing flickers. A line that
        stays may wrap; a live line may not, or the way back up would be longer than we know.
        """
        up = f"\x1b[{self._live_rows}A" if self._live_rows else ""
        self.write(
            _HIDE_CURSOR,
            "\r",
            up,
            _ERASE_BELOW if printed else "",
            *(f"{line}\n" for line in printed),
            _WRAP_OFF,
            *(f"{_ERASE_LINE}{line}\n" for line in live),
            _ERASE_LINE,
            self._status(),
            _ERASE_BELOW,
            _WRAP_ON,
            "" if self._waiting else _SHOW_CURSOR,
        )
        self._live_rows = len(live)

    def _measure(self) -> bool:
        """Take note of the terminal's size; has it changed?"""
        try:
            columns, rows = os.get_terminal_size(self._out.fileno())
        except OSError:
            self._lose()
            return False
        size = ConsoleDimensions(columns or 80, rows or 24)
        changed = size != self._console.size
        self._console.size = size
        return changed

    def _status(self) -> str:
        """Always shorter than a row: erasing behind it must not take its last character."""
        if not self._waiting:
            return ""
        words = " · ".join(filter(None, [self._note, self._hint]))
        line = Text(f"{next(self._spinner)} {words}", style="dim")
        line.truncate(max(1, self._console.width - 1), overflow="ellipsis")
        return "".join(lines_of(self._console, line))

    def _unfinished(self) -> list[str]:
        """The live lines: the last block, no more of it than fits above the status line."""
        room = self._console.height - 3
        block = tail(self._text[len(self._printed) :], 2 * room)
        return [*self._block(block)[-room:], ""] if room > 0 and block.strip() else []

    def _block(self, markdown: str) -> list[str]:
        return lines_of(self._console, drawing(markdown, self._console.width))


class PlainView(_Writing):
    """Whole answers as plain text, and nothing else: what is in a pipe cannot be taken back. Notes and
    quiet lines go to `notes`, where a person looks on."""

    def __init__(self, out: TextIO, notes: TextIO | None) -> None:
        super().__init__(out)
        self._notes = _Writing(notes) if notes else None
        self._noted = ""
        self._between = ""

    def say(self, words: str) -> None:
        if self._notes:
            self._notes.write(clean(words), "\n")

    def note(self, words: str) -> None:
        if words and words != self._noted:
            self.say(words)
        self._noted = words

    def show(self, markdown: str, final: bool) -> None:
        if final:
            self.write(self._between, clean(markdown), "\n")
            self._between = "\n"

    def drop(self) -> None:
        """Nothing of it is written yet."""

    def tick(self) -> None:
        """Nothing moves here."""

    def rest(self) -> None:
        self._noted = ""
