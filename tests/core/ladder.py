"""The search ladder in tests: the engines it asks, what they know, and how they are made to fail."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

from core.search import Search
from tests.frozen.library import BODY, FrozenPage
from tests.servers.web import Web
from tests.servers.web_engines import EngineName

DDGS: tuple[EngineName, ...] = ("duckduckgo", "brave", "startpage", "mojeek")
LADDER: tuple[EngineName, ...] = (*DDGS, "wikipedia")
QUESTION = "who tends the lighthouse of Quillmoor?"
ENCODED = "https://paths.quill.example/a%2Fb/100%25?next=%2Fhome%26x%3D1&q=caf%C3%A9+au%20lait"


def page(url: str, title: str, body: str = "The lighthouse of Quillmoor is tended by Ada.") -> FrozenPage:
    return FrozenPage(title, url, "en", date(2026, 3, 1), title, BODY, f"<p>{body}</p>")


PAGES = (
    page("https://www.quillmoor.example/lighthouse", "Quillmoor lighthouse"),
    page(ENCODED, "Quillmoor paths"),
    *(page(f"https://news{n}.example/quillmoor", f"Quillmoor news {n}") for n in range(9)),
    page("https://en.wikipedia.org/wiki/Quillmoor_(Isle_of_A%26B)", "Quillmoor (Isle of A&B)"),
    page("https://de.wikipedia.org/wiki/Quillmoor", "Quillmoor auf Deutsch"),
)


class Pauses:
    """The pauses between rungs: they pass when the test says so."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self._waiting: list[asyncio.Event] = []

    async def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        passed = asyncio.Event()
        self._waiting.append(passed)
        await passed.wait()

    def over(self) -> None:
        for passed in self._waiting:
            passed.set()


Maker = Callable[..., Search]


def only(web: Web, *working: EngineName, fault: Any = "429") -> None:
    """All the others fail."""
    web.failing = {engine: fault for engine in LADDER if engine not in working}


async def asked(web: Web, engine: EngineName, *, times: int = 1) -> None:
    """Wait until it was asked so often; the limit is the test's failure."""
    async with asyncio.timeout(20):
        while len(web.searches(engine)) < times:  # noqa: ASYNC110 - it is another process that asks
            await asyncio.sleep(0.01)
