"""Sending a request to a node and reading what comes back, the same for every protocol.

`opened` sends and returns a reply whose status is 200; `pieces` reads an answer out of it with the
protocol's own `Decoder`, which is plain: bytes in, pieces out. Whatever goes wrong on the way leaves as a
`NodeError`. A connection whose reply was read to its last byte is used again for the next question, so
after the end mark the few bytes behind it are waited for, for a moment. How long an answer may take is
not decided here but by who reads.
"""

import asyncio
import errno
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol

import httpx

from core.errors import Fault, NodeError, Rejected, Unavailable
from core.providers import Piece, refusals

STREAM_TIMEOUT = httpx.Timeout(connect=5.0, read=None, write=30.0, pool=5.0)
"""No limit on reading: who reads the pieces has the clock, and a timer per read costs a tenth of the CPU."""
CHECK_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LINGER_S = 0.05
ERROR_BYTES_MAX = 64 * 1024
REPLY_BYTES_MAX = 4 * 1024 * 1024
"""The longest list of models, OpenRouter's, has about one megabyte."""

Refuse = Callable[[int, bytes, Mapping[str, str]], NodeError]
"""Status, body and headers (in lower case) of an error reply, as the error they are."""


class Decoder(Protocol):
    """One answer, out of the bytes of one protocol."""

    @property
    def ended(self) -> bool:
        """The end mark was read: nothing more is expected."""

    def feed(self, chunk: bytes) -> list[Piece]:
        """The pieces that `chunk` completes; the last is `End` if it holds the end mark."""

    def end(self) -> list[Piece]:
        """The connection ended before the end mark was read. Raises unless the last bytes are one."""


def body_of(request: Mapping[str, object]) -> bytes:
    """As JSON. Half a letter (a lone surrogate, which a chat can contain) becomes a question mark."""
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


async def opened(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[bytes, bytes],
    refuse: Refuse,
    *,
    body: bytes | None = None,
    timeouts: httpx.Timeout = STREAM_TIMEOUT,
) -> httpx.Response:
    """The reply, its status 200 and its body still unread; whoever gets it closes it."""
    try:
        request = client.build_request(method, url, headers=headers, content=body, timeout=timeouts)
        response = await _sent(client, request)
    except (httpx.ConnectError, httpx.ProxyError) as error:
        # The operating system's words, or those of TLS: "Connection refused", "certificate has expired".
        raise Unavailable(_fault_of(error), f"{type(error).__name__}: {str(error)[:120]}") from error
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
        # Without its cause: that one may quote the header that holds the key.
        why = "this URL or this key cannot be sent"
        raise Rejected(why, "Check its URL and key for stray characters.") from None
    except httpx.RequestError as error:
        raise Unavailable("unreachable", type(error).__name__) from error
    if response.status_code == 200:
        return response
    refusal = await _beginning(response, ERROR_BYTES_MAX)
    raise refuse(response.status_code, refusal, response.headers)


def _fault_of(error: BaseException | None) -> Fault:
    """Whose doing it is, as far as the system knows: our own network's, where there is nobody to ask for
    names or no way out; the host's, where it refuses; else there is no telling."""
    if error is None:
        return "unreachable"
    if isinstance(error, BaseExceptionGroup):
        faults = {_fault_of(each) for each in error.exceptions}
        return faults.pop() if len(faults) == 1 else "unreachable"
    if isinstance(error, socket.gaierror):
        return "offline" if error.errno == socket.EAI_AGAIN else "unreachable"
    if isinstance(error, OSError) and error.errno in (errno.ENETDOWN, errno.ENETUNREACH):
        return "offline"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return _fault_of(error.__cause__ or error.__context__)


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The reply to it. A connection kept from an earlier question may have been closed by the server
    just now (llama.cpp does so after every stream): that says nothing about the node, so it is sent
    again, until a new connection has been tried."""
    while True:
        is_new = False

        async def trace(event: str, info: object) -> None:
            nonlocal is_new
            is_new = is_new or event == "connection.connect_tcp.started"

        request.extensions["trace"] = trace
        try:
            return await client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if is_new:
                raise


async def fetched(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[bytes, bytes],
    refuse: Refuse,
    *,
    body: bytes | None = None,
    timeouts: httpx.Timeout = CHECK_TIMEOUT,
) -> object:
    """A reply that is no stream, as JSON; None if it is something else, or too long."""
    response = await opened(client, method, url, headers, refuse, body=body, timeouts=timeouts)
    return refusals.parsed(await _beginning(response, REPLY_BYTES_MAX))


async def pieces(
    ask: Callable[[], Awaitable[httpx.Response]], decoder: Decoder
) -> AsyncGenerator[Piece, None]:
    """The answer to `ask()`. Closing it closes the connection, which ends the work at the other side."""
    response = await ask()
    compressed = "content-encoding" in response.headers  # some compress though asked not to
    chunks = aiter(response.aiter_bytes() if compressed else response.aiter_raw())
    try:
        async for chunk in chunks:
            for piece in decoder.feed(chunk):
                yield piece
            if decoder.ended:
                return
        for piece in decoder.end():
            yield piece
    except httpx.DecodingError as error:
        raise Unavailable("malformed", "the compression is broken") from error
    except httpx.RequestError as error:
        raise Unavailable("cut", type(error).__name__) from error
    finally:
        if decoder.ended:
            await _read_on(chunks)
        await response.aclose()


async def _beginning(response: httpx.Response, bytes_max: int) -> bytes:
    """The first `bytes_max` bytes of the body, or as many as come. Closes the response."""
    body = bytearray()
    try:
        with suppress(httpx.RequestError):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) >= bytes_max:
                    break
    finally:
        await response.aclose()
    return bytes(body[:bytes_max])


async def _read_on(chunks: AsyncIterator[bytes]) -> None:
    """To the end of the reply if that is near, so that its connection can be used again."""
    with suppress(TimeoutError, httpx.RequestError):
        async with asyncio.timeout(LINGER_S):
            async for _ in chunks:
                pass
