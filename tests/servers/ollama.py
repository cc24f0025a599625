"""Ollama's dialect: JSON lines, models that are loaded, listed and sometimes not local at all."""

import json
import re

from tests.servers.dialects import JSON, Refusal, Reply, Wrong, as_json, body_of, good_messages
from tests.servers.loopback import Request

DIGEST = "fa5b46d6bbe3539eedbe49a7418d51cc1bbf11eaf34c88d16293f3bf009d5531"
_NOT_FOUND = Reply(404, b"404 page not found", {"Content-Type": "text/plain"})


class OllamaDialect:
    stream_type = "application/x-ndjson"
    base_path = ""
    chat_path = "/api/chat"

    def __init__(self, model: str, *, cloud: bool = False) -> None:
        self._model = model
        self._remote = {"remote_model": model, "remote_host": "https://ollama.com:443"} if cloud else {}
        self._options: object = None
        self.loaded = False

    def checked(self, request: Request) -> dict[str, object]:
        if request.method != "POST" or request.path != self.chat_path:
            raise Wrong(f"{request.method} {request.path}", _NOT_FOUND)
        body = body_of(
            request, as_json(400, {"error": "invalid character 'o' in literal null (expecting 'u')"})
        )
        if body.get("model") not in (self._model, f"{self._model}:latest"):
            raise Wrong("unknown model", self._no_model("", str(body.get("model"))))
        messages = body.get("messages")
        if not good_messages(messages):
            raise Wrong("bad messages", as_json(400, {"error": "invalid message content type"}))
        keep_alive = body.get("keep_alive", "5m")
        if isinstance(keep_alive, str) and not re.fullmatch(r"-?(\d+(\.\d+)?(ms|s|m|h))+", keep_alive):
            error = f'time: missing unit in duration "{keep_alive}"'
            raise Wrong("keep_alive without a unit", as_json(400, {"error": error}))
        options = body.get("options")
        if not isinstance(options, dict) or not isinstance(options.get("num_predict"), int):
            raise Wrong(
                "no num_predict: an answer without a limit", as_json(400, {"error": "no num_predict"})
            )
        if "low_vram" in options:
            raise Wrong("low_vram no longer exists", as_json(400, {"error": "invalid option: low_vram"}))
        if self._options not in (None, options):
            raise Wrong("other options: a reload", as_json(500, {"error": "the model was loaded again"}))
        if messages and body.get("stream") is False:
            raise Wrong("no stream", Reply(200, self.whole("not a stream"), JSON))
        self._options = options
        self.loaded = True
        return body

    def other(self, request: Request) -> Reply:
        entry = {"name": self._model, "model": self._model, "digest": DIGEST, **self._remote}
        match request.method, request.path:
            case "GET", "/api/tags":
                return as_json(200, {"models": [entry]})
            case "GET", "/api/ps":
                return as_json(200, {"models": [entry] if self.loaded else []})
        raise Wrong(f"{request.method} {request.path}", _NOT_FOUND)

    def load(self) -> Reply:
        return as_json(200, self._line("", done=True, done_reason="load"))

    def piece(self, text: str) -> bytes:
        return _ndjson(self._line(text, done=False))

    def thought(self, text: str) -> bytes:
        line = self._line("", done=False)
        line["message"] = {"role": "assistant", "content": "", "thinking": text}
        return _ndjson(line)

    def finish(self, reason: str, pieces: int, body: dict[str, object]) -> bytes:
        counts = {"prompt_eval_count": 11, "eval_count": pieces, "total_duration": 1000}
        return _ndjson({**self._line("", done=True, done_reason=reason), **counts})

    def done(self) -> bytes:
        return b""

    def broken(self) -> bytes:
        return b'{"model": "stand-in", "message": {"cont\n'

    def ping(self) -> bytes:
        return b"\n"

    def error(self, quote: str) -> bytes:
        return _ndjson({"error": f"an error was encountered while running the model: {quote}"})

    def error_body(self, quote: str) -> bytes:
        return json.dumps({"error": f"an error was encountered: {quote}"}).encode()

    def whole(self, text: str) -> bytes:
        return json.dumps(self._line(text, done=True, done_reason="stop")).encode()

    def refusal(self, which: Refusal, quote: str) -> Reply | None:
        match which:
            case "unauthorized":
                return as_json(401, {"error": f"unauthorized {quote}"})
            case "forbidden":
                return as_json(403, {"error": f"access denied {quote}"})
            case "retired_model":
                return self._no_model(quote, self._model)
            case "server_error":
                return as_json(500, {"error": f"llama-server process has terminated: signal: killed {quote}"})
            case "overloaded":
                error = f"server busy, please try again.  maximum pending requests exceeded {quote}"
                return as_json(503, {"error": error})
            case "too_long":
                nested = {"code": 400, "message": f"too long {quote}", "type": "exceed_context_size_error"}
                return as_json(400, {"error": json.dumps({"error": nested})})
        return None

    def _line(self, text: str, **more: object) -> dict[str, object]:
        message = {"role": "assistant", "content": text}
        created_at = "2026-11-21T04:55:14.377740832Z"
        return {"model": self._model, **self._remote, "created_at": created_at, "message": message, **more}

    def _no_model(self, quote: str, model: str) -> Reply:
        return as_json(404, {"error": f"model '{model}' not found {quote}"})


def _ndjson(line: object) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
