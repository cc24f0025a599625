"""A growing post: never behind its final text, never smaller than before, never lost."""

import asyncio

import pytest

from bot.pace import Paces
from bot.posts import Final, Growing
from core.errors import BadFormat, FloodWait, Gone, PlatformError, Unclear
from core.types import Button, Chat, Incoming, Limits, Part, Person, Restart, Status, Text
from tests.bot.growing import CHAT, Scene, scene
from tests.bot.scenes import SAY
from tests.fakes import Lost, Stage, Street

__all__ = ["scene"]


async def test_it_grows_in_one_post_and_ends_whole(scene: Scene) -> None:
    """Each state is an edit of the same post, and the last one is the whole answer."""
    stage = Stage()
    await scene.show(stage, Text("Once "), Text("upon "), final="Once upon a time.")
    assert stage.history == ["Once ", "Once upon ", "Once upon a time."]
    assert stage.posts == {"p1": Part("Once upon a time.", final=True)}


async def test_states_that_were_overtaken_are_never_sent(scene: Scene) -> None:
    """A thousand pieces that come before the task runs are one post."""
    stage = Stage()
    growing = scene.growing(stage)
    for _ in range(1000):
        growing.see(Text("x"))
    growing.finish(Final("x" * 1000))
    await growing.run()
    assert stage.history == ["x" * 1000]


async def test_typing_shows_who_answers_until_there_is_text(scene: Scene) -> None:
    """The note names the node."""
    stage = Stage()
    await scene.show(stage, Status("asking", "Alpha"), Text("Yes"), final="Yes.")
    assert "Alpha is answering" in stage.notes
    assert stage.texts() == ["Yes."]


async def test_what_stands_there_does_not_shrink_after_a_restart(scene: Scene) -> None:
    """The old part stays until the new text has passed it; the end is the new text alone."""
    stage = Stage()
    growing = scene.growing(stage)
    growing.see(Text("A long old beginning"))
    growing.see(Restart("Alpha"))
    growing.see(Text("New"))
    assert growing.text == "A long old beginning"
    growing.see(Text(" text, longer than before"))
    assert growing.text == "New text, longer than before"
    growing.see(Restart("Beta"))
    growing.see(Text("Yes."))
    growing.finish(Final("Yes."))
    await growing.run()
    assert stage.texts() == ["Yes."]


async def test_a_long_answer_stands_in_several_posts_and_sealed_ones_stay(scene: Scene) -> None:
    """Only the last part is edited; the first is not touched again but to be final."""
    stage = Stage(length_max=5)
    await scene.show(stage, Text("abcde"), Text("fg"), Text("hij"), final="abcdefghijkl")
    assert stage.texts() == ["abcde", "fghij", "kl"]
    assert stage.history.count("abcde") == 2


@pytest.mark.parametrize(
    "troubles",
    [
        [FloodWait(30)],
        [None, FloodWait(30), FloodWait(60)],
        [Unclear("timeout")] * 3,
        [None, Unclear("timeout")],
        [None, Gone()],
        [None, BadFormat()],
        [FloodWait(3), Unclear("timeout"), None, BadFormat(), FloodWait(8)],
    ],
)
async def test_the_final_text_arrives_whatever_the_platform_says(
    scene: Scene, troubles: list[PlatformError | None]
) -> None:
    """Floods, lost replies, vanished posts, refused formatting: at last the whole answer stands once."""
    stage = Stage(*troubles)
    await scene.show(stage, Text("Once "), final="Once upon a time.")
    assert stage.texts()[-1] == "Once upon a time."
    assert stage.texts().count("Once upon a time.") == 1
    assert len(set(stage.keys)) == 1


