"""What of a text can be checked by reading another: its figures, names, quotations and other words.

    "Brazil won 3–2," said Anna Becker ─► figures 3, 2 · names Brazil, Anna, Becker · content won, said …

Names are told by their capitals: the word that begins a sentence is one unless it is known to open
sentences, a label before a colon never is, and in German, where every noun is written so, only several in a
row are. That finds a name that is nowhere in a page, and misses some: whether a sentence is *true* is not
asked here. Figures are in core/figures.py.
"""

import re
from dataclasses import dataclass

from core.figures import COUNTED, MONTHS, Figure, figures, values
from core.language import ANY_COMMON, folded, language_of, listed, stem, words

_STARTS_CHARS = 5


_OPENERS = listed(
    "additionally although another as based currently despite earlier even finally following furthermore "
    "given hence indeed instead last later like many meanwhile moreover my nevertheless next nobody none "
    "note now official officials once others overall people several similarly since still sources "
    "source thanks therefore though thus today unfortunately unlike whereas yes yesterday "
    "allerdings ausserdem bereits daher damit danach darin davon dabei dazu denn derzeit deshalb dennoch "
    "ebenfalls etwa ferner gestern heute insgesamt ja jeder jede leider letztlich mehrere nein nun quelle "
    "quellen seit seitdem somit spater trotz viele wahrend weiter weitere zudem zuerst zuletzt theo"
)
"""With which a sentence begins, and which are no names."""
_DAYS = listed(
    "monday tuesday wednesday thursday friday saturday sunday "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"
)
_NO_NAMES = ANY_COMMON | _DAYS | MONTHS.keys() | COUNTED.keys()

_NAME = re.compile(r"[^\W\d_][^\W_]*")
_LABEL = re.compile(r"[\s*_]*[:|]")
_QUOTATION = re.compile(r"[“„«»\"]([^“”„«»\"\n]{6,400})[”“»«\"]")


@dataclass(frozen=True, slots=True)
class Facts:
    figures: tuple[Figure, ...]
    values: frozenset[str]
    """Whatever its figures may mean."""
    names: frozenset[str]
    quotations: tuple[str, ...]
    """As they stand in a `line`."""
    content: frozenset[str]
    """The stems of its words, without the common ones."""
    starts: frozenset[str]
    """How they begin: what is inflected, or part of a longer word, is still found."""
    words: frozenset[str]
    line: str
    """All its words with one space between them."""
    language: str
    """"en", "de" or "vi", by its common words; empty if it is none of them."""

    def shares(self, other: "Facts") -> float:
        """How much of its content is in the other text, from 0 to 1."""
        if not self.content:
            return 0.0
        there = sum(
            1 for word in self.content if word in other.content or word[:_STARTS_CHARS] in other.starts
        )
        return there / len(self.content)


def facts(text: str) -> Facts:
    line = words(text)
    known = frozenset(line)
    language = language_of(known)
    found = figures(text, counted=language != "vi")
    content = frozenset(
        stem(word)
        for word in known
        if word not in ANY_COMMON and not word[0].isdigit() and (len(word) > 2 or language == "vi")
    )
    return Facts(
        figures=found,
        values=values(text, found),
        names=_names(text, language),
        quotations=_quotations(text),
        content=content,
        starts=frozenset(word[:_STARTS_CHARS] for word in content if len(word) >= _STARTS_CHARS),
        words=known,
        line=f" {' '.join(line)} ",
        language=language,
    )


def _names(text: str, language: str) -> frozenset[str]:
    """The words that are certainly (part of) names, folded."""
    found: list[str] = []
    row: list[str] = []

    def close() -> None:
        if len(row) > (language == "de"):
            found.extend(row)
        row.clear()

    end = 0
    for one in _NAME.finditer(text):
        between = text[end : one.start()]
        if between.strip(" -–'’\u00a0"):
            close()
        word = folded(one[0])
        opens = (not end or "|" in between) and (
            language == "vi"
            or word in _OPENERS
            or word.endswith(("ly", "ing"))
            or _LABEL.match(text, one.end())
        )
        if one[0][0].isupper() and len(word) > 1 and word not in _NO_NAMES and not opens:
            row.append(word)
        elif len(word) > 1 or between[-1:] not in ("'", "’"):  # "Spain's" is still Spain
            close()
        end = one.end()
    close()
    return frozenset(found)


def _quotations(text: str) -> tuple[str, ...]:
    lines = (" ".join(words(quoted)) for quoted in _QUOTATION.findall(text))
    return tuple(f" {line} " for line in lines if " " in line)
