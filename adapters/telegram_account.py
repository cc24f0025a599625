"""The bot's own account on Telegram, as whoever sets it up or looks for faults needs it.

Short calls, each made once, without the library and without the program: who the bot is, whether anybody else
reads what it is told, what it is called. Nothing here confirms an update, so nothing said to the bot is lost.
An error's text never holds the address of a call, of which the token is a part.
"""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from core.errors import Unclear

TIMEOUT_S = 15.0
LISTEN_S = 2
"""Another program that reads begins its next poll within less."""
NAME_MAX, ABOUT_MAX = 64, 120
"""UTF-16 units. (Bot API, "setMyName", "setMyShortDescription")"""
TOKEN = re.compile(r"(?<![\w-])\d{6,}:[A-Za-z0-9_-]{20,}(?![\w-])")


class TokenRefused(Unclear):
    """Telegram does not know this token."""


class ReadElsewhere(Unclear):
    """Another program reads with this token, or a webhook is set."""


@dataclass(frozen=True, slots=True)
class Bot:
    username: str
    name: str
    reads_groups: bool
    """Its privacy mode is off: it is told everything that is said in a group."""

    @property
    def link(self) -> str:
        return f"https://t.me/{self.username}"

    @property
    def group_link(self) -> str:
        """What somebody opens to put it into a group of theirs."""
        return f"{self.link}?startgroup=true"


class Account:
    """Every method raises `TokenRefused`, or `Unclear` if Telegram cannot be reached or understood."""

    def __init__(self, http: httpx.AsyncClient, api_url: str, token: str) -> None:
        self._http = http
        self._url = f"{api_url.rstrip('/')}/bot{token}"

    async def bot(self) -> Bot:
        told = await self._call("getMe")
        if not isinstance(told, dict) or not isinstance(told.get("username"), str):
            raise Unclear("the reply names no bot")
        name, reads = str(told.get("first_name", "")), told.get("can_read_all_group_messages") is True
        return Bot(told["username"], name, reads)

    async def has_webhook(self) -> bool:
        told = await self._call("getWebhookInfo")
        return isinstance(told, dict) and bool(told.get("url"))

    async def listen(self) -> None:
        """Read for a moment, as the program does. Raises `ReadElsewhere`. Only while the program is not
        running: it would be the one that reads elsewhere."""
        await self._call("getUpdates", timeout=LISTEN_S, limit=1)

    async def rename(self, name: str) -> None:
        await self._call("setMyName", name=name[:NAME_MAX])

    async def describe(self, about: str) -> None:
        """The line in its profile, if there is none yet."""
        told = await self._call("getMyShortDescription")
        if isinstance(told, dict) and not told.get("short_description"):
            await self._call("setMyShortDescription", short_description=about[:ABOUT_MAX])

    async def _call(self, method: str, **parameters: Any) -> object:
        try:
            reply = await self._http.post(f"{self._url}/{method}", json=parameters, timeout=TIMEOUT_S)
            told = reply.json()
        except httpx.InvalidURL:
            raise TokenRefused("not a token") from None
        except httpx.HTTPError as error:
            raise Unclear(type(error).__name__) from None
        except ValueError:
            raise Unclear(f"status {reply.status_code}, and no JSON") from None
        match reply.status_code:
            case 200 if isinstance(told, dict) and "result" in told:
                return told["result"]
            case 401 | 404:
                raise TokenRefused(f"status {reply.status_code}")
            case 409:
                raise ReadElsewhere("status 409")
        raise Unclear(f"status {reply.status_code}")


def token_in(pasted: str) -> str | None:
    """The token, also out of the whole message in which @BotFather hands it over."""
    found = TOKEN.search(pasted)
    return found[0] if found else None
