"""The desk, when people think again: they stop an answer, change or take back a question, or ask it again."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Gone, NoRight, PlatformError, RateLimited, Unavailable
from core.history import Asked, History
from core.providers import End
from core.types import Chat, Incoming, Part, Person, Removed
from tests.bot.scenes import HOME, PARENT, SAY, scene
from tests.fakes import Beat, Lost, Player, Street, node

PLAIN: list[Beat] = ["Because ", "of the air.", End()]


async def test_stop_ends_the_growing_answer_at_once(tmp_path: Path) -> None:
    """What was shown stays, with three dots; the node is free and not charged."""
    player = Player(["Because ", asyncio.Event()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.say("Why?")
        await house.stage.shows(lambda: "Because " in house.stage.texts())
        await house.say("/stop")
        await house.calm()
        assert house.stage.texts() == ["Because …", SAY.STOPPED]
        assert player.playing == 0
        assert house.pool.nodes[0].counters.failures == {}
        assert await house.hear("/stop") == SAY.NOTHING_TO_STOP


async def test_a_question_that_is_changed_is_answered_anew_in_the_same_post(tmp_path: Path) -> None:
    """Whether its answer stands there already or is still growing: the old one is nowhere to be seen."""
    writing = asyncio.Event()
    player = Player(["Old, ", writing, "cold", End()], ["New.", End()], ["Newer.", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        said = Incoming(HOME, PARENT, "q1", "Why?", house.clock.now)
        await house.desk.accept("stage", [said], None)
        await house.stage.shows(lambda: house.stage.texts() == ["Old, "])
        await house.desk.accept("stage", [replace(said, text="Why not?", edited=True)], None)
        await house.calm()
        assert house.stage.texts() == ["New."]
        await house.desk.accept("stage", [replace(said, text="Really?", edited=True)], None)
        await house.calm()
        assert house.stage.texts() == ["Newer."]
        await house.desk.accept("stage", [replace(said, text="Really?", edited=True)], None)
        assert await house.inbox.waiting() == 0
    assert [asked.turns[-1].text for asked in player.asked] == ["Why?", "Why not?", "Really?"]
    assert len(player.asked[-1].turns) == 2


async def test_a_question_that_is_taken_back_has_no_answer(tmp_path: Path) -> None:
    """The growing one ends and vanishes, one that stood there too, and no model hears of it again."""
    player = Player(["Once ", asyncio.Event(), "upon", End()], ["Two.", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.say("One?")
        await house.stage.shows(lambda: house.stage.texts() == ["Once "])
        await house.desk.accept("stage", [Removed(HOME, "q1")], None)
        await house.calm()
        await house.stage.shows(lambda: house.stage.texts() == [])
        assert await house.hear("Two?") == "Two."
        await house.desk.accept("stage", [Removed(HOME, "q2"), Removed(HOME, "never seen")], None)
        await house.stage.shows(lambda: house.stage.texts() == [])
        await house.hear("Three?")
    assert [turn.text for turn in player.asked[-1].turns[1:]] == ["Three?"]


class Deleted(Street):
    """The first post arrives and its reply is lost; then the question is deleted, and nobody is told, or we
    may write there no more."""

    refusal: type[PlatformError] = Gone

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        if reply_to is not None and self.posts:
            raise self.refusal
        return await super().post(chat, part, reply_to=reply_to, key=key)


async def test_a_question_found_to_be_deleted_is_taken_back(tmp_path: Path) -> None:
    """What may stand there of its answer goes, and nothing is remembered."""
    street = Deleted(Lost("no reply"))
    async with scene(tmp_path, node("Alpha", Player(["Once upon a time.", End()])), stage=street) as house:
        await house.say("Tell!")
        await house.calm()
        assert street.texts() == []
        row = await house.database.read_one("SELECT answer, superseded FROM inbox")
        assert row is not None
        assert tuple(row) == ("", 1)


async def test_a_question_stays_asked_where_we_may_not_write_any_more(tmp_path: Path) -> None:
    """It was not deleted: what was said is remembered."""
    street = Deleted(Lost("no reply"))
    street.refusal = NoRight
    async with scene(tmp_path, node("Alpha", Player(["Once upon a time.", End()])), stage=street) as house:
        await house.say("Tell!")
        await house.calm()
        row = await house.database.read_one("SELECT answer, superseded FROM inbox")
        assert row is not None
        assert tuple(row) == ("Once upon a time.", 0)


async def test_an_answer_that_was_taken_back_goes_however_often_it_takes(tmp_path: Path) -> None:
    """All its posts do, though the platform refuses at first, and though the program ends over it."""
    player = Player(["One. Two.", End()], ["Six. Ten.", End()])
    street = Street(length_max=5)
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.hear("Count!")
        assert len(street.texts()) == 2
        street.refusing = 2
        await house.desk.accept("stage", [Removed(HOME, "q1")], None)
        await house.calm()
        assert street.texts() == []
        await house.hear("Go on!")
        await house.inbox.removed(HOME, "q2")  # and here it ends
        assert len(street.texts()) == 2
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.desk.take_up()
        await house.calm()
    assert street.texts() == []


async def test_nothing_is_asked_or_told_of_what_was_taken_back(tmp_path: Path) -> None:
    """Neither again, nor which way its answer came; and it does not count as one without an answer."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        asked_at = house.clock.now
        await house.hear("Why?")
        await house.desk.accept("stage", [Removed(HOME, "q1")], None)
        await house.calm()
        assert await house.hear("/retry") == SAY.NOTHING_TO_RETRY
        assert await house.hear("/why") == SAY.WHY_NOTHING
        asked = await History(house.database, house.clock).asked(asked_at, asked_at + 1)
        assert asked == Asked(questions=1, unanswered=0)


