"""How the search engines of the invented web are asked, and what their answers look like.

Each engine takes a request as the real one does, as strictly as it can: `asked` gives the query, or raises
`Wrong` for what the real one would not have been asked by a browser. What it answers is an HTML page with
the same bones as the real one's, with menus, an advertisement and other clutter around the results; or
JSON, for SearXNG and Wikipedia. Nothing here opens a port: that is web.py.
"""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.servers.dialects import Reply, Wrong
from tests.servers.loopback import Request
from tests.servers.web_index import Result

EngineName = Literal["duckduckgo", "brave", "startpage", "mojeek", "wikipedia", "searxng"]
HOSTS: Mapping[str, EngineName] = {
    "html.duckduckgo.com": "duckduckgo",
    "search.brave.com": "brave",
    "www.startpage.com": "startpage",
    "www.mojeek.com": "mojeek",
}
Filter = Literal["off", "moderate", "strict", ""]
"""Of what is not for everybody; empty for an engine that has none."""
FILTERS: Mapping[EngineName, Mapping[str, Filter]] = {
    "duckduckgo": {"-2": "off", "": "moderate", "-1": "moderate", "1": "strict"},
    "brave": {"off": "off", "": "moderate", "strict": "strict"},
    "startpage": {"none": "off", "moderate": "moderate", "heavy": "strict"},
    "mojeek": {"": "off", "0": "off", "1": "strict"},
    "searxng": {"": "off", "0": "off", "1": "moderate", "2": "strict"},
    "wikipedia": {"": ""},
}
"""How each is told; where there is an empty one it need not be."""
LANGUAGES = ("en", "de", "vi", "fr", "es")
SC = "Xk29fQ7rTn04"
"""What Startpage hands out with its first page and wants back with a search."""
HTML = {"Content-Type": "text/html; charset=utf-8"}
REGION = re.compile(r"[a-z]{2}-[a-z]{2}")


def asked(engine: EngineName, request: Request) -> str | None:
    """The query; None for Startpage's first page, which is none. Raises `Wrong`."""
    match engine:
        case "duckduckgo":
            return _asked_duckduckgo(request)
        case "startpage":
            return _asked_startpage(request)
        case "wikipedia":
            return _asked_wikipedia(request)
        case "searxng":
            return _asked_searxng(request)
    _must(request.method == "GET", engine, "is asked with GET")
    _must(request.path == "/search", engine, "searches at /search")
    cookie = request.headers.get("cookie", "")
    if engine == "brave":
        _must(request.query.get("source") == "web", engine, "wants source=web")
        _must("useLocation=0" in cookie, engine, "wants its cookies")
    else:
        _must("arc=" in cookie and "lb=" in cookie, engine, "wants its cookies")
    return _query(engine, request.query.get("q", ""))


def wanted_filter(engine: EngineName, request: Request) -> Filter:
    """How strict the results shall be. Raises `Wrong` for what the engine would not understand."""
    match engine:
        case "duckduckgo":
            told = _form(engine, request).get("kp", "")
        case "startpage":
            told = _form(engine, request).get("qadf", "")
        case "brave":
            cookie = re.search(r"\bsafesearch=(\w+)", request.headers.get("cookie", ""))
            told = cookie[1] if cookie else ""
        case "mojeek":
            told = request.query.get("safe", "")
        case "searxng":
            told = (request.query or _form(engine, request)).get("safesearch", "")
        case "wikipedia":
            told = ""
    _must(told in FILTERS[engine], engine, f"has no filter {told!r}")
    return FILTERS[engine][told]


def answer(engine: EngineName, results: Sequence[Result], query: str | None, request: Request) -> Reply:
    """The page or the JSON with these results."""
    match engine:
        case "duckduckgo":
            return page(_duckduckgo(results, query or ""))
        case "brave":
            return page(_brave(results, query or ""))
        case "startpage":
            return page(_startpage_home() if query is None else _startpage(results, query))
        case "mojeek":
            return page(_mojeek(results, query or ""))
        case "wikipedia":
            return _wikipedia(results)
        case "searxng":
            return _searxng(results, query or "")


def captcha(engine: EngineName) -> Reply:
    """What an engine shows to whom it takes for a robot, with the status of a success."""
    words = {
        "duckduckgo": "Unfortunately, bots use DuckDuckGo too. Select all squares containing a duck:",
        "brave": "Confirm you’re a human being. Drag the slider.",
        "startpage": "We have detected unusual traffic. Please prove that you are not a robot.",
        "mojeek": "Sorry your network appears to be sending automated queries.",
    }.get(engine, "Too many requests.")
    inner = f'<form class="challenge-form" action="/anomaly.js" method="post"><p>{words}</p></form>'
    return page(f'<div class="anomaly-modal__modal" data-testid="anomaly-modal">{inner}</div>')


