"""The desk: takes what came in, one thing at a time per person and chat, and sees each to its end.

    accept ─► row on disk ─► worker of that person in that chat ─► events ─► posts
                                                                     │
    accepted ─► answering ─► answered (the whole text is on disk) ◄──┘ ─► shown ─► closed

Each state is on disk before the next step, so a program that is killed at any point takes up every row
where it stood: a row without an answer is asked again, one with an answer is only shown. Questions of
one person in one chat wait for each other; quick commands (`/stop`, `/status`) have a worker of their
own and do not wait.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import NamedTuple

from bot import commands
from bot.assistant import Assistant
from bot.pace import Paces
from bot.phrases.english import English
from bot.posts import Growing
from core.errors import StorageError
from core.inbox import Inbox, Item, Outcome
from core.ledger import Ledger
from core.types import Adapter, Arrival, Chat, Done, Incoming, Person

log = logging.getLogger(__name__)

TRIES_MAX = 3
"""How often a question is asked again after the program was killed over it."""
LEAVING_S_MAX = 8.0
"""What is still growing then is broken off, and begun again by the next run."""


class Key(NamedTuple):
    """Whose worker: this person's in this chat, for what waits its turn or for what does not."""

    chat: Chat
    person: str
    in_turn: bool


class Stops:
    """Which answers are growing, and how to end them."""

    def __init__(self) -> None:
        self._reading: dict[tuple[Chat, str], asyncio.Task[Done]] = {}
        self._stopped: set[asyncio.Task[Done]] = set()

    def stop(self, chat: Chat, person: Person) -> bool:
        """End the answer that is growing for this person there; false if there is none."""
        reading = self._reading.get((chat, person.id))
        if reading is None or reading.done():
            return False
        self._stopped.add(reading)
        return reading.cancel()

    async def outcome(self, chat: Chat, person: Person, reading: "asyncio.Task[Done]") -> Done | None:
        """What the reading came to; None if it was stopped."""
        self._reading[chat, person.id] = reading
        try:
            await asyncio.wait({reading})
            return None if reading.cancelled() and reading in self._stopped else reading.result()
        finally:
            self._stopped.discard(reading)
            del self._reading[chat, person.id]


