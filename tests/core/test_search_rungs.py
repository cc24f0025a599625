"""Each rung of the search ladder, against stand-ins of the engines: the real ddgs asks and reads them."""

import json
from datetime import date
from typing import Any

import pytest

from core.search import Search, region
from core.web import Found, Rung
from core.worker import Worker
from tests.core.ladder import DDGS, ENCODED, QUESTION, Maker, only
from tests.servers.loopback import Line, Loopback, Request, head
from tests.servers.web import Web


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
async def test_wrapped_links(searcher: Worker, link: str, leads_to: str) -> None:
    """DuckDuckGo's own redirects are unwrapped once and its advertisements dropped; other links stay."""
    assert await searcher.call("core.workshop_search:direct", {"url": link}, within_s=20) == leads_to


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
