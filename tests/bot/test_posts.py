"""A growing post: never behind its final text, never smaller than before, never lost."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.posts import Growing
from core.errors import BadFormat, FloodWait, Gone, PlatformError, Unclear
from core.inbox import Inbox
from core.ledger import Ledger
from core.storage import open_database
from core.types import Chat, Event, Incoming, Part, Person, Restart, Status, Text
from tests.fakes import Clock, Stage

CHAT = Chat("stage", "1")


class Scene:
    """One question on disk, and its answer growing on a stage."""

    def __init__(self, ledger: Ledger, row: int) -> None:
        self.ledger = ledger
        self.row = row
        self.clock = Clock()

    def growing(self, stage: Stage) -> Growing:
        return Growing(stage, self.ledger, self.row, CHAT, "q1", sleep=self.clock.sleep)

    async def show(self, stage: Stage, *events: Event, final: str) -> None:
        """Every event is given the time to be shown before the next one comes."""
        growing = self.growing(stage)
        async with asyncio.TaskGroup() as group:
            group.create_task(growing.run())
            for event in events:
                stage.moved.clear()
                growing.see(event)
                await asyncio.wait_for(stage.moved.wait(), 5)
            growing.finish(final)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene, None]:
    async with open_database(tmp_path / "test.db") as database:
        incoming = Incoming(CHAT, Person("stage", "7"), "q1", "Why?", 1.0)
        (row,) = await Inbox(database, Clock()).accept("stage", [incoming], None)
        yield Scene(Ledger(database), row)


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
    growing.finish("x" * 1000)
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
    growing.finish("Yes.")
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
    growing.finish("Once upon a time.")
    await task
    assert stage.history == ["Once upon a time."]
