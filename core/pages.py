"""A page of the web as plain text, whatever the page is up to.

    url ── parsed strictly ── fetched ── at most three redirects, each through the same gate ── extracted

`core/web_address.py` says where one may go, `core/fetch.py` makes one request safely, and the worker's child
finds the text (`core/workshop_text.py`), so that no HTML is ever parsed here. All of the network together
has one deadline. A page is read anew each time: keeping it is somebody else's business.
"""

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from core.fetch import Connect, Document, Fetch, Resolver, own_address, resolve
from core.plain import normalised
from core.web import JobFailed, JobLost, Page, PageUnread
from core.web_address import moved, parsed

FETCH_S_MAX = 2.5
"""From the question for the name's addresses to the last byte, all redirects included."""
EXTRACT_S_MAX = 1.0
REDIRECTS_MAX = 3
EXTRACT = "core.workshop_text:extract"


class Jobs(Protocol):
    """core/worker.py, as far as it is needed here."""

    async def call(self, job: str, argument: Mapping[str, object], *, within_s: float) -> object: ...


class Pages:
    """`clock` gives seconds since 1970: no page is younger than that."""

    def __init__(
        self,
        worker: Jobs,
        *,
        resolver: Resolver = resolve,
        clock: Callable[[], float] = time.time,
        connect: Connect = asyncio.open_connection,
        tls: ssl.SSLContext | None = None,
        own: Callable[[str], str | None] = own_address,
        fetch_s_max: float = FETCH_S_MAX,
    ) -> None:
        self._worker = worker
        self._clock = clock
        self._fetch = Fetch(resolver=resolver, connect=connect, tls=tls, own=own)
        self._fetch_s_max = fetch_s_max
        self._handing_over = asyncio.Lock()

    async def read(self, url: str, *, title: str = "") -> Page:
        """`title` is what a search called it: taken where the page has none. Raises `PageUnread`."""
        try:
            async with asyncio.timeout(self._fetch_s_max):
                read_at, document = await self._fetched(url)
        except TimeoutError:
            raise PageUnread("too_slow") from None
        match await self._extracted(document):
            case {"title": str(own_title), "text": str(text), "published": str(published)}:
                if not text:
                    raise PageUnread("empty", "no text")
                return Page(read_at, own_title or " ".join(normalised(title).split()), text, _day(published))
        raise PageUnread("broken", "no extract")

    async def _fetched(self, url: str) -> tuple[str, Document]:
        address = parsed(url)
        for _ in range(1 + REDIRECTS_MAX):
            answer = await self._fetch.get(address)
            if isinstance(answer, Document):
                return address.url, answer
            address = moved(address, answer.location)
        raise PageUnread("redirects", "too many")

    async def _extracted(self, document: Document) -> object:
        # To wrap up a big page takes some 15 ms, half of it here and half in the worker. Pages that come
        # together are wrapped one by one, and in between everybody else has a turn.
        async with self._handing_over:
            body = b64encode(document.body).decode("ascii")
            await asyncio.sleep(0)
        # A day more than ours, for where it is tomorrow already.
        today = datetime.fromtimestamp(self._clock(), UTC).date() + timedelta(days=1)
        argument = {
            "body": body,
            "media_type": document.media_type,
            "charset": document.charset,
            "today": today.isoformat(),
        }
        try:
            return await self._worker.call(EXTRACT, argument, within_s=EXTRACT_S_MAX)
        except (JobLost, JobFailed) as error:
            raise PageUnread("broken", type(error).__name__) from None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
