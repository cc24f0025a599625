"""Who finds pages on the web: a ladder of engines, so that one that is blocked costs a second at most.

    SearXNG (if it is set up) → DuckDuckGo → Brave → Startpage → Mojeek → Wikipedia

The first rung is asked at once, the next when a rung has failed or when a second has passed without an
answer, while the first may still give one. The first who finds enough ends the search; few hits are kept,
and the ladder goes on until a second passes without more. SearXNG and Wikipedia are asked here, in JSON;
the others by ddgs in the worker's child (core/workshop_search.py).

Each rung has a circuit breaker of a soft kind. Engines rarely say that they refuse: they find nothing, or
keep silent. So a rung is judged by comparison: only where another found something, an error weighs two,
and emptiness or having been overtaken weighs one. If nobody finds anything, the question or our own
network is to blame and nobody is charged. So whoever found something last is always asked.

Minors search strictly: each rung is asked with its strictest filter, and an engine that has none is left
out. Theirs is a ladder with breakers of its own, so that the same holds among those who may be asked.
"""

import asyncio
import html
import json
import logging
import re
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import date
from typing import Any, get_args
from urllib.parse import quote, unquote, urlsplit

import httpx

from core.breaker import Breaker, Lease
from core.errors import PorchlightError
from core.plain import normalised
from core.web import Found, Hit, Rung
from core.worker import Worker

log = logging.getLogger(__name__)

Answer = Coroutine[Any, Any, tuple[Hit, ...] | None]
Sleep = Callable[[float], Coroutine[Any, Any, None]]
Ladder = Mapping[Rung, Breaker]
"""From the first rung up."""

LADDER: tuple[Rung, ...] = get_args(Rung)
WITHOUT_FILTER: frozenset[Rung] = frozenset({"duckduckgo"})
"""Engines that cannot be asked strictly. Read in ddgs 9.16.1, `build_payload` of ddgs/engines/*.py: with
`safesearch="on"` Brave is sent the cookie `safesearch=strict`, Startpage `qadf=heavy`, Mojeek `safe=1`; that
of DuckDuckGo does not look at it. SearXNG hands `safesearch=2` on to those of its engines that know it, if
whoever runs it has not locked another one (`parse_safesearch` in its searx/webadapter.py). Wikipedia has no
filter; it is an encyclopedia, and not the whole web."""
HEDGE_S = 1.0
RUNG_S_MAX = 6.0
"""For one rung, with everything: the child's start, a queue, the network."""
NETWORK_S_MAX = 4.0
"""For what one rung asks over the network; shorter, so that the child ends what it began."""
HITS_ENOUGH = 3
"""As many pages as are cited."""
WEIGHT_MAX = 4
"""In a row, until a rung is left out: two errors, or four times nothing."""
OPEN_S = 60.0
"""The first time; each further one doubles it, up to ten minutes."""
QUERY_MAX = 300
"""Wikipedia's limit, in letters."""
REPLY_BYTES_MAX = 2**20
URL_MAX = 600
"""A longer one could not be shown (core/gate.py)."""
_HOST = re.compile(r"[\w.-]{3,100}")
TITLE_MAX = 300
SNIPPET_MAX = 1000

USER_AGENT = "Porchlight/0.1 (a family's assistant at home) python-httpx"
"""Wikimedia blocks those that do not say who they are."""

CAMPAIGN = re.compile(r"(utm_\w+|gclid|fbclid|msclkid)=", re.I)
"""What addresses are decorated with to count visitors; the page is the same without."""
REGIONS = (
    "us-en de-de vn-vi fr-fr es-es it-it pt-pt nl-nl pl-pl se-sv dk-da no-no fi-fi cz-cs sk-sk hu-hu ro-ro "
    "bg-bg gr-el tr-tr ua-uk ru-ru il-he xa-ar id-id th-th hr-hr ee-et lv-lv lt-lt my-ms ct-ca jp-jp kr-kr "
    "cn-zh"
)
"""Country-language, as DuckDuckGo knows them and ddgs hands them to everybody. There is a `wt-wt` (nowhere),
which makes the others look for a language `wt`."""