def page(body: str, status: int = 200) -> Reply:
    html = f"<!DOCTYPE html><html><head><title>Search</title></head><body>{body}</body></html>"
    return Reply(status, html.encode(), HTML)


# ── DuckDuckGo, without scripts ───────────────────────────────────────────────────────────────────


def _asked_duckduckgo(request: Request) -> str:
    _must(request.method == "POST", "duckduckgo", "is asked with POST")
    _must(request.path == "/html/", "duckduckgo", "searches at /html/")
    form = _form("duckduckgo", request)
    _must({"q", "b", "l"} <= set(form), "duckduckgo", "wants q, b and l")
    _must(REGION.fullmatch(form["l"]) is not None, "duckduckgo", "wants a region")
    return _query("duckduckgo", form["q"])


def _duckduckgo(results: Sequence[Result], query: str) -> str:
    def result(href: str, title: str, snippet: str, classes: str = "web-result") -> str:
        return (
            f'<div class="result results_links results_links_deep {classes}">'
            f'<div class="links_main links_deep result__body">'
            f'<h2 class="result__title"><a rel="nofollow" class="result__a" href="{href}">{title}</a></h2>'
            f'<div class="result__extras"><div class="result__extras__url"><span class="result__icon">'
            f'<a rel="nofollow" href="{href}"><img class="result__icon__img" src="//i.example"></a></span>'
            f'<a class="result__url" href="{href}">{escape(urlsplit(href).hostname or "")}</a></div></div>'
            f'<a class="result__snippet" href="{href}">{snippet}</a><div class="clear"></div></div></div>'
        )

    advertisement = result(
        "https://duckduckgo.com/y.js?ad_domain=ads.example.com&amp;ad_provider=bingv7aa",
        "Buy it now – best prices",
        "Free delivery on everything.",
        "result--ad",
    )
    found = "".join(result(*_escaped(each, query)) for each in results)
    nothing = '<div class="no-results">No results.</div>' if not results else ""
    return f'<div class="serp__results"><div id="links">{advertisement}{found}{nothing}</div></div>'


# ── Brave, Startpage, Mojeek ──────────────────────────────────────────────────────────────────────


def _brave(results: Sequence[Result], query: str) -> str:
    def result(href: str, title: str, snippet: str) -> str:
        return (
            f'<div class="snippet svelte-jmfu5f" data-pos="1" data-type="web"><div class="result-wrapper">'
            f'<div class="result-content"><a href="{href}" target="_self" class="svelte-14r20fy l1">'
            f'<div class="title search-snippet-title line-clamp-1" title="{title}">{title}</div></a>'
            f'<div class="generic-snippet svelte-1cwdgg3"><div class="content desktop-default-regular">'
            f"{snippet}</div></div></div></div></div>"
        )

    found = "".join(result(*_escaped(each, query)) for each in results)
    news = '<div class="snippet" data-type="news"><a href="https://news.example.com/1">News</a></div>'
    return f'<main class="main-column"><div id="results">{news}{found}</div></main>'


def _asked_startpage(request: Request) -> str | None:
    if request.path == "/":
        _must(request.method == "GET", "startpage", "shows its first page to GET")
        return None
    _must(request.method == "POST", "startpage", "is asked with POST")
    _must(request.path == "/sp/search", "startpage", "searches at /sp/search")
    _must(request.headers.get("referer", "").startswith("https://www.startpage.com/"), "startpage", "referer")
    form = _form("startpage", request)
    _must(form.get("sc") == SC, "startpage", "wants back what its first page handed out")
    _must(form.get("cat") == "web", "startpage", "searches the web with cat=web")
    return _query("startpage", form.get("query", ""))


def _startpage_home() -> str:
    return (
        '<form id="search" action="/sp/search" method="post"><input type="text" name="query">'
        f'<input type="hidden" name="sc" value="{SC}"><input type="hidden" name="cat" value="web"></form>'
    )


def _startpage(results: Sequence[Result], query: str) -> str:
    def result(href: str, title: str, snippet: str) -> str:
        return (
            f'<div class="result css-o7i03b"><a class="result-title result-link css-1bggj8v" href="{href}">'
            f'<h2 class="wgl-title css-i3irj7">{title}</h2></a>'
            f'<p class="description css-1507v2l">{snippet}</p></div>'
        )

    found = "".join(result(*_escaped(each, query)) for each in results)
    return f'<section class="w-gl w-gl--default">{found}</section>'


