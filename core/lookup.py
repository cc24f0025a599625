"""Looking a question up: what to search for, which of the results to open, and when enough is read.

The question is searched as it is, at once. Beside that, where it follows from what was said before, a model
says what it means by itself, which is searched too; and the pages that the question links to are opened. Of
the results as many are opened as `Depth` says, all at the same time, no more than two of one site; the
reading ends when enough are there, sooner if they are slow. All waiting is done inside these methods: when
one of them ends, or is cancelled, nothing of it runs any more.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import Protocol

from core.errors import NoAnswer
from core.plain import normalised
from core.research_cache import Library
from core.research_prompt import is_follow_up, links_in, queries_in, rewording
from core.search import is_link, same_page
from core.types import Ask, Done, Event, Turn
from core.web import Found, Hit, Page, PageUnread, Rung

log = logging.getLogger(__name__)

SEARCH_S_MAX = 8.0
"""The ladder has its own, shorter patience on every rung."""
PER_SITE_MAX = 2


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is looked up. Times in seconds."""

    queries: int = 0
    """So many more of them are thought out by a model."""
    reword_s_max: float = 1.2
    urls_max: int = 5
    pages_enough: int = 3
    one_is_enough_after_s: float = 1.2
    read_s_max: float = 2.5
    passages_max: int = 6
    passages_tokens: int = 1800
    sources_factor: int = 1
    """How many times as many pages are cited."""


ONE_ROUND = Depth()
DEEPER = Depth(
    queries=3,
    reword_s_max=4.0,
    urls_max=10,
    pages_enough=8,
    one_is_enough_after_s=2.5,
    read_s_max=5.0,
    passages_max=12,
    passages_tokens=3600,
    sources_factor=2,
)


class Models(Protocol):
    """core/pool.py, as far as it is needed here."""

    def stream(self, ask: Ask) -> AsyncGenerator[Event, None]: ...


@dataclass(frozen=True, slots=True)
class Looked:
    """What there is to read."""

    hits: tuple[Hit, ...] = ()
    rung: Rung | None = None
    preferred: bool = True
    linked: tuple[Page, ...] = ()
    """Of the links in the question, those that could be opened."""
    links_unread: tuple[str, ...] = ()
    meaning: str = ""
    """The question as it is by itself, where it follows from another."""
    link_only: bool = False
    """Nothing was asked but what a page says."""


