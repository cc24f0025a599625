"""How far what stands in a chat lags behind what the model has said. Plain functions over what was noted.

A piece of an answer is shown when, for the first time, the posts of the chat read together hold the answer
up to and with this piece. What is compared is letters and digits alone: Markdown that became formatting, a
fence closed for a preview, and a cut between two posts do not count as differences, and a piece that is
nothing but spaces is not looked at. The mean lag is that of all other pieces; one that was never shown lags
until one stopped looking.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean
from typing import Protocol

OTHER = re.compile(r"[\W_]+")


class Post(Protocol):
    """One of a stand-in's."""

    text: str
    shown: list[tuple[float, str]]
    """Every text it ever showed, and since when."""
    deleted_at: float | None


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    left_at: float
    """When it left the model."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be read in the chat from this moment on."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Lag:
    """In seconds."""

    first_s: float
    """From the first piece's leaving the model to the first text in the chat."""
    mean_s: float
    """From a piece's leaving to its being shown."""
    longest_s: float
    last_s: float
    """From the last piece's leaving to its being shown."""
    unseen: int
    """Pieces that were never shown."""


def lag(pieces: Sequence[Piece], sights: Iterable[Sight], until: float) -> Lag | None:
    """`sights` in order of time; one looked until `until`. None if there was nothing to be shown."""
    pieces = [piece for piece in pieces if letters(piece.text)]
    if not pieces:
        return None
    ends = list(accumulate(len(letters(piece.text)) for piece in pieces))
    whole = letters("".join(piece.text for piece in pieces))
    shown_at: list[float] = []
    for sight in sights:
        read = _length_in_common(whole, letters(sight.text))
        while len(shown_at) < len(pieces) and ends[len(shown_at)] <= read:
            shown_at.append(sight.at)
    unseen = len(pieces) - len(shown_at)
    shown_at += [until] * unseen
    lags_s = [at - piece.left_at for at, piece in zip(shown_at, pieces, strict=True)]
    return Lag(lags_s[0], fmean(lags_s), max(lags_s), lags_s[-1], unseen)


def sights(posts: Sequence[Post]) -> Iterator[Sight]:
    """What these posts showed together, after each change of one of them."""
    changes = [(at, number, text) for number, post in enumerate(posts) for at, text in post.shown]
    changes += [
        (post.deleted_at, number, "") for number, post in enumerate(posts) if post.deleted_at is not None
    ]
    texts = [""] * len(posts)
    for at, number, text in sorted(changes):
        texts[number] = text
        yield Sight(at, "\n".join(texts))


def letters(text: str) -> str:
    return OTHER.sub("", text)


def _length_in_common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
