"""What of the pages a model is given to read: the passages that fit the question best, and fit the room.

    pages ─► chunks of at most 700 characters, cut between sentences ─► BM25 against the question
          ─► the best of the best pages, within a budget of tokens ─► in the order in which they stand

A page's title counts with each of its chunks, for a passage seldom repeats what the page
is about. Plain functions: nothing here waits.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language import sentences, terms
from core.turns import tokens
from core.web import Page, Passage, Source

CHUNK_CHARS_MAX = 700
CHUNK_CHARS_MIN = 60
"""Shorter ones are menus and captions, unless a page has nothing else."""
PAGE_CHARS_MAX = 30_000
"""So much of a page is looked through: a long article, and a few milliseconds of our time."""
PASSAGES_PER_SOURCE_MAX = 3
"""The rest of the room is for the other sources, which may say something else."""
CUT_TOKENS_MIN = 10
"""Less of a passage than this says nothing."""

K1, B = 1.2, 0.75
"""The usual weights of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009)."""


def chunks(text: str) -> list[str]:
    """The text in pieces of at most `CHUNK_CHARS_MAX`, cut between paragraphs where that can be, else
    between sentences, else between words."""
    made: list[str] = []
    held = ""
    for piece in _pieces(text[:PAGE_CHARS_MAX]):
        if held and len(held) + len(piece) > CHUNK_CHARS_MAX:
            made.append(held.strip())
            held = ""
        held += piece
    made.append(held.strip())
    whole = [chunk for chunk in made if len(chunk) >= CHUNK_CHARS_MIN]
    return whole or [chunk for chunk in made if chunk]


def _pieces(text: str) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        if len(line) <= CHUNK_CHARS_MAX // 2:
            yield line
            continue
        for sentence in sentences(line):
            while len(sentence) > CHUNK_CHARS_MAX:
                cut = sentence.rfind(" ", CHUNK_CHARS_MAX // 2, CHUNK_CHARS_MAX) + 1 or CHUNK_CHARS_MAX
                yield sentence[:cut]
                sentence = sentence[cut:]
            yield sentence


# ── The best of them ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Chunk:
    page: int
    place: int
    text: str
    score: float = 0.0


def scores(question: str, pages: Sequence[Page]) -> list[list[tuple[float, str]]]:
    """Of each page its chunks in order, each with how well it fits the question (0: not at all)."""
    cut = [chunks(page.text) for page in pages]
    counted = [[Counter(terms(chunk)) for chunk in of_page] for of_page in cut]
    titled = [set(terms(page.title)) for page in pages]
    wanted = set(terms(question))
    everything = [count for of_page in counted for count in of_page]
    length_mean = sum(count.total() for count in everything) / max(1, len(everything)) or 1.0
    weights = {}
    for word in wanted:
        having = sum(1 for count in everything if word in count)
        weights[word] = math.log(1 + (len(everything) - having + 0.5) / (having + 0.5))

    def score(count: Counter[str], title: set[str]) -> float:
        length = 1 - B + B * count.total() / length_mean
        total = 0.0
        for word, weight in weights.items():
            often = count[word] + 0.5 * (word in title)
            total += weight * often * (K1 + 1) / (often + K1 * length)
        return total

    return [
        [(score(count, title), chunk) for count, chunk in zip(counts, texts, strict=True)]
        for counts, texts, title in zip(counted, cut, titled, strict=True)
    ]


def choose(
    question: str,
    pages: Sequence[Page],
    *,
    room_tokens: int,
    passages_max: int = 6,
    sources_max: int = 3,
    pinned: int = 0,
) -> tuple[list[Source], list[Passage]]:
    """The sources that the answer may cite, numbered from 1, and what of them the model reads.

    A page comes before another if its best passage fits better, at the same fit in the order given; each
    of the best pages is heard before one of them is heard again. The first `pinned` pages, which the person
    asked for, come before all others. Passages are cut, or left out, until
    they take at most `room_tokens`.
    """
    scored = scores(question, pages)
    best = [max((score for score, _ in of_page), default=0.0) for of_page in scored]
    order = sorted(range(len(pages)), key=lambda page: (page >= pinned, -best[page]))
    heard = [page for page in order if scored[page]][:sources_max]
    ranked = {
        page: sorted(
            (_Chunk(page, place, text, score) for place, (score, text) in enumerate(scored[page])),
            key=lambda chunk: -chunk.score,
        )[:PASSAGES_PER_SOURCE_MAX]
        for page in heard
    }
    first = [ranked[page][0] for page in heard]
    rest = sorted((chunk for page in heard for chunk in ranked[page][1:]), key=lambda chunk: -chunk.score)
    if any(best):  # else nothing is asked for: what the pages begin with is as good as anything
        rest = [chunk for chunk in rest if chunk.score > 0]
    kept = _fitting([*first, *rest][:passages_max], room_tokens)
    number = {page: at for at, page in enumerate((p for p in heard if any(c.page == p for c in kept)), 1)}
    in_order = sorted(kept, key=lambda chunk: (number[chunk.page], chunk.place))
    return (
        [Source(at, pages[page]) for page, at in number.items()],
        [Passage(number[chunk.page], chunk.text) for chunk in in_order],
    )


def _fitting(ranked: Sequence[_Chunk], room_tokens: int) -> list[_Chunk]:
    """As many as there is room for, the best first; the first is cut rather than left out."""
    kept: list[_Chunk] = []
    for chunk in ranked:
        if tokens(chunk.text) <= room_tokens:
            kept.append(chunk)
            room_tokens -= tokens(chunk.text)
        elif not kept and room_tokens >= CUT_TOKENS_MIN:
            text = _cut(chunk.text, room_tokens)
            return [_Chunk(chunk.page, chunk.place, text)] if text else []
    return kept


def _cut(text: str, room_tokens: int) -> str:
    """The beginning of the text that takes at most so many tokens: whole sentences, else whole words."""
    while text and tokens(text) > room_tokens:
        shorter = text[: max(0, len(text) * room_tokens // tokens(text) - 1)]
        end = max((one.end() for one in re.finditer(r"[.!?。]\s", shorter)), default=shorter.rfind(" ") + 1)
        text = (shorter[:end] or shorter).rstrip()
    return text
