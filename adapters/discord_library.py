"""discord.py, as far as it is used: it holds the connection to Discord, and nothing more.

It identifies, beats, resumes, and tells each event as it came. The two calls of its login are made by ours
(adapters/discord_calls.py), its connections go to the gateway that the settings name, and it reads no event
itself: one that is not as it expects would end the connection.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.http import HTTPClient, Route

from adapters.discord_calls import Calls

GATEWAY_URL = "wss://gateway.discord.gg/"
HEARTBEAT_TIMEOUT_S = 60.0

for _name in ("discord.client", "discord.gateway", "discord.http"):
    # What they log for debugging holds whole events, and with them people's words.
    logging.getLogger(_name).setLevel(logging.WARNING)

# Nobody talks aloud here, and that we cannot is nothing to warn of at each start.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class _Http(HTTPClient):
    """Its calls are made by ours, and its connections go to our gateway. Only the two calls of the login
    are left to it."""

    def __init__(self, loop: Any, calls: Calls, url: str, before: Callable[[int], Awaitable[None]]) -> None:
        super().__init__(loop)
        self._calls = calls
        self._gateway_url = url
        self._before = before
        self.attempts = 0

    async def request(self, route: Route, **_: Any) -> Any:
        return await self._calls.call(route.method, route.url.removeprefix(Route.BASE))

    async def ws_connect(self, url: str, *, compress: int = 0) -> Any:
        self.attempts += 1
        await self._before(self.attempts)
        if url.startswith(GATEWAY_URL):
            url = self._gateway_url.rstrip("/") + "/" + url.removeprefix(GATEWAY_URL)
        return await super().ws_connect(url, compress=compress)


class Client(discord.Client):
    def __init__(
        self,
        heard: Callable[[str], bool],
        calls: Calls,
        url: str,
        before: Callable[[int], Awaitable[None]],
    ) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            heartbeat_timeout=HEARTBEAT_TIMEOUT_S,
            enable_debug_events=True,
        )
        self._heard = heard
        self.http: _Http = _Http(self.loop, calls, url, before)
        # We read the events ourselves. The library's own readers would end the connection over one that is
        # not as they expect it, and remember a world that nobody asks for.
        self._connection.parsers.clear()

    async def on_socket_raw_receive(self, frame: str) -> None:
        if self._heard(frame):
            self.http.attempts = 0
