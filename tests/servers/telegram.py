"""A stand-in for Telegram's Bot API: strict, scripted, fast, on the loopback.

    async with TelegramServer(token="123456:canary") as server:
        server.person(7, "Anna", language="de")
        home = server.private(7)
        question = server.say(home.id, 7, "hello")
        await server.until(lambda: home.posts_to(question))
        assert server.violations == []

The bot is pointed at `server.url`; methods are at {url}/bot{token}/{method}. What is in the chats is in
telegram_chats.py, what people do there in telegram_people.py, what the bot may call in
telegram_methods.py and telegram_profile.py. This file answers the calls, lets them fail as scripted
(`fail`) or at random (`rates`), and judges: `violations` holds what no correct client does (a real server
would refuse it, and the remedy is to mend the program) and what our own design promises never to do.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from tests.servers import telegram_profile  # noqa: F401 - registers its methods
from tests.servers.loopback import Line, Loopback, Request, head
from tests.servers.standing import Moment
from tests.servers.telegram_calls import Call, Mistake, Refused, fields, schema, typed
from tests.servers.telegram_chats import flooded
from tests.servers.telegram_methods import METHODS
from tests.servers.telegram_people import People
from tests.servers.telegram_updates import ANOTHER, WEBHOOK

ROUTE = re.compile(r"/bot([^/]*)/(\w+)")
FILE = re.compile(r"/file/bot([^/]*)/files/(\w+)")
TOKEN = re.compile(r"\d+:[\w-]+")

POLL = schema("offset:int limit:int timeout:int allowed_updates:json")

INTO_CHAT = {"sendMessage", "sendPhoto", "sendMessageDraft", "sendChatAction"}
INTO_CHAT |= {"editMessageText", "editMessageReplyMarkup"}
"""What may not be called while the chat is in a flood wait."""

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><hr><center>nginx</center></body></html>\r\n"

SAID = {
    "400": "Bad Request: can't parse entities: unsupported start tag",
    "401": "Unauthorized",
    "403": "Forbidden: bot was blocked by the user",
    "500": "Internal Server Error",
}
"""What the injected refusals say, where the test does not say it."""

NOT_APPLIED = {"timeout", "reset", "502", "html"}
LOST = {"lost": "reset", "lost_hang": "timeout"}
"""What the client sees of a call whose reply is lost."""
FAULTS = {"429", *SAID, *NOT_APPLIED, *LOST}


@dataclass(slots=True)
class Fault:
    what: str
    times: int
    chat: int | None = None
    retry_after: int = 3
    description: str | None = None


class TelegramServer(People):
    def __init__(
        self,
        token: str = "123456:canary",
        *,
        clock: Callable[[], float] = time.monotonic,
        latency_s: float = 0.0,
        flood: bool = True,
        random: Random | None = None,
        port: int = 0,
    ) -> None:
        """`latency_s` is the round trip of every call, half of it on the way here."""
        super().__init__(int(token.partition(":")[0]), clock=clock, flood=flood, random=random)
        self.latency_s = latency_s
        self.heard_s = 0.0
        """So long after a flood wait was told, a call into that chat may have been on its way already: for
        clients in another process, which hear of it a moment later."""
        self.conflict = False
        """Another copy of the bot is running: every getUpdates ends with a 409."""
        self.rates: dict[str, float] = {}
        """Faults that happen to any call at random: how often, from 0 to 1."""
        self.random_retry_after = 1
        """Seconds that a random 429 states."""
        self.calls: list[Call] = []
        self.on_call: Callable[[Moment, Call], None] = lambda moment, call: None
        """Hears of each call as it passes; a test of crashes kills the client there."""
        self._token = token
        self._faults: dict[str, list[Fault]] = {}
        self._told: dict[int, tuple[float, float]] = {}
        """chat → when the client was told to wait there, and until when"""
        self._loopback = Loopback(self._answer, port)

    @property
    def url(self) -> str:
        return self._loopback.url

    async def __aenter__(self) -> Self:
        await self._loopback.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._loopback.__aexit__(kind, error, trace)

    async def stop_listening(self) -> None:
        """The network is down: connections are cut and refused until `listen`."""
        await self._loopback.stop_listening()

    async def listen(self) -> None:
        await self._loopback.listen()

    def fail(
        self,
        method: str,
        fault: str,
        times: int = 1,
        *,
        chat: int | None = None,
        retry_after: int = 3,
        description: str | None = None,
    ) -> None:
        """Let the next calls of `method` (of any chat, or of `chat`) fail.

        429, 400, 401, 403, 500: refused as JSON. 502: refused with a page of the front end. html: a page
        with status 200. timeout: hangs, and nothing happens. reset: cut, and nothing happens. lost: it
        happens, and the connection is cut; lost_hang: it happens, and nothing is ever answered.
        """
        assert fault in FAULTS, f"no such fault: {fault}"
        assert method in METHODS or method == "getUpdates", f"no such method: {method}"
        self._faults.setdefault(method, []).append(Fault(fault, times, chat, retry_after, description))

    def forgive(self) -> None:
        """The client was restarted and cannot know of any flood wait: it is not held against it. Without
        this, a client that is killed every second would never get out of its first wait."""
        self._told.clear()
        if self._flood is not None:
            self._flood.forgive()

    # ── Answering ─────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, request: Request, line: Line) -> bool:
        path = unquote(request.path)
        if file := FILE.fullmatch(path):
            return await self._download(file, line)
        route = ROUTE.fullmatch(path)
        if route is None or not TOKEN.fullmatch(route[1]):
            return await _send(line, Refused(404, "Not Found").reply(), 404)
        if route[1] != self._token:
            return await _send(line, Refused(401, "Unauthorized").reply(), 401)
        try:
            call = self._call(route[2], request)
        except Refused as refused:
            return await _send(line, refused.reply(), refused.status)
        self._judge_wait(call)
        self.on_call("arrived", call)
        # Not `line.pause`: what has come in takes effect, even if the client has been killed since.
        await asyncio.sleep(self.latency_s / 2)
        fault = self._fault(call)
        if fault is not None and fault.what in NOT_APPLIED:
            return await self._break(fault.what, call, line)
        reply = await self._reply(call, fault, line)
        told_until = self.clock() + reply.get("parameters", {}).get("retry_after", 0)
        if call.applied:
            self.on_call("applied", call)
        if fault is not None and fault.what in LOST:
            call.status = 0
            self.changed()
            return await self._break(LOST[fault.what], call, line)
        self.changed()
        await line.pause(self.latency_s / 2)
        if call.status == 429 and call.chat_id is not None:
            self._told[call.chat_id] = self.clock(), told_until
        await _send(line, reply, call.status)
        self.on_call("replied", call)
        return True

    def _call(self, name: str, request: Request) -> Call:
        """Read the call; what is wrong with how it is written is a violation."""
        parameters = POLL if name == "getUpdates" else METHODS[name].parameters if name in METHODS else None
        call = Call(self.clock(), name, {}, None)
        self.calls.append(call)
        self.changed()
        try:
            if parameters is None:
                raise Mistake(Refused(404, "Not Found: method not found"))
            call.params, unknown = typed(fields(request), parameters)
        except Mistake as mistake:
            self.violation(name, mistake.refusal.description)
            call.status = mistake.refusal.status
            raise mistake.refusal from None
        for parameter in unknown:
            self.violation(name, f"unknown parameter {parameter}")
        call.chat_id = call.params.get("chat_id")
        return call

    async def _reply(self, call: Call, fault: Fault | None, line: Line) -> dict[str, Any]:
        """Do what the call asks for."""
        try:
            result = await self._perform(call, fault, line)
        except Mistake as mistake:
            self.violation(call.method, mistake.refusal.description)
            call.status = mistake.refusal.status
            return mistake.refusal.reply()
        except Refused as refused:
            call.status = refused.status
            return refused.reply()
        call.status, call.applied = 200, True
        return {"ok": True, "result": result}

    async def _perform(self, call: Call, fault: Fault | None, line: Line) -> Any:
        if fault is not None and fault.what == "429":
            raise flooded(fault.retry_after)
        if fault is not None and fault.what in SAID:
            raise Refused(int(fault.what), fault.description or SAID[fault.what])
        if call.method != "getUpdates":
            return METHODS[call.method].function(self, call.params)
        if self.conflict:
            raise Refused(409, ANOTHER)
        if self.webhook:
            raise Refused(409, WEBHOOK)
        return await self.updates.ask(call.params, line)

    def _judge_wait(self, call: Call) -> None:
        """At once when it comes in: a call that was on its way when the wait was told is no violation."""
        if call.method in INTO_CHAT and call.chat_id in self._told:
            told_at, until = self._told[call.chat_id]
            if told_at + self.heard_s <= call.at < until:
                self.violation(call.method, "into a chat that is in a flood wait")

    async def _download(self, file: re.Match[str], line: Line) -> bool:
        content = self.files.get(file[2])
        if file[1] != self._token or content is None:
            return await _send(line, Refused(404, "Not Found").reply(), 404)
        return await _send(line, content, kind="application/octet-stream")

    # ── Failing ───────────────────────────────────────────────────────────────────────────────────

    def _fault(self, call: Call) -> Fault | None:
        scripted = self._faults.get(call.method, [])
        for fault in scripted:
            if fault.chat in (None, call.chat_id):
                fault.times -= 1
                if fault.times <= 0:
                    scripted.remove(fault)
                return fault
        drawn = self.random.random() if self.rates else 1.0
        for what, rate in self.rates.items():
            assert what in FAULTS, f"no such fault: {what}"
            if drawn < rate:
                return Fault(what, 1, retry_after=self.random_retry_after)
            drawn -= rate
        return None

    async def _break(self, what: str, call: Call, line: Line) -> bool:
        match what:
            case "timeout":
                await line.hang()
            case "reset":
                line.reset()
                return False
        call.status = 200 if what == "html" else 502
        return await _send(line, PAGE, call.status, "text/html")


async def _send(
    line: Line, reply: dict[str, Any] | bytes, status: int = 200, kind: str = "application/json"
) -> bool:
    body = reply if isinstance(reply, bytes) else json.dumps(reply, ensure_ascii=False).encode()
    line.write(head(status, {"Content-Type": kind, "Content-Length": str(len(body))}) + body)
    await line.flush()
    return True
