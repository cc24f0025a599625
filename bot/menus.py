"""The menus of the platforms: everybody is offered what they may use, in their own language.

They are worked out anew whenever somebody comes in, goes, or changes, and only what differs is told to the
platform. A platform that does not take one is asked again later; nobody waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot import commands
from bot.family import Family
from bot.phrases.english import English
from core.errors import PlatformError
from core.types import Chat, Messenger, Person

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
RETRY_LOOKS_MAX = 30
EVERYWHERE = ("help", "new", "stop", "retry")
"""What is offered in groups: there anybody sees the menu."""

Menu = tuple[tuple[str, str], ...]
Whose = Chat | Person | None
"""That of a group, of somebody in private, or of everybody who has none of their own."""


async def keep(
    messengers: Sequence[Messenger],
    family: Family,
    speaking: Callable[[Person], English],
    house: English,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Until cancelled: let every menu be what it should. `house` speaks where many see it."""
    told: dict[tuple[str, Whose], Menu] = {}
    refusals: dict[tuple[str, Whose], int] = {}
    due: dict[tuple[str, Whose], int] = {}
    """At which look a menu that was refused is tried again: soon at first, then less and less often."""
    look = 0
    while messengers:
        for messenger in messengers:
            menus = wanted(messenger, family, speaking, house)
            gone: dict[Whose, Menu] = {
                whose: () for platform, whose in told if platform == messenger.platform and whose not in menus
            }
            for whose, menu in {**gone, **menus}.items():
                place = messenger.platform, whose
                if told.get(place) == menu or due.get(place, 0) > look:
                    continue
                try:
                    chat = await messenger.direct(whose) if isinstance(whose, Person) else whose
                    await messenger.menu(chat, menu, "")
                    told[place] = menu
                    refusals.pop(place, None)
                except PlatformError as error:
                    log.info("A menu on %s was not taken: %s", messenger.platform, error)
                    refusals[place] = refusals.get(place, 0) + 1
                    due[place] = look + min(2 ** (refusals[place] - 1), RETRY_LOOKS_MAX)
        look += 1
        await sleep(LOOK_EVERY_S)


def wanted(
    messenger: Messenger, family: Family, speaking: Callable[[Person], English], house: English
) -> dict[Whose, Menu]:
    """Under None that of strangers, who are offered nothing but to begin."""
    menus: dict[Whose, Menu] = {None: (("start", house.ABOUT["start"]),)}
    for group in family.chats.groups():
        if group.platform == messenger.platform:
            chat = Chat(group.platform, group.id, "group")
            menus[chat] = tuple((name, house.ABOUT[name]) for name in EVERYWHERE)
    for member in family.access.members():
        for platform, account in member.accounts:
            person = Person(platform, account)
            if platform == messenger.platform and member.role:
                say = speaking(person)
                offered = commands.shown_to(member.role)
                menus[person] = tuple((it.name, say.ABOUT[it.name]) for it in offered)
    return menus
