"""How events come in from Discord, so that none is lost.

    discord.py ─► raw events ─┬─ messages ────► one lane ──► accept: on disk, with the cursor after it
                              └─ interactions ─► accept ───► acknowledged
    READY, RESUMED ─► history of every known place after what was seen last ──► accept

discord.py holds the connection: it identifies, beats, and resumes. It is kept from reading the events, since
one that is not as it expects would end it; and whatever ends it, a fresh one begins after a pause. Discord
tells a new process nothing again, so the history is read after each gap. The cursor says for each place
which message was seen last; it only moves with what is on disk. While a place's history is still to be
read, new events do not move its mark. An interaction cannot be read later: it is acknowledged when it is on
disk, and if it is not, Discord tells the person that it failed. Nothing is sent into chats from here.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

import discord

from adapters.discord_calls import Calls, TokenRefused
from adapters.discord_events import PLATFORM, Me, arrival, chat_of, id_before, read_id, told_later
from adapters.discord_interactions import FORM_COMMAND, Interactions
from adapters.discord_library import Client
from adapters.discord_marks import a_day_before, bounded, marks_in
from adapters.discord_sessions import PAUSE_MAX_S, Sessions
from core.errors import FloodWait, Gone, PlatformError, StorageError, Unclear
from core.types import Accept, Arrival, Chat, Incoming

log = logging.getLogger(__name__)

Trouble = Literal["intents", "token", "access"]
"""`intents`: Discord refuses what we ask to be told; `token`: it refuses the token; `access`: we may not
write in a channel where somebody asked us."""

STORAGE_PAUSE_S_MAX = 30.0
CLOSE_S_MAX = 2.0
PAGE = 100
CHANGED_S_MAX = 3600.0
"""Who changes what was heard before a gap, does so soon: the history is read from so long before it."""
WAITING_MAX = 1000
"""More events than these are not kept in memory: the history has them."""
TEXT_CHANNELS = frozenset({0, 2, 5, 10, 11, 12, 13})

BAD_TOKEN, BAD_INTENTS = 4004, frozenset({4013, 4014})
MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE")
PLACES = ("CHANNEL_CREATE", "THREAD_CREATE")


class Gateway:
    """`cursor` gives the cursor that was stored last; `trouble` is told once what only a person can mend."""

    def __init__(
        self,
        token: str,
        url: str,
        calls: Calls,
        interactions: Interactions,
        *,
        about: str,
        cursor: Callable[[], Awaitable[str | None]],
        trouble: Callable[[Trouble], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._token = token
        self._url = url
        self._calls = calls
        self._interactions = interactions
        self._about = about
        self._cursor = cursor
        self._trouble = trouble
        self._clock = clock
        self._sleep = sleep
        self._waiting: asyncio.Queue[tuple[str, object]] = asyncio.Queue(WAITING_MAX)
        self._answering: asyncio.TaskGroup
        self._accept: Accept
        self._keeping = asyncio.Lock()
        """What is on its way to disk, with its cursor: one after the other."""
        self._places: dict[str, int] = {}
        """Chat id → the message seen last there."""
        self._unread: dict[str, None] = {}
        """Places whose history has to be read, in this order."""
        self._some_unread = asyncio.Event()
        self._told: set[Trouble] = set()
        self._sessions = Sessions(clock)
        self._reading: str | None = None
        """The place whose history is being read."""
        self.me: Me | None = None
        self.application_id: int | None = None
        self.heard_at: float | None = None
        """When Discord last told something, on the monotonic clock; it answers every heartbeat."""

    async def run(self, accept: Accept) -> None:
        self._accept = accept
        self._waiting = asyncio.Queue(WAITING_MAX)
        self._places = {**self._places, **await self._stored()}
        async with asyncio.TaskGroup() as tasks:
            self._answering = tasks
            tasks.create_task(self._take_in())
            tasks.create_task(self._read_on())
            await self._stay_connected()

    def know(self, chat: Chat, made: int, last: int) -> None:
        """There is this chat, made with that id, and `last` is the newest message in it. Where it is new to
        us, something may have been said there while we were away."""
        if chat.id not in self._places:
            self._places[chat.id] = a_day_before(made, last)
            self._unread[chat.id] = None
            self._some_unread.set()

    async def tell(self, trouble: Trouble) -> None:
        if trouble not in self._told:
            try:
                await self._trouble(trouble)
            except StorageError as error:
                log.error("Nobody could be told of a trouble on Discord: %s", error)
            else:
                self._told.add(trouble)

    # ── The connection ────────────────────────────────────────────────────────────────────────────

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connection()
                log.info("The connection to Discord has ended")
            except Exception as error:  # noqa: BLE001 (whatever ends the library, a fresh one begins)
                await self._endure(error)
            await self._sleep(self._sessions.pause_s())

    async def _connection(self) -> None:
        client = Client(self._heard, self._calls, self._url, self._before_connecting)
        try:
            await client.login(self._token)
            if client.user is None:
                return
            self.me = Me(client.user.id, self._about)
            self.application_id = self._interactions.application_id = client.application_id
            await client.connect(reconnect=False)
        finally:
            with suppress(Exception):  # it has ended, whatever it says
                async with asyncio.timeout(CLOSE_S_MAX):
                    await client.close()
            await client.http.close()

    async def _endure(self, error: Exception) -> None:
        code = error.code if isinstance(error, discord.ConnectionClosed) else 0
        if isinstance(error, (TokenRefused, discord.LoginFailure)) or code == BAD_TOKEN:
            log.error("Discord refuses the token")
            await self.tell("token")
        elif code in BAD_INTENTS:
            log.error("Discord refuses what the bot asks to be told (close code %d)", code)
            await self.tell("intents")
        else:
            log.info("Discord cannot be heard: %s %s", type(error).__name__, code or "")
            return
        self._sessions.refused()

    async def _before_connecting(self, attempt: int) -> None:
        """The library itself would try again at once, also when each connection is closed as soon as it
        stands."""
        if pause_s := self._sessions.begun(attempt):
            await self._sleep(pause_s)

    def _heard(self, frame: str) -> bool:
        """Note what came; whether it says that the connection stands. Nothing waits here."""
        try:
            told = json.loads(frame)
        except (ValueError, RecursionError):
            return False
        self.heard_at = self._clock()
        if not isinstance(told, dict) or told.get("op") != 0:
            return False
        event, payload = told.get("t"), told.get("d")
        if event == "INTERACTION_CREATE":
            self._answering.create_task(self._interaction(payload))
        elif event in ("READY", "RESUMED"):
            self._sessions.stands()
            self._told -= {"token", "intents"}
            self._read_all()
            return True
        elif event == "MESSAGE_DELETE_BULK" and isinstance(payload, dict):
            ids = payload.get("ids")
            for number in ids if isinstance(ids, list) else []:
                self._note("MESSAGE_DELETE", {**payload, "id": number})
        elif event in (*MESSAGES, *PLACES, "GUILD_CREATE"):
            self._note(event, payload)
        return False

    def _note(self, event: str, payload: object) -> None:
        try:
            self._waiting.put_nowait((event, payload))
        except asyncio.QueueFull:
            self._read_all()

    # ── What came in ──────────────────────────────────────────────────────────────────────────────

    async def _take_in(self) -> None:
        while True:
            event, payload = await self._waiting.get()
            if event in PLACES:
                await self._keep([], self._place(payload, None))
            elif self.me is not None and event == "GUILD_CREATE":
                await self._meet(payload, self.me)
            elif self.me is not None:
                found = arrival(event, payload, self.me)
                moves = self._moves(payload) if event == "MESSAGE_CREATE" else {}
                if found is None:
                    self._places |= {place: last for place, last in moves.items() if place in self._places}
                else:
                    await self._keep([found], moves)

    def _moves(self, message: object) -> dict[str, int]:
        """Where this message moves the mark; nowhere, while there is history to be read before it."""
        channel_id, number = read_id(message, "channel_id"), read_id(message)
        if channel_id is None or number is None:
            return {}
        place = chat_of(channel_id, read_id(message, "guild_id")).id
        if place in self._unread or place == self._reading or number <= self._places.get(place, 0):
            return {}
        return {place: number}

    async def _meet(self, guild: object, me: Me) -> None:
        """A server we are in: its channels are known from now on."""
        guild_id = read_id(guild)
        if not isinstance(guild, dict) or guild_id is None:
            return
        is_new = not any(place.startswith(f"{guild_id}:") for place in self._places)
        moves: dict[str, int] = {}
        for name in ("channels", "threads"):
            found = guild.get(name)
            for channel in found if isinstance(found, list) else []:
                moves |= self._place(channel, guild_id, away=not is_new)
        if moves:
            joined = arrival("GUILD_CREATE", guild, me) if is_new else None
            await self._keep([joined] if joined else [], moves)
            if not is_new:
                self._unread |= dict.fromkeys(moves)
                self._some_unread.set()

    def _place(self, channel: object, guild_id: int | None, *, away: bool = False) -> dict[str, int]:
        """The mark of a channel that is new to us: at its end, or earlier if it was made while we were
        `away`."""
        number = read_id(channel)
        guild_id = guild_id or read_id(channel, "guild_id")
        if number is None or guild_id is None or not isinstance(channel, dict):
            return {}
        place = chat_of(number, guild_id).id
        kind = channel.get("type")
        if place in self._places or not isinstance(kind, int) or kind not in TEXT_CHANNELS:
            return {}
        last = read_id(channel, "last_message_id") or number
        return {place: a_day_before(number, last) if away else last}

    async def _keep(self, arrivals: Sequence[Arrival], moves: Mapping[str, int]) -> None:
        """On disk, with the cursor after it, however often it takes."""
        if not arrivals and not moves:
            return
        async with self._keeping:
            places = bounded({**self._places, **moves})
            cursor = json.dumps({place: str(last) for place, last in places.items()})
            pause_s = 1.0
            while True:
                try:
                    await self._accept(arrivals, cursor)
                    break
                except StorageError as error:
                    log.error("Nothing new is accepted from Discord: %s", error)
                    await self._sleep(pause_s)
                    pause_s = min(2 * pause_s, STORAGE_PAUSE_S_MAX)
            self._places = bounded({**self._places, **moves})

    async def _interaction(self, payload: object) -> None:
        """Acknowledged only when it is on disk."""
        if self.me is None:
            return
        found = arrival("INTERACTION_CREATE", payload, self.me)
        if not isinstance(found, Incoming) or not isinstance(payload, dict):
            if found is not None:
                await self._keep([found], {})
            return
        if found.pressed is not None and found.text == FORM_COMMAND:
            await self._interactions.show_form(payload)
            return
        self._interactions.expect(found, payload)
        try:
            await self._accept([found], None)
        except StorageError as error:
            log.error("An interaction on Discord is not accepted: %s", error)
            self._interactions.forget(found)
        else:
            await self._interactions.acknowledge(found, payload)

    # ── History ───────────────────────────────────────────────────────────────────────────────────

    def _read_all(self) -> None:
        """There may have been a gap: private chats first, then the busiest."""
        self._unread |= dict.fromkeys(sorted(self._places, key=self._rank, reverse=True))
        self._some_unread.set()

    def _rank(self, place: str) -> tuple[bool, int]:
        return ":" not in place, self._places[place]

    async def _read_on(self) -> None:
        pause_s = 1.0
        while True:
            if not self._unread or self.me is None:
                self._some_unread.clear()
                await self._some_unread.wait()
                continue
            place = self._reading = next(iter(self._unread))
            del self._unread[place]  # a gap while we read it is another one
            try:
                await self._read(place, self.me)
                pause_s = 1.0
            except FloodWait as wait:
                self._unread[place] = None
                await self._sleep(wait.seconds)
            except Gone:
                self._places.pop(place, None)
            except PlatformError as error:
                log.info("The history of a place on Discord is read later: %s", error)
                self._unread[place] = None  # the others first
                await self._sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
            finally:
                self._reading = None

    async def _read(self, place: str, me: Me) -> None:
        """From a little before the mark, as what stands there may have been changed meanwhile."""
        chat = Chat(PLATFORM, place, "group" if ":" in place else "private")
        path = f"/channels/{place.rpartition(':')[2]}/messages"
        seen = self._places.get(place, 0)
        after = id_before(seen, CHANGED_S_MAX)
        while place in self._places:
            query = {"after": str(after), "limit": str(PAGE)}
            page = await self._calls.call("GET", path, query=query)
            if not isinstance(page, list):
                raise Unclear("the history is no list")
            messages = sorted(((read_id(one) or 0, one) for one in page), key=lambda pair: pair[0])
            found = [told_later(one, chat, me, seen) for _, one in messages]
            last = max((number for number, _ in messages), default=0)
            moves = {place: last} if last > self._places.get(place, 0) else {}
            await self._keep([one for one in found if one is not None], moves)
            if len(page) < PAGE or last <= after:
                return
            after = last

    async def _stored(self) -> dict[str, int]:
        pause_s = 1.0
        while True:
            try:
                stored = await self._cursor()
            except StorageError as error:
                log.error("Where Discord was left cannot be read: %s", error)
                await self._sleep(pause_s)
                pause_s = min(2 * pause_s, STORAGE_PAUSE_S_MAX)
            else:
                return marks_in(stored)
