"""The search ladder, against stand-ins of the engines: the real ddgs asks and reads them, over TLS."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import httpx
import psutil
import pytest

from core.search import Search, region
from core.web import Found, Rung
from core.worker import Worker
from tests.frozen.library import BODY, FrozenPage
from tests.servers.loopback import Line, Loopback, Request, head
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


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


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


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web(PAGES) as web:
        yield web
    assert web.violations == []
    assert web.strangers == []


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker((sys.executable, "-m", "core.workshop", "core.workshop_search"))
    yield worker
    await worker.close()


@pytest.fixture
async def client(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    way = httpx.AsyncHTTPTransport(proxy=web.proxy, verify=web.tls)
    async with httpx.AsyncClient(mounts={"https://": way}, trust_env=False) as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


Maker = Callable[..., Search]


@pytest.fixture
def search_with(web: Web, worker: Worker, client: httpx.AsyncClient, clock: Clock, pauses: Pauses) -> Maker:
    def make(searxng_url: str | None = None) -> Search:
        return Search(
            worker,
            client,
            searxng_url=searxng_url,
            clock=clock,
            sleep=pauses,
            proxy=web.proxy,
            verify=str(web.ca_file),
        )

    return make


@pytest.fixture
def search(search_with: Maker) -> Search:
    return search_with()


def only(web: Web, *working: EngineName, fault: Any = "429") -> None:
    """All the others fail."""
    web.failing = {engine: fault for engine in LADDER if engine not in working}


async def asked(web: Web, engine: EngineName, *, times: int = 1) -> None:
    """Wait until it was asked so often; the limit is the test's failure."""
    async with asyncio.timeout(20):
        while len(web.searches(engine)) < times:  # noqa: ASYNC110 - it is another process that asks
            await asyncio.sleep(0.01)


# ── One rung ──────────────────────────────────────────────────────────────────────────────────────


async def test_first_rung_is_enough(web: Web, search: Search) -> None:
    """Where DuckDuckGo answers, nobody else is asked, and there is nothing to be said about it."""
    found = await search.find(QUESTION)
    assert (found.rung, found.preferred, len(found.hits)) == ("duckduckgo", True, 8)
    assert {visit.engine for visit in web.visits} == {"duckduckgo"}
    assert web.searches("duckduckgo") == [QUESTION]


@pytest.mark.parametrize("engine", DDGS)
async def test_each_engine_is_read_whole(web: Web, search: Search, engine: Rung) -> None:
    """Each engine that ddgs asks gives links as they stand in its page, titles and snippets."""
    only(web, engine)
    found = await search.find(f"{QUESTION} paths")
    assert found.rung == engine
    assert found.preferred is (engine == "duckduckgo")
    hit = next(hit for hit in found.hits if "paths" in hit.url)
    assert hit.url == ENCODED
    assert hit.title == "Quillmoor paths"
    assert "tended by Ada" in hit.snippet


async def test_advertisements_stay_out(web: Web, search: Search) -> None:
    """DuckDuckGo's advertisements are no hits."""
    found = await search.find(QUESTION)
    assert not [hit for hit in found.hits if "duckduckgo" in hit.url]


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        (
            "//duckduckgo.com/l/?uddg=https%3A%2F%2Fa.example%2Fb%252Fc%3Fd%3D1&rut=9",
            "https://a.example/b%2Fc?d=1",
        ),
        ("https://duckduckgo.com/l/?uddg=https%3A%2F%2Fa.example%2F", "https://a.example/"),
        ("https://duckduckgo.com/y.js?ad_domain=a.example", ""),
        ("//duckduckgo.com/y.js?ad_domain=a.example", ""),
        ("https://duckduckgo.com/about", "https://duckduckgo.com/about"),
        (
            "https://a.example/?uddg=https%3A%2F%2Fb.example",
            "https://a.example/?uddg=https%3A%2F%2Fb.example",
        ),
        ("http://[broken", ""),
    ],
)
async def test_wrapped_links(worker: Worker, link: str, leads_to: str) -> None:
    """DuckDuckGo's own redirects are unwrapped once and its advertisements dropped; other links stay."""
    assert await worker.call("core.workshop_search:direct", {"url": link}, within_s=20) == leads_to


