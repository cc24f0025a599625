"""An answer as posts on Telegram: cut where it is too long for one, and mended while it is unfinished.

    Markdown ─► pieces, each short enough for one post ─► formatted (adapters/telegram_format.py) ─► parts

It is the Markdown that is cut, not the formatted text: each cut depends on nothing but what stands before
it and a little after, so a part, once there is another one behind it, never changes again, however much
text follows. A block of code that a cut goes through is closed and opened again with its language; so is
what was bold, where a paragraph is too long for one post. What stands in one piece alone (a table's head)
counts there alone. The last piece of a preview is mended: what is half written does not show as garbage.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from telegramify_markdown import utf16_len

from adapters.telegram_format import Formatted, formatted, well_formed
from core.types import Part

TEXT_MAX = 4096
"""UTF-16 code units in one post, after formatting (Bot API, `sendMessage`)."""
PIECE_MAX = 4000
"""UTF-16 code units of Markdown for one post; below `TEXT_MAX`, for signs that are longer than what they
stand for."""
PIECE_MIN = 400
"""A piece this small whose formatted text is still too long is not worth the trouble: it stays plain."""
NOTHING = "…"
"""Telegram refuses a post in which nothing can be seen."""
MARKS_MAX = 4
"""More kinds of emphasis than this are not open at once: it is no emphasis."""

FENCE = re.compile(r"^[ \t>]*(?:[-*+] |\d+[.)] )?(?P<marker>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
BLANK_LINE = re.compile(r"\n[ \t]*\n")
SENTENCE_END = re.compile(r"[.!?…][\"')\]*_]*\s|[。！？]")
BLOCK_START = re.compile(r"(?:^|\n)[ \t]*(?:\n|[-*+>|] |\d+[.)] |#{1,6} )")
MARK = re.compile(r"\\.|`+|\*+|_+|~~|\|\|", re.DOTALL)

HALF_FENCE = re.compile(r"\n[ \t]*(?:`{1,2}|~{1,2})$")
HALF_LINE = re.compile(r"(?:^|\n)[-=+*#>|_~`: \t]+$")
HALF_LINK = re.compile(r"!?\[(?P<words>[^\[\]`\n]*)(?:\]\([^)\s]*)?$")
INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]*"
)


def render(markdown: str, final: bool) -> list[Part]:
    """The whole text as parts. Every part but the last is finished; the last is if `final` says so."""
    *sealed, last = _pieces(well_formed(markdown).rstrip(), PIECE_MAX)
    shown = [text for piece in sealed for text in _fitting(piece, PIECE_MAX)]
    shown += _fitting(last, PIECE_MAX) if final else [_preview(last)]
    shown = [text for text in shown if not INVISIBLE.fullmatch(text.text)] or [Formatted(NOTHING)]
    finished = [True] * (len(shown) - 1) + [final]
    return [Part(one.text, end, one.entities) for one, end in zip(shown, finished, strict=True)]


@lru_cache(maxsize=64)
def _fitting(piece: str, size: int) -> tuple[Formatted, ...]:
    """The piece, formatted. A table can be longer than its Markdown: then it is cut once more."""
    text = formatted(piece)
    if text.length <= TEXT_MAX:
        return (text,)
    if size <= PIECE_MIN:
        return (Formatted(piece.strip("\n").rstrip()),)
    return tuple(text for half in _pieces(piece, size // 2) for text in _fitting(half, size // 2))


def _preview(piece: str) -> Formatted:
    text = formatted(mended(piece))
    return text if text.length <= TEXT_MAX else Formatted(piece.strip("\n").rstrip())


# ── Cutting ───────────────────────────────────────────────────────────────────────────────────────


def _pieces(text: str, size: int) -> Iterator[str]:
    """The text, cut so that each piece has at most about `size` UTF-16 units. Where a cut falls, only
    the `size` units before it decide; that one falls, only that there are more."""
    while len(window := _window(text, size)) < len(text):
        cut = _cut(window)
        piece, rest = text[:cut].rstrip(), text[cut:].lstrip("\n")
        if fence := _open_fence(piece):
            rest = f"{fence}\n{rest}"
        elif not BLANK_LINE.search(text[len(piece) : cut]):
            marks = _open_marks(piece)
            piece, rest = piece + "".join(reversed(marks)), "".join(marks) + rest.lstrip()
        yield piece
        text = rest
    yield text


def _window(text: str, size: int) -> str:
    window = text[:size]
    if utf16_len(window) > size:
        window = window.encode("utf-16-le")[: 2 * size].decode("utf-16-le", "ignore")
    return window


def _cut(window: str) -> int:
    """Where to end a piece: after the last paragraph outside of code, else after a line, a sentence, a
    word; but not so early that the piece would be very short."""
    earliest = len(window) // 3
    code = list(_fenced(window))
    paragraphs = [
        blank.end()
        for blank in BLANK_LINE.finditer(window)
        if not any(start < blank.end() <= end for start, end, _ in code)
    ]
    places = (
        max(paragraphs, default=0),
        window.rfind("\n") + 1,
        max((sentence.end() for sentence in SENTENCE_END.finditer(window)), default=0),
        window.rfind(" ") + 1,
    )
    return next((place for place in places if place > earliest), len(window))


def _fenced(text: str) -> Iterator[tuple[int, int, str]]:
    """Start and end of every block of code, and what opens it again; an open one ends after the text."""
    opened, start, again = "", 0, ""
    for fence in FENCE.finditer(text):
        marker, info = fence["marker"], fence["info"].strip()
        if not opened and not (marker[0] == "`" and "`" in info):
            language = info.split()[0][:30] if info else ""
            opened, start, again = marker, fence.start(), marker[:10] + language
        elif opened and marker.startswith(opened) and not info:
            yield start, fence.end(), again
            opened = ""
    if opened:
        yield start, len(text) + 1, again


def _open_fence(text: str) -> str | None:
    """What opens the block of code again in which the text ends, if it does."""
    *_, (_, end, again) = (0, 0, ""), *_fenced(text)
    return again if end > len(text) else None


# ── What is half written ──────────────────────────────────────────────────────────────────────────


def mended(text: str) -> str:
    """Unfinished Markdown without what would show as garbage only because the rest is not there yet."""
    text = text.rstrip()
    if _open_fence(text):
        return HALF_FENCE.sub("", text)
    text = HALF_LINE.sub("", text).rstrip()
    start = _last_block(text)
    block = HALF_LINK.sub(r"\g<words>", text[start:]).rstrip("*_~`| \n")
    return text[:start] + block + "".join(reversed(_open_marks(block)))


def _last_block(text: str) -> int:
    """Where the last paragraph, list item or heading starts: emphasis does not reach further back."""
    start = 0
    for block in BLOCK_START.finditer(text):
        start = block.end()
    return start


def _open_marks(text: str) -> list[str]:
    """What is open at the end: `**`, a single `_`, the backtick of code …, the outermost first."""
    opened: list[str] = []
    code = ""
    text = text[_last_block(text) :]
    for found in MARK.finditer(text):
        mark, start, end = found[0], found.start(), found.end()
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        if code or mark[0] == "`":
            code = "" if mark == code else code or mark
        elif mark[0] != "\\":
            if before.strip():
                mark = _closed(opened, mark)
            if mark and after.strip() and not before.isalnum():
                opened.append(mark[:3])
    opened += [code] if code else []
    return opened if len(opened) <= MARKS_MAX else []


def _closed(opened: list[str], mark: str) -> str:
    """Close what this run of marks closes; what is left of it may open something."""
    while mark:
        fits = [at for at, one in enumerate(opened) if mark.startswith(one)]
        if not fits:
            break
        mark = mark[len(opened[fits[-1]]) :]
        del opened[fits[-1] :]
    return mark