class Desk:
    def __init__(
        self,
        inbox: Inbox,
        ledger: Ledger,
        assistant: Assistant,
        stops: Stops,
        adapters: Sequence[Adapter],
        tasks: asyncio.TaskGroup,
        paces: Paces,
        speaking: Callable[[Person], English],
        leaving_s_max: float = LEAVING_S_MAX,
    ) -> None:
        self._inbox = inbox
        self._ledger = ledger
        self._assistant = assistant
        self._stops = stops
        self._tasks = tasks
        self._paces = paces
        self._speaking = speaking
        self.leaving_s_max = leaving_s_max
        self._adapters = {adapter.platform: adapter for adapter in adapters}
        self._workers: dict[Key, asyncio.Task[None]] = {}
        self._woken: set[Key] = set()
        self._set_aside: set[int] = set()
        """Rows that this run could not bring to an end; the next run tries again."""

    async def accept(self, platform: str, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        """Commit what came in and the cursor after it, then wake the workers. Raises `StorageError`."""
        incomings = [arrival for arrival in arrivals if isinstance(arrival, Incoming)]
        await self._inbox.accept(platform, incomings, cursor)
        for incoming in incomings:
            in_turn = commands.waits_its_turn(incoming.text)
            self._wake(Key(incoming.chat, incoming.person.id, in_turn))

    async def take_up(self) -> None:
        """Wake the workers of everything that an earlier run left unfinished."""
        for adapter in self._adapters.values():
            if adapter.resumes:
                for chat, person in await self._inbox.unfinished(adapter.platform):
                    self._wake(Key(chat, person.id, True))
                    self._wake(Key(chat, person.id, False))

    async def announce(self, person: Person, key: str, text: str) -> None:
        """Show this to a person who asked nothing, in private, once for each `key`. Where there is nobody
        to look at it later (`porchlight ask`), it is left. Raises `StorageError`."""
        adapter = self._adapters.get(person.platform)
        if adapter is None or not adapter.resumes:
            return
        chat = await adapter.direct(person)
        if await self._inbox.announce(chat, person, key, text):
            self._wake(Key(chat, person.id, True))

    async def leave(self) -> None:
        """Let running answers come to their end for a while, then break them off: the next run
        begins them again."""
        workers = set(self._workers.values())
        if workers:
            _, late = await asyncio.wait(workers, timeout=self.leaving_s_max)
            for worker in late:
                worker.cancel()

    # ── Workers ───────────────────────────────────────────────────────────────────────────────────

    def _wake(self, key: Key) -> None:
        self._woken.add(key)
        if key not in self._workers:
            self._workers[key] = self._tasks.create_task(self._work(key))

    async def _work(self, key: Key) -> None:
        try:
            while key in self._woken:
                self._woken.discard(key)
                while item := await self._next(key):
                    await self._see_through(item)
        except StorageError as error:  # what waits stays on disk, for the next wake or the next run
            log.error("The rows of one chat cannot be read: %s", error)
        finally:
            del self._workers[key]

    async def _next(self, key: Key) -> Item | None:
        """The oldest row this worker is there for."""
        for item in await self._inbox.open_items(key.chat, key.person):
            mine = commands.waits_its_turn(item.incoming.text) == key.in_turn
            if mine and item.id not in self._set_aside:
                return item
        return None

    async def _see_through(self, item: Item) -> None:
        """From wherever the row stands to its end. What breaks here breaks one row, and is noted."""
        incoming = item.incoming
        adapter = self._adapters[incoming.chat.platform]
        pace = self._paces.of(adapter, incoming.chat)
        say = self._speaking(incoming.person)
        growing = Growing(adapter, self._ledger, pace, item.id, incoming.chat, item.reply_to, note=say.note)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(growing.run())
                growing.finish(await self._whole_answer(group, item, growing, say))
        except Exception as error:
            log.exception("Row %d is set aside until the next start", item.id)
            self._set_aside.add(item.id)
            disk = isinstance(error, ExceptionGroup) and error.subgroup(StorageError)
            await growing.last_words(say.DISK if disk else say.BROKEN)
            return
        try:
            await self._inbox.close(item.id)
        except StorageError as error:  # the answer stands there; the next run finds it so
            log.error("Row %d is not closed: %s", item.id, error)
            self._set_aside.add(item.id)

    async def _whole_answer(
        self, group: asyncio.TaskGroup, item: Item, growing: Growing, say: English
    ) -> str:
        """What shall stand in the chat at last; it is on disk when this returns."""
        if item.answer is not None:
            return say.with_note(item.answer, item.note)
        if item.damaged:
            done: Done | None = Done(say.DAMAGED)
        elif item.attempts >= TRIES_MAX:
            done = Done(say.TRIED_TOO_OFTEN)
        elif not commands.waits_its_turn(item.incoming.text):
            done = await self._read(item, growing)
        else:
            reading = group.create_task(self._read(item, growing))
            done = await self._stops.outcome(item.incoming.chat, item.incoming.person, reading)
        if done is None:
            text, note = say.broken_off(growing.text), ""
            await self._inbox.answered(item.id, text, "", "stopped", note)
        else:
            text, note = done.text, say.under(done)
            outcome: Outcome = "whole" if done.node else "sentence"
            await self._inbox.answered(item.id, text, done.node, outcome, note)
        return say.with_note(text, note)

    async def _read(self, item: Item, growing: Growing) -> Done:
        async with aclosing(self._assistant.answer(item)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event
                growing.see(event)
        raise AssertionError("the assistant's stream ended without Done")
