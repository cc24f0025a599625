"""Research for people: the queue before it, and what came of it as an answer with buttons.

One research at a time for each person and three over all, so that nobody's curiosity takes the line from the
others; who waits is told their place. What is asked, looked up and written is core/research.py's; the words
around it are those of the person's language, and what the answer relied on is kept for "Show quotes".
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from random import SystemRandom
from typing import Protocol

import httpx

from bot.calls import Question
from bot.phrases.english import English
from bot.settings import Settings
from core.errors import Unavailable
from core.gate import Gate, footnotes
from core.inbox import Item
from core.line import Line
from core.lookup import Models
from core.pages import Pages
from core.research import Research, Researched, Step, Words
from core.search import Search
from core.trail import NOBODY_ASKED
from core.types import Button, Done, Event, Status, Turn
from core.web_store import WebStore
from core.worker import Worker

AT_ONCE = 3
"""Over all: each of them opens five pages and asks a model for a long text."""


class Researcher(Protocol):
    """core/research.py, as far as it is needed here."""

    def answer(
        self,
        question: str,
        words: Words,
        *,
        earlier: Sequence[Turn] = (),
        only_links: bool = False,
        deeper: bool = False,
        anew: bool = False,
        minor: bool = False,
        language: str = "",
        room_tokens: int = ...,
    ) -> AsyncGenerator[Step, None]: ...


class Researching:
    def __init__(self, research: Researcher, store: WebStore) -> None:
        self._research = research
        self._store = store
        self._everybody = Line(AT_ONCE)
        self._of_person: defaultdict[object, Line] = defaultdict(lambda: Line(1))

    async def answer(
        self,
        item: Item,
        question: Question,
        say: English,
        *,
        whose: object,
        earlier: Sequence[Turn],
        minor: bool,
        room_tokens: int,
    ) -> AsyncGenerator[Event, None]:
        """The events of one answer; the last is `Done`. `whose` is the human who asks, by any account;
        `earlier` is what they had looked up before. Raises `NoAnswer`."""
        own = self._of_person[whose]
        try:
            with ExitStack() as stack:
                for line in (own, self._everybody):  # who waits for themselves takes nobody's place
                    async with aclosing(line.turn(stack.enter_context(line.ticket()))) as before:
                        async for others in before:
                            yield Status("waiting", place=0 if line is own else others)
                steps = self._research.answer(
                    question.text,
                    words_of(say),
                    earlier=earlier,
                    only_links=question.only_links,
                    deeper=question.mode == "deeper",
                    anew=question.supersedes is not None,
                    minor=minor,
                    language=say.language,
                    room_tokens=room_tokens,
                )
                async with aclosing(steps):
                    async for step in steps:
                        if isinstance(step, Researched):
                            yield await self._done(item, question, step, say)
                        else:
                            yield step
        except Unavailable:
            yield Done(say.RESEARCH_BUSY, buttons=(Button(say.RETRY_BUTTON, f"/retry {item.id}"),))
        finally:
            if own.is_free:
                self._of_person.pop(whose, None)

    async def _done(self, item: Item, question: Question, researched: Researched, say: English) -> Done:
        buttons = []
        if researched.quotes:
            await self._store.keep_quotes(item.id, _quotes(researched))
            buttons.append(Button(say.QUOTES_BUTTON, f"/quotes {item.id}"))
        if question.mode != "deeper":
            buttons.append(Button(say.DEEPER_BUTTON, f"/deeper {item.id}"))
        done = researched.done or Done("", node=NOBODY_ASKED)
        return replace(done, text=researched.markdown, buttons=tuple(buttons))


def words_of(say: English) -> Words:
    return Words(
        notice=say.research_notice,
        nothing_found=say.nothing_found,
        not_confirmed=say.NOT_CONFIRMED,
        differs=say.DIFFERS,
        snippet_only=say.SNIPPET_ONLY,
    )


def _quotes(researched: Researched) -> str:
    """By source, the very sentences that were relied on."""
    gate = Gate(researched.cited)
    blocks = []
    for source in researched.cited:
        said = [quote.text for quote in researched.quotes if quote.source == source.number]
        if said:
            blocks.append("\n".join([footnotes(gate, [source], {}), *(f"> {text}" for text in said)]))
    return "\n\n".join(blocks)


@asynccontextmanager
async def researching_of(
    settings: Settings,
    pool: Models,
    store: WebStore,
    today: Callable[[], datetime],
    clock: Callable[[], float],
) -> AsyncGenerator[Researching, None]:
    """With a worker of its own, which is started when the first question is looked up, and ended here."""
    worker = Worker()
    async with httpx.AsyncClient(trust_env=False) as client:  # a SearXNG at home is behind no proxy
        search = Search(worker, client, searxng_url=settings.searxng_url, clock=clock)
        research = Research(
            *(pool, search, Pages(worker), store),
            today=today,
            random=SystemRandom(),
            clock=clock,
            sources_max=settings.rag_max_results,
        )
        try:
            yield Researching(research, store)
        finally:
            await worker.close()
