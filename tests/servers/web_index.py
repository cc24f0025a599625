"""What the invented web's search engines know: its pages by their words.

A page is found by the words of a query that stand in it; rare words count more than common ones, words
of the title more than those of the text. That is far less than a real engine does, and the same each time.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from tests.frozen.library import FrozenPage

TITLE_WEIGHT = 3.0
SNIPPET_WORDS = 26
SHARE_MIN = 0.08
"""Of the query's weight that a page has to have in it."""


@dataclass(frozen=True, slots=True)
class Result:
    page: FrozenPage
    snippet: str


class Index:
    def __init__(self, pages: Iterable[FrozenPage]) -> None:
        self._pages = tuple(pages)
        self._titles = [set(words(page.title)) for page in self._pages]
        self._texts = [set(words(f"{page.title} {page.text}")) for page in self._pages]
        self._pages_with = Counter(word for text in self._texts for word in text)

    def search(self, query: str, *, results_max: int = 10) -> list[Result]:
        """The best first; nothing where no page has enough of the query in it."""
        asked = {word: self._weight(word) for word in words(query)}
        scores = []
        for number, (title, text) in enumerate(zip(self._titles, self._texts, strict=True)):
            share = sum(weight for word, weight in asked.items() if word in text)
            if share and share >= SHARE_MIN * sum(asked.values()):
                extra = sum(weight for word, weight in asked.items() if word in title)
                scores.append((-share - TITLE_WEIGHT * extra, number))
        best = [self._pages[number] for _, number in sorted(scores)[:results_max]]
        return [Result(page, _snippet(page.text, asked.keys())) for page in best]

    def _weight(self, word: str) -> float:
        return log(1 + len(self._pages) / (1 + self._pages_with[word]))


def words(text: str) -> list[str]:
    """In lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return re.findall(r"\w+", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def _snippet(text: str, asked: Iterable[str]) -> str:
    """The stretch of the text with the most words of the query in it."""
    wanted = set(asked)
    said: Sequence[str] = text.split()
    hits = [bool(wanted.intersection(words(word))) for word in said]
    starts = range(0, max(1, len(said) - SNIPPET_WORDS + 1), 4)
    best = max(starts, key=lambda start: sum(hits[start : start + SNIPPET_WORDS]))
    return " ".join(said[best : best + SNIPPET_WORDS])
