"""A stream of events as posts in a chat: it grows in place, and its last state is the whole answer.

Whoever reads the stream never waits for the platform: `see` only notes the newest state, and `run`,
a task of its own, shows it at the platform's pace. A state that was overtaken is never sent. The last
one is different: it is what the person asked for, and is tried until it stands there.

    see ─► newest text ─► render ─► parts ─┬─ the part has a post ──► edit, if it shows something else
                                           └─ it has none ──► intent on disk ─► post ─► its id on disk

A post is in the ledger before it is sent, so that a program that dies finds its posts again. If nobody
can say whether a post arrived, it is posted anew, and then what may stand there twice is looked for and
taken away; all others are safe, as only one's own posts can be edited.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat
from typing import NamedTuple

from bot.pace import Pace
from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError, Unclear
from core.ledger import Ledger
from core.types import Adapter, Button, Chat, Event, Messenger, Part, Restart, SoFar, Status, Text

log = logging.getLogger(__name__)

PROGRESS = frozenset({"waiting", "searching", "reading", "writing"})
"""What is worth a post while there is no text yet: it takes seconds, and is no secret of the machinery."""
REFUSALS_MAX = 5
RETRY_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Final(NamedTuple):
    """What stands in the chat at last, and what under it."""

    markdown: str
    buttons: tuple[Button, ...] = ()
    whole: bool = True
    """A model's answer, which may take the place of another one."""


