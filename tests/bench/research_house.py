"""Everything between a question and its researched answer, on the loopback, and what a person sees of it.

A house has an invented web of its own, the real search (the unmodified ddgs in its child process), the real
reading of pages, a pool with one model that behaves as it is told, and the research that is measured, or
a naive one in its place. It is asked one question at a time; `Seen` is what came of it.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Protocol

import httpx

from bot import phrases
from bot.researching import words_of
from core.errors import NoAnswer
from core.node import Node
from core.pages import Pages
from core.pool import Pool
from core.providers.kinds import KINDS
from core.research import Research, Researched, Step, Words
from core.search import Search
from core.types import Ask, Event, NodeSpec, Restart, SoFar, Status
from core.weights import parameters
from core.worker import Worker
from tests.bench.research_judge import DIFFERS, WARNING, Said
from tests.bench.research_models import Given, Reply, Script, ScriptedModel, sources_in
from tests.bench.research_naive import NaiveResearch
from tests.frozen.library import FrozenPage, Injection, Question
from tests.servers.web import Web
from tests.servers.web_searxng import real_searxng

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
"""What is fresh on the frozen pages is fresh then."""
ROOM_TOKENS = 7000
PROFILE_TOKENS = 128
"""What the tiny profile's examples take of a small model's context (core/providers/profile.py)."""
SMALL_BELOW = 1_000_000_000
REAL_S_MAX = 300.0
"""A real model on this machine is not what is measured."""


def words_in(language: str) -> Words:
    """What is said to people; only the remarks within a text bear marks that the judge knows."""
    return replace(
        words_of(phrases.of(language)),
        not_confirmed=f"{WARNING} not confirmed by the pages I read",
        differs=f"{DIFFERS} {{source}}: {{figure}}",
    )


class Researcher(Protocol):
    def answer(
        self, question: str, words: Words, *, language: str = "", room_tokens: int = ROOM_TOKENS
    ) -> AsyncGenerator[Step, None]: ...


@dataclass(slots=True)
class Seen:
    """One question, and everything a person saw."""

    question: Question
    injection: Injection | None = None
    shown: list[str] = field(default_factory=list)
    """Every state of the text, in order."""
    answer: Researched | None = None
    reply: Reply = field(default_factory=lambda: Reply(""))
    """What the model wrote."""
    heard: bool = False
    """The injection was there to be read by the model."""
    read: frozenset[str] = frozenset()
    """The addresses of the pages that were opened for it, and came."""
    given: int = 0
    """How many of the proofs that answer it were before the model."""
    text_s: float | None = None
    whole_s: float = 0.0
    why: str = ""
    """Of an answer that did not come."""

    @property
    def text(self) -> str:
        return self.answer.markdown if self.answer else ""

    @property
    def said(self) -> list[Said]:
        return self.reply.said


class _Overheard:
    """A pool, and what was last put to it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.prompt = ""

    def stream(self, ask: Ask) -> AsyncGenerator[Event, None]:
        self.prompt = "\n".join(turn.text for turn in ask.turns)
        return self._pool.stream(ask)


