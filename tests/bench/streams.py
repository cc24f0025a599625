"""The same answer, read in three ways: by our pool, by bare httpx, and off a raw socket.

Each reader asks one question of a stand-in server and calls `on_piece` for every piece of the answer's
text, as soon as it has it. Bare httpx is written as its documentation shows it, with its own defaults;
the raw socket is the least Python can do: no HTTP library, no time limits, no checks. The server is a
process of its own, so that a reader's CPU time is its own.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx

from core.node import Node
from core.pool import Pool
from core.providers.kinds import KINDS
from core.types import Ask, NodeSpec, Text, Turn

ROOT = Path(__file__).parents[2]
KEY, MODEL = "made-up-key", "stand-in"
QUESTION = "Why is the sky blue?"
REQUEST = {
    "model": MODEL,
    "messages": [{"role": "user", "content": QUESTION}],
    "max_tokens": 1024,
    "stream": True,
    "stream_options": {"include_usage": True},
}

OnPiece = Callable[[], None]
Reader = Callable[[OnPiece], Awaitable[None]]


@asynccontextmanager
async def model_server(*, pieces: int, pace_s: float = 0.0) -> AsyncIterator[str]:
    """A stand-in that speaks the OpenAI protocol, in a process of its own; gives its URL."""
    arguments = ("--kind", "openai", "--pieces", str(pieces), "--pace", str(pace_s))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.servers.models", *arguments, "--key", KEY, "--model", MODEL),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def readers(
    url: str, seed: int, on_read: Callable[[], None] = lambda: None
) -> AsyncIterator[dict[str, Reader]]:
    """The three by name. `on_read` is called for every read of the raw socket."""
    # As the program makes its own: connections are not rationed.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with (
        httpx.AsyncClient(limits=limits, trust_env=False) as ours,
        httpx.AsyncClient(limits=limits, trust_env=False) as bare,
    ):
        spec = NodeSpec("alpha", "openai", url, MODEL, KEY)
        random = Random(seed)
        node = Node(spec, KINDS["openai"](spec, ours), random=random.random)
        pool = Pool([node], clock=time.monotonic, random=random)
        yield {
            "ours": partial(_ours, pool),
            "httpx": partial(_bare_httpx, url, bare),
            "raw": partial(_raw_socket, url, on_read),
        }


async def _ours(pool: Pool, on_piece: OnPiece) -> None:
    async with aclosing(pool.stream(Ask((Turn("user", QUESTION),)))) as events:
        async for event in events:
            match event:
                case Text():
                    on_piece()


async def _bare_httpx(url: str, http: httpx.AsyncClient, on_piece: OnPiece) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with http.stream("POST", f"{url}/chat/completions", json=REQUEST, headers=headers) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    on_piece()


async def _raw_socket(url: str, on_read: Callable[[], None], on_piece: OnPiece) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    body = json.dumps(REQUEST).encode()
    head = (
        f"POST {address.path}/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    rest = b""
    done = False
    while not done:
        data = await reader.read(65536)
        assert data, "the server broke off"
        on_read()
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line == b"data: [DONE]":
                done = True
            elif line.startswith(b"data: "):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    on_piece()
    writer.close()
    await writer.wait_closed()
