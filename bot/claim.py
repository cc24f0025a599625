"""The first admin: while there is none, whoever starts the program is shown a link that makes one.

The link stands in the terminal, with a picture to be read by a phone, and is good for an hour; then comes
the next one. As soon as somebody has used it, there are no more.
"""

import asyncio
import io
from collections.abc import Callable, Sequence

import segno

from bot.phrases import operator
from core.invites import CLAIM_S, Invites
from core.types import Messenger

LOOK_EVERY_S = 0.5


async def until_claimed(
    messengers: Sequence[Messenger], invites: Invites, tell: Callable[[str], None]
) -> None:
    """Until there is an admin, or cancelled."""
    while messengers and (code := await invites.claim_code()):
        waited_s = 0.0
        silent = list(messengers)
        while silent and waited_s < CLAIM_S:  # a platform has to be reached once before it knows its links
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
            for messenger in list(silent):
                if way := _way(messenger, code):
                    silent.remove(messenger)
                    tell(way)
        await asyncio.sleep(max(0.0, CLAIM_S - waited_s))


def _way(messenger: Messenger, code: str) -> str | None:
    link = messenger.invite_link(code)
    if link is None:
        return None
    if code in link:
        return operator.claim(link, qr_text(link))
    group = messenger.group_link()
    return operator.claim_by_code(messenger.platform.capitalize(), group or "", link, code)


def qr_text(link: str) -> str:
    """The link as a picture of letters, for a terminal."""
    out = io.StringIO()
    segno.make(link, micro=False).terminal(out, compact=True)
    return out.getvalue()
