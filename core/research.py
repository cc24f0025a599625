"""A question answered from pages that were really read: search, read, answer, and check what was answered.

    searching  ─► core/lookup.py: the question as it is, and as a model rewords it; the links in it
    reading    ─► the best of the results, until enough are read or time is up
    writing    ─► one model call with the best passages, every state of it through the gate
    Researched ◄─ citations verified, footnotes, what was relied on, and on what ground it was answered

What is missing makes the answer humbler, and never an error: no page opened, then the search's own few words
are the sources; nothing found, then the model answers from what it knows; and the first line, which code
writes, says so. A question that is private is never searched for; a minor's is searched for strictly. If no
model answers, `NoAnswer` passes.
Nothing runs beside the reader's own waiting: whoever closes the stream has ended everything.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Literal

from core.errors import NoAnswer
from core.gate import Gate, footnotes
from core.lookup import DEEPER, ONE_ROUND, Depth, Looked, Lookup, Models, picked, site_of, snippet
from core.research_cache import Cache, Library, Reader, Searcher, is_fresh
from core.research_prompt import NOT_FOUND, SUM_UP, plain_question, question_with_sources
from core.types import Ask, Done, Restart, SoFar, Status, Text, Turn
from core.verify import Quote, verify
from core.web import Page, Passage, Rung, Source

SHOWN_EVERY_S = 0.1
"""Faster than any platform shows it; each state goes through the gate from its beginning."""
ROOM_TOKENS = 7000
SITES_SHOWN_MAX = 3

Ground = Literal["pages", "snippets", "own_knowledge", "private"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer stands on, for the line above it.

    `pages` that were opened; `snippets`, none of the results could be opened; `own_knowledge`, nothing was
    found; `private`, nothing was looked up, for the question may not leave the house.
    """

    ground: Ground
    rung: Rung | None = None
    """Who answered the search; None where a link of the question was all there was."""
    preferred: bool = True
    links_unread: tuple[str, ...] = ()
    """Links in the question that could not be opened."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said to people in their language."""

    notice: Callable[[Basis], str]
    """The first line of the answer; empty where nothing has to be said."""
    nothing_found: Callable[[Basis], str]
    """Instead of an answer: it is not in what was read."""
    not_confirmed: str
    """Behind a sentence that no source confirms."""
    differs: str
    """Behind a sentence, with {source} and {figure}: another source has another figure."""
    snippet_only: str
    """In the footnote of a page that could not be opened."""


@dataclass(frozen=True, slots=True)
class Researched:
    """The whole answer, and always the last event."""

    markdown: str
    """As it may be shown: notice, text and footnotes."""
    basis: Basis
    found: bool = True
    """Whether it is an answer; if not, `markdown` says that it is not in the pages that were read."""
    cited: tuple[Source, ...] = ()
    read: tuple[Source, ...] = ()
    """All sources that the model was given."""
    quotes: tuple[Quote, ...] = ()
    """For "Show quotes": for each source cited the very sentences that were relied on, safe to show."""
    done: Done | None = None
    """What the model's stream ended with: which node and model, and whether it was cut."""


Step = Status | SoFar | Restart | Researched


@dataclass(frozen=True, slots=True)
class _Task:
    """What the model is asked, and what its answer may cite."""

    turn: Turn
    basis: Basis
    sources: tuple[Source, ...] = ()
    passages: tuple[Passage, ...] = ()


