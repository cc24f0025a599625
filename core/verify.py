"""Are the citations right? Each sentence is held against the passages that the model was given.

For every sentence of the answer, with the sources it cites:

    a cited source has its figures, names and quotations   ─► the citation stays
    only another one has them                              ─► it is re-pointed there
    none has                                               ─► the sentence is marked as not confirmed
    it cites nothing, and a source clearly says it         ─► it gets that citation
    a source says the same with another figure             ─► that one is shown beside it

Plain comparison of words and numbers (core/facts.py), half a millisecond a sentence. What is compared is
lexical: "did not win" has all the words of "did win". That is why for each source the very sentence relied on
is handed out as well, so that people can look for themselves. Reads and writes text that the gate has
`cleaned`: there [1] is a citation and nothing else is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.facts import Facts, facts
from core.figures import confirms
from core.gate import CITATION
from core.language import sentences, words
from core.passages import PAGE_CHARS_MAX
from core.web import Passage, Source

SHARED_MIN = 0.3
"""Less of its content in the source, and a sentence is about something else, whatever its numbers are."""
SHARED_CLEARLY = 0.6
"""So much of it, with everything else, and the source says it though the answer does not cite it."""
BETTER = 0.34
"""By so much another source has to fit better before a citation that could be right is moved."""
CONTENT_MIN = 2
"""A sentence of fewer words says nothing that could be looked up."""
QUOTE_CHARS_MAX = 300
QUOTES_PER_SOURCE_MAX = 3
SENTENCES_MAX = 200

_LINE_START = re.compile(r"\s*(?:(?:[-*+•>]|\d{1,2}[.)]|#{1,6})\s+)*")
_CITATIONS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_TAIL = " \t\r\n.!?…:;,*_|。！？"
_STARTS_WITH_CITATIONS = re.compile(r"\s*(?:\[\d{1,3}\]\s*)+")
_NO_SENTENCE = re.compile(r"[\s|:*_#>-]*$|\s*```|\s*\*\*[^*.!?]*\*\*:?\s*$")
"""Marks alone, a fence, or a line in bold, which is a heading."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a source says, in its own words."""

    source: int
    text: str


@dataclass(frozen=True, slots=True)
class Verified:
    text: str
    used: tuple[int, ...]
    """The numbers of the sources that it cites now, in order."""
    quotes: tuple[Quote, ...]
    """For each of them the very sentences that were relied on."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What one source said: all of it, and sentence by sentence."""

    number: int
    whole: Facts
    sentences: tuple[tuple[str, Facts], ...]


def verify(
    text: str,
    question: str,
    sources: Sequence[Source],
    passages: Sequence[Passage],
    *,
    not_confirmed: str,
    differs: str,
) -> Verified:
    """The text with right citations. `not_confirmed` is put behind a sentence no source confirms; `differs`
    behind one where another source has another figure, with {figure} and {source} in it."""
    asked = facts(question)
    read = [_read(source, passages, asked.words) for source in sources]
    return _Verifier(asked, read, not_confirmed, differs).verified(text)


def _read(source: Source, passages: Sequence[Passage], asked: frozenset[str]) -> _Read:
    page = source.page
    texts = [passage.text for passage in passages if passage.source == source.number]
    dated = page.published.isoformat() if page.published else ""
    whole = facts("\n".join((page.title, page.site, dated, *texts)))
    # Answers repeat what was asked: a name in the question may stand anywhere in the page.
    named = asked.intersection(words(page.text[:PAGE_CHARS_MAX]))
    said = [one.strip() for text in texts for line in text.splitlines() for one in sentences(line)]
    return _Read(
        source.number,
        replace(whole, words=whole.words | named),
        tuple((one, facts(one)) for one in said if any(sign.isalnum() for sign in one)),
    )


