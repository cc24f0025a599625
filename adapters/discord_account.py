"""The bot's own account on Discord, as whoever sets it up or looks for faults needs it.

Short calls, each made once, without the library and without the program: what the application is like, and
whether the gateway, over which everything is told, can be reached. No session is begun there, of which there
are only so many a day. No error's text holds the token.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx

from adapters.discord_calls import AGENT, TokenRefused
from core.errors import Unclear

TIMEOUT_S = 15.0
HELLO = 10
"""The gateway's first word. (Discord API, "Opcodes")"""
TOKEN = re.compile(r"(?<![\w.-])[A-Za-z0-9_-]{18,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,}(?![\w.-])")


@dataclass(frozen=True, slots=True)
class Application:
    """As the developer portal has it."""

    id: int
    told_elsewhere: bool
    """An interactions endpoint is set: what is chosen and pressed is told there, and not to us."""
    needs_code: bool
    """"Requires OAuth2 Code Grant" is on: no link can add it to a server."""


class Account:
    """Every method raises `TokenRefused`, or `Unclear` if Discord cannot be reached or understood."""

    def __init__(self, http: httpx.AsyncClient, api_url: str, token: str) -> None:
        self._http = http
        self._url = api_url.rstrip("/")
        self._headers = {"Authorization": f"Bot {token}", "User-Agent": AGENT}

    async def application(self) -> Application:
        told = await self._get("/applications/@me")
        number = str(told.get("id", ""))
        if not number.isdecimal():
            raise Unclear("the reply names no application")
        elsewhere, needs_code = (
            bool(told.get("interactions_endpoint_url")),
            told.get("bot_require_code_grant"),
        )
        return Application(int(number), elsewhere, needs_code is True)

    async def starts_left(self) -> int:
        """How often the program may still begin anew today."""
        told = (await self._get("/gateway/bot")).get("session_start_limit")
        left = told.get("remaining") if isinstance(told, dict) else None
        return left if isinstance(left, int) else 1

    async def _get(self, path: str) -> dict[str, Any]:
        try:
            reply = await self._http.get(self._url + path, headers=self._headers, timeout=TIMEOUT_S)
            told = reply.json()
        except httpx.HTTPError as error:
            raise Unclear(type(error).__name__) from None
        except ValueError:
            raise Unclear(f"status {reply.status_code}, and no JSON") from None
        if reply.status_code == 401:
            raise TokenRefused("status 401")
        if reply.status_code != 200 or not isinstance(told, dict):
            raise Unclear(f"status {reply.status_code}")
        return told


async def greeted(gateway_url: str) -> None:
    """Come in at the gateway as far as its first word. Raises `Unclear`."""
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            aiohttp.ClientSession(trust_env=True) as session,
            session.ws_connect(f"{gateway_url.rstrip('/')}/?v=10&encoding=json") as line,
        ):
            told = await line.receive_json()
    except TimeoutError:
        raise Unclear("no reply in time") from None
    except (aiohttp.ClientError, OSError, ValueError, TypeError) as error:
        raise Unclear(type(error).__name__) from None
    if not isinstance(told, dict) or told.get("op") != HELLO:
        raise Unclear("another first word than Discord's")


def token_in(pasted: str) -> str | None:
    found = TOKEN.search(pasted)
    return found[0] if found else None