async def test_wikipedia(web: Web, search: Search) -> None:
    """Where no engine finds anything Wikipedia does, with addresses that can be opened and plain snippets."""
    only(web, "wikipedia")
    found = await search.find(QUESTION, language="en")
    assert (found.rung, found.preferred) == ("wikipedia", False)
    assert [hit.url for hit in found.hits] == ["https://en.wikipedia.org/wiki/Quillmoor_(Isle_of_A%26B)"]
    assert found.hits[0].title == "Quillmoor (Isle of A&B)"
    assert found.hits[0].snippet == "The lighthouse of Quillmoor is tended by Ada."


@pytest.mark.parametrize(
    ("language", "wiki"),
    [("", "en"), ("de", "de"), ("de-AT", "de"), ("VI", "vi"), ("fr_CA", "fr"), ("evil.example/", "en")],
)
async def test_language_picks_the_wikipedia(web: Web, search: Search, language: str, wiki: str) -> None:
    """The language picks the Wikipedia; what is no language picks the English one."""
    only(web)
    await search.find(QUESTION, language=language)
    assert web.visits[-1].host == f"{wiki}.wikipedia.org"


@pytest.mark.parametrize(
    ("language", "country"),
    [("", "us-en"), ("en", "us-en"), ("de", "de-de"), ("vi", "vn-vi"), ("uk", "ua-uk"), ("ja", "jp-jp")],
)
def test_language_picks_the_region(language: str, country: str) -> None:
    """Each language has a region that is one; a language that is not known has the English one."""
    assert region(language) == country
    assert region("tlh") == "us-en"


async def test_searxng_first(web: Web, search_with: Maker) -> None:
    """A SearXNG that is set up is asked first, and its dates are kept."""
    found = await search_with(web.searxng_url + "/").find(QUESTION)
    assert (found.rung, found.preferred, len(found.hits)) == ("searxng", True, 8)
    assert [hit.published for hit in found.hits[:2]] == [date(2026, 3, 1), None]
    assert {visit.engine for visit in web.visits} == {"searxng"}


@pytest.mark.parametrize("fault", ["403", "429", "captcha", "empty", "reset"])
async def test_searxng_fails(web: Web, search_with: Maker, fault: Any) -> None:
    """A SearXNG that refuses (no JSON, too many), shows a captcha or finds nothing is passed by."""
    web.failing = {"searxng": fault}
    found = await search_with(web.searxng_url).find(QUESTION)
    assert (found.rung, found.preferred) == ("duckduckgo", False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"results": {"url": "https://a.example"}}',
        b'{"results": [1, null, {"url": 7}, {"title": "no address"}]}',
        b"[" * 100_000,
        b'{"results": [{"url": "https://a.example"}]}' + b" " * 2**20,
    ],
    ids=["nothing", "list", "null", "object", "odd ones", "deep", "too big"],
)
async def test_searxng_talks_nonsense(search_with: Maker, body: bytes) -> None:
    """Whatever a SearXNG answers, the next rung is asked."""

    async def answer(_: Request, line: Line) -> bool:
        line.write(head(200, {"Content-Length": str(len(body))}) + body)
        await line.flush()
        return True

    async with Loopback(answer) as searxng:
        found = await search_with(searxng.url).find(QUESTION)
    assert found.rung == "duckduckgo"


async def test_only_links_that_can_be_opened(search_with: Maker) -> None:
    """Of what a rung finds only whole http and https addresses leave, each page once, and plain text."""
    links = [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "/relative",
        "//a.example/",
        "https://",
        "https:///path",
        "http://[::1",
        "https://a.example/\u202egpj.exe",
        "https://a.example/line\nbreak",
        "https://a.example/" + "x" * 3000,
        "https://a.example/same?b=1&utm_source=x#part",
        "http://www.a.example/same/?b=1&fbclid=9",
        "https://a.example/same?b=2",
        "https://b.example/%C3%A9",
        "https://b.example/é",
        "https://c.example/",
    ]
    results = [
        {"url": url, "title": "T\u200b\n [x](http://y)", "content": None, "publishedDate": "soon"}
        for url in links
    ]

    async def answer(_: Request, line: Line) -> bool:
        body = json.dumps({"results": results}).encode()
        line.write(head(200, {"Content-Length": str(len(body))}) + body)
        await line.flush()
        return True

    async with Loopback(answer) as searxng:
        found = await search_with(searxng.url).find(QUESTION)
    assert [hit.url for hit in found.hits] == [links[11], links[13], links[14], links[16]]
    assert {(hit.title, hit.snippet, hit.published) for hit in found.hits} == {("T x", "", None)}


