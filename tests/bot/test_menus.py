"""The menus: everybody is offered what they may use, in their language, and nobody waits for another."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot import menus, phrases
from core.errors import Gone
from core.types import Chat, Incoming, Person
from tests.bot.scenes import SAY, Scene, scene
from tests.fakes import Street

OMA = Person("stage", "9", "Oma", "de")


class Shy(Street):
    """One chat takes no menu."""

    refused = 0

    async def menu(self, chat: Chat | None, commands: Sequence[tuple[str, str]], language: str) -> None:
        if chat == Chat("stage", "to 1"):
            self.refused += 1
            raise Gone
        self.offered[chat] = dict(commands)
        await super().menu(chat, commands, language)

    def __init__(self) -> None:
        super().__init__()
        self.offered: dict[Chat | None, dict[str, str]] = {}


async def looks(house: Scene, street: Street, count: int) -> None:
    """So often the menus are looked after."""
    left = count
    looked = asyncio.Event()

    async def sleep(seconds: float) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            looked.set()
            await asyncio.Event().wait()

    def speaking(person: Person) -> phrases.English:
        return phrases.of(house.desktop.family.language_of(person))

    task = asyncio.create_task(menus.keep([street], house.desktop.family, speaking, SAY, sleep))
    await asyncio.wait_for(looked.wait(), 10)
    task.cancel()
    await asyncio.wait({task})


async def test_everybody_is_offered_what_they_may_use_in_their_language(tmp_path: Path) -> None:
    """That of their client, until they choose another; one refused menu holds up no other."""
    street = Shy()
    async with scene(tmp_path, stage=street) as house:
        await house.desktop.family.access.let_in(OMA, "adult", name="Oma")
        await house.desk.accept("stage", [Incoming(Chat("stage", "oma"), OMA, "q", "/new", 1000.0)], None)
        await house.calm()
        await looks(house, street, 3)
        assert street.offered[None] == {"start": SAY.ABOUT["start"]}
        offered = street.offered[Chat("stage", "to 9")]
        assert offered["new"] == phrases.of("de").ABOUT["new"]
        assert "invite" not in offered
        assert street.refused == 2


async def test_whoever_is_removed_is_offered_nothing_any_more(tmp_path: Path) -> None:
    """Their menu is taken away while the program runs."""
    street = Shy()
    async with scene(tmp_path, stage=street) as house:
        access = house.desktop.family.access
        await access.let_in(OMA, "adult", name="Oma")
        member = access.member_of(OMA)
        assert member is not None
        left = 0

        async def sleep(seconds: float) -> None:
            nonlocal left
            left += 1
            if left == 1:
                await access.remove(member.id)
            if left == 2:
                raise asyncio.CancelledError

        keeping = menus.keep([street], house.desktop.family, lambda person: SAY, SAY, sleep)
        await asyncio.wait({asyncio.ensure_future(keeping)})
        assert street.offered[Chat("stage", "to 9")] == {}
