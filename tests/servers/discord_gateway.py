"""Discord's gateway: one WebSocket on which a bot hears what happens, and can catch up after a drop.

    connect → HELLO → IDENTIFY → READY, GUILD_CREATE …, events
                    → RESUME   → what was missed, RESUMED, events      (the session is still known)
                               → INVALID_SESSION                       (it is not: identify anew)

A `Session` numbers its events and keeps them while nobody is connected, so they can be told again; a new
session hears only what happens from then on. Heartbeats are held against the server's clock at every
`beat`. https://docs.discord.com/developers/events/gateway. Shards, presences, voice and member lists are
not spoken here.
"""

import asyncio
import json
import math
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.servers.discord_calls import JSON
from tests.servers.discord_model import PRIVATE, Channel, Post, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT = 0, 1, 2, 3, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11

INTENTS = {"GUILDS": 1 << 0, "GUILD_MESSAGES": 1 << 9, "DIRECT_MESSAGES": 1 << 12, "MESSAGE_CONTENT": 1 << 15}
PRIVILEGED = {"GUILD_MEMBERS": 1 << 1, "GUILD_PRESENCES": 1 << 8, "MESSAGE_CONTENT": 1 << 15}
ALL_INTENTS = (1 << 26) - 1
RESUMABLE_S = 120.0
"""How long a session is remembered when nobody is connected, unless the test says otherwise."""
SENT_MAX, SENT_S = 120, 60.0
"""How much a client may send."""
MISSED_BEATS = 1.5
"""So many intervals without a heartbeat, and the client counts as dead."""