@pytest.mark.parametrize(
    ("question", "sent"),
    [
        ("!g  who\n tends :de it?", "g who tends de it?"),
        ("!!ducky !bang", "ducky bang"),
        ("x" * 400, "x" * 300),
        ("is 3:2 > 1! ok?", "is 3:2 > 1! ok?"),
    ],
)
async def test_query_is_no_command(web: Web, search: Search, question: str, sent: str) -> None:
    """What engines take for commands reaches them as words, and no query is longer than they take."""
    await search.find(question)
    assert web.searches("duckduckgo") == [sent]


@pytest.mark.parametrize("question", ["", " \n", "!!"])
async def test_empty_query(web: Web, search: Search, question: str) -> None:
    """A query without words is not asked."""
    assert await search.find(question) == Found((), None, preferred=False)
    assert web.visits == []


# ── The ladder ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["202", "403", "429", "captcha", "empty", "redesigned", "reset"])
async def test_refusing_engines_are_passed_by(web: Web, search: Search, pauses: Pauses, fault: Any) -> None:
    """An engine that refuses in whichever way is followed by the next without a pause."""
    only(web, "startpage", fault=fault)
    found = await search.find(QUESTION)
    assert (found.rung, found.preferred, len(found.hits)) == ("startpage", False, 8)
    assert web.searches("duckduckgo") == web.searches("brave") == web.searches("startpage") == [QUESTION]
    assert web.searches("mojeek") == []


async def test_silent_engine_is_hedged(web: Web, search: Search, pauses: Pauses) -> None:
    """An engine that says nothing for a second has the next one asked beside it, which may win."""
    web.failing = {"duckduckgo": "slow"}
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    assert web.searches("brave") == []
    pauses.over()
    found = await finding
    assert (found.rung, found.preferred, len(found.hits)) == ("brave", False, 8)
    assert pauses.asked_s[0] == 1.0


async def test_slow_first_rung_may_still_win(web: Web, search: Search, pauses: Pauses) -> None:
    """The rung asked first still counts while the others run."""
    web.search_s = 0.3
    only(web, "duckduckgo", fault="slow")
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    pauses.over()
    assert (await finding).rung == "duckduckgo"


async def test_nobody_answers(web: Web, search: Search) -> None:
    """If nobody finds anything there are no hits and no rung, and everybody was asked."""
    only(web)
    assert await search.find(QUESTION) == Found((), None, preferred=False)
    assert {engine for engine in LADDER if web.searches(engine)} == set(LADDER)


async def test_no_network(web: Web, worker: Worker, clock: Clock, pauses: Pauses) -> None:
    """Without a network nothing is raised."""
    async with httpx.AsyncClient(proxy="http://127.0.0.1:9", trust_env=False) as client:
        search = Search(
            worker,
            client,
            searxng_url="http://127.0.0.1:9",
            clock=clock,
            sleep=pauses,
            proxy="http://127.0.0.1:9",
        )
        assert await search.find(QUESTION) == Found((), None, preferred=False)


async def test_few_hits_are_kept_and_more_are_sought(web: Web, search: Search) -> None:
    """A rung with fewer hits than an answer cites is followed by the next; both count, each page once."""
    web.failing = {"duckduckgo": "empty", "brave": "empty", "startpage": "empty"}
    web.show([PAGES[0], PAGES[-2]])
    found = await search.find(QUESTION)
    assert found.rung == "mojeek"
    assert sorted(hit.url for hit in found.hits) == sorted([PAGES[0].url, PAGES[-2].url])
    assert web.searches("wikipedia") == [QUESTION]


async def test_dead_child_costs_its_rungs_only(
    web: Web, search: Search, worker: Worker, pauses: Pauses
) -> None:
    """When the child is killed in the middle of a search, the ladder goes on and the next search works."""
    web.failing = {"duckduckgo": "slow"}
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    (child,) = psutil.Process().children()
    os.kill(child.pid, signal.SIGKILL)
    assert (await finding).rung == "brave"


