"""The OpenAI protocol: chat completions as a stream of server-sent events.

It is spoken by OpenAI, Groq, OpenRouter, Google, Mistral, vLLM, LM Studio, llama.cpp, LiteLLM and most
others, each with its own accent. `OpenAI` sends the question in the plainest form and remembers where a
server wants another one; `ChatDecoder` reads the answer, tolerant in what does not matter and strict in
what does: whether the answer is whole. Images, tools and several choices are not asked for.
"""

import json
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

import httpx

from core.errors import BadRequest, NodeError, Refused, Unavailable
from core.providers import End, Health, Piece, Prompt, Thinking, ill, refusals, wire
from core.providers.answer_text import AnswerText
from core.providers.sse import Event, Events
from core.types import NodeSpec, Text

_CUT = {"length", "max_tokens", "max_length", "model_length"}
_FILTERED = {"content_filter", "content_filtered", "safety"}
_BROKEN_OFF = {"error", "abort", "insufficient_system_resource"}


class OpenAI:
    """One key at one server. `spec.options["body"]` may hold more fields for the request."""

    def __init__(
        self, spec: NodeSpec, client: httpx.AsyncClient, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._spec = spec
        self._client = client
        self._wall_clock = wall_clock
        self._url = base_url(spec.url)
        self._headers = headers_for(spec.key)
        self._length_field = "max_tokens"
        self._ask_usage = True

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        return wire.pieces(lambda: self._ask(prompt), ChatDecoder(self._refuse_inside))

    async def check(self) -> Health:
        def refuse(status: int, body: bytes, headers: Mapping[str, str]) -> NodeError:
            return _NoList() if status in (404, 405) else self._refuse(status, body, headers)

        url = joined(self._url, "models")
        try:
            reply = await wire.fetched(self._client, "GET", url, self._headers, refuse)
        except _NoList:
            return Health("well", "it does not list its models")
        except NodeError as error:
            return ill(error)
        return Health("well", models=listed_models(reply))

    async def warm_up(self) -> None:
        return

    async def close(self) -> None:
        return

    async def _ask(self, prompt: Prompt) -> httpx.Response:
        while True:  # it ends: what a server does not take is left out of the next request
            request = self._request(prompt)
            with suppress(_WantsOtherwise):
                return await self._post(request)

    async def _post(self, request: Mapping[str, object]) -> httpx.Response:
        def refuse(status: int, body: bytes, headers: Mapping[str, str]) -> NodeError:
            if status in (400, 422) and self._adapts(request, body):
                return _WantsOtherwise(f"HTTP {status}")
            return self._refuse(status, body, headers)

        url = joined(self._url, "chat/completions")
        body = wire.body_of(request)
        return await wire.opened(self._client, "POST", url, self._headers, refuse, body=body)

    def _request(self, prompt: Prompt) -> dict[str, object]:
        more = self._spec.options.get("body")
        request = dict(more) if isinstance(more, Mapping) else {}
        for own in ("max_tokens", "max_completion_tokens", "stream_options"):
            request.pop(own, None)
        request |= {"model": self._spec.model, "messages": messages(prompt), "stream": True}
        request[self._length_field] = prompt.max_tokens
        if self._ask_usage:
            request["stream_options"] = {"include_usage": True}
        return request

    def _adapts(self, request: Mapping[str, object], refusal: bytes) -> bool:
        """Whether `refusal` names something in `request` that can be said otherwise, and now will be."""
        if "max_tokens" in request and b"max_completion_tokens" in refusal:
            self._length_field = "max_completion_tokens"
            return True
        if "stream_options" in request and b"stream_options" in refusal:
            self._ask_usage = False
            return True
        return False

    def _refuse(self, status: int, body: bytes, headers: Mapping[str, str]) -> NodeError:
        return refusals.verdict(refusals.read(status, refusals.parsed(body), headers, self._wall_clock()))

    def _refuse_inside(self, body: object) -> NodeError:
        return refusals.verdict(refusals.read(0, body, {}, self._wall_clock(), inside=True))


class _WantsOtherwise(BadRequest):
    """The server says what it wants instead; never seen outside."""


class _NoList(NodeError):
    """The server answers, and has no list of models; never seen outside."""

    def __init__(self) -> None:
        super().__init__("no list of models")


class ChatDecoder:
    """Reads both forms of a chat stream: `choices[0].delta`, and Cloudflare's older `response`.

    `refuse` makes an error of an error object found where an answer should be.
    """

    def __init__(self, refuse: Callable[[object], NodeError]) -> None:
        self.ended = False
        self._refuse = refuse
        self._events = Events()
        self._text = AnswerText()
        self._finished = False
        self._cut = False
        self._usage: Mapping[str, object] = {}
        self._body: bytearray | None = None
        """What came instead of a stream, if it is JSON: it may say why."""
        self._sniffed = False

    def feed(self, chunk: bytes) -> list[Piece]:
        if not self._sniffed:
            self._sniff(chunk)
        if self._body is not None:
            self._body += chunk[: wire.ERROR_BYTES_MAX - len(self._body)]
            return []
        return self._pieces(self._events.feed(chunk))

    def end(self) -> list[Piece]:
        if self._body is not None:
            raise self._instead_of_a_stream(bytes(self._body))
        try:
            pieces = self._pieces(self._events.end())
        except Unavailable as error:
            # Half an event at the end is not the server's bad grammar but a cut stream.
            if error.fault != "malformed":
                raise
            raise Unavailable("cut", "ended within an event") from None
        if not self.ended:
            raise Unavailable("cut", "ended without its end mark")
        return pieces

    def _pieces(self, events: list[Event]) -> list[Piece]:
        pieces: list[Piece] = []
        for name, data in events:
            if data == b"[DONE]":
                self._finished = True
            else:
                self._take(name, data, pieces)
        if self._finished:
            self._end(pieces)
        return pieces

    def _take(self, name: str, data: bytes, pieces: list[Piece]) -> None:
        try:
            chunk = json.loads(data.decode())
        except (ValueError, RecursionError):
            raise Unavailable("malformed", "an event that is not JSON") from None
        if not isinstance(chunk, dict):
            raise Unavailable("malformed", "an event that is not an object")
        if isinstance(usage := chunk.get("usage"), dict):
            self._usage = usage
        if self._finished:
            return  # the rest of what is at hand is only looked through for the usage
        if name == "error" or chunk.get("error"):
            raise self._refuse(chunk)
        if choices := chunk.get("choices"):
            self._take_choice(choices, pieces)
        elif "response" in chunk:
            self._add(_cloudflare_text(chunk["response"]), pieces)
        elif _is_error(chunk):
            raise self._refuse(chunk)

    def _take_choice(self, choices: object, pieces: list[Piece]) -> None:
        try:
            choice = choices[0]  # type: ignore[index]
            delta = choice.get("delta") or {}
            words = delta.get("content")
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            finish_reason = choice.get("finish_reason")
        except (AttributeError, KeyError, TypeError):
            raise Unavailable("malformed", "a choice of another shape") from None
        if words:
            if not isinstance(words, str):
                words, thought = _from_parts(words)
            self._add(words, pieces)
        if thought:
            pieces.append(Thinking())
        if finish_reason:
            self._finish(str(finish_reason).lower())

    def _add(self, words: str, pieces: list[Piece]) -> None:
        if not words:
            return
        answer = self._text.feed(words)
        if answer:
            pieces.append(Text(answer))
        elif self._text.thinking:
            pieces.append(Thinking())

    def _finish(self, reason: str) -> None:
        if reason in _FILTERED:
            raise Refused(f"finish reason {reason}")
        if reason in _BROKEN_OFF:
            raise Unavailable("error_inside", f"finish reason {reason}")
        self._finished = True
        self._cut = reason in _CUT

    def _end(self, pieces: list[Piece]) -> None:
        if rest := self._text.end():
            pieces.append(Text(rest))
        if self._text.blank:
            raise Unavailable("empty", "an end mark and no text")
        self.ended = True
        usage = self._usage
        pieces.append(End(self._cut, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")))

    def _sniff(self, chunk: bytes) -> None:
        """No event begins with a brace, a bracket or a tag, whatever the content type says."""
        first = chunk.lstrip()[:1]
        self._sniffed = bool(first)
        if first == b"<":
            raise Unavailable("not_a_stream", "a page")
        if first and first in b"{[":
            self._body = bytearray()

    def _instead_of_a_stream(self, body: bytes) -> NodeError:
        reply = refusals.parsed(body)
        if isinstance(reply, list) and reply:
            reply = reply[0]
        if isinstance(reply, dict) and _is_error(reply):
            return self._refuse(reply)
        return Unavailable("not_a_stream", "JSON")


def base_url(url: str) -> str:
    """Where the routes begin, however much of it was given: `https://host`, `…/v1`, `…/chat/completions`.

    `/v1` is added where no version is named, as in all the documentation; a full route is taken as it is.
    """
    parts = urlsplit(url.strip())
    path = parts.path.rstrip("/")
    if path.endswith("/chat/completions"):
        path = path.removesuffix("/chat/completions")
    elif not any(re.fullmatch(r"v\d+\w*", segment) for segment in path.split("/")):
        path += "/v1"
    return urlunsplit(parts._replace(path=path, fragment=""))


def joined(url: str, route: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}/{route}"))


def headers_for(key: str) -> dict[bytes, bytes]:
    """As bytes, so that a key with letters no header may hold gets as far as being refused."""
    headers = {b"Content-Type": b"application/json", b"Accept-Encoding": b"identity"}
    if key.strip():
        headers[b"Authorization"] = b"Bearer " + key.strip().encode("utf-8", "replace")
    return headers


def messages(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in prompt.turns]


def listed_models(reply: object) -> tuple[str, ...]:
    models = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(models, list):
        return ()
    return tuple(str(model["id"]) for model in models if isinstance(model, dict) and "id" in model)


def _is_error(reply: Mapping[str, object]) -> bool:
    """In any of the forms there are: OpenAI's, Cloudflare's two, and that of older vLLM servers."""
    if reply.get("error") or reply.get("errors") or reply.get("internalCode"):
        return True
    return reply.get("object") == "error"


def _from_parts(content: object) -> tuple[str, bool]:
    """The text of content that is a list of parts (Mistral), and whether there is thinking in it."""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise Unavailable("malformed", "content of another shape")
    words = "".join(str(part.get("text") or "") for part in content if part.get("type", "text") == "text")
    return words, any(part.get("type") == "thinking" for part in content)


def _cloudflare_text(response: object) -> str:
    """A piece that is a number by itself comes as a JSON number."""
    if response is None:
        return ""
    if isinstance(response, bool | dict | list):
        raise Unavailable("malformed", "a response of another shape")
    return str(response)


def _count(usage: Mapping[str, object], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
