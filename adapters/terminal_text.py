"""Markdown for a terminal: cut into blocks, and drawn so that nothing is lost.

HTML, images and link addresses stand as text; long words are broken, and not cut off; what there is no
room to lay out stands as it was written. Control characters do not get through: a model's words must not
be able to command the terminal. The drawing itself is rich's. Where the lines go is decided in
adapters/terminal_view.py.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement, TableElement
from rich.table import Table
from rich.text import Text

PARSED_CHARS_MAX = 50_000
"""So much is searched for finished blocks at once; a longer block is printed at the end."""
LIVE_CHARS_MAX = 10_000
"""So much of an unfinished block is drawn: more than a screen holds."""
TEXT_WIDTH_MIN = 8
"""Where the terminal and nested lists leave less room than this, Markdown stands as it was written."""
CELL_WIDTH_MIN = 6
"""A table with less room for each column stands as one cell a line."""
DEPTH_MAX = 16
"""The parser itself leaves out what is nested deeper than 20."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_STYLES = re.compile(r"\x1b\[[\d;]*m")
_INDENTING = ("list_item_open", "blockquote_open")
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")


def clean(text: str) -> str:
    """The text without anything a terminal would obey instead of showing it."""
    return _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n"))


# ── Blocks ────────────────────────────────────────────────────────────────────────────────────────


def _parser() -> MarkdownIt:
    """Without HTML, images and link definitions, which rich does not show: then they are text."""
    parser = MarkdownIt("commonmark", {"html": False})
    return parser.enable(["strikethrough", "table"]).disable(["reference", "image"])


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


def tail(markdown: str, lines_max: int) -> str:
    """The end of an unfinished block: as much as could be visible, still inside its code fence."""
    lines = markdown[-LIVE_CHARS_MAX:].split("\n")[-lines_max:]
    end = "\n".join(lines)
    if _FENCE.match(markdown) and len(end) < len(markdown):
        opening = markdown.partition("\n")[0]
        return f"{opening}\n{end}"
    return end


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────


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


def drawing(markdown: str, width: int) -> RenderableType:
    """One block, laid out for so many columns."""
    tokens = _WHOLE.parse(markdown)
    depth = max((token.level + 1 for token in tokens if token.type in _INDENTING), default=0)
    if depth > DEPTH_MAX or width < TEXT_WIDTH_MIN + 4 * depth or _loses_cells(tokens, markdown):
        return Text(markdown)
    drawn = _Drawing("", code_theme="ansi_dark", hyperlinks=False)
    drawn.parsed = tokens
    return drawn


def _loses_cells(tokens: Sequence[Token], markdown: str) -> bool:
    """Is this a table in which a row has more cells than the header (often a `|` in code)? Those would
    not be shown."""
    if not tokens or tokens[0].type != "table_open":
        return False
    shown = "".join(token.content for token in tokens if token.type == "inline")
    return _letters(shown) != _letters(markdown)


def _letters(text: str) -> list[str]:
    return [letter for letter in text if letter.isalnum()]


def lines_of(console: Console, drawn: RenderableType) -> list[str]:
    """What the console would print, in lines with their colours. The padding that rich puts around is
    taken off: it would be copied along, and wrap when the window gets narrower."""
    with console.capture() as captured:
        console.print(drawn)
    lines = [line.rstrip(" ") for line in captured.get().split("\n")]
    visible = [number for number, line in enumerate(lines) if _STYLES.sub("", line).strip()]
    return lines[visible[0] : visible[-1] + 1] if visible else []