@pytest.mark.parametrize("growing", [False, True])
async def test_an_answer_to_what_was_asked_again_is_taken_back_with_its_question(
    tmp_path: Path, growing: bool
) -> None:
    """It stands in the place of the first one, or grows there, and would be remembered like it."""
    second: list[Beat] = ["Second", *([asyncio.Event()] if growing else []), End()]
    player = Player(["First.", End()], second, PLAIN)
    street = Street()
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.hear("Why?")
        (button,) = street.posts["p1"].buttons
        press = Incoming(HOME, PARENT, "press-1", button.command, house.clock.now, pressed="p1")
        await house.desk.accept("stage", [press], None)
        await street.shows(lambda: street.texts() == ["Second"])
        if not growing:
            await house.calm()
        await house.desk.accept("stage", [Removed(HOME, "q1")], None)
        await house.calm()
        assert street.texts() == []
        await house.hear("And now?")
    assert [turn.text for turn in player.asked[-1].turns[1:]] == ["And now?"]


async def test_a_question_that_was_asked_again_is_changed_with_its_answer(tmp_path: Path) -> None:
    """What stood in the place of the first answer goes, and is not remembered."""
    player = Player(["First.", End()], ["Second.", End()], ["Third.", End()], PLAIN)
    street = Street()
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        said = Incoming(HOME, PARENT, "q1", "Why?", house.clock.now)
        await house.desk.accept("stage", [said], None)
        await house.calm()
        (button,) = street.posts["p1"].buttons
        press = Incoming(HOME, PARENT, "press-1", button.command, house.clock.now, pressed="p1")
        await house.desk.accept("stage", [press], None)
        await house.calm()
        same = replace(said, edited=True)
        await house.desk.accept("stage", [same], None)
        assert street.texts() == ["Second."]
        await house.desk.accept("stage", [replace(same, text="Why not?")], None)
        await house.calm()
        assert street.texts() == ["Third."]
        await house.say("And now?", post="q2")
        await house.calm()
    assert [turn.text for turn in player.asked[-1].turns[1:]] == ["Why not?", "Third.", "And now?"]


async def test_what_is_taken_back_during_a_pause_is_never_asked(tmp_path: Path) -> None:
    """What stood there goes at once, and when it goes on nobody is asked."""
    player = Player(PLAIN)
    street = Street()
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.hear("One?")
        await house.hear("/pause")
        await house.say("Two?", post="two")
        await house.desk.accept("stage", [Removed(HOME, "q1"), Removed(HOME, "two")], None)
        await house.calm()
        await house.hear("/resume")
        assert street.texts() == [SAY.PAUSED, SAY.PAUSED_FOR_NOW, SAY.RESUMED]
    assert len(player.asked) == 1


