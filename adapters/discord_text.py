"""An answer as posts on Discord: cut where it is too long for one, and mended while it is unfinished.

    Markdown ─► pieces, each short enough for one post (core/markdown.py) ─► as Discord shows it ─► parts

Discord reads Markdown itself, so most of it goes out as it is. What Discord does not know is put so that it
is readable: a table becomes a block of code with straight columns, a deep heading a bold line, a picture
its link. Each piece is looked at alone, so a part, once there is another one behind it, never changes again.
"""

import re
from functools import lru_cache
from itertools import zip_longest

from core.markdown import INVISIBLE, fenced, mended, pieces, utf16_len
from core.types import Part
from core.words import storable

TEXT_MAX = 2000
"""Characters in one post (Discord API, "Create Message"). Counted here in UTF-16 units, which are never
fewer."""
PIECE_MAX = 1900
"""Of Markdown for one post; below `TEXT_MAX`, for what is longer than what it stands for."""
PIECE_MIN = 400
"""A piece this small that is still too long as Discord shows it stays as it is."""
NOTHING = "…"
"""Discord refuses a post in which nothing can be seen."""
COLUMNS_MAX = 20

DEEP_HEADING = re.compile(r"^ {0,3}#{4,6}[ \t]+(?P<words>.*?)[ \t#]*$", re.MULTILINE)
RULE = re.compile(r"^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$", re.MULTILINE)
PICTURE = re.compile(r"!(?=\[[^\[\]\n]+\]\([^()\s]+\))")
TABLE = re.compile(r"(?:^[ \t]*\|[^\n]*\|[ \t]*(?:\n|\Z)){2,}", re.MULTILINE)
DELIMITERS = re.compile(r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*")
TILDES = re.compile(r"(?<=\A)~{3,}|~{3,}(?=\Z)")
CELL_END = re.compile(r"(?<!\\)\|")


def render(markdown: str, final: bool) -> list[Part]:
    """The whole text as parts. Every part but the last is finished; the last is if `final` says so."""
    *sealed, last = pieces(storable(markdown).rstrip(), PIECE_MAX)
    texts = [text for piece in sealed for text in _fitting(piece, PIECE_MAX)]
    texts += _fitting(last, PIECE_MAX) if final else [_preview(last)]
    texts = [text for text in texts if not INVISIBLE.fullmatch(text)] or [NOTHING]
    finished = [True] * (len(texts) - 1) + [final]
    return [Part(text, end) for text, end in zip(texts, finished, strict=True)]


@lru_cache(maxsize=64)
def _fitting(piece: str, size: int) -> tuple[str, ...]:
    """The piece as Discord shows it. A table can be longer than its Markdown: then it is cut once more."""
    text = _shown(piece)
    if utf16_len(text) <= TEXT_MAX:
        return (text,)
    if size <= PIECE_MIN:
        return (_trimmed(piece),)
    return tuple(text for half in pieces(piece, size // 2) for text in _fitting(half, size // 2))


def _preview(piece: str) -> str:
    """The last piece while it grows; where it is about to be two, as plain as it came."""
    text = _shown(mended(piece))
    return text if utf16_len(text) <= TEXT_MAX else _trimmed(piece)


def _trimmed(text: str) -> str:
    """Without the empty lines around it, which Discord does not show either."""
    return text.strip("\n").rstrip()


# ── What Discord does not know ────────────────────────────────────────────────────────────────────


def _shown(markdown: str) -> str:
    shown, last = "", 0
    for start, end, again in fenced(markdown):
        shown += _without_code(markdown[last:start]) + _code(markdown[start:end], again, end > len(markdown))
        last = end
    return _trimmed(shown + _without_code(markdown[last:]))


def _code(block: str, again: str, is_open: bool) -> str:
    """Closed, where its end is in another piece or not there yet; Discord knows no other fence than this."""
    marker = again[: len(again) - len(again.lstrip("`~"))]
    if is_open:
        block = f"{block.rstrip()}\n{marker}"
    if marker.startswith("~") and "```" not in block:
        block = TILDES.sub(lambda tildes: "`" * len(tildes[0]), block)
    return block


def _without_code(text: str) -> str:
    text = TABLE.sub(lambda table: _columns(table[0]), text)
    text = DEEP_HEADING.sub(lambda heading: _bold(heading["words"]), text)
    return PICTURE.sub("", RULE.sub("———", text))


def _bold(words: str) -> str:
    return words if not words or "**" in words else f"**{words}**"


def _columns(table: str) -> str:
    """The table with straight columns in a block of code; as it is, where it holds such a block's marks
    or is no table."""
    lines = table.strip("\n").split("\n")
    rows = [_cells(line) for line in lines if not DELIMITERS.fullmatch(line)]
    if "```" in table or not rows or max(map(len, rows)) > COLUMNS_MAX:
        return table
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    straight = "\n".join(_row(row, widths) for row in rows)
    return f"```\n{straight}\n```" + table[len(table.rstrip("\n")) :]


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in CELL_END.split(inner)]


def _row(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()
