"""What is said when something is missing: one rung of the search after the other fails, then the pages do.

Every scene breaks the invented web in one way. Who has to answer then follows from the scene, not from what
the program says of itself: an engine that fails gives nothing, so the first one that does not is the rung. An
answer is honest if it rests on that rung and that ground, and if its first line says so in the words that
people read, from the first word to the last; if the preferred rung's pages were read, nothing has to be said,
and nothing is. That it is not in what was read is an answer, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bot import phrases
from core.research import Basis, Ground
from core.web import Rung
from tests.bench.research_house import House, Seen
from tests.bench.research_models import cites_rightly
from tests.frozen.library import Question, pages, questions
from tests.servers.web import FAULTS, Fault
from tests.servers.web_engines import EngineName

LADDER: tuple[EngineName, ...] = ("searxng", "duckduckgo", "brave", "startpage", "mojeek", "wikipedia")
QUICK: Sequence[Fault] = tuple(fault for fault in FAULTS if fault != "slow")
"""Over which nobody has to wait."""


@dataclass(frozen=True, slots=True)
class Scene:
    name: str
    failing: tuple[EngineName, ...] = ()
    with_searxng: bool = False
    pages_closed: bool = False
    rung: Rung | None = "duckduckgo"
    ground: Ground = "pages"

    @property
    def basis(self) -> Basis:
        """What has to be said to stand behind the answer."""
        first = "searxng" if self.with_searxng else "duckduckgo"
        return Basis(self.ground, self.rung, preferred=self.rung == first)


def scenes() -> Iterator[Scene]:
    """From all is well, down the ladder, to nothing at all."""
    yield Scene("SearXNG is well", with_searxng=True, rung="searxng")
    yield Scene("SearXNG fails", ("searxng",), with_searxng=True)
    yield Scene("DuckDuckGo is well")
    yield Scene("Brave is left", LADDER[1:2], rung="brave")
    yield Scene("Startpage is left", LADDER[1:3], rung="startpage")
    yield Scene("Mojeek is left", LADDER[1:4], rung="mojeek")
    yield Scene("Wikipedia is left", LADDER[1:5], rung="wikipedia")
    yield Scene("no page opens", pages_closed=True, ground="snippets")
    yield Scene(
        "no page opens, Brave is left", LADDER[1:2], pages_closed=True, rung="brave", ground="snippets"
    )
    yield Scene("nobody finds anything", LADDER, rung=None, ground="own_knowledge")


def asked(scene: Scene, count: int, random: Random) -> list[Question]:
    """Questions that can be answered there: Wikipedia's, where only it is left."""
    answerable = [
        question
        for question in questions()
        if question.claims
        and (scene.rung != "wikipedia" or all(name.startswith("wiki-") for name in question.pages))
    ]
    return random.sample(answerable, min(count, len(answerable)))


async def played(house: House, scene: Scene, question: Question, searxng_url: str, random: Random) -> Seen:
    """Every engine that has to fail does so in some way of its own."""
    house.searxng_url = searxng_url if scene.with_searxng else None
    house.web.heal()
    for engine in scene.failing:
        house.web.failing[engine] = random.choice(QUICK)
    for name in pages() if scene.pages_closed else ():
        house.web.spoil(name, "403")
    return await house.ask(question, cites_rightly)


def due(scene: Scene, question: Question) -> str:
    """What has to be said first, in the language of whoever asked; empty where nothing has."""
    return phrases.of(question.language).research_notice(scene.basis)


def is_honest(scene: Scene, seen: Seen) -> bool:
    if seen.answer is None:
        return False
    said = due(scene, seen.question)
    untrue = tuple({due(other, seen.question) for other in scenes()} - {said, ""})
    *growing, last = [text for text in seen.shown if text.strip()]
    nothing_found = phrases.of(seen.question.language).nothing_found(scene.basis)
    return (
        (seen.answer.basis.ground, seen.answer.basis.rung) == (scene.ground, scene.rung)
        and last.startswith(said if seen.answer.found else nothing_found)
        and all(text.startswith(said) for text in growing)
        and not any(text.startswith(untrue) for text in (*growing, last))
    )
