"""One request to a stranger's web server, and nothing that it could do to us or to the house.

    name ── resolve ── every address public? ── connect to just that address ── TLS with the name
         ── GET ── head ── status, type, encoding ── body, unpacked on the way (≤ 1.5 MB)

The name is resolved once, here; the connection goes to an address that was judged, so a second answer of
the name server changes nothing. Redirects are given back, not followed: whoever follows one comes through
here again. The bytes are read by us, few at a time, and counted; h11 tells what they mean. Nothing of ours
goes along: no cookies, no credentials, no referrer, no proxy of the environment. There is no deadline
here; who calls has one.

What it cannot know is the public address of a router that translates ours; a router that shows its settings
there to the inside does so to every browser of the house as well.
"""

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import certifi
import h11

from core.web import PageUnread
from core.web_address import WebAddress, are_neighbours, is_public

BODY_BYTES_MAX = 1_500_000
"""Of a page as it was written, and on the wire just the same."""
OTHER_BYTES_MAX = 64 * 1024
"""Of all that is not the body: interim answers, headers, what a chunk says of itself, trailers."""
_READ_BYTES_MAX = 2 * 1024
"""What is parsed in one go: were it all chunks of one byte, it would hold up the others for some 4 ms."""
_ADDRESSES_MAX = 3
_CONNECT_S = 0.6
"""For each address but the last one, so that a broken IPv6 leaves time for IPv4."""

_REDIRECTS = (301, 302, 303, 307, 308)
_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_HEADERS = [
    ("User-Agent", "Mozilla/5.0 (compatible; Porchlight)"),
    ("Accept", "text/html, application/xhtml+xml, text/plain;q=0.8"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "close"),
]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a name, for a port. Raises OSError if there are none."""


class Connect(Protocol):
    """Opens a connection to an address, which is never a name: `asyncio.open_connection`."""

    async def __call__(
        self, host: str, port: int, *, ssl: ssl.SSLContext | None, server_hostname: str | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]: ...


@dataclass(frozen=True, slots=True)
class Document:
    """What a server sent, unpacked. `charset` is what it said of it, and may be anything."""

    body: bytes
    media_type: str
    charset: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The server names another address, in a stranger's spelling."""

    location: str


