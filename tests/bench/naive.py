"""What one writes first: ask a node, show what comes, and if it raises, go on with the next one.

It is here to be judged like the pool, because a check that nobody can fail proves nothing. It has a time
limit and a failover; what it lacks is the question whether an answer is whole, and whose it is.
"""

import json
from collections.abc import AsyncGenerator, Sequence

import httpx

from core.errors import NoAnswer
from core.types import Ask, Done, Event, NodeSpec, Status, Text
from tests.servers.dialects import ACCOUNT_ID

ROUTES = {
    "openai": "/chat/completions",
    "cloudflare": f"/accounts/{ACCOUNT_ID}/ai/v1/chat/completions",
    "ollama": "/api/chat",
}


class NaiveRouter:
    def __init__(self, specs: Sequence[NodeSpec], http: httpx.AsyncClient) -> None:
        self._specs = specs
        self._http = http

    async def stream(self, ask: Ask) -> AsyncGenerator[Event, None]:
        text = ""
        for spec in self._specs:
            yield Status("asking", spec.name)
            try:
                async for piece in self._read(spec, ask):
                    text += piece
                    yield Text(piece)
            except (httpx.HTTPError, ValueError, LookupError):
                continue
            yield Done(text.strip(), spec.name, spec.model)
            return
        raise NoAnswer("exhausted")

    async def _read(self, spec: NodeSpec, ask: Ask) -> AsyncGenerator[str, None]:
        request = {
            "model": spec.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in ask.turns],
            "stream": True,
            "max_tokens": spec.max_tokens,
            "options": {"num_predict": spec.max_tokens},
        }
        async with self._http.stream(
            "POST",
            spec.url + ROUTES[spec.kind],
            json=request,
            headers={"Authorization": f"Bearer {spec.key}"},
            timeout=spec.stall_timeout_s,
        ) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                data = line.removeprefix("data: ")
                if data == "[DONE]":
                    return
                if data.startswith("{"):
                    yield _piece(json.loads(data))


def _piece(chunk: dict[str, object]) -> str:
    match chunk:
        case {"choices": [{"delta": {"content": str(piece)}}]}:
            return piece
        case {"response": str(piece)} | {"message": {"content": str(piece)}}:
            return piece
    return ""