class _Verifier:
    def __init__(self, asked: Facts, read: Sequence[_Read], not_confirmed: str, differs: str) -> None:
        self._asked = asked
        self._read = {one.number: one for one in read}
        self._not_confirmed = not_confirmed
        self._differs = differs
        self._used: dict[int, None] = {}
        self._quotes: dict[int, list[str]] = {}

    def verified(self, text: str) -> Verified:
        text = CITATION.sub(lambda found: found[0] if int(found[1]) in self._read else "", text)
        made = []
        left = SENTENCES_MAX
        for line in text.splitlines(keepends=True):
            start = _LINE_START.match(line)
            head = start[0] if start else ""
            body = line[len(head) :]
            for sentence in _cited_sentences(body):
                left -= 1
                is_checked = left >= 0 and "#" not in head
                made.append(head + (self._sentence(sentence) if is_checked else CITATION.sub("", sentence)))
                head = ""
            made.append(head)
        quotes = (Quote(number, said) for number in sorted(self._quotes) for said in self._quotes[number])
        return Verified("".join(made), tuple(sorted(self._used)), tuple(quotes))

    def _sentence(self, sentence: str) -> str:
        cited = list(dict.fromkeys(int(number) for number in CITATION.findall(sentence)))
        plain = _CITATIONS.sub("", sentence)
        if _NO_SENTENCE.match(plain):
            return plain
        claim = facts(plain)
        confirmed = self._confirming(claim, cited)
        if confirmed is None:
            if not _is_checkable(claim) and len(claim.content) < CONTENT_MIN:
                return plain
            return _with(plain, f" *({self._not_confirmed})*")
        for number in confirmed:
            self._note(claim, self._read[number])
        marks = "".join(f"[{number}]" for number in confirmed)
        others = "".join(f" ({one})" for one in self._other_figures(claim, confirmed)) if confirmed else ""
        if confirmed == cited and not others:
            return sentence  # as it was written, with its citations where they were
        return _with(plain, (f" {marks}" if marks else "") + others)

    # ── Who confirms it ───────────────────────────────────────────────────────────────────────────

    def _confirming(self, claim: Facts, cited: list[int]) -> list[int] | None:
        """The sources to cite, which may be none for a sentence that needs none; None if it has to be
        marked."""
        fits = {number: _fit(claim, read.whole) for number, read in self._read.items()}
        kept = [number for number in cited if fits[number] is not None]
        best = max(fits, key=lambda number: fits[number] or 0.0, default=0)
        best_fit = fits.get(best)
        if kept:
            right = [number for number in kept if (fits[number] or 0.0) + BETTER > (best_fit or 0.0)]
            return right or [best]
        if best_fit is not None and best_fit >= (SHARED_MIN if cited else SHARED_CLEARLY):
            return [best] if cited or _says_much(claim) else []
        if cited and (together := self._together(claim, cited)):
            return together
        if not cited and self._is_somewhere(claim) and not self._is_foreign(claim):
            return []
        return None

    def _together(self, claim: Facts, cited: list[int]) -> list[int]:
        """Where a sentence says what two sources say: each has a part of it, none all."""
        parts = [self._read[number].whole for number in cited]
        if len(parts) < 2 or any(_fit(claim, part, partly=True) is None for part in parts):
            return []
        values = frozenset().union(*(part.values for part in parts))
        words = frozenset().union(*(part.words for part in parts))
        numbers_found = all(confirms(values, figure) for figure in claim.figures)
        return cited if numbers_found and claim.names <= words else []

    def _is_foreign(self, claim: Facts) -> bool:
        """None of its words is in the question or in any source of its language: it speaks of something
        else, perhaps because a page told the model to."""
        wholes = [self._asked, *(read.whole for read in self._read.values())]
        known = [whole for whole in wholes if whole.language == claim.language]
        return len(claim.content) > CONTENT_MIN and bool(known) and not any(map(claim.shares, wholes))

    def _is_somewhere(self, claim: Facts) -> bool:
        """All figures, names and quotations of an uncited sentence are in one source or another."""
        wholes = [read.whole for read in self._read.values()]
        return (
            all(any(confirms(whole.values, figure) for whole in wholes) for figure in claim.figures)
            and all(any(name in whole.words for whole in wholes) for name in claim.names)
            and all(any(quoted in whole.line for whole in wholes) for quoted in claim.quotations)
        )

    # ── What it relies on, and what speaks against it ─────────────────────────────────────────────

    def _note(self, claim: Facts, read: _Read) -> None:
        self._used[read.number] = None
        if not read.sentences:
            return
        said, _ = max(read.sentences, key=lambda one: _closeness(claim, one[1]))
        said = said if len(said) <= QUOTE_CHARS_MAX else said[: QUOTE_CHARS_MAX - 1].rstrip() + "…"
        quotes = self._quotes.setdefault(read.number, [])
        if said not in quotes and len(quotes) < QUOTES_PER_SOURCE_MAX:
            quotes.append(said)

    def _other_figures(self, claim: Facts, confirmed: list[int]) -> Iterator[str]:
        """What the other sources have in the place of a figure, where they say the same otherwise."""
        for figure in claim.figures:
            for number, read in self._read.items():
                if number in confirmed or not figure.unit or confirms(read.whole.values, figure):
                    continue
                found = [
                    other.written
                    for _, said in read.sentences
                    if claim.shares(said) >= SHARED_CLEARLY
                    and len(claim.content) > CONTENT_MIN
                    and claim.names <= read.whole.words
                    for other in said.figures
                    if other.unit == figure.unit
                ]
                if len(set(found)) == 1:  # two figures, and it is not known which is meant
                    self._note(claim, read)
                    yield self._differs.format(figure=found[0], source=f"[{number}]")


