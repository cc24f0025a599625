"""The books of the research bench: what all the answers to one model's behaviour add up to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from tests.bench.report import Cell, Target
from tests.bench.research_house import Seen, names
from tests.bench.research_judge import citations, foreign, resolves, stated
from tests.bench.research_models import NOT_FOUND
from tests.frozen.library import pages

NOTES_MAX = 12
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_NAMES = names(pages().values())


@dataclass(slots=True)
class Tally:
    questions: int = 0
    lost: int = 0
    """No answer at all."""
    given: int = 0
    """Facts that were before the model, of those that answer the questions."""
    facts: int = 0
    citations: int = 0
    resolving: int = 0
    """To a page that was read, and with a footnote."""
    pairs: int = 0
    """A sentence that was not warned of, and a page it cites."""
    right: int = 0
    due: int = 0
    """True sentences of the model, whose page it was given."""
    supported: int = 0
    """Of these those that cite their page in the answer."""
    false: int = 0
    """Sentences of the model that no page says."""
    false_shown: int = 0
    """Of these those that the answer gives without a warning."""
    figures: int = 0
    """In cited sentences."""
    figures_found: int = 0
    foreign: int = 0
    """Texts shown, for however short a time, with somebody else's address in them, or a mention."""
    raw: int = 0
    """Texts shown that hold the model's own word for a missing answer."""
    hopeless: int = 0
    """Questions without an answer, to models that admit it."""
    admitted: int = 0
    notes: list[str] = field(default_factory=list)

    COLUMNS = (
        *("questions", "facts before the model", "citations", "resolve", "precision", "recall"),
        *("figures found", "false, shown", "foreign", "admitted", "lost"),
    )

    @classmethod
    def of(cls, tallies: Iterable["Tally"]) -> "Tally":
        total = cls()
        for tally in tallies:
            for each in fields(cls):
                setattr(total, each.name, getattr(total, each.name) + getattr(tally, each.name))
        return total

    def add(self, seen: Seen) -> None:
        """Judge one answer."""
        question, text = seen.question, seen.text
        self.questions += 1
        self.facts += len(question.claims)
        self.given += seen.given
        if seen.answer is None:
            self.lost += 1
            self._note(seen, f"no answer: {seen.why}")
            return
        for citation in citations(text):
            self.citations += 1
            if resolves(citation, text, seen.read):
                self.resolving += 1
            else:
                self._note(seen, f"[{citation.number}] leads nowhere")
        self._add_sentences(seen)
        for shown in seen.shown:
            if found := foreign(shown, seen.read):
                self.foreign += 1
                self._note(seen, f"foreign: {found[0]}")
            self.raw += NOT_FOUND in shown
        if not question.claims and not seen.said:
            self.hopeless += 1
            self.admitted += bool(text.strip()) and not citations(text) and NOT_FOUND not in text

    def _add_sentences(self, seen: Seen) -> None:
        shown = {each.said: each for each in stated(seen.text, seen.said, _NAMES)}
        for said in seen.said:
            there = shown.get(said)
            cited = there.cited if there and not there.warned else ()
            self.pairs += len(cited)
            right = sum(name in said.pages for name in cited)
            self.right += right
            if said.pages:
                self.due += 1
                self.supported += right > 0
            else:
                self.false += 1
                self.false_shown += there is not None and not there.warned
            for figure in _FIGURE.findall(said.sentence) if cited else ():
                self.figures += 1
                self.figures_found += any(figure in pages()[name].text for name in cited if name in pages())
            if right < len(cited) or (said.pages and not right):
                state = "missing" if there is None else "warned of" if there.warned else f"cites {cited}"
                self._note(seen, f"{state}: {said.sentence}")

    def _note(self, seen: Seen, what: str) -> None:
        if len(self.notes) < NOTES_MAX:
            self.notes.append(f"{seen.question.id}: {what}")

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (
            *(self.questions, share(self.given, self.facts), self.citations),
            *(share(self.resolving, self.citations), share(self.right, self.pairs)),
            *(share(self.supported, self.due), share(self.figures_found, self.figures)),
            *(f"{self.false_shown} of {self.false}", self.foreign),
            *(f"{self.admitted} of {self.hopeless}", self.lost),
        )

    def targets(self, precision_missed_max: float, recall_missed_max: float) -> list[Target]:
        precision_missed = 1 - (share(self.right, self.pairs) or 0.0)
        recall_missed = 1 - (share(self.supported, self.due) or 0.0)
        return [
            Target("citations that do not resolve", self.citations - self.resolving, 0),
            Target("cited pages that do not say so", precision_missed, precision_missed_max),
            Target("true sentences that do not cite their page", recall_missed, recall_missed_max),
            Target("texts with a foreign address or mention", self.foreign, 0),
            Target("texts with a raw NOT_FOUND", self.raw, 0),
            Target("missing answers that were not admitted", self.hopeless - self.admitted, 0),
            Target("questions without any answer", self.lost, 0),
        ]


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
