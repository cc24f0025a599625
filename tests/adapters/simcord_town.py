"""The Discord adapter in front of a second Discord, as a second opinion: simcord's, behind real sockets.

    a person of simcord ─► its events, as far as the bot's intents go ─► gateway ─► the program's adapter
    what simcord shows and whom it pings ◄─ simcord's own routes ◄─ REST ◄─┘

tests/servers/discord.py and the adapter could misread Discord's documentation alike; simcord reads it for
itself. It is lenient where that stand-in is strict: it knows no rate limits, no nonces, no lost connections
and no previews, lets a reply refer to what is gone, and keeps back the words of a reply to the answer of a
command, as Discord did until 2023. Nothing of that is tested here. `Bridge` only carries: what is refused,
hidden or shown is decided by simcord. A call or a field that simcord does not know fails the test.
"""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import discord
import simcord
from aiohttp import web
from pydantic import SecretStr
from simcord.backend import serializers
from simcord.backend.errors import BackendError
from simcord.backend.models import Message
from simcord.gateway import FakeGateway
from simcord.http.router import RouteNotImplemented, UnsupportedField, dispatch
from simcord.results import to_discord_message

from adapters.discord import Discord
from bot import platforms
from bot.settings import Settings
from core.inbox import Inbox
from core.types import Arrival, Chat, Incoming, Poison

WAIT_S = 5.0


class _Tellers(dict[str, Callable[[Any], None]]):
    """Where simcord expects discord.py's readers of events: each event is sent on as it is."""

    def __init__(self, send: Callable[[str, Any], None]) -> None:
        self._send = send

    def __missing__(self, event: str) -> Callable[[Any], None]:
        return partial(self._send, event)


class Bridge:
    """simcord's routes over HTTP, and its events over a websocket."""

    def __init__(self, env: simcord.Env) -> None:
        self.backend = env.backend
        self.connected = False
        self.unknown: list[BackendError] = []
        """What simcord does not know."""
        self.told: list[str] = []
        """What went over the websocket, as JSON."""
        self._change = asyncio.Event()

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        answer = self._listened if request.path == "/gateway/" else self._called
        return await answer(request)

    async def until(self, seen: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not seen():
                await self._change.wait()

    def changed(self) -> None:
        self._change.set()
        self._change = asyncio.Event()

    async def _called(self, request: web.BaseRequest) -> web.Response:
        path = request.path.removeprefix("/api")
        if path == "/gateway/bot":
            return web.json_response({"url": str(request.url.with_path("/gateway/")), "shards": 1})
        body, files = await _content(request)
        query = dict(request.query)
        call = partial(dispatch, json=body, params=query, files=files, message_content_access=False)
        try:
            shown = call(self.backend, request.method, path)
        except (RouteNotImplemented, UnsupportedField) as unknown:
            self.unknown.append(unknown)
            return web.Response(status=501)
        except BackendError as refused:
            return web.json_response(refused.to_json(), status=refused.status)
        finally:
            self.changed()
        return web.Response(status=204) if shown is None else web.json_response(shown)

    async def _listened(self, request: web.BaseRequest) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45_000}})
        told: asyncio.Queue[str] = asyncio.Queue()
        gateway: FakeGateway | None = None

        def send(event: str, payload: Any) -> None:
            frame = json.dumps({"op": 0, "t": event, "s": len(self.told) + 1, "d": payload})
            self.told.append(frame)
            told.put_nowait(frame)

        async def write() -> None:
            while True:
                await socket.send_str(await told.get())

        writing = asyncio.create_task(write())
        try:
            async for message in socket:
                heard = json.loads(message.data)
                if heard["op"] == 1:
                    told.put_nowait(json.dumps({"op": 11}))
                elif heard["op"] == 2:
                    gateway = self._identified(heard["d"]["intents"], send)
        finally:
            writing.cancel()
            if gateway is not None:
                self.backend.subscribers.remove(gateway.feed)
            self.connected = False
            self.changed()
        return socket

    def _identified(self, bits: int, send: Callable[[str, Any], None]) -> FakeGateway:
        intents = discord.Intents.none()
        intents.value = bits
        gateway = FakeGateway(self.backend, SimpleNamespace(intents=intents, parsers=_Tellers(send)))
        me = serializers.user_payload(self.backend.bot_user)
        ready = {"v": 10, "user": me, "guilds": [], "session_id": "s", "resume_gateway_url": "ws://127.0.0.1"}
        application = {"id": str(self.backend.application_id), "flags": 0}
        gateway.feed("READY", {**ready, "application": application})
        for guild in self.backend.guilds.values():
            gateway.feed("GUILD_CREATE", serializers.guild_create_payload(self.backend, guild))
        self.backend.subscribers.append(gateway.feed)
        self.connected = True
        self.changed()
        return gateway


