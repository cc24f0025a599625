"""The desk: every row comes to its end, in order, once, whatever happens in between."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.desk import TRIES_MAX
from core.notices import Notice
from core.providers import End
from core.storage import Database
from core.types import Chat, Incoming, Part, Person
from tests.bot.scenes import HOME, PARENT, SAY, scene
from tests.fakes import Beat, Player, Stage, Street, node

PLAIN: list[Beat] = ["Because ", "of the air.", End()]


async def test_a_question_is_answered_and_its_row_closed(tmp_path: Path) -> None:
    """One post, the whole answer, nothing left open."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN))) as house:
        assert await house.hear("Why is the sky blue?") == "Because of the air."
        assert await house.inbox.waiting() == 0


async def test_the_same_message_told_twice_is_answered_once(tmp_path: Path) -> None:
    """Platforms do repeat themselves."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        for _ in range(3):
            await house.say("Why?", post="same")
            await house.calm()
        assert house.stage.texts() == ["Because of the air."]
        assert len(player.asked) == 1


async def test_one_persons_questions_wait_for_each_other_and_others_do_not(tmp_path: Path) -> None:
    """Anna's second question comes after her first; Ben's does not wait for either."""
    gate = asyncio.Event()
    player = Player([gate, *PLAIN], ["Ben's.", End()], ["Second.", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.say("first")
        await house.say("second")
        await house.stage.shows(lambda: bool(house.stage.notes))
        await house.say("mine", chat=Chat("stage", "elsewhere"))
        await house.stage.shows(lambda: "Ben's." in house.stage.texts())
        assert len(player.asked) == 2
        gate.set()
        await house.calm()
        assert house.stage.texts() == ["Ben's.", "Because of the air.", "Second."]


async def test_quick_commands_do_not_wait_for_an_answer(tmp_path: Path) -> None:
    """`/status` is there while an answer still grows."""
    gate = asyncio.Event()
    async with scene(tmp_path, node("Alpha", Player([gate, *PLAIN]))) as house:
        await house.say("Why?")
        await house.say("/status")
        await house.stage.shows(lambda: bool(house.stage.posts))
        assert "All well" in house.stage.texts()[0]
        gate.set()
        await house.calm()
        assert house.stage.texts()[1] == "Because of the air."


async def test_a_question_cut_off_by_the_end_of_the_program_is_asked_again(tmp_path: Path) -> None:
    """The next run finishes the same post, with one whole answer."""
    stage = Stage()

    async def first_run() -> None:
        async with scene(tmp_path, node("Alpha", Player(["Half ", asyncio.Event()])), stage=stage) as house:
            await house.say("Why?")
            await stage.shows(lambda: "Half " in stage.texts())
            house.desk.leaving_s_max = 0

    await first_run()
    assert stage.texts() == ["Half "]
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=stage) as house:
        await house.desk.take_up()
        await house.calm()
    assert stage.texts() == ["Because of the air."]


async def test_an_answer_that_was_whole_is_only_shown(tmp_path: Path) -> None:
    """If the program ended between the answer and the chat, no model is asked again."""
    player = Player(PLAIN)
    async with scene(tmp_path) as house:
        (row,) = await house.inbox.accept("stage", [Incoming(HOME, PARENT, "q9", "Why?", 1.0)], None)
        await house.inbox.begin(row, "Why?", private=False)
        await house.inbox.answered(row, "It is so.", "Alpha", "whole", "*A note.*")
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.desk.take_up()
        await house.calm()
        assert house.stage.texts() == ["It is so.\n\n*A note.*"]
    assert player.asked == []


async def test_a_question_that_kills_the_program_is_not_asked_for_ever(tmp_path: Path) -> None:
    """After three tries there is an honest sentence, and the next question is answered."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        (row,) = await house.inbox.accept("stage", [Incoming(HOME, PARENT, "q9", "Why?", 1.0)], None)
        for _ in range(TRIES_MAX):
            await house.inbox.begin(row, "Why?", private=False)
        await house.desk.take_up()
        await house.calm()
        assert house.stage.texts() == [SAY.TRIED_TOO_OFTEN]
        assert player.asked == []
        assert await house.hear("And now?") == "Because of the air."


async def test_words_damaged_on_disk_are_told_and_block_nobody(tmp_path: Path) -> None:
    """The person is asked to send them again; the row behind is answered."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        said = [Incoming(HOME, PARENT, post, "Why?", house.clock.now) for post in ("bad", "good")]
        rows = await house.inbox.accept("stage", said, None)
        await house.database.write(("UPDATE inbox SET text = 'Whv?' WHERE id = ?", (rows[0],)))
        await house.desk.take_up()
        await house.calm()
        assert house.stage.texts() == [SAY.DAMAGED, "Because of the air."]
    assert len(player.asked) == 1


async def test_a_full_disk_is_told_and_the_question_kept(tmp_path: Path) -> None:
    """Nothing is confirmed that is not on disk: the row is open for the next run, which answers it."""
    stage = Stage()
    long: list[Beat] = ["A long answer. " * 20_000, End()]
    async with scene(tmp_path, node("Alpha", Player(long)), stage=stage) as house:
        pages = (await house.database.read("PRAGMA page_count"))[0][0]
        await house.say("Why?")
        await house.database.read(f"PRAGMA max_page_count={pages + 4}")
        await stage.shows(lambda: SAY.DISK in stage.texts())
        assert await house.inbox.waiting() == 1
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=stage) as house:
        await house.desk.take_up()
        await house.calm()
    assert stage.texts() == [SAY.DISK, "Because of the air."]


async def test_of_what_we_announced_damaged_words_are_not_shown(tmp_path: Path) -> None:
    """Nor is the one it was for told that they had sent something empty: nothing stands there."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN))) as house:
        await house.inbox.announce((HOME, Notice(PARENT, None, "alert", "Alpha is out.")))
        await house.database.write(("UPDATE inbox SET answer = 'Alpha is oul.'", ()))
        await house.desk.take_up()
        await house.calm()
        assert house.stage.texts() == []