class Lookup:
    """For one question at one depth. `minor`: asked by one; `fresh`: it is about these days; `anew`: what was
    found a little while ago is not enough."""

    def __init__(
        self,
        pool: Models,
        library: Library,
        depth: Depth,
        language: str,
        *,
        today: datetime,
        minor: bool,
        fresh: bool = False,
        anew: bool = False,
    ) -> None:
        self._pool = pool
        self._library = library
        self._depth = depth
        self._language = language
        self._today = today
        self._minor = minor
        self._fresh = fresh
        self._anew = anew

    async def search(
        self, question: str, earlier: Sequence[Turn], *, links: bool, only_links: bool = False
    ) -> Looked:
        """The results of all searches, and the pages that the question links to. With `only_links` nothing
        is searched for: no more than the link is told to anybody. Raises nothing."""
        targets, asked = links_in(question) if links else ([], question)
        query = "" if only_links else asked
        async with asyncio.TaskGroup() as group:
            direct = group.create_task(self._found(query))
            reworded = group.create_task(self._reworded(query, earlier))
            opening = [group.create_task(self._page(target, "")) for target in targets]
        meaning, more = reworded.result()
        founds = [*more, direct.result()]
        answered = [found for found in founds if found.rung is not None]
        worst = next((found for found in answered if not found.preferred), answered[0] if answered else None)
        pages = [task.result() for task in opening]
        return Looked(
            hits=_interleaved(founds),
            rung=worst.rung if worst else None,
            preferred=worst.preferred if worst else True,
            linked=tuple(page for page in pages if page),
            links_unread=tuple(target for target, page in zip(targets, pages, strict=True) if not page),
            meaning=meaning,
            link_only=bool(targets) and not asked,
        )

    async def read(self, hits: Sequence[Hit]) -> list[Page]:
        """The pages that could be opened in time, in the order of the results. Raises nothing."""
        depth = self._depth
        tasks = [asyncio.create_task(self._page(hit.url, hit.title)) for hit in hits]
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(depth.read_s_max):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(depth.one_is_enough_after_s):
                            await _until(tasks, depth.pages_enough)
                    await _until(tasks, 1)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [page for task in tasks if not task.cancelled() and (page := task.result())]

    async def _found(self, query: str) -> Found:
        if query:
            with suppress(TimeoutError):
                async with asyncio.timeout(SEARCH_S_MAX):
                    return await self._library.find(
                        query, self._language, strict=self._minor, anew=self._anew
                    )
        return Found((), None)

    async def _page(self, url: str, title: str) -> Page | None:
        try:
            page = await self._library.read(url, normalised(title), strict=self._minor, fresh=self._fresh)
        except PageUnread as error:
            log.info("A page was not read: %s", error)
            return None
        return page if page.text.strip() else None

    async def _reworded(self, question: str, earlier: Sequence[Turn]) -> tuple[str, list[Found]]:
        """What the question means by itself, where it follows from another; and what other queries found."""
        follows = bool(earlier) and is_follow_up(question)
        count = self._depth.queries or (1 if follows else 0)
        if not question or not count:
            return "", []
        queries = await self._queries(
            rewording(question, earlier if follows else (), count, self._today), count
        )
        if not queries and follows:  # no model said it in time: the last question says what it is about
            before = next((turn.text for turn in reversed(earlier) if turn.role == "user"), "")
            queries = queries_in(f"{' '.join(before.split())[:120]} {question}", 1)
        async with asyncio.TaskGroup() as group:
            searches = [group.create_task(self._found(query)) for query in queries if query != question]
        return (queries[0] if follows and queries else ""), [search.result() for search in searches]

    async def _queries(self, turn: Turn, count: int) -> list[str]:
        ask = Ask((turn,), task="research", minor=self._minor)
        try:
            async with (
                asyncio.timeout(self._depth.reword_s_max),
                aclosing(self._pool.stream(ask)) as events,
            ):
                async for event in events:
                    if isinstance(event, Done):
                        return queries_in(event.text, count)
        except (TimeoutError, NoAnswer):
            log.info("No model reworded the question in time")
        return []


def picked(looked: Looked, urls_max: int) -> list[Hit]:
    """Which of the results to open: the first ones, no page twice, and not only one site's."""
    seen = {same_page(page.url) for page in looked.linked}
    per_site: dict[str, int] = {}
    chosen: list[Hit] = []
    for hit in looked.hits:
        if len(chosen) == urls_max:
            break
        site = site_of(hit.url)
        if is_link(hit.url) and same_page(hit.url) not in seen and per_site.get(site, 0) < PER_SITE_MAX:
            seen.add(same_page(hit.url))
            per_site[site] = per_site.get(site, 0) + 1
            chosen.append(hit)
    return chosen


def site_of(url: str) -> str:
    return Page(url, "", "").site


def snippet(hit: Hit) -> Page:
    """What the search itself says of a page that was not opened."""
    return Page(hit.url, " ".join(normalised(hit.title).split()), normalised(hit.snippet), hit.published)


def _interleaved(founds: Sequence[Found]) -> tuple[Hit, ...]:
    """The first of each search, then the second of each, no page twice."""
    rows = zip_longest(*(found.hits for found in founds))
    hits = {
        same_page(hit.url): hit for hit in reversed([hit for hit in chain(*rows) if hit]) if is_link(hit.url)
    }
    return tuple(reversed(hits.values()))


async def _until(tasks: Sequence[asyncio.Task[Page | None]], enough: int) -> None:
    """Until so many pages are there, or no more can come."""
    while sum(1 for task in tasks if task.done() and task.result()) < enough:
        pending = [task for task in tasks if not task.done()]
        if not pending:
            return
        await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