@pytest.mark.parametrize("changed", [False, True])
async def test_what_broke_is_looked_at_again_when_it_is_changed_or_taken_back(
    tmp_path: Path, changed: bool
) -> None:
    """It does not wait for the next start."""
    street, writing = Street(), asyncio.Event()
    player = Player(["Once ", writing, "upon", End()], PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        said = Incoming(HOME, PARENT, "q1", "Why?", house.clock.now)
        await house.desk.accept("stage", [said], None)
        await street.shows(lambda: street.texts() == ["Once "])
        await house.database.read("PRAGMA query_only = ON")
        writing.set()
        await street.shows(lambda: street.texts() == [SAY.DISK])
        await house.database.read("PRAGMA query_only = OFF")
        again = replace(said, text="Why not?", edited=True) if changed else Removed(HOME, "q1")
        await house.desk.accept("stage", [again], None)
        await house.calm()
        assert street.texts() == (["Because of the air."] if changed else [])


async def test_a_pressed_retry_answers_in_the_place_of_the_old_answer(tmp_path: Path) -> None:
    """The text does not stand there twice; somebody else's answer is not retried by it."""
    player = Player(["First.", End()], ["Second.", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("Why?")
        (part,) = house.stage.posts.values()
        (button,) = part.buttons
        press = Incoming(HOME, PARENT, "press-1", button.command, house.clock.now, pressed="p1")
        await house.desk.accept("stage", [replace(press, person=Person("stage", "1"), post="press-0")], None)
        await house.calm()
        assert house.stage.texts() == ["Second."]
        other = replace(press, chat=Chat("stage", "elsewhere"), post="press-2")
        await house.desk.accept("stage", [other], None)
        await house.calm()
        assert house.stage.texts() == ["Second.", SAY.NOTHING_TO_RETRY]


async def test_a_pressed_stop_ends_the_answer_without_a_word(tmp_path: Path) -> None:
    """The answer itself shows it, and offers to be asked again."""
    player = Player(["Once ", asyncio.Event(), "upon", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.say("Tell me a story.")
        await house.stage.shows(lambda: house.stage.texts() == ["Once "])
        (part,) = house.stage.posts.values()
        press = Incoming(HOME, PARENT, "press-1", part.buttons[0].command, house.clock.now, pressed="p1")
        await house.desk.accept("stage", [press], None)
        await house.calm()
        (part,) = house.stage.posts.values()
        assert part.text == "Once …"
        assert [button.label for button in part.buttons] == [SAY.RETRY_BUTTON]


@pytest.mark.parametrize("error", [RateLimited("429", 90, stated=True), Unavailable("stalled", "…")])
async def test_when_nobody_can_answer_there_is_a_sentence_and_retry_works_later(
    tmp_path: Path, error: RateLimited | Unavailable
) -> None:
    """`/retry` asks the same question again."""
    player = Player([error])
    async with scene(tmp_path, node("Alpha", player)) as house:
        assert (await house.hear("Why?")).startswith("None of my models can answer just now.")
        house.clock.advance(90)
        player.scripts = [PLAIN]
        assert await house.hear("/retry") == "Because of the air."
        assert player.asked[-1].turns[-1].text == "Why?"


async def test_a_forged_button_breaks_nothing(tmp_path: Path) -> None:
    """A number no database holds, a command on somebody else's post: the answer stays, the program too."""
    player = Player(PLAIN)
    child = Person("stage", "2", "Mia")
    group = Chat("stage", "-1", "group")
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.desktop.family.access.let_in(child, "child")
        await house.hear("Why?", chat=group)
        for number, command in enumerate(
            ("/retry 99999999999999999999999", "/retry ¹", "/status", "/settings")
        ):
            press = Incoming(group, child, f"press-{number}", command, house.clock.now, pressed="p1")
            await house.desk.accept("stage", [press], None)
            await house.calm()
        assert house.stage.posts["p1"].text == "Because of the air."
        assert await house.hear("And now?") == "Because of the air."


async def test_a_retry_that_fails_leaves_the_old_answer_where_it_is(tmp_path: Path) -> None:
    """The sentence stands in a post of its own, and the exchange is still remembered."""
    player = Player(PLAIN, [RateLimited("429", 90, stated=True)])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("Why?")
        (button,) = house.stage.posts["p1"].buttons
        press = Incoming(HOME, PARENT, "press-1", button.command, house.clock.now, pressed="p1")
        await house.desk.accept("stage", [press], None)
        await house.calm()
        old, sentence = house.stage.texts()
        assert old == "Because of the air."
        assert "None of my models" in sentence
        said = await house.desktop.memory.history(HOME, PARENT, before=99, limit=9, private=False)
        assert [exchange.question for exchange in said] == ["Why?"]


async def test_stop_works_behind_hundreds_of_questions(tmp_path: Path) -> None:
    """It is found though more rows wait than are read at a time."""
    player = Player(["Once ", asyncio.Event(), "upon", End()], PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        said = [Incoming(HOME, PARENT, f"x{n}", f"Question {n}?", house.clock.now) for n in range(230)]
        await house.desk.accept("stage", said, None)
        await house.stage.shows(lambda: house.stage.texts() == ["Once "])
        await house.say("/stop")
        await house.stage.shows(lambda: SAY.STOPPED in house.stage.texts())
        await house.calm()
        assert len(house.stage.texts()) == 231
