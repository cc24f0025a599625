"""How an answer that grows looks in a terminal: finished blocks are printed once, the rest is redrawn.

    › What is a tide?

    The sea rises and falls …          printed for good: these lines may scroll away
    ## Why                             the last block: may still change, so it is live
    ⠙ Alpha is answering · Ctrl-C stops   the status line

Only the live lines are ever drawn over, and never more of them than the screen has rows; so a long
answer leaves each of its lines in the scrollback once. A block is finished when another one begins
behind it. If the text turns out not to begin with what is printed already (another node took over), a
rule is drawn and the answer starts again below: two texts are never spliced.

Markdown is drawn so that nothing is lost: HTML, images and link addresses stand as text. Control
characters do not reach the terminal: a model's words must not be able to command it.

`LiveView` needs a terminal that can move its cursor; `PlainView` prints whole answers, for pipes and
terminals that cannot. Neither knows whose answer it is or when to ask for the next line.
"""

import os
import re
import time
from collections.abc import Callable
from io import TextIOWrapper
from itertools import cycle, pairwise
from typing import ClassVar, Protocol, TextIO

from markdown_it import MarkdownIt
from rich.console import (
    Console,
    ConsoleDimensions,
    ConsoleOptions,
    JustifyMethod,
    RenderableType,
    RenderResult,
)
from rich.markdown import Heading, Markdown, MarkdownElement, TableElement
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

SPINNER, SPINNER_ASCII = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"

PARSED_CHARS_MAX = 50_000
"""So much is searched for finished blocks at once; a longer block is printed at the end."""
LIVE_CHARS_MAX = 10_000
"""So much of an unfinished block is drawn: more than a screen holds."""
REST_PER_DRAWING = 3
"""After each drawing so many times as long nothing is drawn: the model may need the same processor."""
TEXT_WIDTH_MIN = 8
"""Where the terminal and nested lists leave less room than this, Markdown stands as it was written."""
CELL_WIDTH_MIN = 6
"""A table with less room for each column stands as one cell a line."""
DEPTH_MAX = 16
"""The parser itself leaves out what is nested deeper than 20."""

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_WRAP_OFF, _WRAP_ON = "\x1b[?7l", "\x1b[?7h"
_ERASE_LINE, _ERASE_BELOW = "\x1b[2K", "\x1b[J"

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_STYLES = re.compile(r"\x1b\[[\d;]*m")
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")


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


def clean(text: str) -> str:
    """The text without anything a terminal would obey instead of showing it."""
    return _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n"))


# ── Markdown ──────────────────────────────────────────────────────────────────────────────────────


class _Table(TableElement):
    """A table that loses nothing: long words are broken where rich would cut them off, and where there
    is no room for columns, the cells stand below each other."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        header = [self.header.row] if self.header and self.header.row else []
        rows = [*header, *(self.body.rows if self.body else [])]
        if options.max_width < CELL_WIDTH_MIN * max(len(row.cells) for row in rows):
            for row in rows:
                yield from (cell.content for cell in row.cells)
                yield Text()
            return
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                for column in table.columns:
                    column.overflow = "fold"
            yield table


class _Heading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}
    """All on the left: rich would centre the first level."""


class _Drawing(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "table_open": _Table,
    }


def _parser() -> MarkdownIt:
    """Without HTML, images and link definitions, which rich does not show: then they are text."""
    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).disable(
        ["reference", "image"]
    )  # fmt: skip


_WHOLE = _parser()
_BLOCKS = _parser()
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])


def blocks(markdown: str) -> list[str]:
    """The text, cut wherever a block begins."""
    tokens = _BLOCKS.parse(markdown)
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map]
    lines = markdown.splitlines(keepends=True)
    bounds = [0, *starts[1:], len(lines)]
    return ["".join(lines[start:end]) for start, end in pairwise(bounds)]


def finished(markdown: str) -> list[str]:
    """Those blocks of a growing text that cannot change any more: another one follows. What a line
    begins is known only when the line is whole: `---` may become `--- or so`."""
    whole_lines = markdown[:PARSED_CHARS_MAX].rpartition("\n")[0]
    return blocks(whole_lines)[:-1]


def _tail(markdown: str, lines_max: int) -> str:
    """The end of an unfinished block: as much as could be visible, still inside its code fence."""
    lines = markdown[-LIVE_CHARS_MAX:].split("\n")[-lines_max:]
    tail = "\n".join(lines)
    fence = _FENCE.match(markdown)
    if fence and len(tail) < len(markdown):
        opening = markdown.split("\n", 1)[0]
        return f"{opening}\n{tail}"
    return tail


def _drawing(markdown: str, width: int) -> RenderableType:
    drawing = _Drawing("", code_theme="ansi_dark", hyperlinks=False)
    drawing.parsed = _WHOLE.parse(markdown)
    depth = max((token.level for token in drawing.parsed), default=0)
    if depth > DEPTH_MAX or width < TEXT_WIDTH_MIN + 4 * depth:
        return Text(markdown)
    return drawing


# ── The two views ─────────────────────────────────────────────────────────────────────────────────


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
        self._draw([*self._lines(Text(clean(words), style="dim")), ""], self._unfinished())

    def note(self, words: str) -> None:
        self._note = clean(words)

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
            printing = [*self._lines(Rule(style="dim")), ""]
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
        return self._lines(line)[0]

    def _unfinished(self) -> list[str]:
        """The live lines: the last block, no more of it than fits above the status line."""
        room = self._console.height - 3
        block = _tail(self._text[len(self._printed) :], 2 * room)
        return [*self._block(block)[-room:], ""] if room > 0 and block.strip() else []

    def _block(self, markdown: str) -> list[str]:
        """Without the padding that rich puts around: it would be copied along, and wrap when the window
        gets narrower."""
        lines = [line.rstrip(" ") for line in self._lines(_drawing(markdown, self._console.width))]
        visible = [number for number, line in enumerate(lines) if _STYLES.sub("", line).strip()]
        return lines[visible[0] : visible[-1] + 1] if visible else []

    def _lines(self, drawing: RenderableType) -> list[str]:
        with self._console.capture() as captured:
            self._console.print(drawing)
        return captured.get().rstrip("\n").split("\n")


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
