"""A picture beside an answer, shown after its words.

The picture is sent once at most: the words say the same, and unlike them it cannot be edited. What would have
stood under it stands under the words where no picture can be shown, or where it was refused.
"""

import logging
from dataclasses import replace
from typing import NamedTuple

from bot.pace import Pace
from bot.posts import Final
from core.errors import FloodWait, PlatformError, Unclear
from core.inbox import Item
from core.ledger import PICTURE, Ledger
from core.types import Adapter

log = logging.getLogger(__name__)

TRIES_MAX = 3
"""After so many flood waits the words have to do."""


class Picture(NamedTuple):
    png: bytes
    caption: str = ""


async def show(
    adapter: Adapter, ledger: Ledger, pace: Pace, item: Item, words: Final, picture: Picture
) -> None:
    """`words` stand in the chat already. Raises `PlatformError` if they cannot be added to, and
    `StorageError`."""
    if await _is_shown(adapter, ledger, pace, item, picture) or not picture.caption:
        return
    chat, standing = item.incoming.chat, await ledger.posts_of(item.id)
    part = adapter.render(f"{words.markdown}\n\n{picture.caption}", final=True)[0]
    if standing and standing[0].post is not None:
        await adapter.edit(chat, standing[0].post, replace(part, buttons=words.buttons))


async def _is_shown(adapter: Adapter, ledger: Ledger, pace: Pace, item: Item, picture: Picture) -> bool:
    """False if it certainly does not stand there."""
    if not adapter.limits.pictures:
        return False
    if await ledger.is_intended(item.id, PICTURE):
        return True
    chat = item.incoming.chat
    for _ in range(TRIES_MAX):
        await pace.free()
        pace.sent()
        async with pace.sending:
            await ledger.intend(item.id, PICTURE)
            try:
                post = await adapter.picture(chat, picture.png, picture.caption, silent=item.silent)
            except FloodWait as wait:
                pace.hold(wait.seconds)
                await ledger.withdraw(item.id, PICTURE)
                continue
            except PlatformError as error:
                log.warning("The picture of row %d was not shown: %s", item.id, error)
                return isinstance(error, Unclear)
            await ledger.record(item.id, PICTURE, post)
        return True
    return False
