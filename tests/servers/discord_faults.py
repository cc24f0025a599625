"""How the stand-in for Discord lets calls fail: as scripted, call by call, or at random by given rates.

`Faults` decides which call fails and how; `break_off` does to a connection what no answer can: it hangs,
is reset, or carries a page of the front end instead of JSON.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from random import Random

from aiohttp import web

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><hr><center>cloudflare</center></body></html>"
SAID = {
    "401": (401, 0, "401: Unauthorized"),
    "403": (403, 50013, "Missing Permissions"),
    "404": (404, 10008, "Unknown Message"),
    "500": (500, 0, "500: Internal Server Error"),
}
"""What the injected refusals say: status, code and message."""
NOT_APPLIED = {"timeout", "reset", "502", "banned"}
LOST = {"lost": "reset", "lost_hang": "timeout"}
"""What the client sees of a call whose reply is lost."""
FAULTS = {"429", "global", *SAID, *NOT_APPLIED, *LOST}
PAGES = {"502": 502, "banned": 429}


@dataclass(slots=True)
class Fault:
    what: str
    times: int = 1
    channel: int | None = None
    retry_after_s: float = 1.0


class Faults:
    def __init__(self, random: Random) -> None:
        self.rates: dict[str, float] = {}
        """Faults that happen to any call at random: how often, from 0 to 1."""
        self.random_retry_after_s = 0.5
        """Seconds that a random 429 states."""
        self._random = random
        self._scripted: dict[str, list[Fault]] = {}

    def script(self, route: str, fault: Fault) -> None:
        assert fault.what in FAULTS, f"no such fault: {fault.what}"
        self._scripted.setdefault(route, []).append(fault)

    def scripted(self, route: str, channel: int | None = None) -> Fault | None:
        scripted = self._scripted.get(route, [])
        for fault in scripted:
            if fault.channel in (None, channel):
                fault.times -= 1
                if fault.times <= 0:
                    scripted.remove(fault)
                return fault
        return None

    def next(self, route: str, channel: int | None) -> Fault | None:
        """What is to go wrong with this call."""
        if (scripted := self.scripted(route, channel)) is not None:
            return scripted
        drawn = self._random.random() if self.rates else 1.0
        for what, rate in self.rates.items():
            assert what in FAULTS, f"no such fault: {what}"
            if drawn < rate:
                return Fault(what, retry_after_s=self.random_retry_after_s)
            drawn -= rate
        return None


async def break_off(what: str, request: web.BaseRequest, stopping: asyncio.Event) -> web.Response:
    if what in PAGES:
        return web.Response(status=PAGES[what], text=PAGE, content_type="text/html")
    if what == "timeout":
        await stopping.wait()
    elif request.transport is not None:
        # The client gets a reset, not an end.
        lingering = struct.pack("ii", 1, 0)
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
        request.transport.abort()
    raise ConnectionResetError
