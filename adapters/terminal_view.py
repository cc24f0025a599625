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
from typing import Protocol, TextIO

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import Markdown, TableElement
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

SPINNER, SPINNER_ASCII = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"

PARSED_CHARS_MAX = 50_000
"""So much is searched for finished blocks at once; a longer block is printed at the end."""
LIVE_CHARS_MAX = 10_000
"""So much of an unfinished block is drawn: more than a screen holds."""
WIDTH_MIN = 20
"""Narrower than this Markdown is not laid out; and neither where nesting leaves less than this."""

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_WRAP_OFF, _WRAP_ON = "\x1b[?7l", "\x1b[?7h"
_ERASE_LINE, _ERASE_BELOW = "\x1b[2K", "\x1b[J"

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")


class View(Protocol):
    """Where answers stand. Raises OSError when it is gone."""

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


class _Drawing(Markdown):
    elements = {**Markdown.elements, "table_open": _Table}  # noqa: RUF012 # rich's own attribute


def _parser() -> MarkdownIt:
    """Without HTML, images and link definitions, which rich does not show: then they are text."""
    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).disable(
        ["reference", "image"]
    )  # fmt: skip


_WHOLE = _parser()
_BLOCKS = _parser()
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])


def finished(markdown: str) -> int:
    """How many characters of a growing text belong to blocks that cannot change any more."""
    tokens = _BLOCKS.parse(markdown[:PARSED_CHARS_MAX])
    first_lines = [token.map[0] for token in tokens if token.level == 0 and token.map]
    if len(first_lines) < 2:
        return 0
    return sum(len(line) + 1 for line in markdown.split("\n", first_lines[-1])[:-1])


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


class LiveView:
    """On a terminal that can move its cursor. `hint` stands in the status line, behind the note."""

    def __init__(self, out: TextIO, hint: str) -> None:
        self._out = out
        self._hint = hint
        self._console = Console(file=out, force_terminal=True, highlight=False)
        self._spinner = SPINNER_ASCII if self._console.options.ascii_only else SPINNER
        self._frame = 0
        self._note = ""
        self._text = ""
        self._printed = ""
        """The part of the text that stands above the live lines for good."""
        self._live: list[str] = []
        self._height = 0
        """How many rows the cursor is below the first live line."""

    def say(self, words: str) -> None:
        self._draw(self._lines(Text(clean(words), style="dim")), self._live)

    def note(self, words: str) -> None:
        self._note = clean(words)

    def show(self, markdown: str, final: bool) -> None:
        self._text = clean(markdown)
        printing: list[str] = []
        if not self._text.startswith(self._printed):
            printing = [*self._lines(Rule(style="dim")), ""]
            self._printed = ""
        rest = self._text[len(self._printed) :]
        done = len(rest) if final else finished(rest)
        if rest[:done].strip():
            printing += [*self._markdown(rest[:done]), ""]
        self._printed += rest[:done]
        self._draw(printing, [] if final else self._unfinished())
        if final:
            self._text = self._printed = ""

    def drop(self) -> None:
        self._text = self._printed = ""
        self._draw([], [])

    def tick(self) -> None:
        self._frame += 1
        if os.get_terminal_size(self._out.fileno()) != self._console.size:
            self._draw([], self._unfinished())
        else:
            self._out.write(f"\r{_ERASE_LINE}{self._status()}")
            self._out.flush()

    def rest(self) -> None:
        self._note = ""
        if self._text:
            return self.show(self._text, final=True)
        self._draw([], [])
        return None

    # ── Drawing ───────────────────────────────────────────────────────────────────────────────────

    def _draw(self, printed: list[str], live: list[str]) -> None:
        """Replace the live lines by lines that stay and new live lines, in one write.

        Lines that stay may wrap; a live line may not, or going back up would miss its mark.
        """
