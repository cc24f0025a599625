"""Reading pages of strangers: what is fetched, from where, and what never is."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from datetime import date

import pytest

from core.pages import EXTRACT, Pages
from core.web import JobFailed, JobLost, Page, PageUnread
from core.worker import Worker
from tests.servers.hostile_pages import (
    DEADLY,
    ELSEWHERE,
    HTML,
    PAGE,
    PUBLIC,
    PUBLIC_6,
    TRICKS,
    WORDS,
    HostilePages,
)

FETCH_S_MAX = 0.4
"""Enough for the loopback; what drips takes longer."""
NOW = 1_780_000_000.0  # in May 2026
INSIDE = [
    *("127.0.0.1", "10.0.0.1", "192.168.178.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *(
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "64:ff9b::7f00:1",
    ),
    *("2002:7f00:1::", "2001:0:4136:e378::1", "224.0.0.1", "ff02::1", "255.255.255.255"),
]


class Scribe:
    """A worker that plays a script; what it was given to extract can be looked at."""

    def __init__(self) -> None:
        self.arguments: list[Mapping[str, object]] = []
        self.answer: object = {"title": "Varn", "text": WORDS, "published": "2026-05-03"}

    async def call(self, job: str, argument: Mapping[str, object], *, within_s: float) -> object:
        assert job == EXTRACT
        assert within_s <= 1.0
        self.arguments.append(argument)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @property
    def bodies(self) -> list[bytes]:
        return [b64decode(str(argument["body"])) for argument in self.arguments]


@pytest.fixture
async def web() -> AsyncIterator[HostilePages]:
    async with HostilePages() as web:
        yield web


@pytest.fixture
def scribe() -> Scribe:
    return Scribe()


@pytest.fixture
def pages(web: HostilePages, scribe: Scribe) -> Pages:
    return pages_of(web, scribe)


def pages_of(web: HostilePages, worker: Scribe | Worker) -> Pages:
    return Pages(
        worker,
        resolver=web.resolve,
        clock=lambda: NOW,
        connect=web.connect,
        tls=web.tls,
        own=web.own,
        fetch_s_max=FETCH_S_MAX,
    )


async def fault(pages: Pages, url: str) -> str:
    with pytest.raises(PageUnread) as unread:
        await pages.read(url)
    return unread.value.fault


# ── What is read ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_page(scheme: str, pages: Pages, web: HostilePages, scribe: Scribe) -> None:
    """A page is fetched from the public address of its host and comes back as text with its date."""
    page = await pages.read(f"{scheme}://Varn.example/lamp?lit=yes#now")
    assert page == Page(f"{scheme}://varn.example/lamp?lit=yes", "Varn", WORDS, date(2026, 5, 3))
    assert web.connected == [(PUBLIC, 443 if scheme == "https" else 80)]
    assert scribe.bodies == [PAGE]
    assert scribe.arguments[0]["today"] == "2026-05-29"


async def test_request(pages: Pages, web: HostilePages) -> None:
    """The request names the host and what we can read, and carries nothing else."""
    web.names["varn.example"] = [[PUBLIC]]
    await pages.read("http://varn.example/to?url=http://other.example/a")
    for request, host in zip(web.requests, ("varn.example", "other.example"), strict=True):
        assert request.headers.pop("user-agent").startswith("Mozilla/5.0")
        assert request.headers == {
            "host": host,
            "accept": "text/html, application/xhtml+xml, text/plain;q=0.8",
            "accept-encoding": "gzip",
            "connection": "close",
        }


async def test_environment_is_no_way(
    pages: Pages, web: HostilePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment is not used."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await pages.read("http://varn.example/")
    assert web.connected == [(PUBLIC, 80)]


async def test_title_of_the_search(pages: Pages, scribe: Scribe) -> None:
    """Where a page has no title it is called as the search called it, without anything invisible."""
    scribe.answer = {"title": "", "text": WORDS, "published": ""}
    page = await pages.read("http://varn.example/", title=" The lamp\u202e\nof <|im_start|> Varn ")
    assert (page.title, page.published) == ("The lamp of ‹|im_start|> Varn", None)


@pytest.mark.parametrize("charset", ["", "windows-1251", "no-such-thing"])
async def test_charset_goes_along(charset: str, pages: Pages, web: HostilePages, scribe: Scribe) -> None:
    """What the server says of the charset reaches the extraction, be it nonsense or not."""
    web.show("/charset", PAGE, f"text/html; charset={charset}")
    await pages.read("http://varn.example/charset")
    assert scribe.arguments[0]["charset"] == charset


# ── Where one may go ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "localhost",
        "nas.local",
    ],
)
async def test_inner_host(host: str, pages: Pages, web: HostilePages) -> None:
    """An inner address or name is refused before anything is looked up or connected to."""
    assert await fault(pages, f"http://{host}/") == "forbidden"
    assert (web.asked, web.connected) == ([], [])


@pytest.mark.parametrize("address", INSIDE)
async def test_name_of_an_inner_address(address: str, pages: Pages, web: HostilePages) -> None:
    """A public name that stands for an inner address is not connected to."""
    web.names["varn.example"] = [[address]]
    assert await fault(pages, "https://varn.example/") == "forbidden"
    assert web.connected == []


@pytest.mark.parametrize("address", INSIDE)
async def test_mixed_addresses(address: str, pages: Pages, web: HostilePages) -> None:
    """One inner address among public ones is enough to connect to none of them."""
    web.names["varn.example"] = [[PUBLIC, PUBLIC_6, ELSEWHERE, PUBLIC, address]]
    assert await fault(pages, "https://varn.example/") == "forbidden"
    assert web.connected == []


@pytest.mark.parametrize(
    "goal",
    [
        *(
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://10.0.0.1/admin",
            "http://2130706433/",
            "http://localhost/",
        ),
        *("//192.168.178.1/", "http://varn.example:8080/", "ftp://varn.example/", "http://inner.example/"),
        *("http://user@varn.example/", "http://169.254.169.254/latest/meta-data/"),
    ],
)
async def test_redirect_inside(goal: str, pages: Pages, web: HostilePages) -> None:
    """A redirect to an inner place, or to a name that stands for one, is not followed."""
    web.names["inner.example"] = [["10.0.0.7"]]
    assert await fault(pages, f"http://varn.example/to?url={goal}") == "forbidden"
    assert web.connected == [(PUBLIC, 80)]


async def test_rebinding(pages: Pages, web: HostilePages) -> None:
    """A name is looked up once: what it stands for a moment later is not where we connect to."""
    web.names["varn.example"] = [[PUBLIC], ["127.0.0.1"]]
    await pages.read("http://varn.example/")
    assert (web.asked, web.connected) == (["varn.example"], [(PUBLIC, 80)])


async def test_rebinding_behind_a_redirect(pages: Pages, web: HostilePages) -> None:
    """A redirect back to the same name is looked up, and judged, anew."""
    web.names["varn.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert await fault(pages, "http://varn.example/to?url=/again") == "forbidden"
    assert web.connected == [(PUBLIC, 80)]


async def test_own_network(pages: Pages, web: HostilePages) -> None:
    """A device of our own network is not connected to, though its address is public."""
    web.own_address = "2a0c:b640:1:2::7"
    web.names["printer.example"] = [["2a0c:b640:1:9::1"]]
    assert await fault(pages, "http://printer.example/") == "forbidden"
    assert await fault(pages, "http://[2a0c:b640:1:2::1]/") == "forbidden"
    assert web.connected == []


async def test_downgrade(pages: Pages, web: HostilePages) -> None:
    """From http to https a redirect is followed, and from https to http it is not."""
    page = await pages.read("http://varn.example/to?url=https://other.example/")
    assert page.url == "https://other.example/"
    assert await fault(pages, "https://varn.example/to?url=http://other.example/") == "forbidden"


async def test_three_redirects(pages: Pages, web: HostilePages) -> None:
    """Three redirects are followed, and a fourth is not."""
    three = "http://varn.example/to?url=/to?url%3D/to?url%253D/lamp"
    assert (await pages.read(three)).url == "http://varn.example/lamp"
    four = three.replace("/lamp", "/to?url%25253D/lamp")
    assert await fault(pages, four) == "redirects"
    assert len(web.connected) == 8


# ── Connections ───────────────────────────────────────────────────────────────────────────────────


async def test_next_address(pages: Pages, web: HostilePages) -> None:
    """Where nobody listens at one address of a host, the next one is tried, up to three."""
    web.names["varn.example"] = [[PUBLIC_6, PUBLIC]]
    web.refusing = {PUBLIC_6}
    await pages.read("https://varn.example/")
    assert web.connected == [(PUBLIC_6, 443), (PUBLIC, 443)]
    web.names["many.example"] = [[f"45.155.7.{number}" for number in range(1, 9)]]
    web.refusing = {f"45.155.7.{number}" for number in range(1, 9)}
    assert await fault(pages, "http://many.example/") == "unreachable"
    assert len(web.connected) == 5


async def test_certificate(pages: Pages, web: HostilePages) -> None:
    """TLS is for the name, not for the address: another's certificate is not accepted."""
    assert await fault(pages, "https://varn.example.org/") == "unreachable"
    assert web.requests == []


