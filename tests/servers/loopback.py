"""The least of HTTP/1.1 that a stand-in server needs, on raw asyncio and on the loopback.

`Loopback` keeps the port, the connections and their tasks; what is answered is the business of the
`answer` it is given, which gets each `Request` and the `Line` to write to. Written for speed, because
benchmarks measure what is on the other side, and for misbehaving: a `Line` can hang, lie and break off.
Request bodies need a Content-Length; there is no pipelining. TLS is spoken from the first byte if `tls` is
given, or from wherever an `answer` says so.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

SHORT_S = 0.25
"""Up to here a pause is slept through: watching the line meanwhile costs more than it tells."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    target: str = ""
    """As it stood in the request line."""


class HungUp(Exception):
    """The client closed the connection before the reply was whole."""


class Line:
    """The connection a request came in on: where its reply goes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def begin(self, status: int, headers: dict[str, str]) -> None:
        self.write(head(status, {**headers, "Transfer-Encoding": "chunked"}))

    def write(self, data: bytes) -> None:
        """Raw bytes; `chunk()` makes those of a body that was begun with `begin`."""
        self._writer.write(data)

    def end(self) -> None:
        self.write(b"0\r\n\r\n")

    async def start_tls(self, tls: ssl.SSLContext) -> None:
        """Speak TLS from here on. Raises `HungUp` if the client does not agree to it."""
        try:
            await self._writer.start_tls(tls)
        except (ConnectionError, ssl.SSLError):
            raise HungUp from None

    async def flush(self) -> None:
        if self._reader.at_eof():
            raise HungUp
        try:
            await self._writer.drain()
        except ConnectionError:
            raise HungUp from None

    async def pause(self, seconds: float) -> None:
        """Wait, but hardly longer than the client does."""
        if seconds > SHORT_S:
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(seconds):
                    await self._reader.read()
        elif seconds > 0:
            await asyncio.sleep(seconds)
        await self.flush()

    async def hang(self) -> None:
        """Until the client gives up."""
        with suppress(ConnectionError):
            await self._reader.read()
        raise HungUp

    def reset(self) -> None:
        """Break off as a crash does: the client gets a reset, not an end."""
        lingering = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
        self._writer.transport.abort()


class Loopback:
    """A server on 127.0.0.1, to be used as `async with`. `port` 0 takes a free one."""

    def __init__(
        self,
        answer: Callable[[Request, Line], Awaitable[bool]],
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._answer = answer
        """Returns whether the connection may serve another request."""
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._mistakes: list[Exception] = []
        """Our own: a stand-in that breaks must not pass for a node that does."""
        self.port = port
        self.connections = 0
        """How many were ever opened."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_listening()
        if self._mistakes and error is None:
            raise ExceptionGroup("the stand-in server broke", self._mistakes)

    async def listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, backlog=1024, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Close the port and every connection: from now on they are refused. `listen` opens it again."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        line = Line(reader, writer)
        try:
            # A stopping server cancels; that must not be told as an unhandled error of the task.
            with suppress(HungUp, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._answer(await _request(reader), line):
                    pass
        except Exception as mistake:  # noqa: BLE001 - it is raised where the server is closed
            self._mistakes.append(mistake)
        finally:
            self._tasks.discard(task)
            if writer.get_extra_info("sslcontext") is not None:
                writer.transport.abort()  # a polite end of TLS waits for the other side, up to half a minute
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        if status in set(HTTPStatus)
        else f"HTTP/1.1 {status} ?"
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def _request(reader: asyncio.StreamReader) -> Request:
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = raw[:-4].split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for field in lines:
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body, target)