class Growing:
    """One answer in one chat. `reply_to` is the post that is answered, if one is; `buttons` are shown
    while it grows; `drafts`: as long as it fits one post it grows as a draft, and is posted when whole;
    `inherits` is the row whose posts show this answer, as soon as there is one; `silent`: it arrives without
    a sound."""

    def __init__(
        self,
        adapter: Adapter,
        ledger: Ledger,
        pace: Pace,
        row: int,
        chat: Chat,
        reply_to: str | None,
        *,
        note: Callable[[Status], str],
        buttons: tuple[Button, ...] = (),
        drafts: bool = False,
        inherits: int | None = None,
        silent: bool = False,
    ) -> None:
        self._adapter = adapter
        self._messenger = adapter if isinstance(adapter, Messenger) else None
        self._ledger = ledger
        self._pace = pace
        self._row = row
        self._chat = chat
        self._reply_to = reply_to
        self._note_of = note
        self._buttons = buttons
        self._drafts = drafts and self._messenger is not None
        self._inherits = inherits
        self._silent = silent
        self._held = ""
        self._new = ""
        self._note = ""
        self._progress = ""
        self._final: Final | None = None
        self._changed = asyncio.Event()
        self._noted = asyncio.Event()
        self._finished = asyncio.Event()
        self._posts: list[str | None] = []
        self._shown: list[Part] = []
        self._unclear: set[int] = set()
        """Parts that may stand there once more than we know."""
        self._last: int | None = None
        """The number of the last part, once the answer is whole."""
        self._drafted = False
        self._stands = False
        """The whole answer stands in the chat."""
        self.is_unasked = False
        """There is nothing to answer to any more, and yet a part of it may stand there."""

    # ── The reader's side: never waits ────────────────────────────────────────────────────────────

    @property
    def text(self) -> str:
        """What is shown while it grows. After a restart the old part stays until the new text has
        passed it: what the person sees does not shrink."""
        return self._new if len(self._new) >= len(self._held) else self._held

    def see(self, event: Event) -> None:
        match event:
            case Text():
                self._new += event.piece
            case SoFar():
                self._new = event.text
            case Restart():
                self._held, self._new = self.text, ""
            case Status():
                note = self._note_of(event)
                if note == self._note:
                    return  # a model that thinks says so again and again
                self._note = note
                self._progress = note if event.what in PROGRESS else ""
                self._noted.set()
        self._changed.set()

    def finish(self, final: Final | None) -> None:
        """This is the whole answer and what stands under it; `run` ends when it is shown. If it is empty,
        nothing shall stand there. None: it is left as it is, for another answer to go on with."""
        self._final = final
        self._finished.set()
        self._changed.set()

    @property
    def _visible(self) -> str:
        """The text, or how far the looking up has got as long as there is none. An answer before this one
        stands until there is a better one."""
        return self.text or ("" if self._inherits is not None else self._progress)

    @property
    def _is_seen(self) -> bool:
        """Something of it stands in the chat."""
        return self._drafted or bool(self._visible and any(self._posts))

    # ── The showing side ──────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Show it as it grows, and at last the final text. Raises nothing but cancellation, unless
        the disk fails (`StorageError`)."""
        await self._take_stock()
        async with asyncio.TaskGroup() as beside:
            signing = beside.create_task(self._keep_signing())
            with self._pace.grows():
                await self._grow()
            signing.cancel()  # looking for strays waits for floods of which the pace does not know
            if self._final is not None:
                if self._final.whole:
                    await self._take_over()
                self._buttons = self._final.buttons
                await self._deliver(self._final.markdown)

    async def _take_stock(self) -> None:
        """Of what stands there for this answer already."""
        known = await self._ledger.posts_of(self._row)
        self._posts = [post.post for post in known]
        self._unclear = {number for number, post in enumerate(known) if post.doubtful or post.post is None}

    async def _take_over(self) -> None:
        """There is something to show in the place of the answer before."""
        if self._inherits is not None:
            await self._ledger.hand_over(self._inherits, self._row)
            self._inherits = None
            await self._take_stock()

    async def _grow(self) -> None:
        """Until the final text is there."""
        pauses: Iterator[float] = _paces(self._pace.limits.first_edits_s)
        begun = False
        while not self._finished.is_set():
            self._changed.clear()
            if self._visible and self._pace.limits.edits:
                await self._pause(self._pace.preview_in_s() if begun else self._pace.held_s)
                if not self._finished.is_set() and await self._preview():
                    begun = True
                    await self._pause(self._pace.spread(next(pauses)))
            await self._changed.wait()

    async def last_words(self, markdown: str) -> None:
        """Say this once, without the disk: after `run` has failed. Where the whole answer stands by then,
        there is nothing to say."""
        if self._stands:
            return
        part = self._adapter.render(markdown, final=True)[0]
        standing = [post for post in self._posts if post is not None]
        await self._pace.free()
        with suppress(Exception):  # whatever broke before may be broken still
            if standing:
                await self._adapter.edit(self._chat, standing[-1], part)
            else:
                await self._adapter.post(self._chat, part, reply_to=self._reply_to, key=f"{self._row}-last")

    async def _keep_signing(self) -> None:
        """The sign of typing, as long as nothing of the answer stands in the chat, which never waits for it;
        where the sign says what is going on, also beside the text, whenever that is something new."""
        limits, said = self._pace.limits, ""
        if not self._visible and not self._finished.is_set():
            self._noted.set()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._is_seen else limits.typing_s):
                    await self._noted.wait()
            self._noted.clear()
            news = limits.notes and self._note != said
            if (news or not self._is_seen) and not self._pace.held_s:
                said = self._note
                await self._sign(said)

    async def _sign(self, note: str) -> None:
        try:
            await self._adapter.typing(self._chat, note)
        except FloodWait as wait:
            self._pace.hold(wait.seconds)
        except PlatformError as error:
            log.info("The sign of typing for row %d was not shown: %s", self._row, error)

    async def _preview(self) -> bool:
        """Show the newest state, if it can be done now; the next one comes soon anyway. False if there was
        nothing worth showing, or if it came too soon: then its turn is as soon as the chat is free."""
        parts = self._adapter.render(self._visible, final=False)
        if not any(letter.isalnum() for part in parts for letter in part.text):
            return False  # marks alone: the first word is on its way
        await self._take_over()
        try:
            if self._drafts and self._messenger is not None and len(parts) == 1:
                self._pace.sent()
                await self._messenger.draft(self._chat, parts[0], key=f"{self._row}")
                self._drafted = True
            else:
                await self._show(parts)
        except FloodWait as wait:
            self._pace.hold(wait.seconds)
            self._changed.set()
            return False
        except PlatformError as error:
            log.info("A preview in row %d was not shown: %s", self._row, error)
            self._drafts = False
        return True

    async def _deliver(self, markdown: str) -> None:
        """Show the whole answer, however often it takes; only a chat that is gone, or one that goes on
        refusing even plain words, is given up."""
        parts = self._adapter.render(markdown, final=True) if markdown else []
        self._last = len(parts) - 1
        refusals = 0
        for pause_s in _paces(RETRY_PAUSES_S):
            await self._pace.free()
            try:
                await self._show(parts)
                for number in sorted(self._unclear):
                    await self._clear_strays(number)
                await self._clear_away(len(parts))
            except FloodWait as wait:
                self._pace.hold(wait.seconds)
            except (Unclear, BadFormat) as error:
                refusals += isinstance(error, BadFormat)
                if refusals > REFUSALS_MAX:
                    log.error("The answer to row %d is refused: %s", self._row, error)
                    return
                log.info("The answer to row %d is shown again: %s", self._row, error)
                self._pace.hold(pause_s)
            except PlatformError as error:
                log.warning("The answer to row %d cannot be shown: %s", self._row, error)
                gone = isinstance(error, Gone) and not isinstance(error, NoRight)
                self.is_unasked = gone and bool(parts and self._unclear) and not any(self._posts)
                return
            else:
                return

    async def _show(self, parts: list[Part]) -> None:
        for number, part in enumerate(parts):
            if number == len(parts) - 1:
                part = replace(part, buttons=self._buttons)
            if number < len(self._shown) and self._shown[number] == part:
                continue
            reply_to = self._reply_to if number == 0 else None
            try:
                await self._put(number, part, reply_to)
            except BadFormat:
                await self._put(number, replace(part, body=None), reply_to)
            self._shown[number : number + 1] = [part]
            if part.final:
                await self._ledger.finished(self._row, number)

    async def _put(self, number: int, part: Part, reply_to: str | None) -> str:
        """Let post `number` hold `part`: by an edit where it stands, else by a new post. Its id."""
        post = self._posts[number] if number < len(self._posts) else None
        self._pace.sent()
        if post is not None:
            try:
                await self._adapter.edit(self._chat, post, part)
                self._stands = number == self._last
                return post
            except Gone:
                log.info("Post %d of row %d is gone, it is posted anew", number, self._row)
        async with self._pace.sending:
            await self._ledger.intend(self._row, number)
            try:
                post = await self._adapter.post(
                    self._chat,
                    replace(part, silent=self._silent),
                    reply_to=reply_to,
                    key=f"{self._row}-{number}",
                )
            except Unclear:
                self._unclear.add(number)
                raise
            except PlatformError:  # a clear no
                await self._ledger.withdraw(self._row, number)
                raise
            self._posts[number : number + 1] = [post]
            self._stands = number == self._last
            await self._ledger.record(self._row, number, post)
        return post

    # ── What should not stand there ───────────────────────────────────────────────────────────────

    async def _clear_strays(self, number: int) -> None:
        """This part was posted more than once, perhaps: let only the last one stand. Until that is
        done, the ledger has it as doubtful, so that a program killed meanwhile looks again."""
        post = self._posts[number] if number < len(self._posts) else None
        if post is None:  # the part is not needed any more: this one only marks the end of the search
            post = await self._put(number, Part("…"), reply_to=None)
        async with self._pace.sending:  # no other post of ours is on its way now
            if self._messenger is not None:
                known = await self._ledger.ids_in(self._chat)
                after = (self._posts[number - 1] if number else self._reply_to) or ""
                for stray in await self._messenger.strays(self._chat, after=after, before=post, known=known):
                    log.info("A stray post of row %d is taken away", self._row)
                    with suppress(Gone):
                        await self._adapter.delete(self._chat, stray)
            await self._ledger.cleared(self._row, number)
        self._unclear.discard(number)

    async def _clear_away(self, count: int) -> None:
        """The final text may need fewer posts than a preview did, or than an earlier run."""
        while len(self._posts) > count:
            post = self._posts[-1]
            if post is not None:
                with suppress(Gone):
                    await self._adapter.delete(self._chat, post)
            self._posts.pop()  # one by one: whatever gets in the way, it does not begin at the first again

    # ── Waiting ───────────────────────────────────────────────────────────────────────────────────

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the final text is there, which need not keep the pace."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._finished.wait()


def _paces(seconds: tuple[float, ...]) -> Iterator[float]:
    """One after the other, then the last one for ever."""
    return chain(seconds, repeat(seconds[-1]))
