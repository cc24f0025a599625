"""Ollama's own protocol: `/api/chat` as a stream of JSON lines.

Ollama runs on a machine of the house and is treated gently: the answer's length, the context and the
threads are limited, and the same options go with every request and with the warm-up, because a request
with others makes Ollama load the model anew. `num_predict` without a value is unlimited. A question too
long for the context is refused rather than cut silently (`truncate`).

What looks local need not be: Ollama passes some models on to a cloud of its own. Such a model is refused
by what its answers say of themselves, and for a private question before a word of it leaves the house. A
digest in the settings pins the very file that may answer.
"""

import json
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

import httpx

from core.errors import NodeError, Rejected, Unavailable
from core.providers import End, Health, Piece, Prompt, Thinking, ill, refusals, wire
from core.providers.answer_text import AnswerText
from core.providers.openai import headers_for, messages
from core.providers.sse import EVENT_BYTES_MAX
from core.types import NodeSpec, Text

KEEP_ALIVE = "30m"
"""Long enough for a conversation with pauses; Ollama's own five minutes mean loading again and again."""
WARM_UP_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""A large model from a slow disk takes minutes."""
DIGEST_LETTERS_MIN = 12
"""As many as `ollama list` shows."""

CLOUD_REMEDY = "Choose a model that runs on this machine: this one is passed on to Ollama's cloud."
DIGEST_REMEDY = "Pull the model whose digest is in the settings, or take the new digest into them."


class Ollama:
    """One model at one Ollama server. `spec.options`: num_ctx, num_thread, keep_alive, digest, think."""

    def __init__(
        self, spec: NodeSpec, client: httpx.AsyncClient, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._spec = spec
        self._client = client
        self._wall_clock = wall_clock
        self._url = base_url(spec.url)
        self._chat_url = f"{self._url}/api/chat"
        self._headers = headers_for(spec.key)
        self._digest = str(spec.options.get("digest") or "").strip().lower().removeprefix("sha256:")
        self._fixed = _fixed(spec)

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        return wire.pieces(lambda: self._ask(prompt), LineDecoder(self._refuse_inside))

    async def check(self) -> Health:
        models: tuple[str, ...] = ()
        try:
            installed = await self._list("tags")
            models = tuple(_name(entry) for entry in installed)
            self._check_entry(installed)
            loaded = await self._list("ps")
        except NodeError as error:
            return ill(error, models)
        warm = self._entry(loaded) is not None
        return Health("well" if warm else "loading", models=models)

    async def warm_up(self) -> None:
        """Loads the model, which takes as long as it takes, and keeps it loaded for `keep_alive`."""
        body = self._body(messages=[], stream=False)
        reply = await wire.fetched(
            self._client,
            "POST",
            self._chat_url,
            self._headers,
            self._refuse,
            body=body,
            timeouts=WARM_UP_TIMEOUT,
        )
        if not isinstance(reply, dict) or reply.get("error"):
            raise self._refuse_inside(reply)
        if is_remote(reply):
            raise Rejected("a cloud model", CLOUD_REMEDY)

    async def close(self) -> None:
        return

    async def _ask(self, prompt: Prompt) -> httpx.Response:
        if prompt.private or self._digest:
            self._check_entry(await self._list("tags"))
        body = self._body(messages=messages(prompt), stream=True, truncate=False)
        return await wire.opened(self._client, "POST", self._chat_url, self._headers, self._refuse, body=body)

    def _body(self, **more: object) -> bytes:
        return wire.body_of({**self._fixed, **more})

    async def _list(self, what: str) -> list[dict[str, object]]:
        """The models that are installed (`tags`) or loaded (`ps`)."""
        url = f"{self._url}/api/{what}"
        reply = await wire.fetched(self._client, "GET", url, self._headers, self._refuse)
        entries = reply.get("models") if isinstance(reply, dict) else None
        if not isinstance(entries, list):
            raise Unavailable("malformed", f"/api/{what} is not a list of models")
        return [entry for entry in entries if isinstance(entry, dict)]

    def _entry(self, entries: list[dict[str, object]]) -> dict[str, object] | None:
        wanted = with_tag(self._spec.model)
        return next((entry for entry in entries if with_tag(_name(entry)) == wanted), None)

    def _check_entry(self, installed: list[dict[str, object]]) -> None:
        """Raises `Rejected` unless the model is here, runs here, and is the one that was pinned."""
        entry = self._entry(installed)
        if entry is None:
            raise self._not_here("not among the installed models")
        if is_remote(entry) or _name(entry).endswith(("-cloud", ":cloud")):
            raise Rejected("a cloud model", CLOUD_REMEDY)
        if self._digest:
            has = str(entry.get("digest") or "").lower().removeprefix("sha256:")
            if len(self._digest) < DIGEST_LETTERS_MIN or not has.startswith(self._digest):
                raise Rejected("another digest than the pinned one", DIGEST_REMEDY)

    def _not_here(self, why: str) -> Rejected:
        return Rejected(why, f"On the machine Ollama runs on: ollama pull {self._spec.model}")

    def _refuse(self, status: int, body: bytes, headers: Mapping[str, str]) -> NodeError:
        refusal = refusals.read(status, refusals.parsed(body), headers, self._wall_clock())
        if status == 503:
            return Unavailable("busy", "HTTP 503: its queue is full")
        if status == 404 and refusal.sentences:  # without a sentence it is not Ollama that answers
            return self._not_here("HTTP 404: it does not have the model")
        if status == 500 and "requires more system memory" in refusal.sentences:
            return Unavailable("server", "HTTP 500: not enough memory for this model")
        return refusals.verdict(refusal)

    def _refuse_inside(self, body: object) -> NodeError:
        return refusals.verdict(refusals.read(0, body, {}, self._wall_clock(), inside=True))


class LineDecoder:
    """Reads a stream of JSON lines. `refuse` makes an error of a line that is one."""

    def __init__(self, refuse: Callable[[object], NodeError]) -> None:
        self.ended = False
        self._refuse = refuse
        self._text = AnswerText()
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[Piece]:
        if chunk.find(b"\n") < 0:
            self._rest += chunk
            self._check_rest()
            return []
        lines = (bytes(self._rest) + chunk if self._rest else chunk).split(b"\n")
        self._rest[:] = lines.pop()
        self._check_rest()
        pieces: list[Piece] = []
        for line in lines:
            if not self.ended and line.strip():
                self._take(line, pieces)
        return pieces

    def end(self) -> list[Piece]:
        """A whole line without its line break counts: an error as the only line comes like that."""
        pieces: list[Piece] = []
        if self._rest.strip():
            try:
                self._take(bytes(self._rest), pieces)
            except Unavailable as error:
                if error.fault != "malformed":
                    raise
                raise Unavailable("cut", "ended within a line") from None
        if not self.ended:
            raise Unavailable("cut", "ended without done: true")
        return pieces

    def _take(self, line: bytes, pieces: list[Piece]) -> None:
        try:
            reply = json.loads(line.decode())
        except (ValueError, RecursionError):
            if line.lstrip().startswith(b"<"):
                raise Unavailable("not_a_stream", "a page") from None
            raise Unavailable("malformed", "a line that is not JSON") from None
        if not isinstance(reply, dict):
            raise Unavailable("malformed", "a line that is not an object")
        if reply.get("error"):
            raise self._refuse(reply)
        if is_remote(reply):
            raise Rejected("a cloud model", CLOUD_REMEDY)
        message = reply.get("message") or {}
        words = message.get("content") if isinstance(message, dict) else None
        if not isinstance(message, dict) or not isinstance(words, str | None):
            raise Unavailable("malformed", "a message of another shape")
        if message.get("thinking"):
            pieces.append(Thinking())
        if words:
            if answer := self._text.feed(words):
                pieces.append(Text(answer))
            elif self._text.thinking:
                pieces.append(Thinking())
        if reply.get("done") is True:
            self._end(reply, pieces)

    def _end(self, reply: dict[str, object], pieces: list[Piece]) -> None:
        if rest := self._text.end():
            pieces.append(Text(rest))
        if self._text.blank:
            raise Unavailable("empty", "done: true and no text")
        self.ended = True
        cut = reply.get("done_reason") == "length"
        pieces.append(End(cut, _count(reply, "prompt_eval_count"), _count(reply, "eval_count")))

    def _check_rest(self) -> None:
        if len(self._rest) > EVENT_BYTES_MAX:
            raise Unavailable("malformed", f"a line of more than {EVENT_BYTES_MAX} bytes")


def base_url(url: str) -> str:
    """Where `/api/…` begins: whatever route was given with the address is taken off."""
    url = url.strip()
    parts = urlsplit(url if "://" in url else f"http://{url}")
    path = re.sub(r"/(api|v1)(/.*)?$", "", parts.path.rstrip("/"))
    return urlunsplit(parts._replace(path=path, query="", fragment=""))


def with_tag(model: str) -> str:
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def is_remote(reply: Mapping[str, object]) -> bool:
    """Whether this model, or this answer, is passed on to somewhere else."""
    return bool(reply.get("remote_host") or reply.get("remote_model"))


def _fixed(spec: NodeSpec) -> dict[str, object]:
    """What is the same in every request, the warm-up included."""
    options: dict[str, object] = {
        "num_predict": spec.max_tokens,
        "num_ctx": spec.options.get("num_ctx") or spec.context_tokens,
    }
    if threads := spec.options.get("num_thread"):
        options["num_thread"] = threads
    keep_alive = spec.options.get("keep_alive") or KEEP_ALIVE
    if isinstance(keep_alive, str) and re.fullmatch(r"-?\d+", keep_alive):
        keep_alive = int(keep_alive)  # seconds; as text it would need a unit
    fixed: dict[str, object] = {"model": spec.model, "options": options, "keep_alive": keep_alive}
    if "think" in spec.options:
        fixed["think"] = spec.options["think"]
    return fixed


def _name(entry: Mapping[str, object]) -> str:
    return str(entry.get("name") or entry.get("model") or "")


def _count(reply: Mapping[str, object], name: str) -> int | None:
    value = reply.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
