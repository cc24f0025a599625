"""The first admin: while there is none, whoever starts the program is shown a link that makes one.

The link stands in the terminal, with a picture to be read by a phone, and is good for an hour; then comes
the next one. As soon as somebody has used it, there are no more.
"""

import asyncio
import io
import shutil
import sys
from collections.abc import Callable, Sequence

import segno

from bot.phrases import EnglishSetup
from core.invites import CLAIM_S, Invites
from core.types import Messenger

LOOK_EVERY_S = 0.5
BORDERS = (4, 2)
"""Around the picture: what the standard wants, and what a phone can do with in a narrow window."""


async def until_claimed(
    messengers: Sequence[Messenger], invites: Invites, say: EnglishSetup, tell: Callable[[str], None]
) -> None:
    """Until there is an admin, or cancelled."""
    while messengers and (code := await invites.claim_code()):
        waited_s = 0.0
        silent = list(messengers)
        while silent and waited_s < CLAIM_S:  # a platform has to be reached once before it knows its links
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
            for messenger in list(silent):
                if way := _way(messenger, code, say):
                    silent.remove(messenger)
                    tell(way)
        await asyncio.sleep(max(0.0, CLAIM_S - waited_s))


def _way(messenger: Messenger, code: str, say: EnglishSetup) -> str | None:
    link = messenger.invite_link(code)
    if link is None:
        return None
    if code in link:
        return say.claim(link, qr_text(link))
    group = messenger.group_link()
    return say.claim_by_code(messenger.platform.capitalize(), group or "", link, code)


def qr_text(link: str) -> str:
    """The link as a picture of letters, for a terminal; empty where it has no room for it, or no such
    letters."""
    code, columns = segno.make(link, micro=False), shutil.get_terminal_size().columns
    out = io.StringIO()
    for border in BORDERS:
        if code.symbol_size(border=border)[0] < columns and _has(sys.stdout.encoding, "█▀▄"):
            code.terminal(out, border=border, compact=True)
            break
    return out.getvalue()


def _has(encoding: str | None, letters: str) -> bool:
    try:
        letters.encode(encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