async def test_a_later_run_finishes_the_same_post(scene: Scene) -> None:
    """What an earlier run left half is edited, and what it left too much is taken away."""
    stage = Stage(length_max=4)
    half = scene.growing(stage)
    half.see(Text("half an answer"))
    task = asyncio.create_task(half.run())
    while len(stage.posts) < 4:
        stage.moved.clear()
        await asyncio.wait_for(stage.moved.wait(), 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await scene.show(stage, final="whole.")
    assert stage.texts() == ["whol", "e."]
    assert list(stage.posts) == ["p1", "p2"]


async def test_every_post_is_in_the_ledger(scene: Scene) -> None:
    """With its id, and which of them are final."""
    stage = Stage(length_max=4)
    await scene.show(stage, final="abcdef")
    entries = await scene.ledger.posts_of(scene.row)
    assert [(entry.part, entry.post, entry.final) for entry in entries] == [(0, "p1", True), (1, "p2", True)]


async def test_where_posts_cannot_be_edited_only_the_whole_answer_is_posted(scene: Scene) -> None:
    """No half sentence is ever left standing there."""
    stage = Stage(edits=False)
    growing = scene.growing(stage)
    task = asyncio.create_task(growing.run())
    growing.see(Text("Once "))
    for _ in range(20):
        await asyncio.sleep(0)
    growing.finish(Final("Once upon a time."))
    await task
    assert stage.history == ["Once upon a time."]


@pytest.mark.parametrize(
    "troubles",
    [
        [Lost("first post")],
        [Lost("first"), Lost("again"), Unclear("a third time")],
        [Lost("first post"), None, FloodWait(3), Lost("the search")],
        [None, Lost("an edit"), None],
    ],
)
async def test_what_may_have_been_posted_twice_stands_once(
    scene: Scene, troubles: list[PlatformError | None]
) -> None:
    """A post whose reply was lost is posted anew, and the first one is found and taken away."""
    street = Street(*troubles)
    await scene.show(street, Text("Once "), final="Once upon a time.")
    assert street.texts() == ["Once upon a time."]
    (entry,) = await scene.ledger.posts_of(scene.row)
    assert entry.post in street.posts


async def test_a_post_of_a_run_that_was_killed_is_taken_away(scene: Scene) -> None:
    """It was intended, it was sent, and its id never reached the disk; the posts of others stay."""
    street = Street()
    street.posts = {"stray": Part("Once"), "other": Part("Another answer.", final=True)}
    other = Incoming(CHAT, Person("stage", "8"), "q2", "What?", 1.0)
    (row,) = await scene.inbox.accept("stage", [other], None)
    await scene.ledger.intend(row, 0)
    await scene.ledger.record(row, 0, "other")
    await scene.ledger.intend(scene.row, 0)
    await scene.show(street, final="Once upon a time.")
    assert street.texts() == ["Another answer.", "Once upon a time."]


async def test_a_second_part_that_is_no_longer_needed_leaves_nothing_behind(scene: Scene) -> None:
    """An earlier run may have posted a second part; this answer has one only."""
    street = Street(length_max=100)
    for part in (0, 1):
        await scene.ledger.intend(scene.row, part)
    await scene.ledger.record(scene.row, 0, "first")
    street.posts = {"first": Part("Once"), "stray": Part("upon")}
    await scene.show(street, final="Never.")
    assert street.texts() == ["Never."]


class Paced(Street):
    """After `few` deletions it wants a pause, be what was to be deleted there or not."""

    def __init__(self, few: int) -> None:
        super().__init__(length_max=1)
        self._few = self._left = few

    async def delete(self, chat: Chat, post: str) -> None:
        if not self._left:
            self._left = self._few
            raise FloodWait(1)
        self._left -= 1
        await super().delete(chat, post)


async def test_many_posts_are_taken_away_in_spite_of_flood_waits(scene: Scene) -> None:
    """What is done is done: after each wait it goes on where it was, and comes to its end."""
    street = Paced(few=3)
    await scene.show(street, final="Once upon")
    assert len(street.texts()) == 9
    async with asyncio.timeout(10):
        await scene.show(street, final="")
    assert street.texts() == []


class Unasked(Street):
    """The question that is answered was deleted: there is nothing to reply to."""

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        if reply_to is not None:
            raise Gone
        return await super().post(chat, part, reply_to=reply_to, key=key)


async def test_what_may_stand_under_a_deleted_question_is_taken_away(scene: Scene) -> None:
    """By a post that replies to nothing, and goes itself."""
    street = Unasked()
    street.posts = {"stray": Part("Once")}
    await scene.ledger.intend(scene.row, 0)
    async with asyncio.timeout(10):
        await scene.show(street, final="")
    assert street.texts() == []


async def test_buttons_stand_under_the_last_part_only(scene: Scene) -> None:
    """Stop while it grows, and what the answer comes with when it is whole."""
    stop, again = (Button("Stop", "/stop"),), (Button("Retry", "/retry"),)
    street = Street(length_max=5)
    growing = scene.growing(street, buttons=stop)
    task = asyncio.create_task(growing.run())
    growing.see(Text("abcdefg"))
    await street.shows(lambda: [part.buttons for part in street.posts.values()] == [(), stop])
    growing.finish(Final("abcdefghij", again))
    await task
    assert [part.buttons for part in street.posts.values()] == [(), again]


async def test_an_answer_may_grow_as_a_draft(scene: Scene) -> None:
    """Nothing is posted until it is whole; where drafts fail, it grows as a post."""
    street = Street()
    await scene.show(street, Text("Once "), final="Once upon a time.", drafts=True)
    assert (street.drafts, street.history) == (["Once "], ["Once upon a time."])
    other = Street(Unclear("no drafts here"))
    await scene.show(other, Text("Once "), Text("upon "), final="Once upon a time.", drafts=True)
    assert other.drafts == []


async def test_nothing_is_sent_into_a_flood_wait(scene: Scene) -> None:
    """Neither signs nor previews: the next call is made when the wait is over."""
    street = Street(None, FloodWait(30))
    began = scene.clock.now
    await scene.show(street, Text("Once "), Text("upon "), final="Once upon a time.")
    assert street.texts() == ["Once upon a time."]
    assert scene.clock.now >= began + 30


async def test_a_preview_that_came_too_soon_keeps_its_turn(scene: Scene) -> None:
    """It is shown when the wait is over, though nothing new was said, and not after one more pause."""
    stage = Stage(None, FloodWait(0.01))
    stage.limits = Limits(first_edits_s=(0.001, 3600.0))
    growing = scene.growing(stage)
    task = asyncio.create_task(growing.run())
    growing.see(Text("Once "))
    await stage.shows(lambda: stage.texts() == ["Once "])
    growing.see(Text("upon "))
    await stage.shows(lambda: stage.texts() == ["Once upon "])
    growing.finish(Final("Once upon a time."))
    await task


async def test_marks_alone_are_not_worth_a_post(scene: Scene) -> None:
    """The first word is, and it does not wait for the pause after them."""
    stage = Stage()
    growing = scene.growing(stage)
    task = asyncio.create_task(growing.run())
    growing.see(Text("- **"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert stage.history == []
    growing.see(Text("Once"))
    await stage.shows(lambda: stage.texts() == ["- **Once"])
    growing.finish(Final("- **Once**"))
    await task


async def test_the_first_words_do_not_wait_for_the_ceiling(scene: Scene) -> None:
    """However much was sent into this chat in the minute before."""
    stage = Stage()
    stage.limits = Limits(first_edits_s=(0.001,), previews_per_minute=2)
    pace = Paces(scene.clock, scene.clock.sleep).of(stage, CHAT)
    for _ in range(5):
        pace.sent()
    growing = Growing(stage, scene.ledger, pace, scene.row, CHAT, "q1", note=SAY.note)
    task = asyncio.create_task(growing.run())
    growing.see(Text("Once"))
    await stage.shows(lambda: stage.texts() == ["Once"])
    growing.finish(Final("Once."))
    await task


async def test_an_empty_answer_leaves_nothing_standing(scene: Scene) -> None:
    """As for a pressed button that says it all."""
    street = Street()
    await scene.show(street, Text("Once "), final="")
    assert street.texts() == []