async def _content(request: web.BaseRequest) -> tuple[Any, list[Any]]:
    """The body, and the files that came along as discord.py would hold them."""
    if request.content_type != "multipart/form-data":
        raw = await request.read()
        return json.loads(raw) if raw else None, []
    form = await request.post()
    files = [
        SimpleNamespace(filename=it.filename, fp=io.BytesIO(it.file.read()), description=None)
        for it in form.values()
        if isinstance(it, web.FileField)
    ]
    return json.loads(str(form["payload_json"])), files


class Town:
    """Anna and Ben are in the server of Olga; Anna also writes in private. The adapter is the program's."""

    def __init__(self, env: simcord.Env, bridge: Bridge, port: int, inbox: Inbox) -> None:
        self.env = env
        self.bridge = bridge
        self.backend = env.backend
        self.inbox = inbox
        self.arrivals: list[Arrival] = []
        self._said: asyncio.Queue[Incoming] = asyncio.Queue()
        self._settings = Settings(
            discord_token=SecretStr("canary.token.discord"),
            discord_api_url=f"http://127.0.0.1:{port}/api",
            discord_gateway_url=f"ws://127.0.0.1:{port}/gateway/",
        )
        self.user = env.create_user("anna", global_name="Anna")
        owner = env.create_user("olga")
        self.guild = env.create_guild("Home", owner=owner)
        self.room = self.guild.create_text_channel("kitchen")
        self.anna = self.guild.add_member(self.user, nick="Annie")
        self.ben = self.guild.add_member(env.create_user("ben"))
        self.olga = simcord.MemberActor(env, self.guild, owner)
        self.me = f"<@{self.backend.bot_user.id}>"
        self.chat = Chat("discord", f"{self.guild.id}:{self.room.id}", "group")
        self.dm = Chat("discord", str(self.user.dm_channel.id))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Discord, None]:
        """The program has been started, and has told its commands."""
        adapter = platforms.named_in(self._settings, self.inbox, self._trouble)[0]
        assert isinstance(adapter, Discord)
        task = asyncio.create_task(adapter.run(self._accept))
        try:
            await self.bridge.until(lambda: self.bridge.connected)
            await adapter.menu(None, [], "en")
            yield adapter
            if task.done():
                task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await adapter.close()
            await self.bridge.until(lambda: not self.bridge.connected)

    async def said(self) -> Incoming:
        """The next thing that a person wrote, pressed or called."""
        async with asyncio.timeout(WAIT_S):
            return await self._said.get()

    def shown(self, chat: Chat, post: str) -> Message:
        return self.backend.get_message(int(chat.id.rpartition(":")[2]), int(post))

    def message(self, chat: Chat, post: str) -> discord.Message:
        """The post as a person of simcord has it before them."""
        return to_discord_message(self.env, self.shown(chat, post))

    def thread(self, name: str) -> simcord.ChannelHandle:
        made = self.backend.create_thread(self.room.id, name, self.olga.id)
        return simcord.ChannelHandle(self.env, self.guild, made)

    async def _accept(self, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        kept = [it for it in arrivals if isinstance(it, Incoming | Poison)]
        await self.inbox.accept("discord", kept, cursor)
        self.arrivals += arrivals
        for arrival in arrivals:
            if isinstance(arrival, Incoming):
                self._said.put_nowait(arrival)
        self.bridge.changed()

    async def _trouble(self, kind: str) -> None:
        raise AssertionError(kind)
