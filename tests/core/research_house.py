"""Everything that research stands on, to be played with: scripted models, a search, a shelf of pages."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from random import Random

from core.errors import StorageError
from core.lookup import DEEPER, ONE_ROUND, Depth
from core.research import Research, Researched, Step, Words
from core.types import Ask, Done, Event, Restart, Text, Turn
from core.web import Found, Hit, Page, PageUnread

TOWER = Page(
    "https://kickers.example/tower",
    "The Lumen Tower",
    "The Lumen Tower in Varnheim is 120 metres high. It was opened in 1931 by Anna Becker.",
    date(2026, 3, 1),
)
OTHER = Page(
    "https://other.example/towers",
    "Towers of Varnheim",
    "The Lumen Tower was painted by Hans Gruber in 1950.",
)
THIRD = Page("https://third.example/x", "Lumen", "Ida Holm measured the Lumen Tower at Varnheim in 1999.")
PAGES = (TOWER, OTHER, THIRD)
QUESTION = "How high is the Lumen Tower?"
ANSWER = "The Lumen Tower in Varnheim is 120 metres high [1]."
TOWER_LINK = "[[1]](https://kickers.example/tower)"
EARLIER = (Turn("user", QUESTION), Turn("assistant", "120 metres."))
WORDS = Words(
    notice=lambda basis: "" if basis.ground == "pages" and basis.preferred else f"NOTICE {basis.ground}",
    nothing_found=lambda basis: f"NOTHING {basis.ground}",
    not_confirmed="unconfirmed",
    differs="{source}: {figure}",
    snippet_only="snippet",
)


def hit(page: Page) -> Hit:
    return Hit(page.url, page.title, f"{page.title}: {page.text[:80]}", page.published)


@dataclass
class Models:
    """Plays one script after the other, the last one for ever; a reworded question has its own."""

    script: Sequence[Event | asyncio.Event | Exception] = (Text(ANSWER),)
    reworded: str | None = None
    asked: list[Ask] = field(default_factory=list)
    rewordings: list[Ask] = field(default_factory=list)
    open: int = 0

    async def stream(self, ask: Ask) -> AsyncGenerator[Event, None]:
        self.open += 1
        try:
            if "Somebody now asks" in ask.turns[-1].text:
                self.rewordings.append(ask)
                if self.reworded is None:
                    await asyncio.Event().wait()
                yield Done(self.reworded or "")
                return
            self.asked.append(ask)
            text = ""
            for beat in self.script:
                match beat:
                    case asyncio.Event():
                        await beat.wait()
                    case Exception():
                        raise beat
                    case _:
                        text = "" if isinstance(beat, Restart) else text
                        text += beat.piece if isinstance(beat, Text) else ""
                        yield beat
            yield Done(text, "Alpha", "alpha-model")
        finally:
            self.open -= 1

    @property
    def prompt(self) -> str:
        return self.asked[-1].turns[-1].text


@dataclass
class Search:
    """Finds these hits for every question, or for each what is said; None: it never answers."""

    found: Found | None = field(default_factory=lambda: Found(tuple(map(hit, PAGES)), "duckduckgo"))
    by_query: dict[str, Found] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    strictly: list[bool] = field(default_factory=list)

    async def find(self, query: str, *, language: str = "", strict: bool = False) -> Found:
        self.queries.append(query)
        self.strictly.append(strict)
        if found := self.by_query.get(query, self.found):
            return found
        await asyncio.Event().wait()
        raise AssertionError


@dataclass
class Shelf:
    """These pages can be read; those that are `slow` never come."""

    pages: Sequence[Page] = PAGES
    slow: Sequence[str] = ()
    read_urls: list[str] = field(default_factory=list)
    open: int = 0

    async def read(self, url: str, *, title: str = "") -> Page:
        self.read_urls.append(url)
        self.open += 1
        try:
            await asyncio.sleep(0)
            if url in self.slow:
                await asyncio.Event().wait()
            for page in self.pages:
                if page.url == url:
                    return page
            raise PageUnread("refused", "404")
        finally:
            self.open -= 1


class Memory:
    """A cache that can be looked into."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[str, float]] = {}

    async def get(self, kind: str, key: str) -> str | None:
        return self.kept.get((kind, key), (None, 0.0))[0]

    async def put(self, kind: str, key: str, value: str, lives_s: float) -> None:
        self.kept[kind, key] = (value, lives_s)


class FullDisk:
    async def get(self, kind: str, key: str) -> str | None:
        raise StorageError("no")

    async def put(self, kind: str, key: str, value: str, lives_s: float) -> None:
        raise StorageError("no")


@dataclass
class House:
    """Everything that research stands on, to be played with."""

    models: Models = field(default_factory=Models)
    search: Search = field(default_factory=Search)
    pages: Shelf = field(default_factory=Shelf)
    cache: Memory | FullDisk | None = None
    depth: Depth = ONE_ROUND
    deeper: Depth = DEEPER
    sources_max: int = 3

    def research(self) -> Research:
        return Research(
            self.models,
            self.search,
            self.pages,
            self.cache,
            today=lambda: datetime(2026, 3, 11, tzinfo=UTC),
            random=Random(7),
            clock=map(float, count()).__next__,
            sources_max=self.sources_max,
            one_round=self.depth,
            deeper=self.deeper,
        )

    async def steps(self, question: str = QUESTION, **wishes: object) -> list[Step]:
        async with aclosing(self.research().answer(question, WORDS, **wishes)) as steps:  # type: ignore[arg-type]
            made = [step async for step in steps]
        assert (self.models.open, self.pages.open) == (0, 0)
        assert len(asyncio.all_tasks()) == 1
        return made

    async def answer(self, question: str = QUESTION, **wishes: object) -> Researched:
        *_, last = await self.steps(question, **wishes)
        assert isinstance(last, Researched)
        return last
