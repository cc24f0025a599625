"""Searches and pages that were looked up a little while ago, so that they need not be again.

The cache itself is given: it keeps texts under keys for so many seconds. A key is a hash, so that the list of
keys does not say what people asked. What a minor's strict search found is kept apart, and so are the pages
opened for it: nothing that an adult looked up comes to a minor. What cannot be kept is not kept, and nobody
has to know.
"""

import hashlib
import json
import logging
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol, TypeVar

from core.errors import StorageError
from core.web import Found, Hit, Page

Kept = TypeVar("Kept", Found, Page)

log = logging.getLogger(__name__)

PAGE_LIVES_S = 24 * 3600.0
SEARCH_LIVES_S = 6 * 3600.0
FRESH_LIVES_S = 15 * 60.0
"""Of a search whose answer changes by the hour, and of the pages read for it."""
SECOND_BEST_LIVES_S = 60.0
"""The usual search engine may be well again by then."""
FRESH = re.compile(
    r"\b(?:today|tonight|currently|latest|yesterday|tomorrow|weather|forecast|breaking news|news about"
    r"|this week|right now|heute|gestern|aktuelle?[nrs]?|derzeit|neueste[nrs]?|wetter|nachrichten|diese woche"
    r"|hôm nay|hôm qua|ngày mai|mới nhất|tin tức|thời tiết|bây giờ|hiện nay|tuần này)\b",
    re.IGNORECASE,
)
PAGE_CHARS_MAX = 30_000
"""More of a page is read, but not kept."""


class Cache(Protocol):
    """Raises nothing but `StorageError`."""

    async def get(self, kind: str, key: str) -> str | None:
        """What was put there, if it still lives."""

    async def put(self, kind: str, key: str, value: str, lives_s: float) -> None: ...


class Searcher(Protocol):
    """core/search.py, as far as it is needed here."""

    async def find(self, query: str, *, language: str = "", strict: bool = False) -> Found: ...


class Reader(Protocol):
    """core/pages.py, as far as it is needed here."""

    async def read(self, url: str, *, title: str = "") -> Page: ...


class Library:
    """The search and the pages, with what is remembered of them."""

    def __init__(self, search: Searcher, pages: Reader, cache: Cache | None) -> None:
        self._search = search
        self._pages = pages
        self._cache = cache

    async def find(self, query: str, language: str, *, strict: bool, anew: bool = False) -> Found:
        """`strict` as in core/search.py; `anew`: what is remembered counts only if nothing is found now."""
        key = key_of(" ".join(query.lower().split()), language, _apart(strict))
        kept = await self._kept("search", key, _found)
        if kept and not anew:
            return kept
        found = await self._search.find(query, language=language, strict=strict)
        if found.rung is None:
            return kept or found
        lives_s = FRESH_LIVES_S if is_fresh(query) else SEARCH_LIVES_S
        await self._keep("search", key, found, lives_s if found.preferred else SECOND_BEST_LIVES_S)
        return found

    async def read(self, url: str, title: str, *, strict: bool, fresh: bool = False) -> Page:
        """`strict`: opened for a minor; `fresh`: for a question about these days. Raises `PageUnread`."""
        key = key_of(url, _apart(strict), "fresh" if fresh else "")
        if kept := await self._kept("page", key, _page):
            return kept
        page = await self._pages.read(url, title=title)
        if len(page.text) <= PAGE_CHARS_MAX:
            await self._keep("page", key, page, FRESH_LIVES_S if fresh else PAGE_LIVES_S)
        return page

    async def _kept(self, kind: str, key: str, made: Callable[[Any], Kept]) -> Kept | None:
        try:
            value = await self._cache.get(kind, key) if self._cache else None
            return made(json.loads(value)) if value else None
        except StorageError:
            return None
        except (ValueError, KeyError, TypeError):
            log.warning("A kept %s cannot be read, it is looked up anew", kind)
            return None

    async def _keep(self, kind: str, key: str, value: Found | Page, lives_s: float) -> None:
        if self._cache:
            try:
                await self._cache.put(
                    kind, key, json.dumps(asdict(value), ensure_ascii=False, default=date.isoformat), lives_s
                )
            except StorageError as error:
                log.info("A %s is not kept: %s", kind, error)


def is_fresh(question: str) -> bool:
    """Whether it is clearly about these days, so that what a model learned is too old for it."""
    return bool(FRESH.search(unicodedata.normalize("NFC", question)))


def key_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _apart(strict: bool) -> str:
    return "strict" if strict else ""


def _found(kept: dict[str, Any]) -> Found:
    hits = tuple(Hit(**{**hit, "published": _day(hit["published"])}) for hit in kept["hits"])
    return Found(hits, kept["rung"], kept["preferred"])


def _page(kept: dict[str, Any]) -> Page:
    return Page(**{**kept, "published": _day(kept["published"])})


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
