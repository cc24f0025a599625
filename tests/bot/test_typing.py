"""The sign of typing: until something stands in the chat, and never where it does harm."""

import asyncio

from bot.pace import Paces
from bot.posts import Final, Growing
from core.errors import PlatformError, Unclear
from core.types import Chat, Limits, Part, Text
from tests.bot.growing import CHAT, Scene, scene
from tests.bot.scenes import SAY
from tests.fakes import Stage

__all__ = ["scene"]


class Hanging(Stage):
    """A stage on which every new post takes as long as it is held up."""

    def __init__(self, *troubles: PlatformError | None) -> None:
        super().__init__(*troubles)
        self.limits = Limits(first_edits_s=(0.001,), typing_s=0.0)
        self.goes_on = asyncio.Semaphore(0)

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        await self.goes_on.acquire()
        return await super().post(chat, part, reply_to=reply_to, key=key)


async def test_the_sign_of_typing_stays_until_the_first_post_stands(scene: Scene) -> None:
    """However long the platform takes for it; and no longer, though the answer goes on growing."""
    stage = Hanging()
    growing = scene.growing(stage)
    task = asyncio.create_task(growing.run())
    growing.see(Text("Once "))
    await stage.shows(lambda: len(stage.notes) > 3)
    stage.goes_on.release()
    await stage.shows(lambda: stage.texts() == ["Once "])
    growing.see(Text("upon "))
    await stage.shows(lambda: stage.texts() == ["Once upon "])
    before = len(stage.notes)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(stage.notes) == before
    growing.finish(Final("Once upon a time."))
    await task


async def test_no_sign_of_typing_is_sent_once_the_answer_is_whole(scene: Scene) -> None:
    """While what may stand there twice is looked for, floods are waited for of which nobody else knows."""
    stage = Hanging(Unclear("it took too long"))
    growing = scene.growing(stage)
    task = asyncio.create_task(growing.run())
    growing.see(Text("Once "))
    await stage.shows(lambda: len(stage.notes) > 3)
    growing.finish(Final("Once upon a time."))
    stage.goes_on.release()
    await stage.shows(lambda: not stage.troubles)
    before = len(stage.notes)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(stage.notes) == before
    stage.goes_on.release()
    await task
    assert stage.texts() == ["Once upon a time."]


async def test_no_sign_of_typing_is_sent_into_a_flood_wait(scene: Scene) -> None:
    """Whoever in this chat was told to wait, and whatever is on its way meanwhile."""
    stage = Hanging()
    pace = Paces(scene.clock, scene.clock.sleep).of(stage, CHAT)
    growing = Growing(stage, scene.ledger, pace, scene.row, CHAT, "q1", note=SAY.note)
    task = asyncio.create_task(growing.run())
    growing.see(Text("Once "))
    await stage.shows(lambda: len(stage.notes) > 3)
    pace.hold(30)
    before = len(stage.notes)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(stage.notes) == before
    growing.finish(Final("Once."))
    stage.goes_on.release()
    await task
