"""Web servers one should not meet, on the loopback, and the name service that leads to them.

    async with HostilePages() as web:
        Pages(worker, resolver=web.resolve, connect=web.connect, tls=web.tls, own=web.own)

Every trick is a path, and stands in `TRICKS` beside the fault that a reader has to see in it. Names are
public unless `names` says otherwise; a name's entries are what it stands for, one lookup after the other,
and the last one for ever. `connect` is the very last step of a fetch: it notes the address that was to be
connected to, and only then leads it here. `HTML` are pages that are only hostile once they are parsed.
"""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Self

import trustme

from core.web import PageFault
from tests.servers.loopback import Line, Loopback, Request, chunk, head

PUBLIC = "45.155.7.7"
ELSEWHERE = "45.155.9.9"
PUBLIC_6 = "2a0c:b640::7"
WORDS = "The lighthouse of Varn was lit again on the second of May, and all its windows shone."
PAGE = f"<html><head><title>Varn</title></head><body><article><p>{WORDS}</p></article></body></html>".encode()
MEGABYTE = 1_000_000
DRIP_S = 0.02
"""Far less than any deadline between two bytes, and the bytes are many."""

Trick = Callable[[Request, Line], Awaitable[None]]


class HostilePages:
    """A server without and one with TLS, whose certificate is for two names."""

    def __init__(self) -> None:
        self.names: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []
        """Names that were looked up."""
        self.connected: list[tuple[str, int]] = []
        """Where it was connected to, as far as a reader knows."""
        self.requests: list[Request] = []
        self.visited = asyncio.Event()
        self.refusing: set[str] = set()
        """Addresses at which nobody listens."""
        self.own_address: str | None = None
        self._shown: dict[str, tuple[str, bytes]] = {}
        authority = trustme.CA()
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("varn.example", "other.example").configure_cert(served)
        self.tls = ssl.create_default_context()
        authority.configure_trust(self.tls)
        self._plain = Loopback(self._answer)
        self._secure = Loopback(self._answer, tls=served)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._plain)
        await self._stack.enter_async_context(self._secure)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def resolve(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        entries = self.names.get(name, [[PUBLIC]])
        return entries.pop(0) if len(entries) > 1 else entries[0]

    async def connect(
        self, host: str, port: int, *, ssl: ssl.SSLContext | None, server_hostname: str | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.connected.append((host, port))
        if host in self.refusing:
            raise ConnectionRefusedError
        server = self._plain if ssl is None else self._secure
        return await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=ssl, server_hostname=server_hostname
        )

    def show(self, path: str, body: bytes, media_type: str = "text/html") -> None:
        """Let this be at `path`; it is sent as gzip."""
        self._shown[path] = (media_type, gzip.compress(body))

    def own(self, towards: str) -> str | None:
        return self.own_address

    async def _answer(self, request: Request, line: Line) -> bool:
        self.requests.append(request)
        self.visited.set()
        if request.path == "/to":
            line.write(head(302, {"Location": request.query["url"], "Content-Length": "0"}))
        elif request.path in TRICKS:
            await TRICKS[request.path][0](request, line)
        elif request.path in self._shown:
            media_type, packed = self._shown[request.path]
            _send(line, packed, Content_Type=media_type, Content_Encoding="gzip")
        else:
            _send(line, PAGE)
        await line.flush()
        return False


def _send(line: Line, body: bytes, status: int = 200, **headers: str) -> None:
    named = {
        "Content-Type": "text/html",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    line.write(head(status, {**named, "Content-Length": str(len(body))}) + body)


def _body(body: bytes, status: int = 200, **headers: str) -> Trick:
    async def trick(request: Request, line: Line) -> None:
        _send(line, body, status, **headers)

    return trick


def _raw(*pieces: bytes, then: bytes = b"", pause_s: float = 0.0) -> Trick:
    """These bytes, and the last of them over and over until the client has had enough."""

    async def trick(request: Request, line: Line) -> None:
        for piece in pieces:
            line.write(piece)
        while then:
            line.write(then)
            await line.flush()
            await line.pause(pause_s)

    return trick


async def _hang(request: Request, line: Line) -> None:
    await line.hang()


async def _reset(request: Request, line: Line) -> None:
    line.write(_HEAD + b"Content-Length: 1000\r\n\r\n<p>")
    await line.flush()
    line.reset()


async def _silence_within(request: Request, line: Line) -> None:
    line.write(_HEAD + b"Content-Length: 999999\r\n\r\n<p>")
    await line.flush()
    await line.hang()


async def _in_circles(request: Request, line: Line) -> None:
    line.write(head(302, {"Location": "/in-circles", "Content-Length": "0"}))


def _spaces(megabytes: int) -> bytes:
    """So many megabytes of spaces as gzip: a thousandth of it."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(b" " * MEGABYTE) for _ in range(megabytes)), packer.flush()])


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_ZIPPED = _HEAD + b"Content-Encoding: gzip\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_BOMB = _spaces(300)

TRICKS: dict[str, tuple[Trick, PageFault]] = {
    # Bombs, and what else is too big
    "/bomb": (_body(_BOMB, Content_Encoding="gzip"), "too_big"),
    "/bomb-x": (_body(_BOMB, Content_Encoding="x-gzip"), "too_big"),
    "/bomb-in-chunks": (
        _raw(
            _HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunk(_BOMB),
            b"0\r\n\r\n",
        ),
        "too_big",
    ),
    "/bomb-of-members": (_body(gzip.compress(b" " * MEGABYTE) * 2 + _BOMB, Content_Encoding="gzip"), "empty"),
    "/bomb-in-a-bomb": (_body(gzip.compress(_BOMB), Content_Encoding="gzip, gzip"), "not_text"),
    "/bomb-in-two-lines": (
        _raw(_ZIPPED + b"Content-Encoding: gzip\r\n\r\n", _BOMB),
        "not_text",
    ),
    "/big": (_body(b"<p>" + b"a" * 2 * MEGABYTE), "too_big"),
    "/endless": (_raw(_HEAD + b"\r\n", then=b"a" * 65_536), "too_big"),
    "/endless-chunks": (_raw(_CHUNKED, then=chunk(b"a" * 65_536)), "too_big"),
    "/endless-small-chunks": (_raw(_CHUNKED, then=chunk(b"a") * 10_000), "too_big"),
    "/endless-gzip": (
        _raw(
            _HEAD + b"Content-Encoding: gzip\r\n\r\n",
            gzip.compress(b"")[:10],
            then=b"\0\0\0\xff\xff" * 10_000,
        ),
        "too_big",  # blocks that hold nothing
    ),
    "/long-by-its-word": (_raw(_HEAD + b"Content-Length: 9999999999999\r\n\r\n<p>"), "too_big"),
    "/endless-headers": (_raw(_HEAD, then=b"X-More: and more\r\n" * 500), "too_big"),
    "/endless-header": (_raw(_HEAD + b"X-More: ", then=b"a" * 65_536), "too_big"),
    "/endless-status-line": (_raw(b"HTTP/1.1 200 ", then=b"O" * 65_536), "too_big"),
    "/endless-interim": (_raw(b"", then=b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 200), "too_big"),
    "/endless-trailers": (_raw(_CHUNKED + b"0\r\n", then=b"X-More: and more\r\n" * 500), "too_big"),
    # Patience
    "/silent": (_hang, "too_slow"),
    "/silent-within": (_silence_within, "too_slow"),
    "/dripping-head": (_raw(_HEAD, then=b"X: y\r\n", pause_s=DRIP_S), "too_slow"),
    "/dripping-body": (_raw(_CHUNKED, then=chunk(b"a"), pause_s=DRIP_S), "too_slow"),
    "/dripping-interim": (_raw(b"", then=b"HTTP/1.1 102 Wait\r\n\r\n", pause_s=DRIP_S), "too_slow"),
    # Nothing to read
    "/204": (_raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "empty"),
    "/nothing": (_body(b""), "empty"),
    "/spaces": (_body(b" \n\t " * 1000), "empty"),
    "/nothing-zipped": (_body(gzip.compress(b""), Content_Encoding="gzip"), "empty"),
    # Not a text
    "/pdf": (_body(b"%PDF-1.7", Content_Type="application/pdf"), "not_text"),
    "/picture": (_body(b"\x89PNG", Content_Type="image/png"), "not_text"),
    "/json": (_body(b"{}", Content_Type="application/json"), "not_text"),
    "/xml": (_body(b"<x/>", Content_Type="application/xml"), "not_text"),
    "/events": (_body(b"data: x\n\n", Content_Type="text/event-stream"), "not_text"),
    "/untyped": (_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p>x"), "not_text"),
    "/two-types": (_raw(_HEAD + b"Content-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x"), "not_text"),
    "/brotli": (_body(b"\x0b\x02\x80", Content_Encoding="br"), "not_text"),
    "/deflate": (_body(zlib.compress(PAGE), Content_Encoding="deflate"), "not_text"),
    "/zstd": (_body(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd"), "not_text"),
    # Lies and nonsense
    "/half-a-gzip": (_body(gzip.compress(PAGE)[:-20], Content_Encoding="gzip"), "broken"),
    "/no-gzip": (_body(PAGE, Content_Encoding="gzip"), "broken"),
    "/cut": (_raw(_HEAD + b"Content-Length: 100000\r\n\r\n" + PAGE), "broken"),
    "/cut-chunks": (_raw(_CHUNKED + chunk(PAGE)), "broken"),
    "/chunk-garbage": (_raw(_CHUNKED + b"zz\r\n" + PAGE), "broken"),
    "/chunk-without-end": (_raw(_CHUNKED + b"3\r\nabcdef\r\n"), "broken"),
    "/chunk-too-big": (_raw(_CHUNKED + b"f" * 30 + b"\r\n"), "broken"),
    "/two-lengths": (_raw(_HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<p>abc"), "broken"),
    "/negative-length": (_raw(_HEAD + b"Content-Length: -1\r\n\r\n"), "broken"),
    "/long-length": (_raw(_HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"), "broken"),
    "/strange-transfer": (_raw(_HEAD + b"Transfer-Encoding: gzip\r\n\r\n", PAGE), "broken"),
    "/not-http": (_raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "broken"),
    "/html-at-once": (_raw(PAGE), "broken"),
    "/nothing-at-all": (_raw(), "broken"),
    "/switched": (
        _raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        "broken",
    ),
    "/reset": (_reset, "unreachable"),
    # A plain no
    "/403": (_body(PAGE, 403), "refused"),
    "/404": (_body(PAGE, 404), "refused"),
    "/500": (_body(PAGE, 500), "refused"),
    "/a-part": (_body(PAGE, 206), "refused"),
    "/not-modified": (_raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "refused"),
    "/moved-nowhere": (_body(b"", 302), "refused"),
    "/in-circles": (_in_circles, "redirects"),
}


def _page(body: str) -> str:
    return f"<html><head><title>T</title></head><body>{body}</body></html>"


_LD_JSON = "<script type='application/ld+json'>"
HTML: dict[str, str] = {
    "nested tags": _page("<div>" * 200_000),
    "nested and closed": _page("<div>" * 90_000 + "x" + "</div>" * 90_000),
    "unclosed tags": _page("<p>a" * 250_000),
    "unclosed formatting": _page("<b><i>a" * 140_000),
    "a million attributes": _page("<p " + "a=1 " * 1_000_000 + ">x</p>")[:MEGABYTE],
    "attributes of 15 tags": _page(
        ("<p " + " ".join(f"a{number}=1" for number in range(7500)) + ">x</p>") * 15
    ),
    "a giant comment": _page("<!--" + "a-" * 500_000),
    "comments": _page("<!--a-->" * 125_000),
    "comments left open": _page("<!--a" * 200_000),
    "entities": _page("&amp;" * 200_000),
    "a giant number": _page("&#" + "9" * MEGABYTE + ";"),
    "unended entities": _page("&a" * 500_000),
    "one giant tag": _page("<p title='" + "a" * MEGABYTE + "'>x"),
    "a tag left open": _page("<p " + "a" * MEGABYTE),
    "nothing but <": _page("<" * MEGABYTE),
    "nothing but </": _page("</" * 500_000),
    "tables in tables": _page("<table><tr><td>" * 66_000),
    "scripts left open": _page("<script>" * 125_000),
    "types in a script": _page(
        "<script type='application/ld+json'>" + '"@type":[' * 110_000 + "</script><p>x"
    ),
    "objects in a script": _page("<script type='application/ld+json'>" + '{"a":' * 200_000 + "</script><p>x"),
    "dates": _page("<p>" + "2024-01-01 " * 90_000),
    "spaces": _page("<p>" + " " * MEGABYTE + "x"),
    "line breaks": _page("<br>" * 250_000),
    "one long word": _page("<p>" + "a" * MEGABYTE),
    "titles": "<title>a" * 120_000,
    "marks on one letter": _page("<p>a" + "\u0301\u0323" * 250_000),
    "links in Markdown": _page("<p>" + "[a](" * 250_000),
    "NULs": _page("\0" * MEGABYTE),
}
"""A megabyte each, or about that; each is slow, or for ever, in something."""
DEADLY = "types in a script"
"""The one that passes for harmless and is not: only the end of the child ends it."""
