"""An answer as posts on Telegram: cut where it is too long for one, and mended while it is unfinished.

    Markdown ─► pieces, each short enough for one post ─► formatted (adapters/telegram_format.py) ─► parts

It is the Markdown that is cut, not the formatted text: each cut depends on nothing but what stands before
it and a little after, so a part, once there is another one behind it, never changes again, however much
text follows. A block of code that a cut goes through is closed and opened again with its language; so is
what was bold, where a paragraph is too long for one post. What stands in one piece alone (a table's head)
counts there alone. The last piece of a preview is mended: what is half written does not show as garbage.
"""

from functools import lru_cache

from adapters.telegram_format import Formatted, formatted, sendable
from core.markdown import INVISIBLE, mended, pieces
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


def render(markdown: str, final: bool) -> list[Part]:
    """The whole text as parts. Every part but the last is finished; the last is if `final` says so."""
    *sealed, last = pieces(sendable(markdown).rstrip(), PIECE_MAX)
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
    return tuple(text for half in pieces(piece, size // 2) for text in _fitting(half, size // 2))


def _preview(piece: str) -> Formatted:
    text = formatted(mended(piece))
    return text if text.length <= TEXT_MAX else Formatted(piece.strip("\n").rstrip())
