"""The child's side of a search: one engine, asked and read by ddgs.

The engine is named, never `auto`: we have to know who answered, and `auto` asks others first. ddgs tells a
hidden refusal (202, 403, 429, a captcha) and true emptiness alike, so both are an empty list here;
core/search.py knows what to make of it. Each search has a `DDGS` of its own: no cookie tells the engine
that two questions came from one house.

ddgs percent-decodes the links it finds, which breaks those that hold an encoded `/`, `&` or `%`; here they
stay as they stood in the page. DuckDuckGo wraps some of them in a redirect of its own, which is unwrapped;
its advertisements are left out.
"""

from urllib.parse import parse_qs, urljoin, urlsplit

from ddgs import DDGS
from ddgs.exceptions import DDGSException
from ddgs.results import BaseResult

DUCKDUCKGO = "https://duckduckgo.com/"


def _as_it_stands(href: str) -> str:
    return href.strip().replace(" ", "%20")


# The one place where ddgs decodes links.
BaseResult._normalizers = {**BaseResult._normalizers, "href": _as_it_stands}


def search(
    engine: str,
    query: str,
    region: str,
    hits_max: int,
    timeout_s: float,
    strict: bool = False,
    proxy: str | None = None,
    verify: bool | str = True,
) -> list[dict[str, str]]:
    """Hits as `url`, `title` and `snippet`. `region` is country-language, and must be a real one (`wt-wt`
    is not); `strict`: with the engine's strictest filter, if ddgs knows it (core/search.py says of which);
    `verify` may name a file of certificates. Raises what ddgs raises, except for emptiness."""
    client = DDGS(proxy=proxy, timeout=timeout_s, verify=verify)  # type: ignore[arg-type]  # it may be a float
    try:
        results = client.text(
            query,
            backend=engine,
            region=region,
            safesearch="on" if strict else "moderate",
            max_results=None,
        )
    except DDGSException as error:
        if error.args[:1] == ("No results found.",):
            return []
        raise
    hits = (
        {"url": direct(result["href"]), "title": result["title"], "snippet": result["body"]}
        for result in results
    )
    return [hit for hit in hits if hit["url"]][:hits_max]


def direct(url: str) -> str:
    """Where a link really leads; empty for an advertisement, and for what is no address."""
    try:
        parts = urlsplit(urljoin(DUCKDUCKGO, url))
    except ValueError:
        return ""
    if parts.hostname != "duckduckgo.com":
        return url
    if parts.path == "/y.js":
        return ""
    return parse_qs(parts.query).get("uddg", [url])[0]