class Search:
    """`searxng_url` is the address of a SearXNG whose settings allow the format `json`, if there is one.

    `proxy` and `verify` (a file of certificates) are for ddgs, which has a client of its own. `sleep` is what
    the pauses between rungs are made of. The worker and the client belong to the caller.
    """

    def __init__(
        self,
        worker: Worker,
        client: httpx.AsyncClient,
        *,
        searxng_url: str | None,
        clock: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        proxy: str | None = None,
        verify: bool | str = True,
    ) -> None:
        self._worker = worker
        self._client = client
        self._searxng_url = (searxng_url or "").rstrip("/")
        self._clock = clock
        self._sleep = sleep
        self._proxy = proxy
        self._verify = verify
        rungs = [rung for rung in LADDER if rung != "searxng" or self._searxng_url]
        self._usual = _breakers(rungs)
        self._strict = _breakers(rung for rung in rungs if rung not in WITHOUT_FILTER)

    async def find(self, query: str, *, language: str = "", strict: bool = False, hits_max: int = 8) -> Found:
        """Up to `hits_max` hits whose addresses are http or https, none twice.

        `language` is a code like "de" or "pt-BR"; it picks the region and the Wikipedia. `strict`: nothing
        that is not for minors, as far as the engines know. No failure of a rung is raised; if nobody finds
        anything there are no hits and no rung.
        """
        query = plain_query(query)
        if not query:
            return Found((), None, preferred=False)
        ladder = self._strict if strict else self._usual
        leases = self._leases(ladder)
        climb = _Climb(
            leases, self._sleep, lambda rung: self._ask(rung, query, primary(language), hits_max, strict)
        )
        try:
            await climb.run()
        finally:
            self._judge(ladder, leases, climb)
        hits = merged(climb.found, hits_max)
        return Found(hits, climb.first, preferred=climb.first == next(iter(ladder)))

    def _leases(self, ladder: Ladder) -> dict[Rung, Lease]:
        """Whom to ask."""
        now = self._clock()
        leases = ((rung, breaker.lease(now)) for rung, breaker in ladder.items())
        return {rung: lease for rung, lease in leases if lease is not None}

    def _judge(self, ladder: Ladder, leases: Mapping[Rung, Lease], climb: "_Climb") -> None:
        now = self._clock()
        for rung, lease in leases.items():
            breaker = ladder[rung]
            if rung in climb.found:
                breaker.succeeded(lease)
            for _ in range(climb.weight(rung)):
                breaker.failed(lease, now)
            breaker.released(lease)

    async def _ask(
        self, rung: Rung, query: str, language: str, hits_max: int, strict: bool
    ) -> tuple[Hit, ...] | None:
        """Its hits; None if it failed."""
        try:
            async with asyncio.timeout(RUNG_S_MAX):
                match rung:
                    case "searxng":
                        return await self._searxng(query, language, strict)
                    case "wikipedia":
                        return await self._wikipedia(query, language or "en", hits_max)
                    case _:
                        return await self._ddgs(rung, query, language, hits_max, strict)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a rung, the next is asked
            # Only what we wrote ourselves: the texts of others hold addresses, and these the question.
            why = str(error) if isinstance(error, PorchlightError) else type(error).__name__
            log.info("Search by %s failed: %s", rung, why)
            return None

    async def _ddgs(
        self, rung: Rung, query: str, language: str, hits_max: int, strict: bool
    ) -> tuple[Hit, ...]:
        found = await self._worker.call(
            "core.workshop_search:search",
            {
                "engine": rung,
                "query": query,
                "region": region(language),
                "hits_max": hits_max,
                "strict": strict,
                "timeout_s": NETWORK_S_MAX,
                "proxy": self._proxy,
                "verify": self._verify,
            },
            within_s=RUNG_S_MAX,
            waits=True,
        )
        return hits_of(found, snippet="snippet")

    async def _searxng(self, query: str, language: str, strict: bool) -> tuple[Hit, ...]:
        # https://docs.searxng.org/dev/search_api.html
        params = {"q": query, "format": "json", "safesearch": "2" if strict else "1"}
        if language:
            params["language"] = language
        reply = await self._json(f"{self._searxng_url}/search", params)
        return hits_of(_at(reply, "results"), snippet="content", published="publishedDate")

    async def _wikipedia(self, query: str, language: str, hits_max: int) -> tuple[Hit, ...]:
        # https://www.mediawiki.org/wiki/API:Search
        site = f"https://{language}.wikipedia.org"
        params = {
            "action": "query",
            "list": "search",
            "srsearch": query,
            "srlimit": str(hits_max),
            "srprop": "snippet",
            "format": "json",
            "formatversion": "2",
        }
        results = _at(await self._json(f"{site}/w/api.php", params), "query", "search")
        if isinstance(results, list):
            for result in results:
                if isinstance(result, dict):
                    title = str(result.get("title", ""))
                    result["url"] = f"{site}/wiki/{quote(title.replace(' ', '_'), safe='/:(),')}"
                    result["snippet"] = html.unescape(re.sub(r"<[^>]*>", "", str(result.get("snippet", ""))))
        return hits_of(results, snippet="snippet")

    async def _json(self, url: str, params: Mapping[str, str]) -> object:
        """The body, uncompressed and limited, so that no reply is bigger than what came over the wire."""
        body = bytearray()
        async with self._client.stream(
            "GET",
            url,
            params=params,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=NETWORK_S_MAX,
            follow_redirects=False,
        ) as reply:
            if reply.status_code != 200:
                raise _Unusable(f"HTTP {reply.status_code}")
            async for piece in reply.aiter_raw():
                body += piece
                if len(body) > REPLY_BYTES_MAX:
                    raise _Unusable("a reply too big")
        return json.loads(body)


def _breakers(rungs: Iterable[Rung]) -> Ladder:
    """They open for the very time they say: there is no crowd that could come back at once."""
    return {rung: Breaker(WEIGHT_MAX, OPEN_S, random=lambda: 0.0) for rung in rungs}


class _Unusable(PorchlightError):
    """A reply that holds no hits, and is not an empty one."""


