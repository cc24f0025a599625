"""A stand-in for the internet, on the loopback: search engines, Wikipedia, a SearXNG, and pages.

    async with Web(pages().values()) as web:
        DDGS(proxy=web.proxy, verify=str(web.ca_file)).text("…", backend="brave")
        Pages(worker, resolver=web.resolve, connect=web.connect, tls=web.tls, …)
        web.fail("brave", "captcha")

Whoever searches comes through a CONNECT proxy and is met by TLS with a certificate of the host it wanted,
signed by a throw-away authority; so a library's own addresses, encryption and parsing are all in use,
unchanged. Whoever opens pages by address asks `resolve`, which invents a public one for every host, and
`connect`, which leads it here. SearXNG stands in the house, and so at a port of its own, without TLS.

The web is strict: what an engine is asked wrongly is in `violations`, a host that does not exist here is in
`strangers`, and both can be held to be empty. `fail` scripts an engine's next answers, `failing` is what
happens when the script is empty; `spoil` does the same to a page. With `search_s` and `page_s`, medians in
seconds, answers take as long as they do in life.
"""

import asyncio
import gzip
import ssl
import tempfile
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from math import exp
from pathlib import Path
from random import Random
from typing import Literal, Self, get_args
from urllib.parse import urlsplit

import trustme

from tests.frozen.library import FrozenPage
from tests.servers import web_engines
from tests.servers.dialects import Reply, Wrong
from tests.servers.loopback import Line, Loopback, Request, head
from tests.servers.web_engines import HOSTS, LANGUAGES, EngineName, Filter
from tests.servers.web_index import Index

Fault = Literal[
    "202",  # DuckDuckGo's way to say no: a captcha with a status nobody looks at
    "403",
    "429",
    "captcha",  # with the status of a success
    "empty",  # a good answer without results
    "redesigned",  # a good answer in which nobody finds the results
    "slow",  # nothing at all, until the client leaves
    "reset",  # the connection breaks off in the middle of the answer
]
FAULTS: tuple[Fault, ...] = get_args(Fault)
PageFault = Literal["403", "404", "500", "slow", "reset", "empty", "pdf", "moved"]
PAGE_FAULTS: tuple[PageFault, ...] = get_args(PageFault)

SPREAD = 0.35
"""Of the time an answer takes: one in six is a third slower than the median, or worse."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that came in. `engine` is empty for a page's."""

    host: str
    target: str
    engine: str
    query: str | None = None
    filter: Filter = ""
    """How strict the results had to be."""