class Closed(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(slots=True)
class Session:
    id: str
    intents: int
    sequence: int = 0
    events: list[JSON] = field(default_factory=list)
    """Everything it was ever told: what a RESUME can replay."""
    line: "Line | None" = None
    left_at: float = math.inf
    """When the connection was lost."""


class Line:
    """One connection."""

    def __init__(
        self, socket: web.WebSocketResponse, abort: Callable[[], None], compress: bool, now: float
    ) -> None:
        self.abort = abort
        """Break off as a lost network does."""
        self._socket = socket
        self.session: Session | None = None
        self.beat_at = now
        self.received: list[float] = []
        self._compressor = zlib.compressobj() if compress else None
        self._outgoing: asyncio.Queue[JSON | Closed] = asyncio.Queue()

    def send(
        self, op: int, data: object = None, sequence: int | None = None, event: str | None = None
    ) -> None:
        self._outgoing.put_nowait({"op": op, "d": data, "s": sequence, "t": event})

    def close(self, code: int, why: str = "") -> None:
        self._outgoing.put_nowait(Closed(code, why))

    async def write(self) -> None:
        """One after the other, so that nobody who tells something waits for the socket."""
        with suppress(ConnectionError):
            while not isinstance(sending := await self._outgoing.get(), Closed):
                payload = json.dumps(sending).encode()
                if self._compressor is None:
                    await self._socket.send_str(payload.decode())
                else:
                    packed = self._compressor.compress(payload) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
                    await self._socket.send_bytes(packed)
            await self._socket.close(code=sending.code, message=str(sending).encode())


class Gateway:
    def __init__(self, world: World, token: str, url: Callable[[], str]) -> None:
        self._world = world
        self._token = token
        self._url = url
        self.sessions: dict[str, Session] = {}
        self.lines: set[Line] = set()
        self.on_told: Callable[[str, JSON], None] = lambda event, data: None
        """Hears of each event as it goes out to who is connected."""
        self.heartbeat_s = 41.25
        self.resumable_s = RESUMABLE_S
        self.not_yet = 0
        """So many sessions cannot go on just now: their clients are to try again a little later."""
        self.acknowledges = True
        """False: heartbeats are heard, but not answered; the client has to notice."""
        self.identified: list[JSON] = []
        """Every IDENTIFY, as it came."""
        self.resumed = 0
        """How many sessions went on after a drop."""

    @property
    def connected(self) -> bool:
        return any(line.session is not None for line in self.lines)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────

    def tell(self, event: str, data: JSON, channel: Channel | None, post: Post | None) -> None:
        self._forget()
        for session in self.sessions.values():
            if not _wants(session.intents, event, channel):
                continue
            told = data
            if channel is not None and post is not None:
                content = bool(session.intents & INTENTS["MESSAGE_CONTENT"])
                told = {**data, **self._world.told(channel, post, content=content)}
            self._tell(session, event, told)

    def _tell(self, session: Session, event: str, data: JSON) -> None:
        session.sequence += 1
        session.events.append({"d": data, "s": session.sequence, "t": event})
        if session.line is not None:
            session.line.send(DISPATCH, data, session.sequence, event)
            self.on_told(event, data)

    def _forget(self) -> None:
        """The sessions nobody came back to."""
        now = self._world.clock()
        gone = [one.id for one in self.sessions.values() if now - one.left_at > self.resumable_s]
        for session_id in gone:
            del self.sessions[session_id]

    # ── Listening ─────────────────────────────────────────────────────────────────────────────────

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        compress = request.query.get("compress")
        if compress not in (None, "zlib-stream") or request.query.get("encoding", "json") != "json":
            return web.Response(status=400, text="only JSON, plain or as zlib-stream, is spoken here")
        socket = web.WebSocketResponse(autoping=True, compress=False, timeout=0.2)
        await socket.prepare(request)
        assert request.transport is not None
        line = Line(socket, request.transport.abort, compress is not None, self._world.clock())
        self.lines.add(line)
        writer = asyncio.create_task(line.write())
        line.send(HELLO, {"heartbeat_interval": int(self.heartbeat_s * 1000), "_trace": []})
        try:
            if request.query.get("v") != "10":
                raise Closed(4012, "Invalid API version")
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    raise Closed(4002, "Error while decoding payload.")
                self._hear(line, message.data)
        except Closed as closed:
            await socket.close(code=closed.code, message=str(closed).encode())
        finally:
            self._left(line, socket.close_code)
            writer.cancel()
            self._world.changed()
        return socket

    def _left(self, line: Line, code: int | None) -> None:
        self.lines.discard(line)
        session, line.session = line.session, None
        if session is None or session.line is not line:
            return
        session.line, session.left_at = None, self._world.clock()
        if code in (1000, 1001):  # the client says good-bye: its session ends
            self.sessions.pop(session.id, None)

    def _hear(self, line: Line, text: str) -> None:
        now = self._world.clock()
        line.received = [at for at in line.received if now - at < SENT_S] + [now]
        if len(line.received) > SENT_MAX:
            raise Closed(4008, "Rate limited.")
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Closed(4002, "Error while decoding payload.") from None
        match op:
            case 1:
                line.beat_at = now
                if self.acknowledges:
                    line.send(HEARTBEAT_ACK)
            case 2 | 6 if line.session is not None:
                raise Closed(4005, "Already authenticated.")
            case 2:
                self._identify(line, data)
            case 6:
                self._resume(line, data)
            case _ if line.session is None:
                raise Closed(4003, "Not authenticated.")
            case 3 | 4 | 8:
                pass
            case _:
                raise Closed(4001, "Unknown opcode.")
        self._world.changed()

    def _identify(self, line: Line, data: JSON) -> None:
        self.identified.append(data)
        world = self._world
        if data.get("token") != self._token:
            raise Closed(4004, "Authentication failed.")
        intents = data.get("intents")
        if (
            not isinstance(intents, int)
            or intents & ~ALL_INTENTS
            or not isinstance(data.get("properties"), dict)
        ):
            raise Closed(4013, "Invalid intent(s).")
        for name, bit in PRIVILEGED.items():
            if intents & bit and name not in world.privileged:
                world.violation("IDENTIFY", f"the privileged intent {name}")
                raise Closed(4014, "Disallowed intent(s).")
        session = Session(f"{world.random.getrandbits(128):032x}", intents, line=line)
        line.session = self.sessions[session.id] = session
        there = [guild for guild in world.guilds.values() if guild.id not in world.left]
        self._tell(
            session,
            "READY",
            {
                "v": 10,
                "user": {**world.told_user(world.bot_id), "verified": True, "mfa_enabled": True, "flags": 0},
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in there],
                "session_id": session.id,
                "resume_gateway_url": self._url(),
                "application": {"id": str(world.application_id), "flags": 0},
                "private_channels": [],
                "session_type": "normal",
            },
        )
        if intents & INTENTS["GUILDS"]:
            for guild in there:
                self._tell(session, "GUILD_CREATE", world.told_guild(guild))

    def _resume(self, line: Line, data: JSON) -> None:
        self._forget()
        if data.get("token") != self._token:
            raise Closed(4004, "Authentication failed.")
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or self.not_yet:
            self.not_yet = max(self.not_yet - 1, 0)
            line.send(INVALID_SESSION, session is not None)
            return
        seen = data.get("seq")
        if not isinstance(seen, int) or seen > session.sequence:
            raise Closed(4007, "Invalid seq.")
        session.line, session.left_at = line, math.inf
        line.session = session
        for event in session.events:
            if event["s"] > seen:
                line.send(DISPATCH, event["d"], event["s"], event["t"])
        self._tell(session, "RESUMED", {"_trace": []})
        self.resumed += 1

    # ── Breaking ──────────────────────────────────────────────────────────────────────────────────

    def reconnect(self) -> None:
        """Ask every client to come again; it should resume."""
        for line in self.lines:
            line.send(RECONNECT)

    def beat(self) -> None:
        """Drop those whose heartbeats stay away. Their sessions are lost."""
        now = self._world.clock()
        for line in self.lines:
            if now - line.beat_at > self.heartbeat_s * MISSED_BEATS:
                if line.session is not None:
                    self.sessions.pop(line.session.id, None)
                line.close(4009, "Session timed out.")

    def close(self, code: int) -> None:
        for line in self.lines:
            line.close(code)

    def drop(self, *, resume: bool) -> None:
        """Every connection breaks off; without `resume` the sessions are forgotten as well."""
        if not resume:
            self.sessions.clear()
        for line in list(self.lines):
            self._left(line, None)
            line.abort()


def _wants(intents: int, event: str, channel: Channel | None) -> bool:
    if event == "INTERACTION_CREATE":
        return True
    if event.startswith("MESSAGE_") and channel is not None:
        kind = "DIRECT_MESSAGES" if channel.kind == PRIVATE else "GUILD_MESSAGES"
        return bool(intents & INTENTS[kind])
    return bool(intents & INTENTS["GUILDS"])