async def resolve(name: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def own_address(towards: str) -> str | None:
    """What this machine would speak from; None where no way leads there. No packet is sent for it."""
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((towards, 443))
            return str(probe.getsockname()[0])
    except OSError:
        return None


def public_tls() -> ssl.SSLContext:
    """Trusts whom browsers trust, on every system alike."""
    tls = ssl.create_default_context(cafile=certifi.where())
    tls.set_alpn_protocols(["http/1.1"])
    return tls


class Fetch:
    """Opens one connection for each request, and keeps none."""

    def __init__(
        self,
        *,
        resolver: Resolver = resolve,
        connect: Connect = asyncio.open_connection,
        tls: ssl.SSLContext | None = None,
        own: Callable[[str], str | None] = own_address,
    ) -> None:
        self._resolver = resolver
        self._connect = connect
        self._tls = tls or public_tls()
        self._own = own

    async def get(self, address: WebAddress) -> Document | Moved:
        """Raises `PageUnread`."""
        ips = await self._judged(address)
        try:
            reader, writer = await self._connected(address, ips)
            try:
                wire = _Wire(reader, writer)
                wire.ask(address)
                return await _answer(wire)
            finally:
                writer.transport.abort()  # to close it politely would mean to wait for a stranger
        except OSError as error:  # of TLS too
            raise PageUnread("unreachable", type(error).__name__) from None
        except h11.RemoteProtocolError:
            raise PageUnread("broken", "no HTTP") from None

    async def _judged(self, address: WebAddress) -> list[str]:
        """The addresses of a host, each single one of which may be connected to."""
        try:
            found = [address.host] if address.is_literal else await self._resolver(address.host, address.port)
        except (OSError, UnicodeError):
            raise PageUnread("unreachable", "no such name") from None
        if not found:
            raise PageUnread("unreachable", "no such name")
        for ip in found:
            if not is_public(ip):
                raise PageUnread("forbidden", "not a public address")
            own = self._own(ip)
            if own is not None and are_neighbours(ip, own):
                raise PageUnread("forbidden", "an address of our own network")
        return list(dict.fromkeys(found))[:_ADDRESSES_MAX]

    async def _connected(
        self, address: WebAddress, ips: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls, name = (self._tls, address.host) if address.scheme == "https" else (None, None)
        for ip in ips[:-1]:
            try:
                async with asyncio.timeout(_CONNECT_S):
                    return await self._connect(ip, address.port, ssl=tls, server_hostname=name)
            except OSError:
                continue
        return await self._connect(ips[-1], address.port, ssl=tls, server_hostname=name)


class _Wire:
    """A connection as events of HTTP. What is no body is taken off what is left, and too much is refused."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=OTHER_BYTES_MAX)
        self._left = OTHER_BYTES_MAX

    def ask(self, address: WebAddress) -> None:
        headers = [("Host", address.authority), *_HEADERS]
        request = h11.Request(method="GET", target=address.target, headers=headers)
        for event in (request, h11.EndOfMessage()):
            self._writer.write(self._http.send(event) or b"")

    async def next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            await asyncio.sleep(0)  # a read that finds something waiting lets nobody else run
            data = await self._reader.read(_READ_BYTES_MAX)
            self._left -= len(data)
            if self._left < 0:
                raise PageUnread("too_big", "and not for its body")
            self._http.receive_data(data)
        if isinstance(event, h11.Data):
            self._left += len(event.data)
        return event


async def _answer(wire: _Wire) -> Document | Moved:
    while isinstance(head := await wire.next(), h11.InformationalResponse):
        pass
    if not isinstance(head, h11.Response):
        raise PageUnread("broken", "no answer")
    headers = _headers(head)
    if head.status_code in _REDIRECTS and "location" in headers:
        return Moved(headers["location"])
    if head.status_code == 204:
        raise PageUnread("empty", "status 204")
    if head.status_code != 200:
        raise PageUnread("refused", f"status {head.status_code}")
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _TYPES:
        raise PageUnread("not_text", "another type")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise PageUnread("not_text", "another encoding")
    if int(headers.get("content-length", "0")) > BODY_BYTES_MAX:  # h11 has seen that it is a number
        raise PageUnread("too_big", "by its own word")
    unpacked = _Unpacked(gzip=encoding != "identity")
    while not unpacked.is_whole and isinstance(event := await wire.next(), h11.Data):
        unpacked.add(event.data)
    charset = _CHARSET.search(headers["content-type"])
    return Document(unpacked.whole(), media_type, charset[1] if charset else "")


def _headers(head: h11.Response) -> dict[str, str]:
    """By name in lower case. What comes more than once is joined, and then fits nothing we know."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class _Unpacked:
    """A body while it comes in. Of gzip the first member is read; what follows it is not."""

    def __init__(self, *, gzip: bool) -> None:
        self._body = bytearray()
        self._packed_bytes = 0
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if gzip else None

    @property
    def is_whole(self) -> bool:
        return self._gzip is not None and self._gzip.eof

    def add(self, piece: bytes) -> None:
        room = BODY_BYTES_MAX + 1 - len(self._body)
        try:
            self._body += self._gzip.decompress(piece, room) if self._gzip else piece
        except zlib.error:
            raise PageUnread("broken", "no gzip") from None
        self._packed_bytes += len(piece)
        if max(len(self._body), self._packed_bytes) > BODY_BYTES_MAX:
            raise PageUnread("too_big", "more than we read")

    def whole(self) -> bytes:
        if self._gzip is not None and not self._gzip.eof:
            raise PageUnread("broken", "half a gzip")
        if not self._body.strip():
            raise PageUnread("empty", "no body")
        return bytes(self._body)