def _mojeek(results: Sequence[Result], query: str) -> str:
    def result(href: str, title: str, snippet: str) -> str:
        return (
            f'<li class="r1"><a class="ob" href="{href}"><p class="i">{urlsplit(href).hostname}</p></a>'
            f'<h2><a class="title" href="{href}">{title}</a></h2><p class="s">{snippet}</p></li>'
        )

    found = "".join(result(*_escaped(each, query)) for each in results)
    return f'<div class="results"><ul class="results-standard">{found}</ul></div>'


# ── Those that speak JSON ─────────────────────────────────────────────────────────────────────────


def _asked_wikipedia(request: Request) -> str:
    # https://www.mediawiki.org/wiki/API:Search
    _must(request.method == "GET", "wikipedia", "is asked with GET")
    _must(request.path == "/w/api.php", "wikipedia", "has its API at /w/api.php")
    _must(
        "mozilla" not in request.headers.get("user-agent", "").lower(), "wikipedia", "wants to know who asks"
    )
    _must(request.headers.get("user-agent", "") != "", "wikipedia", "wants to know who asks")
    _must(request.query.get("action") == "query", "wikipedia", "searches with action=query")
    _must(request.query.get("list") == "search", "wikipedia", "searches with list=search")
    _must(request.query.get("format") == "json", "wikipedia", "answers in JSON if it is asked to")
    _must(request.query.get("formatversion") == "2", "wikipedia", "is asked in the newer form")
    query = _query("wikipedia", request.query.get("srsearch", ""))
    _must(len(query) <= 300, "wikipedia", "takes 300 letters")
    return query


def _wikipedia(results: Sequence[Result]) -> Reply:
    listed = [
        {
            "ns": 0,
            "title": unquote(each.page.url.rpartition("/wiki/")[2]).replace("_", " "),
            "pageid": 1000 + number,
            "snippet": f'<span class="searchmatch">{escape(each.snippet)}</span>',
        }
        for number, each in enumerate(results)
    ]
    query = {"searchinfo": {"totalhits": len(listed)}, "search": listed}
    return _json({"batchcomplete": True, "query": query})


def _asked_searxng(request: Request) -> str:
    # https://docs.searxng.org/dev/search_api.html
    _must(request.method in ("GET", "POST"), "searxng", "is asked with GET or POST")
    _must(request.path in ("/", "/search"), "searxng", "searches at /search")
    asked = request.query or _form("searxng", request)
    _must(asked.get("format") == "json", "searxng", "is asked for JSON here")
    known = {"q", "format", "language", "categories", "engines", "pageno", "time_range", "safesearch"}
    _must(set(asked) <= known, "searxng", f"knows no {set(asked) - known}")
    return _query("searxng", asked.get("q", ""))


def _searxng(results: Sequence[Result], query: str) -> Reply:
    listed = [
        {
            "url": each.page.url,
            "title": each.page.title,
            "content": each.snippet,
            "engine": "bravo",
            "template": "default.html",
            "parsed_url": list(urlsplit(each.page.url)),
            "engines": ["bravo"],
            "positions": [position],
            "score": 1 / position,
            "category": "general",
            "publishedDate": f"{each.page.published}T00:00:00" if position % 2 else None,
        }
        for position, each in enumerate(results, 1)
    ]
    return _json(
        {
            "query": query,
            "results": listed,
            "answers": [],
            "corrections": [],
            "infoboxes": [],
            "suggestions": [],
            "unresponsive_engines": [["alpha", "timeout"]],
        }
    )


# ── Common ────────────────────────────────────────────────────────────────────────────────────────


def _must(met: bool, engine: str, rule: str) -> None:
    if not met:
        raise Wrong(f"{engine}: {rule}", page(f"<p>{engine} does not understand.</p>", 400))


def _query(engine: str, query: str) -> str:
    _must(bool(query.strip()), engine, "wants a query")
    return query


def _form(engine: str, request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "")
    _must(kind.startswith("application/x-www-form-urlencoded"), engine, "takes forms")
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _escaped(result: Result, query: str) -> tuple[str, str, str]:
    """Address, title and snippet; the words of the query are bold in the snippet, as engines have it."""
    snippet = escape(result.snippet)
    for word in sorted(set(re.findall(r"\w{4,}", query)), key=len, reverse=True)[:3]:
        snippet = re.sub(rf"\b{re.escape(word)}\b", rf"<b>{word}</b>", snippet)
    return escape(result.page.url), escape(result.page.title), snippet


def _json(body: object) -> Reply:
    return Reply(200, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


def wikipedia_host(language: str) -> str:
    return f"{quote(language)}.wikipedia.org"