async def test_whoever_asked_nothing_is_not_told_that_the_disk_fails(tmp_path: Path) -> None:
    """What was to be announced comes with the next run, and alone."""
    stage = Stage()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=stage) as house:
        await house.inbox.announce((HOME, Notice(PARENT, None, "alert", "Alpha is out.")))
        await house.database.read("PRAGMA query_only=1")
        await house.desk.take_up()
        await house.desk.leave()
        assert stage.texts() == []
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=stage) as house:
        await house.desk.take_up()
        await house.calm()
    assert stage.texts() == ["Alpha is out."]


class FailingDisk(Street):
    """As soon as this text stands in the chat, nothing can be written any more."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.database: Database | None = None
        self._text = text

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        post = await super().post(chat, part, reply_to=reply_to, key=key)
        await self._fail(part)
        return post

    async def edit(self, chat: Chat, post: str, part: Part) -> None:
        await super().edit(chat, post, part)
        await self._fail(part)

    async def _fail(self, part: Part) -> None:
        if part.text == self._text and part.final and self.database is not None:
            await self.database.read("PRAGMA query_only = ON")
            self.lost_edits += 1  # the next run cannot know that it stands there


@pytest.mark.parametrize("begun", [True, False], ids=["edited", "posted"])
async def test_a_disk_that_fails_under_a_whole_answer_takes_nothing_from_it(
    tmp_path: Path, begun: bool
) -> None:
    """It goes on standing there, be it the last of many edits or the first post, and once; the next run only
    notes that it does."""
    stage = FailingDisk("Because of the air.")
    seen = asyncio.Event()
    script: list[Beat] = ["Because ", seen, "of the air.", End()] if begun else PLAIN
    async with scene(tmp_path, node("Alpha", Player(script)), stage=stage) as house:
        stage.database = house.database
        await house.say("Why?")
        if begun:
            await stage.shows(lambda: stage.texts() == ["Because "])
            seen.set()
        await stage.shows(lambda: stage.texts() == ["Because of the air."])
        await house.desk.leave()
        assert stage.texts() == ["Because of the air."]
    stage.database = None
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=stage) as house:
        await house.desk.take_up()
        await house.calm()
    assert stage.texts() == ["Because of the air."]


async def test_a_defect_in_one_answer_is_one_honest_sentence(tmp_path: Path) -> None:
    """An error nobody thought of ends this answer and no other, and shows nothing of itself."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN))) as house:
        house.pool.strategy = "there is none of this name"
        assert await house.hear("Why?") == SAY.BROKEN
        house.pool.strategy = "random"
        assert await house.hear("And now?") == "Because of the air."


async def test_what_is_announced_is_shown_once_and_answers_nothing(tmp_path: Path) -> None:
    """To the person, in private; the same again is not; and no model reads it later."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        for _ in range(2):
            await house.desk.announce([Notice(PARENT, None, "alpha out", "Alpha is out.")])
        nobody = Notice(Person("nowhere", "1"), None, "alpha out", "Alpha is out.")
        assert not await house.desk.announce([nobody])
        await house.calm()
        assert house.stage.texts() == ["Alpha is out."]
        assert house.stage.replies == [None]
        await house.hear("Why?")
        assert len(player.asked[0].turns) == 2


async def test_a_question_that_waited_long_is_answered_with_a_word(tmp_path: Path) -> None:
    """Said while the program was off; an answer that comes at once has no such word."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN))) as house:
        await house.desk.accept(
            "stage", [Incoming(HOME, PARENT, "early", "Why?", house.clock.now - 3600)], None
        )
        await house.calm()
        assert house.stage.texts()[-1] == f"Because of the air.\n\n*{SAY.LATE}*"
        assert await house.hear("And now?") == "Because of the air."


async def test_what_came_along_with_words_is_told_apart(tmp_path: Path) -> None:
    """A picture alone gets a kind sentence, its caption an answer."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        said = Incoming(HOME, PARENT, "q1", "", house.clock.now, attachment="photo")
        await house.desk.accept("stage", [said, replace(said, post="q2", text="Why blue?")], None)
        await house.calm()
        assert house.stage.texts() == [
            SAY.ATTACHMENTS["photo"],
            f"Because of the air.\n\n*{SAY.ONLY_THE_WORDS}*",
        ]
    assert len(player.asked) == 1


async def test_in_a_group_only_the_thread_is_read(tmp_path: Path) -> None:
    """What was said beside it is not, even by the same person."""
    player = Player(PLAIN)
    group = Chat("stage", "-1", "group")
    async with scene(tmp_path, node("Alpha", player)) as house:
        for post, reply_to in (("q1", None), ("q2", None), ("q3", "p1")):
            said = Incoming(group, PARENT, post, f"Question {post}?", house.clock.now, reply_to=reply_to)
            await house.desk.accept("stage", [said], None)
            await house.calm()
    asked = [turn.text for turn in player.asked[-1].turns if turn.role == "user"]
    assert asked == ["Question q1?", "Question q3?"]