async def test_no_such_name(web: HostilePages, scribe: Scribe) -> None:
    """A name that nobody knows is unreachable, and so is one that stands for nothing."""

    async def nobody(name: str, port: int) -> list[str]:
        raise OSError

    pages = Pages(scribe, resolver=nobody, connect=web.connect, tls=web.tls)
    assert await fault(pages, "http://varn.example/") == "unreachable"
    web.names["varn.example"] = [[]]
    assert await fault(pages_of(web, scribe), "http://varn.example/") == "unreachable"


async def test_slow_name(web: HostilePages, scribe: Scribe) -> None:
    """A name service that does not answer counts against the same deadline."""

    async def asleep(name: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    pages = Pages(scribe, resolver=asleep, connect=web.connect, tls=web.tls, fetch_s_max=0.05)
    assert await fault(pages, "http://varn.example/") == "too_slow"


# ── What comes back ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", TRICKS)
async def test_trick(path: str, pages: Pages, scribe: Scribe) -> None:
    """Each trick of a server ends in its fault, and nothing of it is extracted."""
    assert await fault(pages, f"http://varn.example{path}") == TRICKS[path][1]
    assert scribe.bodies == []


@pytest.mark.parametrize("path", ["/endless", "/dripping-body", "/bomb"])
async def test_trick_over_tls(path: str, pages: Pages, scribe: Scribe) -> None:
    """Encryption changes nothing about it."""
    assert await fault(pages, f"https://varn.example{path}") == TRICKS[path][1]


async def test_stopped(pages: Pages, web: HostilePages) -> None:
    """Whoever stops waiting stops the fetch, and the connection is gone with it."""
    reading = asyncio.create_task(pages.read("http://varn.example/silent"))
    await web.visited.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await pages.read("http://varn.example/")).text == WORDS


