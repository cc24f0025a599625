"""A stand-in for Discord's REST API and gateway: strict, scripted, on the loopback.

    async with DiscordServer(token="canary.token.discord") as server:
        server.person(7, "Anna", locale="de")
        home = server.dm(7)
        await server.until(lambda: server.gateway.connected)
        question = server.say(home.id, 7, "hello")
        await server.until(lambda: home.posts_to(question))
        assert server.violations == []

A client is pointed at `api_url` (discord.http.Route.BASE) and `gateway_url`
(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY). What is in the channels is in discord_model.py, what
people do there in discord_people.py, what the bot may call in discord_rest.py and its neighbours, what it
hears in discord_gateway.py. This file answers the calls, keeps to the rate limits, lets calls fail as
scripted (`fail`) or at random (`rates`), and judges: `violations` holds what no correct client does and
what our own design promises never to do.
"""

import asyncio
import base64
import binascii
import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from tests.servers import discord_commands  # noqa: F401 - registers its routes
from tests.servers.discord_calls import JSON, Call, Mistake, Refused, Upload, typed
from tests.servers.discord_faults import LOST, NOT_APPLIED, PAGES, SAID, Fault, Faults, break_off
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_limits import Limits
from tests.servers.discord_model import Channel, Post
from tests.servers.discord_people import People
from tests.servers.discord_rest import ROUTES, Route
from tests.servers.standing import Moment

API = "/api/v10"
BOT_ID = 100_000_000_000_000_001
"""Of a bot whose token does not tell it."""
SILENT = logging.Logger("discord", logging.CRITICAL)
"""What breaks off on purpose is no news, and our own mistakes are raised at the end."""


