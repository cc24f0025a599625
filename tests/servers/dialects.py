"""How the wire protocols say things, from the server's side, in the words of the real servers.

A `Dialect` checks a request as strictly as the real one (and where the real one would guess, it does
not), frames the pieces of an answer, and knows its own form of each refusal. Error sentences quote the
key and the question on purpose, as some providers do: neither may turn up in anybody's log. What a
dialect does not know does not happen there: Ollama takes no money and filters nothing. OpenAI's and
Cloudflare's are here, Ollama's is in ollama.py.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tests.servers.loopback import Request

Kind = Literal["openai", "cloudflare", "ollama"]
Refusal = Literal[
    "unauthorized",
    "payment_required",
    "forbidden",
    "retired_model",
    "rate_limited",
    "rate_limited_silently",
    "used_up",
    "server_error",
    "overloaded",
    "too_long",
]
ACCOUNT_ID = "0123456789abcdef0123456789abcdef"
RETRY_AFTER_S = 7


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Wrong(Exception):
    """The request is not what the protocol asks for: `reply` is what the real server says to it."""

    def __init__(self, violation: str, reply: Reply) -> None:
        super().__init__(violation)
        self.reply = reply


class Dialect(Protocol):
    stream_type: str
    base_path: str
    """What belongs to the URL in the settings, after the host."""
    chat_path: str

    def checked(self, request: Request) -> dict[str, object]:
        """The body of a chat request. Raises `Wrong`."""

    def other(self, request: Request) -> Reply:
        """The reply to anything that is not a chat. Raises `Wrong`."""

    def piece(self, text: str) -> bytes: ...

    def thought(self, text: str) -> bytes: ...

    def finish(self, reason: str, pieces: int, body: dict[str, object]) -> bytes:
        """Why it ended and what it took, as the protocol says it before its last mark."""

    def done(self) -> bytes: ...

    def broken(self) -> bytes:
        """An event that is none."""

    def ping(self) -> bytes: ...

    def error(self, quote: str) -> bytes:
        """An error inside a stream."""

    def error_body(self, quote: str) -> bytes:
        """An error with the status of a success."""

    def whole(self, text: str) -> bytes:
        """The answer as one object, for who did not ask for a stream."""

    def refusal(self, which: Refusal, quote: str) -> Reply | None:
        """None if this protocol has no such thing."""


JSON = {"Content-Type": "application/json"}


def as_json(status: int, body: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **named})


def _event(data: object) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def body_of(request: Request, reply_if_bad: Reply) -> dict[str, object]:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Wrong("the body is not a JSON object", reply_if_bad)
    return body


def good_messages(messages: object) -> bool:
    return isinstance(messages, list) and all(
        isinstance(message, dict)
        and message.get("role") in ("system", "user", "assistant")
        and isinstance(message.get("content"), str)
        for message in messages
    )


# ── OpenAI ────────────────────────────────────────────────────────────────────────────────────────


class OpenAIDialect:
    stream_type = "text/event-stream; charset=utf-8"
    base_path = "/v1"
    chat_path = "/v1/chat/completions"

    def __init__(self, model: str, key: str, refuses: Sequence[str] = ()) -> None:
        self._model = model
        self._key = key
        self._refuses = refuses
        """Names of fields this server does not take."""

    def checked(self, request: Request) -> dict[str, object]:
        if request.method != "POST" or request.path != self.chat_path:
            raise Wrong(f"{request.method} {request.path}", self._no_route(request))
        self._check_key(request)
        body = body_of(request, self._bad("We could not parse the JSON body of your request."))
        if body.get("model") != self._model:
            raise Wrong("unknown model", self._no_model("", str(body.get("model"))))
        for name in self._refuses:
            if name in body:
                raise Wrong(f"{name} is not taken here", self._unsupported(name))
        if not good_messages(body.get("messages")) or not body["messages"]:
            raise Wrong("bad messages", self._bad("Invalid 'messages': empty array.", "empty_array"))
        length = body.get("max_completion_tokens", body.get("max_tokens"))
        if not isinstance(length, int) or length < 1:
            raise Wrong("no max_tokens", self._bad("Missing required parameter: 'max_tokens'.", "missing"))
        if body.get("stream") is not True:
            raise Wrong("no stream: true", Reply(200, self.whole("not a stream"), JSON))
        return body

    def other(self, request: Request) -> Reply:
        if request.method != "GET" or request.path != f"{self.base_path}/models":
            raise Wrong(f"{request.method} {request.path}", self._no_route(request))
        self._check_key(request)
        return as_json(200, {"object": "list", "data": [{"id": self._model, "object": "model"}]})

    def piece(self, text: str) -> bytes:
        return self._chunk({"content": text})

    def thought(self, text: str) -> bytes:
        return self._chunk({"reasoning_content": text, "content": None})

    def finish(self, reason: str, pieces: int, body: dict[str, object]) -> bytes:
        events = self._chunk({}, reason)
        options = body.get("stream_options")
        if isinstance(options, dict) and options.get("include_usage"):
            usage = {"prompt_tokens": 11, "completion_tokens": pieces, "total_tokens": 11 + pieces}
            events += _event({"object": "chat.completion.chunk", "choices": [], "usage": usage})
        return events

    def done(self) -> bytes:
        return b"data: [DONE]\n\n"

    def broken(self) -> bytes:
        return b'data: {"choices": [{"delta": {"cont\n\n'

    def ping(self) -> bytes:
        return b": PROCESSING\n\n"

    def error(self, quote: str) -> bytes:
        return _event(self._error(f"The server had an error. {quote}", "server_error"))

    def error_body(self, quote: str) -> bytes:
        return json.dumps(self._error(f"The server had an error. {quote}", "server_error")).encode()

    def whole(self, text: str) -> bytes:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return json.dumps({"object": "chat.completion", "choices": [choice]}).encode()

    def refusal(self, which: Refusal, quote: str) -> Reply | None:
        bad = "invalid_request_error"
        match which:
            case "unauthorized":
                return as_json(401, self._error(f"Incorrect API key. {quote}", bad, "invalid_api_key"))
            case "payment_required":
                return as_json(402, {"error": {"message": f"Insufficient credits. {quote}", "code": 402}})
            case "forbidden":
                return as_json(
                    403, self._error(f"Not supported. {quote}", "request_forbidden", "unsupported_country")
                )
            case "retired_model":
                return self._no_model(quote, self._model)
            case "rate_limited":
                error = self._error(f"Rate limit reached. {quote}", "tokens", "rate_limit_exceeded")
                return as_json(429, error, Retry_After=str(RETRY_AFTER_S))
            case "rate_limited_silently":
                return as_json(429, self._error(f"Too many requests. {quote}", "requests"))
            case "used_up":
                return as_json(
                    429,
                    self._error(
                        f"You exceeded your quota. {quote}", "insufficient_quota", "insufficient_quota"
                    ),
                )
            case "server_error":
                return as_json(500, self._error(f"The server had an error. {quote}", "server_error"))
            case "overloaded":
                return as_json(503, self._error(f"The engine is overloaded. {quote}", "server_error"))
            case "too_long":
                return as_json(
                    400,
                    self._error(f"Maximum context length is 8192. {quote}", bad, "context_length_exceeded"),
                )

    def _chunk(self, delta: dict[str, object], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event(
            {
                "id": "chatcmpl-0123456789",
                "object": "chat.completion.chunk",
                "created": 1795236928,
                "model": self._model,
                "system_fingerprint": "fp_0123456789",
                "choices": [choice],
            }
        )

    def _check_key(self, request: Request) -> None:
        if request.headers.get("authorization", "Bearer ") != f"Bearer {self._key}":
            reply = self.refusal("unauthorized", "")
            assert reply is not None
            raise Wrong("wrong or missing key", reply)

    def _error(self, message: str, kind: str, code: str | None = None) -> dict[str, object]:
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    def _bad(self, message: str, code: str | None = None) -> Reply:
        return as_json(400, self._error(message, "invalid_request_error", code))

    def _unsupported(self, name: str) -> Reply:
        instead = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
        return self._bad(
            f"Unsupported parameter: '{name}' is not supported.{instead}", "unsupported_parameter"
        )

    def _no_model(self, quote: str, model: str) -> Reply:
        message = f"The model `{model}` does not exist or has been retired. {quote}"
        return as_json(404, self._error(message, "invalid_request_error", "model_not_found"))

    def _no_route(self, request: Request) -> Reply:
        message = f"Invalid URL ({request.method} {request.path})"
        return as_json(404, self._error(message, "invalid_request_error"))


# ── Cloudflare ────────────────────────────────────────────────────────────────────────────────────


class CloudflareDialect(OpenAIDialect):
    """The same stream, or the older one of `/ai/run`, with error codes of its own."""

    base_path = "/client/v4"
    chat_path = f"/client/v4/accounts/{ACCOUNT_ID}/ai/v1/chat/completions"

    def __init__(self, model: str, key: str, refuses: Sequence[str] = (), *, older: bool = False) -> None:
        super().__init__(model, key, refuses)
        self._older = older

    def other(self, request: Request) -> Reply:
        if request.method != "GET" or request.path != f"/client/v4/accounts/{ACCOUNT_ID}/ai/models/search":
            raise Wrong(f"{request.method} {request.path}", self._no_route(request))
        self._check_key(request)
        return as_json(200, {"success": True, "errors": [], "result": [{"name": self._model}]})

    def piece(self, text: str) -> bytes:
        return _event({"response": text, "p": "abcdefghij"}) if self._older else super().piece(text)

    def finish(self, reason: str, pieces: int, body: dict[str, object]) -> bytes:
        if not self._older:
            return super().finish(reason, pieces, body)
        return _event({"response": "", "usage": {"prompt_tokens": 11, "completion_tokens": pieces}})

    def error(self, quote: str) -> bytes:
        return _event(self._error(f"InferenceUpstreamError: 3043: {quote}", "internal_server_error"))

    def error_body(self, quote: str) -> bytes:
        return self._errors(200, 3043, f"Internal server error {quote}").body

    def refusal(self, which: Refusal, quote: str) -> Reply | None:
        match which:
            case "unauthorized":
                return self._errors(401, 10000, f"Authentication error {quote}")
            case "payment_required":
                return None
            case "forbidden":
                return self._errors(403, 5035, f"This model requires the Workers Paid plan. {quote}")
            case "retired_model":
                return self._no_model(quote, self._model)
            case "rate_limited":
                said = self._errors(429, 3021, f"rate limiting: per min rate reached {quote}")
                return Reply(said.status, said.body, {**said.headers, "Retry-After": str(RETRY_AFTER_S)})
            case "rate_limited_silently":
                return self._errors(429, 3021, f"rate limiting: per min rate reached {quote}")
            case "used_up":
                message = f"AiError: you have used up your daily free allocation of 10,000 neurons {quote}"
                return as_json(
                    429, {"name": "AiError", "internalCode": 4006, "httpCode": 429, "message": message}
                )
            case "server_error":
                return self._errors(500, 7009, f"Upstream service unavailable {quote}")
            case "overloaded":
                message = f"3040: Capacity temporarily exceeded, please try again. {quote}"
                return as_json(429, self._error(message, "rate_limit_error"))
            case "too_long":
                return self._errors(413, 5021, f"exceeded this model context window limit {quote}")

    def _errors(self, status: int, code: int, message: str) -> Reply:
        errors = [{"message": message, "code": code}]
        return as_json(status, {"errors": errors, "success": False, "result": {}, "messages": []})

    def _no_model(self, quote: str, model: str) -> Reply:
        return self._errors(404, 5028, f"The model {model} was deprecated on 2026-05-30. {quote}")

    def _no_route(self, request: Request) -> Reply:
        return self._errors(
            404, 7003, f"Could not route to {request.path}, perhaps your object identifier is invalid?"
        )
