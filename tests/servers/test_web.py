"""The invented web is one that the unmodified ddgs can search, that browsers can read, and that is strict."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from ddgs import DDGS
from ddgs.exceptions import DDGSException

from core.search import WITHOUT_FILTER
from tests.frozen.library import pages, questions
from tests.servers.web import FAULTS, PAGE_FAULTS, Fault, PageFault, Web
from tests.servers.web_engines import HOSTS, EngineName
from tests.servers.web_index import Index

QUERY = "opening times Brackwater Lido Sunday"
LIDO = "https://www.brackwaterlido.example/visit/opening-times"
WIKIPEDIA = {"action": "query", "list": "search", "format": "json", "formatversion": "2"}


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web(pages().values()) as web:
        yield web


@pytest.fixture
async def browser(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(proxy=web.proxy, verify=web.tls, trust_env=False, timeout=5) as browser:
        yield browser


async def found(web: Web, engine: str, query: str = QUERY, *, safe: str = "moderate") -> list[dict[str, Any]]:
    client = DDGS(proxy=web.proxy, verify=str(web.ca_file), timeout=5)
    return await asyncio.to_thread(
        client.text, query, backend=engine, region="us-en", max_results=8, safesearch=safe
    )


async def read(web: Web, host: str, target: str, *, port: int = 443) -> tuple[bytes, bytes]:
    """Head and body, as a browser without any manners gets them."""
    (address,) = await web.resolve(host, port)
    tls = web.tls if port == 443 else None
    reader, writer = await web.connect(address, port, ssl=tls, server_hostname=host if tls else None)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head, await reader.readexactly(length)
    finally:
        writer.transport.abort()


# ── Searching ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("engine", HOSTS.values())
async def test_ddgs_searches_it(web: Web, engine: EngineName) -> None:
    """The real library asks over TLS, reads title, address and snippet, and nothing it asks is wrong."""
    first, *more = await found(web, engine)
    assert (first["href"], first["title"]) == (LIDO, "Opening times at Brackwater Lido")
    assert "Brackwater Lido" in first["body"]
    assert more
    assert not any("ads.example" in hit["href"] for hit in more)
    assert web.searches(engine) == [QUERY]
    assert (web.violations, web.strangers) == ([], [])


@pytest.mark.parametrize("engine", HOSTS.values())
async def test_an_engine_hears_how_strict_it_shall_be(web: Web, engine: EngineName) -> None:
    """From the real library, unless that has no way to say it; core/search.py relies on which these are."""
    for safe in ("on", "off"):
        await found(web, engine, safe=safe)
    can_be_told = engine not in WITHOUT_FILTER
    assert web.filters(engine) == (["strict", "off"] if can_be_told else ["moderate"] * 2)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "slow"])
@pytest.mark.parametrize("engine", HOSTS.values())
async def test_a_fault_hides_the_results(web: Web, engine: EngineName, fault: Fault) -> None:
    """With any fault ddgs finds nothing, once; the next search is served."""
    web.fail(engine, fault)
    with pytest.raises(DDGSException):
        await found(web, engine)
    assert await found(web, engine)


async def test_an_engine_keeps_silent(web: Web, browser: httpx.AsyncClient) -> None:
    """A slow one says nothing until the client goes, whoever it is."""
    web.failing["mojeek"] = "slow"
    with pytest.raises(httpx.ReadTimeout):
        await browser.get(
            "https://www.mojeek.com/search",
            params={"q": QUERY},
            headers={"User-Agent": "Mozilla/5.0", "Cookie": "arc=us; lb=en"},
            timeout=0.2,
        )


async def test_nonsense_finds_nothing(web: Web) -> None:
    """Words that no page has give an empty list of results."""
    with pytest.raises(DDGSException, match="No results"):
        await found(web, "brave", "xqzzt vrrbl")


@pytest.mark.parametrize(
    ("method", "url", "what"),
    [
        ("GET", "https://html.duckduckgo.com/html/?q=lido", "duckduckgo: is asked with POST"),
        ("POST", "https://html.duckduckgo.com/html/", "duckduckgo: takes forms"),
        ("GET", "https://search.brave.com/search?q=lido", "brave: wants source=web"),
        ("GET", "https://www.mojeek.com/search?q=lido", "mojeek: wants its cookies"),
        ("POST", "https://www.startpage.com/sp/search", "startpage: referer"),
        ("GET", "https://en.wikipedia.org/w/api.php?action=query", "wikipedia: wants to know who asks"),
    ],
)
async def test_engines_are_strict(
    web: Web, browser: httpx.AsyncClient, method: str, url: str, what: str
) -> None:
    """What no browser would ask is refused and written down."""
    reply = await browser.request(method, url, headers={"User-Agent": "Mozilla/5.0"})
    assert reply.status_code == 400
    assert web.violations == [what]


async def test_engines_are_for_browsers(web: Web, browser: httpx.AsyncClient) -> None:
    """Whoever does not look like one is turned away."""
    assert (await browser.get("https://search.brave.com/search?q=lido")).status_code == 403
    assert web.violations == ["brave is for browsers"]


async def test_wikipedia_has_its_articles_only(web: Web, browser: httpx.AsyncClient) -> None:
    """Its API finds the articles of its language by title, and shows no other page."""
    params = {**WIKIPEDIA, "srsearch": "Odalys Venner Skorra caves"}
    reply = await browser.get(
        "https://en.wikipedia.org/w/api.php", params=params, headers={"User-Agent": "Porch"}
    )
    titles = [hit["title"] for hit in reply.json()["query"]["search"]]
    assert set(titles) == {"Odalys Venner", "Isle of Skorra"}
    assert web.violations == []


async def test_searxng_answers_in_json(web: Web) -> None:
    """With address, title, content and sometimes a date; it has to be asked for JSON."""
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.get(f"{web.searxng_url}/search", params={"q": QUERY, "format": "json"})
        first = reply.json()["results"][0]
        assert (first["url"], first["publishedDate"]) == (LIDO, "2026-10-02T00:00:00")
        web.fail("searxng", "429")
        assert (await client.get(f"{web.searxng_url}/search?q=lido&format=json")).status_code == 429
        assert (await client.get(f"{web.searxng_url}/search?q=lido")).status_code == 400
        odd = {"q": "lido", "format": "json", "safesearch": "on"}
        assert (await client.get(f"{web.searxng_url}/search", params=odd)).status_code == 400
    assert web.violations[-1] == "searxng: has no filter 'on'"


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


async def test_pages_are_served_over_tls(web: Web) -> None:
    """At the address that was invented for the host, with a certificate of its name, packed."""
    head, body = await read(web, "www.brackwaterlido.example", "/visit/opening-times")
    assert head.startswith(b"HTTP/1.1 200")
    assert "closes at 16:50" in gzip.decompress(body).decode()


async def test_the_certificate_is_the_hosts_own(web: Web) -> None:
    """A host cannot pass for another, and the authority is trusted by nobody but those who are told."""
    (address,) = await web.resolve("www.nimbrel.example", 443)
    with pytest.raises(ssl.SSLCertVerificationError):
        await web.connect(address, 443, ssl=web.tls, server_hostname="www.nowhere.example")
    default = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await web.connect(address, 443, ssl=default, server_hostname="www.nimbrel.example")


async def test_some_pages_have_no_tls(web: Web) -> None:
    """And are at port 80, under an address that must not be decoded."""
    host, target = "www.storrinregatta.example", "/results%2F2026?class=skiff%26dory"
    _, body = await read(web, host, target, port=80)
    assert "Tamsin Ferreby" in gzip.decompress(body).decode()
    head, _ = await read(web, host, "/results/2026?class=skiff&dory", port=80)
    assert head.startswith(b"HTTP/1.1 404")


async def test_pages_have_their_own_charset(web: Web) -> None:
    """One is still written in Latin-1."""
    head, body = await read(web, "www.moorbahn.example", "/preise")
    assert b"iso-8859-1" in head
    assert "Bäckerei Süßmilch" in gzip.decompress(body).decode("latin-1")


@pytest.mark.parametrize("fault", [fault for fault in PAGE_FAULTS if fault != "slow"])
async def test_a_spoiled_page_cannot_be_read(web: Web, fault: PageFault) -> None:
    """Whatever is wrong with it, its words are not there."""
    web.spoil("brackwater-lido-2026", fault)
    try:
        _, body = await read(web, "www.brackwaterlido.example", "/visit/opening-times")
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    assert b"16:50" not in (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)


async def test_there_is_nothing_else(web: Web, browser: httpx.AsyncClient) -> None:
    """A host that was not invented does not exist on any way, and is remembered."""
    with pytest.raises(OSError, match="no such host"):
        await web.resolve("evil.example.com", 443)
    with pytest.raises(ConnectionRefusedError):
        await web.connect("127.0.0.1", 443)
    with pytest.raises(httpx.ProxyError):
        await browser.get("https://collect.example.net/")
    assert web.strangers == ["evil.example.com", "127.0.0.1:443", "collect.example.net:443"]


# ── The index ─────────────────────────────────────────────────────────────────────────────────────


def test_every_question_can_be_found() -> None:
    """The pages that answer a question are among the first five that are found for it, in any language."""
    index = Index(pages().values())
    missed = {
        question.id
        for question in questions()
        if not question.pages <= {result.page.name for result in index.search(question.ask)[:5]}
    }
    assert missed == set()