class DiscordServer(People):
    def __init__(
        self,
        token: str = "canary.token.discord",
        *,
        clock: Callable[[], float] = time.monotonic,
        latency_s: float = 0.0,
        limits: bool = True,
        random: Random | None = None,
        port: int = 0,
    ) -> None:
        """`latency_s` is the round trip of every call, half of it on the way here."""
        super().__init__(_bot_id(token), clock=clock, random=random)
        self.latency_s = latency_s
        self.port = port
        self.calls: list[Call] = []
        self.on_call: Callable[[Moment, Call], None] = lambda moment, call: None
        """Hears of each call as it passes; a test of crashes kills the client there."""
        self.gateway = Gateway(self, token, lambda: self.gateway_url)
        self._token = token
        self._limits = Limits() if limits else None
        self._faults = Faults(self.random)
        self.waiting = 0
        """How many connections are kept waiting."""
        self._offline_until = 0.0
        self._admitting = asyncio.Event()
        self._admitting.set()
        self._stopping = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._web: web.Server | None = None
        self._watch: asyncio.Task[None] | None = None
        self._mistakes: list[Exception] = []
        """Our own: a stand-in that breaks must not pass for a Discord that does."""

    @property
    def rates(self) -> dict[str, float]:
        """Faults that happen to any call at random: how often, from 0 to 1."""
        return self._faults.rates

    @rates.setter
    def rates(self, rates: dict[str, float]) -> None:
        self._faults.rates = rates

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway/"

    async def __aenter__(self) -> Self:
        await self.listen()
        self._watch = asyncio.create_task(self._watch_hearts())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self.stop_listening()
        if self._mistakes and error is None:
            raise ExceptionGroup("the stand-in server broke", self._mistakes)

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._stopping.clear()
        self._web = web.Server(self._answer, access_log=None, logger=SILENT)
        self._server = await loop.create_server(self._web, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """The network is down: connections are cut and refused until `listen`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.gateway.drop(resume=True)
        self._admitting.set()
        self._stopping.set()
        if self._web is not None:
            await self._web.shutdown(0.1)

    async def _watch_hearts(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.gateway.beat()

    def tell(self, event: str, data: JSON, channel: Channel | None = None, post: Post | None = None) -> None:
        self.gateway.tell(event, data, channel, post)

    # ── Breaking ──────────────────────────────────────────────────────────────────────────────────

    def fail(
        self,
        route: str,
        fault: str,
        times: int = 1,
        *,
        channel: int | None = None,
        retry_after_s: float = 1.0,
    ) -> None:
        """Let the next calls of `route` (of any channel, or of `channel`) fail; "gateway" is a connection.

        429, global, 401, 403, 404, 500: refused as JSON. 502: refused with a page of the front end. banned:
        a 429 with a page, as one gets who called too often in vain. timeout: hangs, and nothing happens.
        reset: cut, and nothing happens. lost: it happens, and the connection is cut; lost_hang: it happens,
        and nothing is ever answered.
        """
        assert route in ROUTES or route == "gateway", f"no such route: {route}"
        self._faults.script(route, Fault(fault, times, channel, retry_after_s))

    def forgive(self) -> None:
        """The client was restarted and cannot know what is left in a bucket: a 429 is not held against it
        until that bucket is full again."""
        if self._limits is not None:
            self._limits.forgive(self.clock())

    def drop(self, *, resume: bool) -> None:
        """The gateway's connections break off: the client may resume, or finds its session invalid."""
        self.gateway.drop(resume=resume)

    def close_with(self, code: int) -> None:
        """The gateway closes with this code: 4004 and 4014 are final, others are not."""
        self.gateway.close(code)

    def offline_s(self, seconds: float) -> None:
        """The gateway is gone for so long: what happens meanwhile is only in the history."""
        self._offline_until = self.clock() + seconds
        self.gateway.drop(resume=False)

    def back_online(self) -> None:
        """At once, and not at the end of `offline_s`."""
        self._offline_until = 0.0
        self._admitting.set()

    def keep_waiting(self) -> None:
        """The connections break off, and new ones are neither refused nor answered until `back_online`."""
        self._admitting.clear()
        self.gateway.drop(resume=True)

    # ── Answering ─────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if request.path.rstrip("/") == "/gateway":
                return await self._serve_gateway(request)
            return await self._serve_call(request)
        except ConnectionError:
            raise
        except Exception as mistake:
            self._mistakes.append(mistake)
            raise

    async def _serve_gateway(self, request: web.BaseRequest) -> web.StreamResponse:
        if (fault := self._faults.scripted("gateway")) is not None:
            return await break_off(LOST.get(fault.what, fault.what), request, self._stopping)
        if self.clock() < self._offline_until:
            return web.Response(status=503, text="no healthy upstream")
        self.waiting += 1
        self.changed()
        await self._admitting.wait()
        self.waiting -= 1
        if request.transport is None:
            raise ConnectionResetError  # who waited has gone
        return await self.gateway.serve(request)

    async def _serve_call(self, request: web.BaseRequest) -> web.StreamResponse:
        found = _route(request)
        call = Call(self.clock(), "", request.method, request.path, {}, dict(request.query))
        self.calls.append(call)
        if found is None:
            self.violation(f"{request.method} {_shape(request.path)}", "no such route")
            return self._send(call, Refused(404, 0, "404: Not Found"))
        route, call.ids = found
        call.route = route.name
        if route.authorized and request.headers.get("Authorization") != f"Bot {self._token}":
            return self._send(call, Refused(401, 0, "401: Unauthorized"))
        try:
            await self._read(route, call, request)
        except Mistake as mistake:
            self.violation(call.route, str(mistake))
            return self._send(call, mistake.refusal)
        self.changed()
        self.on_call("arrived", call)
        # What has come in takes effect, even if the client has been killed since.
        await asyncio.sleep(self.latency_s / 2)
        fault = self._faults.next(call.route, call.channel_id)
        if fault is not None and fault.what in NOT_APPLIED:
            call.status = PAGES.get(fault.what, 0)
            return await break_off(fault.what, request, self._stopping)
        reply = self._limited(route, call, fault) or self._reply(route, call, fault)
        if call.applied:
            self.on_call("applied", call)
        if fault is not None and fault.what in LOST:
            call.status = 0
            self.changed()
            return await break_off(LOST[fault.what], request, self._stopping)
        self.changed()
        await asyncio.sleep(self.latency_s / 2)
        with suppress(ConnectionError):
            await reply.prepare(request)
            await reply.write_eof()
        self.on_call("replied", call)
        return reply

    async def _read(self, route: Route, call: Call, request: web.BaseRequest) -> None:
        """What is wrong with how the call is written is a violation."""
        for name in sorted(call.query.keys() - route.query):
            self.violation(route.name, f"unknown parameter {name}")
        body: Any = {}
        try:
            if request.content_type == "multipart/form-data":
                form = await request.post()
                body = json.loads(str(form["payload_json"]))
                files = [value for name, value in form.items() if isinstance(value, web.FileField)]
                call.uploads = [Upload(file.filename, file.file.read()) for file in files]
            elif raw := await request.read():
                body = json.loads(raw)
                if request.content_type != "application/json":
                    raise ValueError
        except (ValueError, KeyError):
            why = "The request body contains invalid JSON."
            raise Mistake(Refused(400, 50109, why)) from None
        if isinstance(body, list) and route.method == "PUT":
            call.items = body
            return
        if not isinstance(body, dict):
            raise Mistake(Refused(400, 50109, "The request body contains invalid JSON."))
        call.params, strange = typed(body, route.body)
        for name in strange:
            self.violation(route.name, f"unknown field {name}")

    def _limited(self, route: Route, call: Call, fault: Fault | None) -> web.Response | None:
        """The answer to a call that comes too soon."""
        if fault is not None and fault.what in ("429", "global"):
            return self._too_soon(call, fault.retry_after_s, "shared" if fault.what == "429" else "global")
        if self._limits is None:
            return None
        now = self.clock()
        wait_s = self._limits.everywhere(now) if route.authorized else 0.0
        if wait_s > 0:
            if now >= self._limits.forgiven_until:
                self.violation(call.route, "more calls in a second than all routes together allow")
            return self._too_soon(call, wait_s, "global")
        bucket = self._limits.bucket(route.name, _major(route, call))
        if bucket.spend(now):
            return None
        if now >= bucket.forgiven_until:
            self.violation(call.route, "into a bucket that is exhausted")
        return self._too_soon(call, bucket.reset_at - now, "user")

    def _too_soon(self, call: Call, retry_after_s: float, scope: str) -> web.Response:
        body = {"message": "You are being rate limited.", "retry_after": retry_after_s}
        headers = {
            "Via": "1.1 google",
            "Retry-After": str(int(retry_after_s) + 1),
            "X-RateLimit-Scope": scope,
        }
        if scope == "global":
            headers["X-RateLimit-Global"] = "true"
        elif self._limits is not None:
            headers |= self._bucket_headers(call)
        call.status = 429
        return _json({**body, "global": scope == "global"}, 429, headers)

    def _reply(self, route: Route, call: Call, fault: Fault | None) -> web.Response:
        """Do what the call asks for."""
        try:
            if fault is not None and fault.what in SAID:
                raise Refused(*SAID[fault.what])
            result = route.function(self, call)
        except Mistake as mistake:
            self.violation(call.route, str(mistake))
            return self._send(call, mistake.refusal)
        except Refused as refused:
            return self._send(call, refused)
        call.applied = True
        call.status = 204 if result is None else 200
        headers = self._bucket_headers(call)
        return web.Response(status=204, headers=headers) if result is None else _json(result, 200, headers)

    def _send(self, call: Call, refused: Refused) -> web.Response:
        call.status = refused.status
        self.changed()
        return _json(refused.reply(), refused.status, self._bucket_headers(call))

    def _bucket_headers(self, call: Call) -> dict[str, str]:
        route = ROUTES.get(call.route)
        if self._limits is None or route is None:
            return {}
        return self._limits.bucket(route.name, _major(route, call)).headers(self.clock(), self.epoch)


def _route(request: web.BaseRequest) -> tuple[Route, dict[str, str]] | None:
    path = unquote(request.path).removeprefix(API)
    for route in ROUTES.values():
        if route.method == request.method and (match := route.pattern.fullmatch(path)):
            return route, match.groupdict()
    return None


def _shape(path: str) -> str:
    """Without its ids and tokens."""
    return re.sub(r"/(\d{5,}|[0-9a-f]{64})", "/…", path)


def _major(route: Route, call: Call) -> str:
    return "+".join(call.ids[name] for name in route.major if name in call.ids)


def _json(body: Any, status: int, headers: dict[str, str]) -> web.Response:
    """discord.py compares the type of the content with exactly "application/json"."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(body=raw, status=status, headers={**headers, "Content-Type": "application/json"})


def _bot_id(token: str) -> int:
    """A real token begins with it."""
    first = token.partition(".")[0]
    with suppress(binascii.Error, ValueError):
        return int(base64.b64decode(first + "=" * (-len(first) % 4), validate=True))
    return BOT_ID