class Web:
    def __init__(
        self,
        pages: Iterable[FrozenPage],
        *,
        search_s: float = 0.0,
        page_s: float = 0.0,
        random: Random | None = None,
    ) -> None:
        self.search_s = search_s
        self.page_s = page_s
        self.visits: list[Visit] = []
        self.violations: list[str] = []
        self.strangers: list[str] = []
        """Hosts that were wanted and do not exist."""
        self.failing: dict[EngineName, Fault] = {}
        self.spoiled: dict[str, PageFault] = {}
        """By the names of pages."""
        self._faults: dict[EngineName, deque[Fault]] = {}
        self._random = random or Random(1)
        self._stack = AsyncExitStack()
        self.show(pages)
        hosts = {
            *(page.host for page in self._pages.values()),
            *HOSTS,
            *(web_engines.wikipedia_host(language) for language in LANGUAGES),
        }
        self._addresses = {
            host: f"45.155.{number // 200}.{number % 200 + 7}" for number, host in enumerate(hosts)
        }
        ca = trustme.CA()
        self._ca_pem = ca.cert_pem.bytes()
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*sorted(hosts)).configure_cert(served)
        self._served = served
        self.tls = ssl.create_default_context()
        """For clients: it trusts this web and no other."""
        self.tls.load_verify_locations(cadata=self._ca_pem.decode())
        self._proxy = Loopback(self._tunnel)
        self._direct = Loopback(self._meet, tls=served)
        self._plain = Loopback(self._meet)
        self._searxng = Loopback(lambda request, line: self._search("searxng", request, line))
        self._wanted: dict[Line, str] = {}

    def show(self, pages: Iterable[FrozenPage]) -> None:
        """Let these be the pages there are. Their hosts have to be those from the beginning."""
        shown = list(pages)
        self._pages = {_key(page.url): page for page in shown}
        self._index = Index(shown)
        self._wikipedias = {
            language: Index(page for page in shown if page.host == web_engines.wikipedia_host(language))
            for language in LANGUAGES
        }

    async def __aenter__(self) -> Self:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self.ca_file = Path(folder, "ca.pem")
        self.ca_file.write_bytes(self._ca_pem)
        for server in (self._proxy, self._direct, self._plain, self._searxng):
            await self._stack.enter_async_context(server)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    # ── The ways in ───────────────────────────────────────────────────────────────────────────────

    @property
    def proxy(self) -> str:
        return self._proxy.url

    @property
    def searxng_url(self) -> str:
        return self._searxng.url

    @property
    def plain_port(self) -> int:
        """Where pages are read without TLS, for a program in another process."""
        return self._plain.port

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """A public address, invented. Raises OSError for a host that does not exist."""
        if host not in self._addresses:
            self.strangers.append(host)
            raise OSError("no such host")
        return [self._addresses[host]]

    async def connect(
        self, host: str, port: int, *, ssl: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """In the place of `asyncio.open_connection`: only for addresses that `resolve` gave."""
        if host not in self._addresses.values() or port not in (80, 443):
            self.strangers.append(f"{host}:{port}")
            raise ConnectionRefusedError
        if port == 80:
            return await asyncio.open_connection("127.0.0.1", self._plain.port)
        return await asyncio.open_connection(
            "127.0.0.1", self._direct.port, ssl=ssl, server_hostname=server_hostname
        )

    # ── What goes wrong ───────────────────────────────────────────────────────────────────────────

    def fail(self, engine: EngineName, fault: Fault, *, times: int = 1) -> None:
        """Let its next `times` searches go like this."""
        self._faults.setdefault(engine, deque()).extend([fault] * times)

    def spoil(self, name: str, fault: PageFault) -> None:
        """Let this page be read like this from now on."""
        self.spoiled[name] = fault

    def heal(self) -> None:
        """Everything works again."""
        self.failing.clear()
        self.spoiled.clear()
        self._faults.clear()

    def keys(self) -> dict[str, tuple[str, str]]:
        """By address of every page: the host and the target that a visit to it has."""
        return {page.url: key for key, page in self._pages.items()}

    def searches(self, engine: EngineName) -> list[str]:
        """What it was asked, in order."""
        return [visit.query for visit in self.visits if visit.engine == engine and visit.query is not None]

    def filters(self, engine: EngineName) -> list[Filter]:
        """How strict the results of each search had to be, in order."""
        return [it.filter for it in self.visits if it.engine == engine and it.query is not None]

    # ── Answering ─────────────────────────────────────────────────────────────────────────────────

    async def _tunnel(self, request: Request, line: Line) -> bool:
        """The proxy: first CONNECT, then what goes through the tunnel."""
        if line in self._wanted:
            return await self._meet(request, line, wanted=self._wanted[line])
        if request.method != "CONNECT":
            self.violations.append(f"the proxy was asked to {request.method}")
            return await _send(line, Reply(405, b""))
        host, _, port = request.target.rpartition(":")
        if host not in self._addresses or port != "443":
            self.strangers.append(request.target)
            await _send(line, Reply(502, b"no such host"))
            return False
        line.write(head(200, {}))
        await line.flush()
        await line.start_tls(self._served)
        self._wanted[line] = host
        return True

    async def _meet(self, request: Request, line: Line, *, wanted: str = "") -> bool:
        host = request.headers.get("host", "").removesuffix(":443").removesuffix(":80")
        if wanted and host != wanted:
            self.violations.append(f"{host} was asked for in a tunnel to {wanted}")
        if engine := HOSTS.get(host):
            return await self._search(engine, request, line)
        if host.endswith(".wikipedia.org") and request.path.startswith("/w/"):
            return await self._search("wikipedia", request, line, host)
        return await self._read(host, request, line)

    async def _search(self, engine: EngineName, request: Request, line: Line, host: str = "") -> bool:
        visit = Visit(request.headers.get("host", ""), request.target, engine)
        try:
            if engine not in ("wikipedia", "searxng") and "Mozilla/" not in request.headers.get(
                "user-agent", ""
            ):
                raise Wrong(f"{engine} is for browsers", web_engines.page("", 403))
            query = web_engines.asked(engine, request)
            strictness = "" if query is None else web_engines.wanted_filter(engine, request)
        except Wrong as wrong:
            self.violations.append(str(wrong))
            return await _send(line, wrong.reply)
        self.visits.append(replace(visit, query=query, filter=strictness))
        index = self._wikipedias.get(host.partition(".")[0], self._index) if host else self._index
        if query is None:  # not a search yet
            return await _send(line, web_engines.answer(engine, [], None, request))
        await line.pause(self._time(self.search_s))
        script = self._faults.get(engine)
        fault = script.popleft() if script else self.failing.get(engine)
        reply = web_engines.answer(engine, [] if fault == "empty" else index.search(query), query, request)
        match fault:
            case "202":
                reply = Reply(202, web_engines.captcha(engine).body, web_engines.HTML)
            case "403" | "429":
                reply = web_engines.page("<p>Access denied.</p>", int(fault))
            case "captcha":
                reply = web_engines.captcha(engine)
            case "redesigned":
                reply = web_engines.page('<div id="app"><astro-island props="{}"></astro-island></div>')
            case "slow":
                await line.hang()
            case "reset":
                return await _break_off(line, reply)
        return await _send(line, reply)

    async def _read(self, host: str, request: Request, line: Line) -> bool:
        self.visits.append(Visit(host, request.target, ""))
        page = self._pages.get((host, request.target))
        await line.pause(self._time(self.page_s))
        if request.method != "GET":
            self.violations.append(f"{host} was asked to {request.method}")
            return await _send(line, Reply(405, b""))
        if page is None:
            return await _send(line, web_engines.page("<h1>404</h1><p>There is no such page here.</p>", 404))
        body = page.html.encode(page.charset, "xmlcharrefreplace")
        headers = {"Content-Type": f"text/html; charset={page.charset}"}
        match self.spoiled.get(page.name):
            case "403" | "404" | "500" as status:
                return await _send(line, web_engines.page(f"<h1>{status}</h1>", int(status)))
            case "slow":
                await line.hang()
            case "reset":
                return await _break_off(line, Reply(200, body, headers))
            case "empty":
                return await _send(line, web_engines.page(""))
            case "pdf":
                return await _send(line, Reply(200, b"%PDF-1.7\n", {"Content-Type": "application/pdf"}))
            case "moved":
                return await _send(
                    line, Reply(302, b"", {"Location": "https://login.elsewhere.example/wall"})
                )
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
        return await _send(line, Reply(200, body, headers))

    def _time(self, median_s: float) -> float:
        return median_s * exp(self._random.gauss(0, SPREAD))


def _key(url: str) -> tuple[str, str]:
    """Host and request target, as they are asked for."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.path + (f"?{parts.query}" if parts.query else "")


async def _send(line: Line, reply: Reply) -> bool:
    line.write(head(reply.status, {**reply.headers, "Content-Length": str(len(reply.body))}) + reply.body)
    await line.flush()
    return True


async def _break_off(line: Line, reply: Reply) -> bool:
    line.write(head(200, {**reply.headers, "Content-Length": str(len(reply.body))}) + reply.body[:99])
    await line.flush()
    line.reset()
    return False
