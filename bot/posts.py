"""A stream of events as posts in a chat: it grows in place, and its last state is the whole answer.

Whoever reads the stream never waits for the platform: `see` only notes the newest state, and `run`,
a task of its own, shows it at the platform's pace. A state that was overtaken is never sent. The last
one is different: it is what the person asked for, and is tried until it stands there.

    see ─► newest text ─► render ─► parts ─┬─ the part has a post ──► edit, if it shows something else
                                           └─ it has none ──► intent on disk ─► post ─► its id on disk

A post is in the ledger before it is sent, so that a program that dies finds its posts again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat

from bot import phrases
from core.errors import BadFormat, FloodWait, Gone, PlatformError, Unclear
from core.ledger import Ledger
from core.types import Adapter, Chat, Event, Part, Restart, Status, Text

log = logging.getLogger(__name__)

TYPING_PAUSE_S = 4.0
"""Telegram and Discord let the sign vanish after five seconds and more."""
RETRY_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Growing:
    """One answer in one chat. `reply_to` is the post that is answered, if one is."""

    def __init__(
        self,
        adapter: Adapter,
        ledger: Ledger,
        row: int,
        chat: Chat,
        reply_to: str | None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._adapter = adapter
        self._ledger = ledger
        self._row = row
        self._chat = chat
        self._reply_to = reply_to
        self._sleep = sleep
        self._held = ""
        self._new = ""
        self._note = ""
        self._final: str | None = None
        self._changed = asyncio.Event()
        self._finished = asyncio.Event()
        self._posts: list[str | None] = []
        self._shown: list[Part] = []

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
            case Restart():
                self._held, self._new = self.text, ""
            case Status():
                note = phrases.note(event)
                if note == self._note:
                    return  # a model that thinks says so again and again
                self._note = note
        self._changed.set()

    def finish(self, markdown: str) -> None:
        """This is the whole answer; `run` ends when it stands there."""
        self._final = markdown
        self._finished.set()
        self._changed.set()

    # ── The showing side ──────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Show it as it grows, and at last the final text. Raises nothing but cancellation, unless
        the disk fails (`StorageError`)."""
        self._posts = [post.post for post in await self._ledger.posts_of(self._row)]
        pauses: Iterator[float] = _paces(self._adapter.limits.first_edits_s)
        noted = ""
        while self._final is None:
            self._changed.clear()
            text = self.text
            if self._note != noted or not text:
                noted = self._note
                with suppress(PlatformError):
                    await self._adapter.typing(self._chat, noted)
            if text and self._adapter.limits.edits:
                await self._preview(text)
                await self._pause(next(pauses))
            await self._news(None if text else TYPING_PAUSE_S)
        await self._deliver(self._final)

    async def last_words(self, markdown: str) -> None:
        """Say this once, without the disk: after `run` has failed."""
        part = self._adapter.render(markdown, final=True)[0]
        standing = [post for post in self._posts if post is not None]
        with suppress(Exception):  # whatever broke before may be broken still
            if standing:
                await self._adapter.edit(self._chat, standing[-1], part)
            else:
                await self._adapter.post(self._chat, part, reply_to=self._reply_to, key=f"{self._row}-last")

    async def _preview(self, text: str) -> None:
        """Show this much, if it can be done now; the next state comes soon anyway."""
        try:
            await self._show(self._adapter.render(text, final=False))
        except FloodWait as wait:
            await self._pause(wait.seconds)
        except PlatformError as error:
            log.info("A preview in row %d was not shown: %s", self._row, error)

    async def _deliver(self, markdown: str) -> None:
        """Show the whole answer, however often it takes."""
        parts = self._adapter.render(markdown, final=True)
        for pause_s in _paces(RETRY_PAUSES_S):
            try:
                await self._show(parts)
                await self._clear_away(len(parts))
            except FloodWait as wait:
                await self._sleep(wait.seconds)
            except Unclear as error:
                log.info("The answer to row %d is shown again: %s", self._row, error)
                await self._sleep(pause_s)
            except PlatformError as error:
                log.warning("The answer to row %d cannot be shown: %s", self._row, error)
                return
            else:
                return

    async def _show(self, parts: list[Part]) -> None:
        for number, part in enumerate(parts):
            if number < len(self._shown) and self._shown[number] == part:
                continue
            try:
                await self._put(number, part)
            except BadFormat:
                await self._put(number, Part(part.text, part.final))
            self._shown[number : number + 1] = [part]
            if part.final:
                await self._ledger.shown(self._row, number, final=True)

    async def _put(self, number: int, part: Part) -> None:
        """Let post `number` hold `part`: by an edit where it stands, else by a new post."""
        post = self._posts[number] if number < len(self._posts) else None
        if post is not None:
            try:
                return await self._adapter.edit(self._chat, post, part)
            except Gone:
                log.info("Post %d of row %d is gone, it is posted anew", number, self._row)
        await self._ledger.intend(self._row, number)
        post = await self._adapter.post(
            self._chat, part, reply_to=self._reply_to if number == 0 else None, key=f"{self._row}-{number}"
        )
        self._posts[number : number + 1] = [post]
        await self._ledger.record(self._row, number, post)
        return None

    async def _clear_away(self, count: int) -> None:
        """The final text may need fewer posts than a preview did, or than an earlier run."""
        for post in self._posts[count:]:
            if post is not None:
                with suppress(Gone):
                    await self._adapter.delete(self._chat, post)
        del self._posts[count:]

    # ── Waiting ───────────────────────────────────────────────────────────────────────────────────

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until the final text is there, which need not keep the pace."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._finished.wait()

    async def _news(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


def _paces(seconds: tuple[float, ...]) -> Iterator[float]:
    """One after the other, then the last one for ever."""
    return chain(seconds, repeat(seconds[-1]))
