"""The built-in model: an engine of our own in a child process, spoken to as any OpenAI-compatible node.

The child (core/providers/embedded_server.py) is started at the first question and told a random key over
its stdin, where no list of processes shows it. It lives as long as that stdin is open: as long as we do.
If it dies, in the middle of an answer too, the next question starts another one; if they keep dying, not
before a pause. One start serves all who wait for it, and goes on when one of them goes away.

Fetching the weights is not done here (core/weights.py): until the file is there, nothing can be answered.
"""

import asyncio
import importlib.util
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from core.errors import NodeError, Rejected, Unavailable
from core.providers import End, Health, Piece, Prompt, profile
from core.providers.openai import OpenAI
from core.types import NodeSpec
from core.weights import WeightsError, check_file

ENGINE = "xllamacpp"
SERVER = Path(__file__).with_name("embedded_server.py")
SLOTS = 2
THREADS_MAX = 4
START_S_MAX = 60.0
END_S_MAX = 2.0
GONE_S_MAX = 1.0
PAUSE_S_MAX = 60.0

OLLAMA_MODELS = ((6, "gemma3:1b"), (12, "gemma3:4b"))
OLLAMA_MODEL_LARGEST = "llama3.1:8b"
"""What Ollama runs well under so many GB of memory."""


@dataclass(frozen=True, slots=True)
class _Child:
    process: asyncio.subprocess.Process
    node: OpenAI

    @property
    def lives(self) -> bool:
        return self.process.returncode is None


class Embedded:
    """`spec.options["weights"]` is the path of the model file, which may come later than this object;
    `spec.context_tokens` is what one answer may use. `spec.url` and `spec.key` are not used."""

    def __init__(
        self, spec: NodeSpec, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._spec = spec
        self._client = client
        self._clock = clock
        self._weights = Path(str(spec.options["weights"]))
        self._child: _Child | None = None
        self._starting: asyncio.Task[_Child | NodeError] | None = None
        self._deaths = 0
        """Of children, failed starts included, since the last whole answer."""
        self._not_before = 0.0

    @staticmethod
    def available() -> bool:
        """Whether there is an engine for this machine. It is not loaded: that is for the child to do."""
        return importlib.util.find_spec(ENGINE) is not None

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        if self._spec.small:
            prompt = profile.tiny(prompt)
        child = await self._running()
        try:
            async with aclosing(child.node.stream(prompt)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, End):
                        self._deaths = 0
                    yield piece
        except Unavailable as error:
            if error.fault in ("cut", "refused", "unreachable") and await _is_gone(child.process):
                raise Unavailable("cut", "the built-in model's process ended") from error
            raise

    async def check(self) -> Health:
        if not self.available():
            return Health("ill", f"{ENGINE} is not installed")
        if not self._weights.is_file():
            return Health("ill", "the built-in model is not here yet")
        if self._child is None or not self._child.lives:
            return Health("loading", "starts with the first question")
        health = await self._child.node.check()
        return replace(health, models=(self._spec.model,)) if health.state == "well" else health

    async def warm_up(self) -> None:
        await self._running()

    async def close(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        if self._child is not None:
            await _end(self._child.process)
            self._child = None

    # ── The child ─────────────────────────────────────────────────────────────────────────────────

    async def _running(self) -> _Child:
        """The living child, started if there is none."""
        if self._child is not None and self._child.lives:
            return self._child
        if self._starting is None or self._starting.done():
            if self._child is not None:
                self._child = None
                self._died()
            if self._clock() < self._not_before:
                raise Unavailable("unreachable", f"the built-in model's process died {self._deaths} times")
            self._starting = asyncio.create_task(self._start())
        starting = self._starting
        await asyncio.wait({starting})  # unlike awaiting it, leaves it running when we are cancelled
        if starting.cancelled():
            raise Unavailable("unreachable", "the built-in model is being closed")
        outcome = starting.result()
        if isinstance(outcome, NodeError):
            raise outcome
        return outcome

    async def _start(self) -> _Child | NodeError:
        """A new child, or why there is none: returned, since perhaps nobody waits for it any more."""
        if not self._weights.is_file():
            return Unavailable("unreachable", "the built-in model is not here yet")
        key = secrets.token_urlsafe(32)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", str(SERVER)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal stops an answer, not the model
            )
        except OSError as error:
            self._died()
            return Unavailable("unreachable", f"the built-in model does not start: {error.strerror}")
        try:
            async with asyncio.timeout(START_S_MAX):
                answer = await _told(process, self._parameters(key))
        except TimeoutError:
            answer = {"error": f"no sign of life for {START_S_MAX:.0f} s"}
        except BaseException:
            await _kill(process)
            raise
        if "url" not in answer:
            await _kill(process)
            self._died()
            return await asyncio.to_thread(self._why, answer.get("error", "its process died at once"))
        spec = replace(
            self._spec,
            kind="openai",
            url=answer["url"],
            key=key,
            options={"body": profile.BODY} if self._spec.small else {},
        )
        self._child = _Child(process, OpenAI(spec, self._client))
        return self._child

    def _parameters(self, key: str) -> dict[str, object]:
        return {
            "model": str(self._weights),
            "key": key,
            "threads": min(THREADS_MAX, os.cpu_count() or 1),
            "slots": SLOTS,
            "context_tokens": SLOTS * self._spec.context_tokens,
        }

    def _died(self) -> None:
        self._deaths += 1
        self._not_before = self._clock() + pause_s(self._deaths)

    def _why(self, error: str) -> NodeError:
        """The engine says only that it failed; if the file is the cause, the file tells."""
        try:
            check_file(self._weights)
        except WeightsError as cause:
            return Rejected(str(cause), "Delete that file to have it fetched anew, or name another one.")
        return Unavailable("unreachable", f"the built-in model does not start: {error}")


def pause_s(deaths: int) -> float:
    """How long to wait before the next start. The first death is an accident."""
    return 0.0 if deaths < 2 else min(2.0 ** (deaths - 1), PAUSE_S_MAX)


async def _told(process: asyncio.subprocess.Process, parameters: dict[str, object]) -> dict[str, str]:
    """What the child answers to its parameters; nothing if it dies over them."""
    assert process.stdin is not None  # noqa: S101 it was started with pipes
    assert process.stdout is not None  # noqa: S101
    with suppress(ConnectionError):
        process.stdin.write(json.dumps(parameters).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}


async def _is_gone(process: asyncio.subprocess.Process) -> bool:
    """Its broken connection is seen a moment before its end is."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GONE_S_MAX):
            await process.wait()
    return process.returncode is not None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Closed stdin is the sign to go; who does not take it is killed."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(END_S_MAX):
            await process.wait()
    await _kill(process)


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


# ── Where there is no engine ──────────────────────────────────────────────────────────────────────


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def advice(memory_bytes: int) -> str:
    """What to install instead on a machine with so much memory."""
    gigabytes = memory_bytes / 1e9
    model = next((name for below, name in OLLAMA_MODELS if gigabytes < below), OLLAMA_MODEL_LARGEST)
    return (
        "For a model in the house, install Ollama "
        f"(https://ollama.com), run `ollama pull {model}`, and put OLLAMA_ENABLED=true and "
        f"OLLAMA_MODEL={model} into .env."
    )
