"""Everything held back, and gone on with; a copy made at once."""

import asyncio
from pathlib import Path

from core.providers import End
from core.types import Chat, Person
from tests.bot.scenes import SAY, scene
from tests.fakes import Beat, Player, Street, node

PLAIN: list[Beat] = ["An answer.", End()]
KID = Person("stage", "50", "Mia")
KIDS_CHAT = Chat("stage", "50")


async def test_while_everything_is_paused_questions_are_kept(tmp_path: Path) -> None:
    """Each gets one calm sentence and, when it goes on, its answer; commands work meanwhile; a restart
    changes nothing of it."""
    player = Player(PLAIN)
    street = Street()
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.desktop.family.access.let_in(KID, "child")
        assert await house.hear("/pause") == SAY.PAUSED
        await house.say("Why?", person=KID, chat=KIDS_CHAT)
        await street.shows(lambda: SAY.PAUSED_FOR_NOW in street.texts())
        await house.say("/status")
        await street.shows(lambda: any(text.startswith(SAY.ALL_PAUSED) for text in street.texts()))
        assert "0 being answered, 1 waiting" in street.texts()[-1]
        await house.say("/status", person=KID, chat=KIDS_CHAT)
        await street.shows(lambda: street.texts()[-1] == SAY.MEMBER_STATUS["paused"])
    assert player.asked == []
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.desk.take_up()
        await house.say("/resume", post="later")
        await house.calm()
        assert street.texts().count(SAY.PAUSED_FOR_NOW) == 1
        assert set(street.texts()[-2:]) == {SAY.RESUMED, "An answer."}
        await house.say("/resume", post="later still")
        await house.calm()
        assert street.texts()[-1] == SAY.NOT_PAUSED
    assert len(player.asked) == 1


async def test_pausing_a_model_pauses_that_one_alone(tmp_path: Path) -> None:
    """A name behind /pause means it; and a wrong one stops nobody."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        assert await house.hear("/pause Alpha") == SAY.node_paused("Alpha")
        assert not house.desktop.operating.pausing.is_on
        assert await house.hear("/resume alpha") == SAY.node_goes_on("Alpha")
        assert await house.hear("/pause Alfa") == SAY.reset_unknown("Alfa", ["Alpha"])
        assert await house.hear("Why?") == "An answer."


async def test_an_answer_that_grows_comes_to_its_end(tmp_path: Path) -> None:
    """What is paused is what comes after it."""
    go_on = asyncio.Event()
    player = Player(["An ", go_on, "answer.", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.say("Why?")
        await house.stage.shows(lambda: "An " in house.stage.texts())
        await house.say("/pause")
        await house.stage.shows(lambda: SAY.PAUSED in house.stage.texts())
        go_on.set()
        await house.calm()
        assert "An answer." in house.stage.texts()


async def test_backup_makes_one_and_says_which(tmp_path: Path) -> None:
    """It is there, and from then on the status tells how old it is."""
    async with scene(tmp_path) as house:
        shown = await house.hear("/backup")
        (copy,) = (tmp_path / "backups").glob("*.db")
        assert copy.name in shown
        house.clock.advance(600)
        assert "last backup 10 min ago" in await house.hear("/status")
