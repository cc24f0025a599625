"""Stand-in model nodes: strict, scripted, fast servers that speak the three wire protocols.

    async with ModelServer("openai", pieces=["Par", "is"]) as server:
        server.fail("reset", after=1)
        provider = OpenAI(server.spec("alpha"), client)

A server streams its `pieces` at its `pace_s`, keeps what it was asked in `asks`, and what was wrong with
a request in `violations`, which a test can hold to be empty. `fail` scripts what goes wrong next: faults
queue up, one a request, and `failing` is what happens when the queue is empty. Every `Fault` has the
shape it has in the real protocol, see dialects.py. As a process of its own, for benchmarks:

    python -m tests.servers.models --kind openai --pieces 50 --pace 0.02

prints its URL on the first line and runs until it is killed.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from core.types import NodeSpec
from tests.servers.dialects import (
    ACCOUNT_ID,
    JSON,
    CloudflareDialect,
    Dialect,
    Kind,
    OpenAIDialect,
    Refusal,
    Reply,
    Wrong,
)
from tests.servers.loopback import HungUp, Line, Loopback, Request, chunk, head
from tests.servers.ollama import OllamaDialect

Trouble = Literal[
    "refused",  # the connection dies without a byte; for a closed port there is `stop_listening`
    "hang",  # nothing, not even a status, until the client leaves
    "stall",  # nothing more after some pieces
    "reset",  # the connection is reset after some pieces
    "no_end",  # the body ends cleanly after some pieces, without an end mark
    "malformed",  # an event that is none, and then on as if nothing had been
    "error_inside",  # an error event after some pieces, and then an end mark
    "error_as_200",  # an error with the status of a success
    "plain_json",  # the whole answer as one JSON object
    "html",  # a page with the status of a success
    "drip",  # a piece every `drip_s`
    "empty",  # an end mark and no text
    "no_done",  # whole, but the connection stays open after the finish reason
    "content_filter",  # some pieces, and then the filter
]
Fault = Refusal | Trouble
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

PIECES = ("The", " capital", " of", " France", " is", " Paris", ".")
PAGE = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad gateway</body></html>"


def faults_of(kind: Kind) -> tuple[Fault, ...]:
    """Every fault that exists in this protocol."""
    dialect = _dialect(kind, "stand-in", "")
    refusals = [which for which in REFUSALS if dialect.refusal(which, "") is not None]
    troubles = [
        which for which in TROUBLES if kind != "ollama" or which not in ("content_filter", "plain_json")
    ]
    return (*refusals, *troubles)


@dataclass(frozen=True, slots=True)
class Asked:
    """One chat request."""

    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def question(self) -> str:
        return str(self.body["messages"][-1]["content"]) if self.body["messages"] else ""


class ModelServer(Loopback):
    def __init__(
        self,
        kind: Kind = "openai",
        *,
        pieces: Sequence[str] = PIECES,
        pace_s: float = 0.0,
        first_s: float = 0.0,
        drip_s: float = 2.0,
        thoughts: Sequence[str] = (),
        cut: bool = False,
        key: str = "made-up-key",
        model: str = "stand-in",
        refuses: Sequence[str] = (),
        older: bool = False,
        cloud: bool = False,
        port: int = 0,
    ) -> None:
        """`pieces` are written every `pace_s` seconds, the first after `first_s`. `thoughts` come before
        them; `cut` ends the answer at its length limit; `refuses` are fields an OpenAI server does not
        take; `older` is Cloudflare's older stream; `cloud` makes Ollama's model one that runs elsewhere."""
        super().__init__(self._reply, port)
        self.kind = kind
        self.pieces = tuple(pieces)
        self.pace_s = pace_s
        self.first_s = first_s
        self.drip_s = drip_s
        self.thoughts = tuple(thoughts)
        self.cut = cut
        self.asks: list[Asked] = []
        self.violations: list[str] = []
        self.failing: Fault | None = None
        """What happens to every request that finds no fault in the queue."""
        self.failing_after = 3
        """After how many pieces `failing` shows, where it shows in mid-answer."""
        self.streaming = 0
        """How many answers are being written just now."""
        self._key = key
        self._model = model
        self._faults: deque[tuple[Fault, int]] = deque()
        self._left = asyncio.Semaphore(0)
        self._dialect = _dialect(kind, model, key, refuses, older=older, cloud=cloud)

    @property
    def url(self) -> str:
        """As it stands in the settings."""
        return super().url + self._dialect.base_path

    def spec(self, name: str = "alpha", **more: Any) -> NodeSpec:
        """A node that is this server."""
        options = {"account_id": ACCOUNT_ID} if self.kind == "cloudflare" else {}
        options |= more.pop("options", {})
        key = "" if self.kind == "ollama" else self._key
        known = {"key": key, "local": self.kind == "ollama", "options": options, **more}
        return NodeSpec(name, self.kind, self.url, self._model, **known)

    def fail(self, fault: Fault, *, times: int = 1, after: int = 3) -> None:
        """Let the next `times` chat requests fail like this; `after` so many pieces, where it shows then."""
        self._faults.extend([(fault, after)] * times)

    async def left(self) -> None:
        """Until a client has left before the end of its answer; each departure counts once."""
        await self._left.acquire()

    # ── Answering ─────────────────────────────────────────────────────────────────────────────────

    async def _reply(self, request: Request, line: Line) -> bool:
        try:
            if request.path != self._dialect.chat_path:
                return await _send(line, self._dialect.other(request))
            body = self._dialect.checked(request)
        except Wrong as wrong:
            self.violations.append(str(wrong))
            return await _send(line, wrong.reply)
        asked = Asked(body, request.headers)
        self.asks.append(asked)
        if isinstance(self._dialect, OllamaDialect) and not body["messages"]:
            return await _send(line, self._dialect.load())
        fault, after = self._faults.popleft() if self._faults else (self.failing, self.failing_after)
        self.streaming += 1
        try:
            return await self._fail(fault, after, asked, line) if fault else await self._stream(asked, line)
        except HungUp:
            self._left.release()
            raise
        finally:
            self.streaming -= 1

    async def _stream(self, asked: Asked, line: Line, *, end: bool = True) -> bool:
        self._begin(line)
        for thought in self.thoughts:
            line.write(chunk(self._dialect.thought(thought)))
        await self._write_pieces(line, len(self.pieces))
        reason = "length" if self.cut else "stop"
        line.write(chunk(self._dialect.finish(reason, len(self.pieces), asked.body)))
        if not end:
            await line.hang()
        self._close(line)
        await line.flush()
        return True

    async def _fail(self, fault: Fault, after: int, asked: Asked, line: Line) -> bool:
        dialect = self._dialect
        quote = f"You asked with {asked.headers.get('authorization')}: {asked.question}"
        match fault:
            case "refused":
                line.reset()
                return False
            case "hang":
                await line.hang()
            case "no_done":
                return await self._stream(asked, line, end=False)
            case "html":
                return await _send(line, Reply(200, PAGE, {"Content-Type": "text/html"}))
            case "error_as_200":
                return await _send(line, Reply(200, dialect.error_body(quote), JSON))
            case "plain_json":
                return await _send(line, Reply(200, dialect.whole("".join(self.pieces)), JSON))
            case _ if fault in REFUSALS:
                refusal = dialect.refusal(fault, quote)
                assert refusal is not None, f"{self.kind} has no {fault}"
                return await _send(line, refusal)
        self._begin(line)
        if fault != "empty":
            await self._write_pieces(line, after, self.drip_s if fault == "drip" else None)
        match fault:
            case "stall":
                line.write(chunk(dialect.ping()))
                await line.hang()
            case "reset":
                await line.pause(0.01)  # so that the pieces arrive before the reset does
                line.reset()
                return False
            case "malformed":
                line.write(chunk(dialect.broken()))
                await self._write_pieces(line, len(self.pieces), skip=after)
                line.write(chunk(dialect.finish("stop", len(self.pieces), asked.body)))
                self._close(line)
            case "error_inside":
                line.write(chunk(dialect.error(quote)))
                self._close(line)
            case "content_filter":
                line.write(chunk(dialect.finish("content_filter", after, asked.body)))
                self._close(line)
            case "empty":
                line.write(chunk(dialect.finish("stop", 0, asked.body)))
                self._close(line)
            case "drip":
                await self._write_pieces(line, len(self.pieces), self.drip_s, skip=after)
                line.write(chunk(dialect.finish("stop", len(self.pieces), asked.body)))
                self._close(line)
            case "no_end":
                line.end()
        await line.flush()
        return True

    def _begin(self, line: Line) -> None:
        line.begin(200, {"Content-Type": self._dialect.stream_type, "Cache-Control": "no-cache"})

    def _close(self, line: Line) -> None:
        if mark := self._dialect.done():
            line.write(chunk(mark))
        line.end()

    async def _write_pieces(
        self, line: Line, count: int, pace_s: float | None = None, *, skip: int = 0
    ) -> None:
        """By the clock, not by adding up pauses: a busy server catches up instead of falling behind."""
        loop = asyncio.get_running_loop()
        pace_s = self.pace_s if pace_s is None else pace_s
        due = loop.time() + (pace_s if skip else self.first_s)
        await line.flush()
        for text in self.pieces[skip:count]:
            if pace_s or self.first_s:
                await line.pause(due - loop.time())
                due += pace_s
            line.write(chunk(self._dialect.piece(text)))
        await line.flush()


def _dialect(
    kind: Kind,
    model: str,
    key: str,
    refuses: Sequence[str] = (),
    *,
    older: bool = False,
    cloud: bool = False,
) -> Dialect:
    match kind:
        case "openai":
            return OpenAIDialect(model, key, refuses)
        case "cloudflare":
            return CloudflareDialect(model, key, refuses, older=older)
        case "ollama":
            return OllamaDialect(model, cloud=cloud)


async def _send(line: Line, reply: Reply) -> bool:
    line.write(head(reply.status, {**reply.headers, "Content-Length": str(len(reply.body))}) + reply.body)
    await line.flush()
    return True


async def _serve(arguments: argparse.Namespace) -> None:
    pieces = [f" word{number}" for number in range(arguments.pieces)]
    async with ModelServer(
        arguments.kind,
        pieces=pieces,
        pace_s=arguments.pace,
        first_s=arguments.first,
        key=arguments.key,
        model=arguments.model,
        port=arguments.port,
    ) as server:
        print(server.url, flush=True)  # noqa: T201 - this line is what the other process waits for
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in model node on the loopback.")
    parser.add_argument("--kind", choices=get_args(Kind), default="openai")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--pieces", type=int, default=50, help="how many pieces an answer has")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds between pieces")
    parser.add_argument("--first", type=float, default=0.0, help="seconds before the first piece")
    parser.add_argument("--key", default="made-up-key")
    parser.add_argument("--model", default="stand-in")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