class Research:
    """`sources_max` is how many pages an answer cites. `today` is the family's own date and time, `random`
    draws the key of the prompt's tags."""

    def __init__(
        self,
        pool: Models,
        search: Searcher,
        pages: Reader,
        cache: Cache | None,
        *,
        today: Callable[[], datetime],
        random: Random,
        clock: Callable[[], float],
        sources_max: int = 3,
        one_round: Depth = ONE_ROUND,
        deeper: Depth = DEEPER,
    ) -> None:
        self._pool = pool
        self._library = Library(search, pages, cache)
        self._today = today
        self._random = random
        self._clock = clock
        self._sources_max = sources_max
        self._one_round = one_round
        self._deeper = deeper

    async def answer(
        self,
        question: str,
        words: Words,
        *,
        earlier: Sequence[Turn] = (),
        links: bool = True,
        only_links: bool = False,
        deeper: bool = False,
        anew: bool = False,
        minor: bool = False,
        private: bool = False,
        language: str = "",
        room_tokens: int = ROOM_TOKENS,
    ) -> AsyncGenerator[Step, None]:
        """The events of one answer; the last is `Researched`, or `NoAnswer` is raised. Close it to stop.

        `earlier` are the turns before the question; `links`: those in it are opened first, and with
        `only_links` nothing else is; `deeper`: more queries and more pages; `anew`: it was answered a little
        while ago, and is searched for again; `minor`: by nodes that may serve one, from a strict search;
        `room_tokens` is what the smallest node that may serve it has room for.
        """
        if private:
            task = _Task(plain_question(question, self._today()), Basis("private"))
        else:
            depth = self._deeper if deeper else self._one_round
            lookup = Lookup(
                *(self._pool, self._library, depth, language),
                today=self._today(),
                minor=minor,
                fresh=is_fresh(question),
                anew=anew,
            )
            yield Status("searching")
            looked = await lookup.search(question, earlier, links=links, only_links=only_links)
            hits = picked(looked, depth.urls_max)
            urls = [*(page.url for page in looked.linked), *(hit.url for hit in hits)]
            if sites := dict.fromkeys(map(site_of, urls)):
                yield Status("reading", count=len(looked.hits), sites=tuple(sites)[:SITES_SHOWN_MAX])
            pages = [*looked.linked, *(await lookup.read(hits) if hits else ())]
            is_opened = bool(pages)
            pages = pages or [snippet(hit) for hit in hits if hit.snippet.strip()]
            if not pages and looked.links_unread and not looked.hits:
                basis = Basis("pages", links_unread=looked.links_unread)  # what it says cannot be guessed
                yield Researched(words.nothing_found(basis), basis, found=False)
                return
            task = await asyncio.to_thread(  # a dozen long pages are searched for longer than others may wait
                self._task, question, looked, pages, depth, room_tokens, language, is_opened=is_opened
            )
        yield Status("writing")
        async with aclosing(
            self._written(Ask((task.turn,), "research", private, minor), task, question, words)
        ) as steps:
            async for step in steps:
                yield step

    def _task(
        self,
        question: str,
        looked: Looked,
        pages: Sequence[Page],
        depth: Depth,
        room_tokens: int,
        language: str,
        *,
        is_opened: bool,
    ) -> _Task:
        """Raises `NoAnswer` if not even the question fits."""
        ground: Ground = "pages" if is_opened else "snippets" if pages else "own_knowledge"
        basis = Basis(ground, looked.rung, looked.preferred, looked.links_unread)
        if not pages:
            return _Task(plain_question(looked.meaning or question, self._today()), basis)
        if looked.link_only:
            question = SUM_UP.format(language=language or "the language of the page", link=question)
        made = question_with_sources(
            question,
            looked.meaning,
            pages,
            key=f"{self._random.getrandbits(32):08x}",
            today=self._today(),
            room_tokens=room_tokens,
            passages_tokens=depth.passages_tokens,
            passages_max=depth.passages_max,
            sources_max=self._sources_max * depth.sources_factor,
            pinned=len(looked.linked),
        )
        if made is None:
            raise NoAnswer("too_long")
        turn, sources, passages = made
        numbered = tuple(replace(source, snippet_only=not is_opened) for source in sources)
        return _Task(turn, basis, numbered, tuple(passages))

    # ── The model writes ──────────────────────────────────────────────────────────────────────────

    async def _written(
        self, ask: Ask, task: _Task, question: str, words: Words
    ) -> AsyncGenerator[Step, None]:
        gate = Gate(task.sources)
        notice = words.notice(task.basis)
        raw = shown = ""
        show_at = self._clock()
        async with aclosing(self._pool.stream(ask)) as events:
            async for event in events:
                match event:
                    case Text():
                        raw += event.piece
                        if (
                            self._clock() >= show_at
                            and (text := gate.partial(_without_verdict(raw))) != shown
                        ):
                            shown, show_at = text, self._clock() + SHOWN_EVERY_S
                            yield SoFar(_joined(notice, text))
                    case Restart():
                        raw = shown = ""
                        yield event
                    case Status(what="thinking" | "queued" | "retrying"):
                        yield event
                    case Done():
                        yield _researched(event, task, gate, question, words)


def _researched(done: Done, task: _Task, gate: Gate, question: str, words: Words) -> Researched:
    """What the model wrote, as it may be shown."""
    text = gate.cleaned(done.text.replace(NOT_FOUND, "")).strip()
    notice = words.notice(task.basis)
    if not task.sources:
        return Researched(_joined(notice, text), task.basis, done=done)
    notes = {source.number: words.snippet_only for source in task.sources if source.snippet_only}
    verified = verify(
        text,
        question,
        task.sources,
        task.passages,
        not_confirmed=words.not_confirmed,
        differs=words.differs,
    )
    if not verified.used:
        said = _joined(words.nothing_found(task.basis), footnotes(gate, task.sources, notes))
        return Researched(said, task.basis, found=False, read=task.sources, done=done)
    cited = tuple(source for source in task.sources if source.number in verified.used)
    return Researched(
        _joined(notice, gate.linked(verified.text).strip(), footnotes(gate, cited, notes)),
        task.basis,
        cited=cited,
        read=task.sources,
        quotes=tuple(Quote(quote.source, gate.quoted(quote.text)) for quote in verified.quotes),
        done=done,
    )


def _without_verdict(raw: str) -> str:
    """Without the word for "not found", nor the beginning of it: it is for us."""
    text = raw.replace(NOT_FOUND, "")
    words = text.split()
    is_half = words and len(words[-1].strip("*`_")) > 1 and NOT_FOUND.startswith(words[-1].strip('*`".'))
    return text[: text.rindex(words[-1])] if is_half else text


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