def _fit(claim: Facts, source: Facts, *, partly: bool = False) -> float | None:
    """How well the source fits the claim, from 0 to 1; None if it does not say it. `partly`: some of its
    figures and names may be missing."""
    missing = [figure for figure in claim.figures if not confirms(source.values, figure)]
    names_missing = len(claim.names - source.words)
    if any(quoted not in source.line for quoted in claim.quotations):
        return None
    if partly:
        if claim.figures and len(missing) == len(claim.figures):
            return None
        return claim.shares(source)
    is_translated = bool(claim.language and source.language) and claim.language != source.language
    if missing or names_missing > (len(claim.names) // 2 if is_translated else 0):
        return None
    shared = claim.shares(source)
    if is_translated:  # other words, the same numbers and most of the names
        return max(shared, SHARED_CLEARLY) if claim.figures or claim.names else shared
    if len(claim.content) >= CONTENT_MIN and shared < SHARED_MIN:
        return None
    return shared


def _closeness(claim: Facts, said: Facts) -> float:
    figures_found = sum(confirms(said.values, figure) for figure in claim.figures)
    quotations_found = sum(quoted in said.line for quoted in claim.quotations)
    return figures_found + 3 * quotations_found + len(claim.names & said.words) + 3 * claim.shares(said)


def _is_checkable(claim: Facts) -> bool:
    return bool(claim.figures or claim.names or claim.quotations)


def _says_much(claim: Facts) -> bool:
    return _is_checkable(claim) or len(claim.content) > CONTENT_MIN


# ── Sentences, and what stands behind them ────────────────────────────────────────────────────────


def _cited_sentences(line: str) -> Iterator[str]:
    """The sentences of a line, each with the citations that stand behind its full stop; joined they are
    the line again."""
    held = ""
    for sentence in sentences(line):
        if held and (behind := _STARTS_WITH_CITATIONS.match(sentence)):
            held += behind[0]
            sentence = sentence[behind.end() :]
        if held:
            yield held
        held = sentence
    if held:
        yield held


def _with(sentence: str, words: str) -> str:
    """The sentence with these words at its end, before the full stop."""
    at = len(sentence.rstrip(_TAIL))
    return f"{sentence[:at]}{words}{sentence[at:]}"
