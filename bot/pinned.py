"""One post at the top of an admin's chat that always shows how everything is doing.

`/status pin` answers like `/status`; the answer is pinned as soon as it stands there, and from then on edited
in place, at most once a minute and only if it would say something else. Which post it is is on disk, so the
next run goes on with it, as soon as every platform was heard, or after a minute. A new one takes the place of
the old one, which is deleted; one that the person deleted is let go.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from bot.pace import Paces
from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError
from core.ledger import Ledger
from core.storage import Database
from core.types import Adapter, Button, Chat, Messenger, Person

log = logging.getLogger(__name__)

EVERY_S = 60.0
EARLY_LOOK_EVERY_S = 0.5
"""While it is early."""

Shown = tuple[str, tuple[Button, ...]]
"""A text, and what stands under it."""


class Pins:
    """`clock` is monotonic. Every coroutine raises `StorageError`."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        adapters: Mapping[str, Adapter],
        paces: Paces,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._adapters = adapters
        self._paces = paces
        self._clock = clock
        self._began_at = clock()
        self._edited_at: dict[Chat, float] = {}
        self._awaited: set[int] = set()

    @property
    def is_early(self) -> bool:
        """The program has just begun, and not heard every platform yet: what is pinned would say for a minute
        that the very platform it stands on cannot be reached."""
        met = [it for it in self._adapters.values() if isinstance(it, Messenger)]
        return self._clock() - self._began_at < EVERY_S and any(it.heard_at is None for it in met)

    async def keep(self, chat: Chat, person: Person, row: int, text: str) -> None:
        """The answer to this row, which is `text`, is what is pinned there from now on."""
        await self._database.write(
            (
                "INSERT INTO pins (platform, chat, person, incoming, shows_sha256) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET person = excluded.person, incoming = excluded.incoming,"
                " shows_sha256 = excluded.shows_sha256",
                (chat.platform, chat.id, person.id, row, _sha256(text)),
            )
        )
        self._edited_at[chat] = self._clock()
        self._awaited.add(row)

    def awaits(self, row: int) -> bool:
        """Whether there is something to pin as soon as the answer to this row stands there."""
        return row in self._awaited

    async def let_go(self, chat: Chat) -> bool:
        """Nothing is pinned there any more, and what was is deleted. False if nothing was."""
        rows = await self._database.write(
            ("DELETE FROM pins WHERE platform = ? AND chat = ? RETURNING post", (chat.platform, chat.id))
        )
        self._edited_at.pop(chat, None)
        for row in rows:
            await self._delete(chat, row["post"])
        return bool(rows)

    async def keep_up(self, show: Callable[[Person], Awaitable[Shown | None]]) -> None:
        """`look` now, and as long as it is early again and again."""
        while True:
            was_early = self.is_early
            await self.look(show)
            if not was_early:
                return
            await asyncio.sleep(EARLY_LOOK_EVERY_S)

    async def look(self, show: Callable[[Person], Awaitable[Shown | None]]) -> None:
        """Pin what is to be pinned, and bring up to date what is. To be called every now and then. `show`
        gives None for whom it is not meant any more: then the post goes."""
        for row in await self._database.read("SELECT * FROM pins"):
            chat, person = Chat(row["platform"], row["chat"]), Person(row["platform"], row["person"])
            adapter = self._adapters.get(chat.platform)
            if not isinstance(adapter, Messenger) or self._paces.of(adapter, chat).held_s:
                continue
            try:
                post = await self._pinned(adapter, chat, row["incoming"], row["post"])
                if post is not None and self._is_time(chat):
                    shown = await show(person)
                    if shown is None:
                        await self.let_go(chat)
                    elif _sha256(shown[0]) != row["shows_sha256"]:
                        await self._update(adapter, chat, post, *shown)
            except FloodWait as wait:
                self._paces.of(adapter, chat).hold(wait.seconds)
            except Gone:
                log.info("The pinned post in a chat on %s is gone, and is let go", chat.platform)
                await self.let_go(chat)
            except PlatformError as error:
                log.info(
                    "The pinned post in a chat on %s was not brought up to date: %s", chat.platform, error
                )

    async def _pinned(self, adapter: Messenger, chat: Chat, row: int, before: str | None) -> str | None:
        """The post that is pinned there; None as long as there is none."""
        posts = await self._ledger.posts_of(row)
        post = posts[0].post if posts and posts[0].final else None
        if post is None:
            return before
        self._awaited.discard(row)
        if post == before:
            return before
        try:
            await adapter.pin(chat, post)
        except (NoRight, BadFormat) as error:  # it is kept up to date where it stands
            log.info("A post cannot be pinned on %s: %s", chat.platform, error)
        await self._database.write(
            (
                "UPDATE pins SET post = ? WHERE platform = ? AND chat = ? AND incoming = ?",
                (post, chat.platform, chat.id, row),
            )
        )
        await self._delete(chat, before)
        return post

    async def _update(
        self, adapter: Messenger, chat: Chat, post: str, text: str, buttons: tuple[Button, ...]
    ) -> None:
        part = replace(adapter.render(text, final=True)[0], buttons=buttons)
        self._paces.of(adapter, chat).sent()
        self._edited_at[chat] = self._clock()
        await adapter.edit(chat, post, part)
        await self._database.write(
            (
                "UPDATE pins SET shows_sha256 = ? WHERE platform = ? AND chat = ?",
                (_sha256(text), chat.platform, chat.id),
            )
        )

    def _is_time(self, chat: Chat) -> bool:
        if self.is_early:
            return False
        return chat not in self._edited_at or self._clock() - self._edited_at[chat] >= EVERY_S

    async def _delete(self, chat: Chat, post: str | None) -> None:
        adapter = self._adapters.get(chat.platform)
        if post is not None and adapter is not None:
            with suppress(PlatformError):
                await adapter.delete(chat, post)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
