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
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import aclosing, suppress
from typing import Literal, NamedTuple

from bot import commands, pictures
from bot.assistant import Assistant
from bot.gate import Gate
from bot.pace import Paces
from bot.pausing import Pausing
from bot.phrases.english import English
from bot.pictures import Picture
from bot.posts import Final, Growing
from bot.stops import Stops
from core import trail
from core.errors import FloodWait, Gone, NoRight, PlatformError, StorageError
from core.inbox import SECRET, Inbox, Item, Outcome
from core.ledger import Ledger
from core.notices import Addressed, Notice
from core.storage import Statement
from core.types import Adapter, Arrival, Button, Chat, Done, Incoming, Messenger, Person, Poison, Removed

log = logging.getLogger(__name__)

TRIES_MAX = 5
"""How often a question is asked again after the program was killed over it."""
ERASING_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
LATE_S = 600.0
"""Who waited so long is told why. Clocks of platforms and ours differ by less."""
LEAVING_S_MAX = 8.0
"""What is still growing then is broken off, and begun again by the next run."""


class Key(NamedTuple):
    """Whose worker: this person's in this chat, for what waits its turn or for what does not."""

    chat: Chat
    person: str
    in_turn: bool


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
        gate: Gate,
        speaking: Callable[[Person], English],
        drafts_in: Callable[[Chat], bool | None],
        now: Callable[[], float],
        pausing: Pausing,
        leaving_s_max: float = LEAVING_S_MAX,
        shown: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`shown` hears of each row whose answer stands in its chat."""
        self._inbox = inbox
        self._ledger = ledger
        self._assistant = assistant
        self._stops = stops
        self._tasks = tasks
        self._paces = paces
        self._gate = gate
        self._speaking = speaking
        self._drafts_in = drafts_in
        self._now = now
        self._pausing = pausing
        self._shown = shown
        pausing.when_over(self.take_up)
        self.leaving_s_max = leaving_s_max
        self._adapters = {adapter.platform: adapter for adapter in adapters}
        self._workers: dict[Key, asyncio.Task[None]] = {}
        self._woken: set[Key] = set()
        self._set_aside: set[int] = set()
        """Rows that this run could not bring to an end; the next run tries again."""

    async def accept(self, platform: str, arrivals: Sequence[Arrival], cursor: str | None) -> None:
        """Commit what came in and the cursor after it, then wake the workers. Raises `StorageError`."""
        admitted = await self._gate.admitted(arrivals)
        notices = [*admitted.notices, *self._held_back(platform, admitted.kept)]
        announced = [found for notice in notices if (found := await self._addressed(notice))]
        rows = await self._inbox.accept(platform, admitted.kept, cursor, announced)
        self._begun_anew(rows)
        for removed in admitted.removed:
            await self._take_back(removed)
        for incoming in admitted.kept:
            if isinstance(incoming, Incoming):
                self._wake(self._key_of(incoming))
        for chat, notice in announced:
            self._wake(Key(chat, notice.person.id, True))
        adapter = self._adapters[platform]
        for incoming in admitted.erased:
            self._tasks.create_task(self._erase(adapter, incoming))
        for chat, farewell in admitted.farewells:
            self._tasks.create_task(self._calmly(self._leave_group(adapter, chat, farewell)))

    def _held_back(self, platform: str, kept: Sequence[Incoming | Poison]) -> list[Notice]:
        """What is said to whoever asks while everything is paused."""
        if not self._is_paused(platform):
            return []
        return [
            Notice(
                *(it.person, it.chat, f"paused {it.post}", self._speaking(it.person).PAUSED_FOR_NOW),
                reply_to=it.post,
            )
            for it in kept
            if isinstance(it, Incoming) and commands.waits_its_turn(it.text)
        ]

    def _is_paused(self, platform: str) -> bool:
        """Whoever asks one question on the command line cannot wait for the end of it."""
        return self._pausing.is_on and self._adapters[platform].resumes

    async def take_up(self) -> None:
        """Wake the workers of everything that an earlier run left unfinished."""
        for adapter in self._adapters.values():
            if adapter.resumes:
                for chat, person in await self._inbox.unfinished(adapter.platform):
                    self._wake(Key(chat, person.id, True))
                    self._wake(Key(chat, person.id, False))

    async def announce(self, notices: Sequence[Notice], also: Sequence[Statement] = ()) -> bool:
        """Show these to people who asked nothing, in private, once for each key; `also` happens in the same
        transaction. False, and nothing happened, where nobody will look at any of them (`porchlight ask`).
        Raises `StorageError`."""
        announced = [found for notice in notices if (found := await self._addressed(notice))]
        if not announced:
            return False
        await self._inbox.announce(*announced, also=also)
        for chat, notice in announced:
            self._wake(Key(chat, notice.person.id, True))
        return True

    async def _addressed(self, notice: Notice) -> Addressed | None:
        adapter = self._adapters.get(notice.person.platform)
        if adapter is None or not (adapter.resumes or notice.chat):
            return None  # nobody will look there, but for the answer to what they have just written
        try:
            return notice.chat or await adapter.direct(notice.person), notice
        except PlatformError as error:
            log.warning("Somebody cannot be told something on %s: %s", notice.person.platform, error)
            return None

    async def _erase(self, adapter: Adapter, incoming: Incoming) -> None:
        """What nobody should read there, however often it takes."""
        for pause_s in ERASING_PAUSES_S:
            try:
                await adapter.delete(incoming.chat, incoming.post)
            except NoRight:  # on some platforms nobody but they themselves can
                say = self._speaking(incoming.person)
                await self._told(incoming.person, f"erase {incoming.post}", say.DELETE_IT_YOURSELF)
                return
            except Gone:
                return
            except PlatformError as error:
                log.warning("A post that should not stand in a chat is still there: %s", error)
                await asyncio.sleep(error.seconds if isinstance(error, FloodWait) else pause_s)
            else:
                return

    async def _told(self, person: Person, key: str, text: str) -> None:
        with suppress(StorageError):  # whatever it was about has happened, and the disk is told of elsewhere
            await self.announce([Notice(person, None, key, text)])

    async def _take_back(self, removed: Removed) -> None:
        """A question that is gone has no answer: the growing one ends, and what stands there goes."""
        items = await self._inbox.removed(removed.chat, removed.post)
        self._begun_anew([item.id for item in items])
        for item in items:
            self._wake(self._key_of(item.incoming))

    def _begun_anew(self, rows: Collection[int]) -> None:
        """Their questions are not the same any more, or are new."""
        self._stops.changed(rows)
        self._set_aside.difference_update(rows)

    async def _leave_group(self, adapter: Adapter, chat: Chat, farewell: str) -> None:
        if not isinstance(adapter, Messenger):
            return
        if farewell:
            with suppress(PlatformError):
                part = adapter.render(farewell, final=True)[0]
                await adapter.post(chat, part, reply_to=None, key=f"farewell {chat.id}")
        await adapter.leave(chat)

    async def _calmly(self, call: Coroutine[None, None, None]) -> None:
        """What may go wrong without harm."""
        try:
            await call
        except (PlatformError, StorageError) as error:
            log.warning("Something could not be done in a chat: %s", error)

    async def leave(self) -> None:
        """Let running answers come to their end for a while, then break them off: the next run
        begins them again."""
        workers = set(self._workers.values())
        if workers:
            _, late = await asyncio.wait(workers, timeout=self.leaving_s_max)
            for worker in late:
                worker.cancel()

    # ── Workers ───────────────────────────────────────────────────────────────────────────────────

    def _key_of(self, incoming: Incoming) -> Key:
        return Key(incoming.chat, incoming.person.id, commands.waits_its_turn(incoming.text))

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
        except Exception:
            log.exception("The work for one person in one chat broke off")
        finally:
            del self._workers[key]

    async def _next(self, key: Key) -> Item | None:
        """The oldest row this worker is there for."""
        after = 0
        while items := await self._inbox.open_items(key.chat, key.person, after):
            for item in items:
                mine = commands.waits_its_turn(item.incoming.text) == key.in_turn
                held_back = key.in_turn and item.answer is None and self._is_paused(key.chat.platform)
                if mine and not held_back and item.id not in self._set_aside:
                    return item
            after = items[-1].id
        return None

    async def _see_through(self, item: Item) -> None:
        """From wherever the row stands to its end. What breaks here breaks one row, and is noted."""
        incoming = item.incoming
        say = self._speaking(incoming.person)
        growing = self._growing(item, say)
        try:
            await self._put_in_place(item)
            async with asyncio.TaskGroup() as group:
                group.create_task(growing.run())
                final, picture = await self._whole_answer(group, item, growing, say)
                growing.finish(final)
            if growing.is_unasked:
                await self._take_back(Removed(incoming.chat, incoming.post))
                return
            if final is not None and picture is not None:
                adapter = self._adapters[incoming.chat.platform]
                pace = self._paces.of(adapter, incoming.chat)
                await self._calmly(pictures.show(adapter, self._ledger, pace, item, final, picture))
        except Exception as error:
            log.exception("Row %d is set aside until the next start", item.id)
            self._set_aside.add(item.id)
            disk = isinstance(error, ExceptionGroup) and error.subgroup(StorageError)
            if not item.is_announced:  # what nobody asked for can wait
                await growing.last_words(say.DISK if disk else say.BROKEN)
            return
        if final is None:
            return  # the question was changed: the row begins anew
        try:
            await self._inbox.close(item.id, edits=item.edits)
        except StorageError as error:  # the answer stands there; the next run finds it so
            log.error("Row %d is not closed: %s", item.id, error)
            self._set_aside.add(item.id)
        self._shown(item.id)

    async def _put_in_place(self, item: Item) -> None:
        """Where a button under our own words was pressed, by whom they were for, the answer takes their
        place. Raises `StorageError`."""
        incoming = item.incoming
        command, _ = commands.pressed(incoming)
        if incoming.pressed is None or command is None or not command.in_place:
            return
        if await self._ledger.is_menu_of(incoming.chat, incoming.pressed, incoming.person):
            await self._ledger.intend(item.id, 0)
            await self._ledger.record(item.id, 0, incoming.pressed)

    def _growing(self, item: Item, say: English) -> Growing:
        incoming = item.incoming
        adapter = self._adapters[incoming.chat.platform]
        asks = item.answer is None and commands.waits_its_turn(incoming.text)
        _, again = commands.pressed(incoming)
        return Growing(
            adapter,
            self._ledger,
            self._paces.of(adapter, incoming.chat),
            item.id,
            incoming.chat,
            item.reply_to,
            note=say.note,
            buttons=(Button(say.STOP_BUTTON, "/stop"),) if asks else (),
            drafts=bool(self._drafts_in(incoming.chat)),
            inherits=again,
            silent=item.silent,
        )

    async def _whole_answer(
        self, group: asyncio.TaskGroup, item: Item, growing: Growing, say: English
    ) -> tuple[Final | None, Picture | None]:
        """What shall stand in the chat at last, and a picture beside it; it is on disk when this returns.
        None: the question was changed meanwhile, and this is not the answer to it."""
        if item.answer is not None:
            whole = item.outcome != "sentence"
            png = await self._inbox.picture(item.id)
            final = Final(say.with_note(item.answer, item.note), item.buttons, whole)
            return final, Picture(png) if png else None
        done: Done | Literal["stopped", "changed"]
        if item.is_announced:  # what it said is damaged on disk, and nobody waits for it
            done = Done("")
        elif item.damaged:
            done = Done(say.DAMAGED)
        elif item.attempts >= TRIES_MAX:
            done = Done(say.TRIED_TOO_OFTEN)
        elif not commands.waits_its_turn(item.incoming.text):
            done = await self._read(item, growing)
        else:
            reading = group.create_task(self._read(item, growing))
            done = await self._stops.outcome(item, reading)
        if done == "changed":
            return None, None
        if done == "stopped":
            done = Done(say.broken_off(growing.text))
            outcome: Outcome = "stopped"
        else:
            outcome = "whole" if done.node else "sentence"
        note = self._note(item, done, say)
        buttons = done.buttons
        if outcome != "sentence":
            buttons = (*done.buttons, Button(say.RETRY_BUTTON, f"/retry {item.id}"))
        # Whoever goes on with it after a crash has no picture to put the caption under.
        on_disk = f"{done.text}\n\n{done.caption}" if done.caption else done.text
        kept = await self._inbox.answered(
            *(item.id, on_disk, SECRET if done.secret else done.node, outcome, note, buttons),
            supersedes=done.supersedes,
            edits=item.edits,
            also=trail.kept(item.id, done.tried),
        )
        final = Final(say.with_note(done.text, note), buttons, outcome != "sentence")
        picture = Picture(done.picture, done.caption) if done.picture else None
        return (final, picture) if kept else (None, None)

    def _note(self, item: Item, done: Done, say: English) -> str:
        if not done.node:
            return ""
        late = self._now() - item.incoming.said_at > LATE_S
        return say.under(done, attachment=item.incoming.attachment is not None, late=late)

    async def _read(self, item: Item, growing: Growing) -> Done:
        async with aclosing(self._assistant.answer(item)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event
                growing.see(event)
        return Done("")  # the row is not this question's any more: nothing of it is kept
