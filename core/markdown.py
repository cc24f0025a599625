"""Markdown, as plain text: where to cut it when it is too long for one post, and how to mend it while it is
unfinished. The same for every platform that shows Markdown.

    text ─► pieces(text, size)          the last piece of a preview ─► mended(piece)

Each cut depends on nothing but what stands before it and a little after, so a piece, once there is another
one behind it, never changes again, however much text follows. A block of code that a cut goes through is
opened again with its language in the next piece, and whoever shows the first one closes it there; what was
bold is closed and opened again, where a paragraph is too long for one post.
What a platform makes of the Markdown is not known here. Sizes count UTF-16 units: no platform counts more.
"""

import re
from collections.abc import Iterator

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


def utf16_len(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


# ── Cutting ───────────────────────────────────────────────────────────────────────────────────────


def pieces(text: str, size: int) -> Iterator[str]:
    """The text, cut so that each piece has at most about `size` UTF-16 units. Where a cut falls, only
    the `size` units before it decide; that one falls, only that there are more."""
    while len(window := _window(text, size)) < len(text):
        cut = _cut(window)
        piece, rest = text[:cut].rstrip(), text[cut:].lstrip("\n")
        if fence := open_fence(piece):
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
    code = list(fenced(window))
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


def fenced(text: str) -> Iterator[tuple[int, int, str]]:
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


def open_fence(text: str) -> str | None:
    """What opens the block of code again in which the text ends, if it does."""
    *_, (_, end, again) = (0, 0, ""), *fenced(text)
    return again if end > len(text) else None


# ── What is half written ──────────────────────────────────────────────────────────────────────────


def mended(text: str) -> str:
    """Unfinished Markdown without what would show as garbage only because the rest is not there yet."""
    text = text.rstrip()
    if open_fence(text):
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
