"""A stand-in for Telegram, and the barest client to prove its strictness with."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest

from tests.servers.telegram import TelegramServer

TOKEN = "123456:canary"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Answer(NamedTuple):
    status: int
    result: Any
    why: str
    retry_after: int | None


class Client:
    """Calls methods with parameters as JSON, and no manners of its own."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def __call__(self, method: str, **params: Any) -> Answer:
        reply = await self._http.post(f"{self._url}/bot{TOKEN}/{method}", json=params)
        body = reply.json()
        assert body["ok"] == (reply.status_code == 200)
        assert body.get("error_code", 200) == reply.status_code
        retry_after = body.get("parameters", {}).get("retry_after")
        return Answer(reply.status_code, body.get("result"), body.get("description", ""), retry_after)

    async def send(self, chat_id: int, text: str, **params: Any) -> int:
        """A post that has to succeed; returns its id."""
        answer = await self("sendMessage", chat_id=chat_id, text=text, **params)
        assert answer.status == 200, answer.why
        return int(answer.result["message_id"])

    async def poll(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self("getUpdates", **params)
        assert answer.status == 200, answer.why
        return list(answer.result)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[TelegramServer]:
    async with TelegramServer(TOKEN, clock=clock, random=Random(1)) as server:
        server.person(7, "Anna", language="de")
        server.person(8, "Ben")
        yield server


@pytest.fixture
async def api(server: TelegramServer) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(timeout=5.0) as http:
        yield Client(http, server.url)