class House:
    """`room_tokens` is what the node has room for besides its answer."""

    def __init__(
        self,
        web: Web,
        worker: Worker,
        http: httpx.AsyncClient,
        model: ScriptedModel,
        node: Node,
        *,
        naive: bool,
        room_tokens: int,
    ) -> None:
        self.web = web
        self.searxng_url: str | None = None
        self._worker = worker
        self._http = http
        self._model = model
        self._pool = _Overheard(Pool([node], clock=time.monotonic, random=Random(1)))
        self._naive = naive
        self._room_tokens = room_tokens

    async def ask(self, question: Question, script: Script, injection: Injection | None = None) -> Seen:
        """Nobody remembers anything of the question before. A real model does not care for `script`."""
        self.web.visits.clear()
        self._model.script, self._model.question, self._model.injection = script, question, injection
        self._model.reply = Reply("")
        self._pool.prompt = ""
        seen = Seen(question, injection)
        began = time.monotonic()
        answer = self._researcher().answer(
            question.ask,
            words_in(question.language),
            language=question.language,
            room_tokens=self._room_tokens,
        )
        try:
            async with aclosing(answer) as steps:
                async for step in steps:
                    _note(seen, step, time.monotonic() - began)
        except NoAnswer as error:
            seen.why = error.reason
        seen.whole_s = time.monotonic() - began
        seen.reply = self._model.reply
        opened = {(visit.host, visit.target) for visit in self.web.visits if not visit.engine}
        seen.read = frozenset(url for url, key in self.web.keys().items() if key in opened)
        given = Given(question, sources_in(self._pool.prompt), injection, Random(1))
        seen.given = len(given.readable())
        seen.heard = injection is not None and given.hears(injection)
        return seen

    def _researcher(self) -> Researcher:
        search = Search(
            self._worker,
            self._http,
            searxng_url=self.searxng_url,
            clock=time.monotonic,
            proxy=self.web.proxy,
            verify=str(self.web.ca_file),
        )
        pages = Pages(
            self._worker,
            resolver=self.web.resolve,
            connect=self.web.connect,
            tls=self.web.tls,
            clock=NOW.timestamp,
        )
        if self._naive:
            return NaiveResearch(search, pages, self._pool)
        return Research(
            self._pool,
            search,
            pages,
            None,
            today=lambda: NOW,
            random=Random(len(self.web.visits)),
            clock=time.monotonic,
        )


def _note(seen: Seen, step: Step, at_s: float) -> None:
    match step:
        case Status() | Restart():
            return
        case SoFar():
            shown = step.text
        case Researched():
            shown, seen.answer = step.markdown, step
    seen.shown.append(shown)
    if shown.strip() and seen.text_s is None:
        seen.text_s = at_s


@asynccontextmanager
async def house(
    pages: Iterable[FrozenPage],
    *,
    seed: int,
    naive: bool,
    search_s: float = 0.0,
    page_s: float = 0.0,
    first_s: float = 0.0,
    pace_s: float = 0.0,
    searxng: Path | None = None,
    weights: Path | None = None,
) -> AsyncIterator[House]:
    """`search_s` and `page_s` are medians; the model's first piece comes after `first_s`, then one every
    `pace_s`. `searxng` is the Python of an environment with a real SearXNG, `weights` the file of a real
    model that is asked instead of a scripted one."""
    random = Random(seed)
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(Web(pages, search_s=search_s, page_s=page_s, random=random))
        model = ScriptedModel(lambda _: Reply(""), random, first_s=first_s, pace_s=pace_s)
        await stack.enter_async_context(model)
        proxied = httpx.AsyncHTTPTransport(proxy=web.proxy, verify=web.tls)
        http = httpx.AsyncClient(mounts={"https://": proxied}, trust_env=False)
        await stack.enter_async_context(http)
        worker = Worker()
        stack.push_async_callback(worker.close)
        spec = real(weights) if weights else model.spec("scripted")
        provider = KINDS[spec.kind](spec, http)
        stack.push_async_callback(provider.close)
        node = Node(spec, provider, random=random.random)
        room_tokens = spec.context_tokens - spec.max_tokens - PROFILE_TOKENS if weights else ROOM_TOKENS
        made = House(web, worker, http, model, node, naive=naive, room_tokens=room_tokens)
        if searxng:
            made.searxng_url = await stack.enter_async_context(real_searxng(searxng, web))
        yield made


def real(weights: Path) -> NodeSpec:
    """The built-in engine with this file, as the settings would have it."""
    small = (parameters(weights) or 0) < SMALL_BELOW
    return NodeSpec(
        *("real", "embedded", "", weights.stem),
        local=True,
        context_tokens=2048 if small else 4096,
        max_tokens=160 if small else 512,
        parallel=1,
        first_token_timeout_s=REAL_S_MAX,
        stall_timeout_s=REAL_S_MAX,
        small=small,
        options={"weights": str(weights)},
    )


def names(pages: Iterable[FrozenPage]) -> Mapping[str, str]:
    """The pages' names by address."""
    return {page.url: page.name for page in pages}
