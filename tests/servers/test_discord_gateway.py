"""The gateway of the stand-in is as strict as the real one, seen by a client with no manners of its own."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import aiohttp
import pytest

from tests.servers.conftest import Clock
from tests.servers.discord import DiscordServer

TOKEN = "canary.token.discord"
LISTENING = (1 << 0) | (1 << 9) | (1 << 12)


class Client:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: Any = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def next(self) -> Any:
        return await self.socket.receive_json(timeout=5)

    async def identify(self, intents: int = LISTENING, token: str = TOKEN) -> None:
        await self.send(2, {"token": token, "intents": intents, "properties": {}})

    async def closed(self) -> int | None:
        while not (await self.socket.receive(timeout=5)).type.name.startswith("CLOS"):
            pass
        return self.socket.close_code


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[DiscordServer]:
    async with DiscordServer(TOKEN, clock=clock, random=Random(1)) as server:
        server.person(7, "Anna")
        yield server


class Dialer:
    def __init__(self, http: aiohttp.ClientSession, server: DiscordServer) -> None:
        self._http = http
        self._server = server

    async def __call__(self) -> Client:
        client = Client(
            await self._http.ws_connect(self._server.gateway_url, params={"v": "10", "encoding": "json"})
        )
        assert (await client.next())["op"] == 10
        return client


@pytest.fixture
async def dial(server: DiscordServer) -> AsyncIterator[Dialer]:
    async with aiohttp.ClientSession() as http:
        yield Dialer(http, server)


async def test_what_the_gateway_closes_with(dial: Dialer) -> None:
    """A wrong token, an intent that is not switched on, one that does not exist, and talking out of turn."""
    for intents, token, code in ((1, "wrong", 4004), (1 << 15, TOKEN, 4014), (1 << 30, TOKEN, 4013)):
        client = await dial()
        await client.identify(intents, token)
        assert await client.closed() == code
    client = await dial()
    await client.send(3, {})
    assert await client.closed() == 4003
    client = await dial()
    await client.socket.send_str("{")
    assert await client.closed() == 4002
    client = await dial()
    await client.identify()
    await client.identify()
    assert await client.closed() == 4005


async def test_only_what_was_asked_for_is_told(server: DiscordServer, dial: Dialer) -> None:
    """Without the intent for direct messages there are none; a guild's text needs a mention."""
    home, general = server.dm(7), server.channel(server.guild(1, "Family", [7]), "general")
    client = await dial()
    await client.identify((1 << 0) | (1 << 9))
    ready, guild = await client.next(), await client.next()
    assert (ready["t"], ready["s"], guild["t"], guild["s"]) == ("READY", 1, "GUILD_CREATE", 2)
    server.say(home.id, 7, "private")
    server.say(general.id, 7, "among us")
    server.say(general.id, 7, "you", mentions_bot=True)
    told = [await client.next(), await client.next()]
    assert [event["d"]["content"] for event in told] == ["", f"<@{server.bot_id}> you"]
    assert [event["s"] for event in told] == [3, 4]


async def test_a_session_goes_on_where_it_was(server: DiscordServer, dial: Dialer, clock: Clock) -> None:
    """RESUME tells exactly what was missed, as long as the session is remembered."""
    home = server.dm(7)
    client = await dial()
    await client.identify()
    session = (await client.next())["d"]["session_id"]
    server.say(home.id, 7, "one")
    await client.next()
    server.drop(resume=True)
    server.say(home.id, 7, "two")
    clock.now += 60
    client = await dial()
    await client.send(6, {"token": TOKEN, "session_id": session, "seq": 2})
    missed, resumed = await client.next(), await client.next()
    assert (missed["d"]["content"], missed["s"], resumed["t"]) == ("two", 3, "RESUMED")
    server.drop(resume=True)
    clock.now += 600
    client = await dial()
    await client.send(6, {"token": TOKEN, "session_id": session, "seq": 4})
    assert await client.next() == {"op": 9, "d": False, "s": None, "t": None}


async def test_a_session_that_cannot_go_on_yet(server: DiscordServer, dial: Dialer) -> None:
    """The client is told to try again, and then hears what it missed."""
    home = server.dm(7)
    client = await dial()
    await client.identify()
    session = (await client.next())["d"]["session_id"]
    server.drop(resume=True)
    server.say(home.id, 7, "one")
    server.gateway.not_yet = 1
    client = await dial()
    await client.send(6, {"token": TOKEN, "session_id": session, "seq": 1})
    assert await client.next() == {"op": 9, "d": True, "s": None, "t": None}
    client = await dial()
    await client.send(6, {"token": TOKEN, "session_id": session, "seq": 1})
    assert (await client.next())["d"]["content"] == "one"


async def test_who_is_kept_waiting_is_let_in_later(server: DiscordServer, dial: Dialer) -> None:
    """A connection is neither refused nor answered until the gateway is back."""
    server.keep_waiting()
    dialling = asyncio.ensure_future(dial())
    await server.until(lambda: server.waiting)
    assert not dialling.done()
    server.back_online()
    await (await dialling).identify()


async def test_heartbeats_keep_it_alive(server: DiscordServer, dial: Dialer, clock: Clock) -> None:
    """They are acknowledged; where they stay away the connection is closed and the session over."""
    client = await dial()
    await client.identify()
    await client.next()
    clock.now += 60
    await client.send(1, 1)
    assert (await client.next())["op"] == 11
    clock.now += 60
    server.gateway.beat()
    assert server.gateway.connected
    clock.now += 60
    server.gateway.beat()
    assert await client.closed() == 4009
    assert server.gateway.sessions == {}


async def test_while_it_is_offline_nobody_gets_in(server: DiscordServer, dial: Dialer, clock: Clock) -> None:
    """What happens meanwhile is told to nobody afterwards."""
    home = server.dm(7)
    server.offline_s(600)
    server.say(home.id, 7, "anybody?")
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await dial()
    clock.now += 600
    client = await dial()
    await client.identify()
    assert (await client.next())["t"] == "READY"
    server.say(home.id, 7, "now?")
    assert (await client.next())["d"]["content"] == "now?"


async def test_the_whole_stream_is_compressed_as_one(server: DiscordServer) -> None:
    """As zlib-stream, every message continues the dictionary of those before."""
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(f"{server.gateway_url}?v=10&encoding=json&compress=zlib-stream")
        stream = zlib.decompressobj()
        assert json.loads(stream.decompress(await socket.receive_bytes(timeout=5)))["op"] == 10
        await Client(socket).identify()
        packed = await socket.receive_bytes(timeout=5)
        assert packed.endswith(b"\x00\x00\xff\xff")
        assert json.loads(stream.decompress(packed))["t"] == "READY"