class _Climb:
    """One search, from the first rung up; it knows neither engines nor breakers."""

    def __init__(self, ladder: Iterable[Rung], sleep: Sleep, ask: Callable[[Rung], Answer]) -> None:
        self._waiting = deque(ladder)
        self._sleep = sleep
        self._ask = ask
        self._asked: list[Rung] = []
        self._failed: set[Rung] = set()
        self._empty: set[Rung] = set()
        self.found: dict[Rung, tuple[Hit, ...]] = {}
        """In the order in which they answered."""

    @property
    def first(self) -> Rung | None:
        """Who found something first."""
        return next(iter(self.found), None)

    async def run(self) -> None:
        running: dict[asyncio.Task[tuple[Hit, ...] | None], Rung] = {}
        pause: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as tasks:
            while (self._waiting or running) and not self._is_enough():
                if pause is None and self._waiting:
                    rung = self._waiting.popleft()
                    self._asked.append(rung)
                    running[tasks.create_task(self._ask(rung))] = rung
                if pause is None and (self._waiting or self.found):
                    pause = tasks.create_task(self._sleep(HEDGE_S))
                await asyncio.wait([*running, *([pause] if pause else [])], return_when="FIRST_COMPLETED")
                answered = [task for task in running if task.done()]
                for task in answered:
                    self._note(running.pop(task), task.result())
                if pause is not None and pause.done() and not answered and self.found:
                    break
                if pause is not None and (pause.done() or answered):
                    pause.cancel()
                    pause = None
            for left in [*running, *([pause] if pause else [])]:
                left.cancel()

    def weight(self, rung: Rung) -> int:
        """How much is held against a rung: nothing unless another found something."""
        if self.first is None or rung in self.found or rung not in self._asked:
            return 0
        if rung in self._failed:
            return 2
        return int(rung in self._empty or self._asked.index(rung) < self._asked.index(self.first))

    def _note(self, rung: Rung, hits: tuple[Hit, ...] | None) -> None:
        if hits:
            self.found[rung] = hits
        else:
            (self._failed if hits is None else self._empty).add(rung)

    def _is_enough(self) -> bool:
        return len(merged(self.found, HITS_ENOUGH)) == HITS_ENOUGH


# ── Reading what they say: all of it is strangers' text ───────────────────────────────────────────────


def hits_of(results: object, *, snippet: str, published: str = "") -> tuple[Hit, ...]:
    """The usable ones of a list of results; `snippet` and `published` are what the rung calls these.
    Raises an error for what is no list."""
    if not isinstance(results, list):
        raise _Unusable("no list of results")
    hits = []
    for result in results:
        if isinstance(result, dict) and isinstance(url := result.get("url"), str) and is_link(url):
            title, words, day = (result.get(name) or "" for name in ("title", snippet, published))
            hits.append(Hit(url, line(title, TITLE_MAX), line(words, SNIPPET_MAX), day_of(str(day))))
    return tuple(hits)


def merged(found: Mapping[Rung, tuple[Hit, ...]], hits_max: int) -> tuple[Hit, ...]:
    """In the order of `found`, each page once."""
    hits: dict[str, Hit] = {}
    for hit in (hit for answer in found.values() for hit in answer):
        hits.setdefault(same_page(hit.url), hit)
    return tuple(hits.values())[:hits_max]


def is_link(url: str) -> bool:
    """An address of the web as it may be opened and shown: whole, http or https, nothing invisible in it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(_HOST.fullmatch(parts.hostname or ""))
            and parts.username is None
            and len(url) <= URL_MAX
            and url.isprintable()
            and not any(letter.isspace() for letter in url)
        )
    except ValueError:
        return False


def line(words: object, length_max: int) -> str:
    return " ".join(normalised(str(words)[: 4 * length_max]).split())[:length_max]


def same_page(url: str) -> str:
    """What addresses of one page have in common: no scheme, `www.`, anchor, campaign or last slash."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    query = "&".join(part for part in parts.query.split("&") if part and not CAMPAIGN.match(part))
    return f"{host}:{parts.port or ''}{unquote(parts.path).rstrip('/')}?{unquote(query)}"


def day_of(text: str) -> date | None:
    """The day of an ISO date, with or without a time."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def plain_query(query: str) -> str:
    """Without what engines take for a command: `!bang` (DuckDuckGo, SearXNG) and `:language` (SearXNG)."""
    words = (word.lstrip("!:") for word in query.split())
    return " ".join(word for word in words if word)[:QUERY_MAX]


def primary(language: str) -> str:
    """ "pt" of "pt-BR"; empty for what is no code of a language."""
    code = re.split("[-_]", language.strip().lower())[0]
    return code if re.fullmatch("[a-z]{2,3}", code) else ""


def region(language: str) -> str:
    name = {"ja": "jp", "ko": "kr", "nb": "no"}.get(language, language)
    return next((known for known in REGIONS.split() if known.endswith(f"-{name}")), "us-en")


def _at(reply: object, *keys: str) -> object:
    for key in keys:
        reply = reply.get(key) if isinstance(reply, dict) else None
    return reply