async def test_child_that_cannot_start_leaves_wikipedia(
    web: Web, client: httpx.AsyncClient, clock: Clock
) -> None:
    """Without a child Wikipedia still answers."""
    worker = Worker(("/no/such/program",))
    search = Search(worker, client, searxng_url=None, clock=clock, sleep=Pauses())
    assert (await search.find(QUESTION)).rung == "wikipedia"
    await worker.close()


async def test_stopping(web: Web, search: Search) -> None:
    """A search that is stopped leaves no task behind."""
    web.failing = {"duckduckgo": "slow"}
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    finding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finding
    assert not [task for task in asyncio.all_tasks() if "Search." in repr(task) or "Pauses." in repr(task)]
    web.heal()
    assert (await search.find(QUESTION)).rung == "duckduckgo"


async def test_log_holds_no_question(web: Web, search_with: Maker, caplog: pytest.LogCaptureFixture) -> None:
    """Who failed, and how, is in the log; what was asked is not."""
    only(web, fault="reset")
    web.failing["searxng"] = "429"
    with caplog.at_level(logging.INFO, "core"):
        await search_with(web.searxng_url).find(f"{QUESTION} canary")
    assert "Search by searxng failed: HTTP 429" in caplog.messages
    assert len(caplog.messages) == 6
    assert "canary" not in caplog.text


# ── The breakers ──────────────────────────────────────────────────────────────────────────────────


async def times(search: Search, number: int) -> Found:
    for _ in range(number):
        found = await search.find(QUESTION)
    return found


async def test_refused_rung_is_left_out_for_a_while(web: Web, search: Search, clock: Clock) -> None:
    """A rung that found nothing four times where another did is not asked for a minute, then once."""
    web.failing = {"duckduckgo": "429"}
    found = await times(search, 5)
    assert len(web.searches("duckduckgo")) == 4
    assert (found.rung, found.preferred) == ("brave", False)
    clock.now += 61
    await times(search, 2)
    assert len(web.searches("duckduckgo")) == 5
    web.heal()
    clock.now += 121
    assert (await times(search, 2)).preferred


async def test_error_weighs_more_than_emptiness(web: Web, search: Search) -> None:
    """Two errors do what four empty answers do."""
    web.failing = {"duckduckgo": "reset"}
    await times(search, 3)
    assert len(web.searches("duckduckgo")) == 2


async def test_overtaken_rung_is_left_out(web: Web, search: Search, pauses: Pauses) -> None:
    """A rung that keeps silent until another answers is charged for it."""
    web.failing = {"duckduckgo": "slow"}
    for number in range(1, 5):
        finding = asyncio.create_task(search.find(QUESTION))
        await asked(web, "duckduckgo", times=number)
        pauses.over()
        await finding
    await search.find(QUESTION)
    assert len(web.searches("duckduckgo")) == 4


async def test_nobody_is_charged_if_nobody_finds_anything(web: Web, search: Search) -> None:
    """A question without an answer, or a house without a network, closes no rung."""
    only(web, fault="reset")
    await times(search, 5)
    assert len(web.searches("duckduckgo")) == 5


async def test_one_good_answer_forgives(web: Web, search: Search) -> None:
    """Only failures in a row count."""
    web.fail("duckduckgo", "429", times=3)
    await times(search, 4)
    web.fail("duckduckgo", "429", times=3)
    await times(search, 4)
    assert len(web.searches("duckduckgo")) == 8


async def test_probe_that_was_not_needed_is_given_back(web: Web, search: Search, clock: Clock) -> None:
    """A rung that was due again, and not asked because another answered, is asked the next time."""
    only(web, "wikipedia")
    await times(search, 4)
    clock.now += 61
    web.heal()
    assert (await search.find(QUESTION)).rung == "duckduckgo"
    only(web, "brave")
    assert (await search.find(QUESTION)).rung == "brave"


async def test_somebody_is_always_asked(web: Web, search: Search) -> None:
    """However the rungs fail, whoever found something last is asked, and later the others again."""
    for engine in LADDER:
        only(web, engine, fault="reset")
        await times(search, 3)
    asked_before = len(web.visits)
    web.heal()
    assert (await search.find(QUESTION)).rung is not None
    assert len(web.visits) > asked_before