@pytest.mark.parametrize(
    "answer", [JobLost("it took too long"), JobFailed("ValueError"), None, [], {"text": "x"}, {"title": 1}]
)
async def test_extraction_fails(answer: object, pages: Pages, scribe: Scribe) -> None:
    """A page whose extraction was ended, failed or came back as nonsense is broken."""
    scribe.answer = answer
    assert await fault(pages, "http://varn.example/") == "broken"


async def test_no_text(pages: Pages, scribe: Scribe) -> None:
    """A page in which no text was found is empty."""
    scribe.answer = {"title": "Varn", "text": "", "published": ""}
    assert await fault(pages, "http://varn.example/") == "empty"


async def test_no_word_of_the_page_in_the_error() -> None:
    """What is raised tells neither the address nor a word of what came from there."""
    async with HostilePages() as web:
        pages = pages_of(web, Scribe())
        for path in ("/403", "/pdf", "/not-http", "/chunk-garbage", "/to?url=http://secret.local/"):
            with pytest.raises(PageUnread) as unread:
                await pages.read(f"http://varn.example{path}")
            assert not any(word in str(unread.value) for word in ("varn", "pdf", "SSH", "zz", "secret"))


# ── With the real worker ──────────────────────────────────────────────────────────────────────────


async def test_real_worker(web: HostilePages) -> None:
    """The real child finds text and title; and after a page that it dies of, the next is read again."""
    worker = Worker()
    try:
        pages = pages_of(web, worker)
        page = await pages.read("https://varn.example/")
        assert (page.title, page.text) == ("Varn", WORDS)
        web.show("/deadly", HTML[DEADLY].encode())
        assert await fault(pages, "https://varn.example/deadly") == "broken"
        assert (await pages.read("https://varn.example/")).text == WORDS
    finally:
        await worker.close()
