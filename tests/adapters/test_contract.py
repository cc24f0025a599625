"""What the program may rely on with every chat platform."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from core.errors import PlatformError
from core.types import Chat, Incoming, Part
from tests.adapters.contract import STAGES, Stage
from tests.adapters.window import Window


@pytest.fixture(params=sorted(STAGES))
async def stage(request: pytest.FixtureRequest, window: Window) -> AsyncGenerator[Stage, None]:
    async with STAGES[request.param](window) as stage:
        yield stage


async def ask(stage: Stage, text: str) -> Incoming:
    await stage.say(text)
    return await stage.said.get()


async def finish(stage: Stage, question: Incoming, text: str, key: str) -> str:
    [part] = stage.adapter.render(text, final=True)
    return await stage.adapter.post(question.chat, part, reply_to=question.post, key=key)


async def test_what_a_person_writes_is_handed_in(stage: Stage) -> None:
    """Each thing a person writes is handed in once, with its words, its chat and an id of its own."""
    first = await ask(stage, "Good morning")
    await finish(stage, first, "Hello.", "1-0")
    second = await ask(stage, "Good morning")
    assert first.text == second.text == "Good morning"
    assert first.chat == second.chat
    assert first.post != second.post
    assert first.chat.platform == first.person.platform == stage.adapter.platform
    assert stage.said.empty()


async def test_an_answer_grows(stage: Stage) -> None:
    """A post shows the state it was given last, and at the end the whole answer, once."""
    question = await ask(stage, "Why?")
    [part] = stage.adapter.render("Because it", final=False)
    post = await stage.adapter.post(question.chat, part, reply_to=question.post, key="1-0")
    await stage.until(lambda text: "Because it" in text)
    [part] = stage.adapter.render("Because it is so.", final=True)
    await stage.adapter.edit(question.chat, post, part)
    await stage.until(lambda text: text.count("Because it is so.") == 1)
    assert stage.text.count("Because") == 1


async def test_the_same_key_is_the_same_post(stage: Stage) -> None:
    """A post that is sent again under its key is the same post, and stands there once, where the platform
    knows it by that key."""
    if not stage.keyed:
        pytest.skip("the platform knows no keys: a post whose fate is unknown is looked for instead")
    question = await ask(stage, "Why?")
    first = await finish(stage, question, "Because it is so.", "1-0")
    again = await finish(stage, question, "Because it is so.", "1-0")
    await finish(stage, await ask(stage, "Really?"), "Yes.", "2-0")
    await stage.until(lambda text: "Yes." in text)
    assert first == again
    assert stage.text.count("Because it is so.") == 1


async def test_repeating_an_edit_is_harmless(stage: Stage) -> None:
    """An edit may be sent again when it is not known whether it happened."""
    question = await ask(stage, "Why?")
    post = await finish(stage, question, "Because it is so.", "1-0")
    [part] = stage.adapter.render("Because it is so.", final=True)
    await stage.adapter.edit(question.chat, post, part)
    await finish(stage, await ask(stage, "Really?"), "Yes.", "2-0")
    await stage.until(lambda text: "Yes." in text)
    assert stage.text.count("Because it is so.") == 1


async def test_the_sign_of_work_goes_away(stage: Stage) -> None:
    """The note that an answer is on its way is gone when the answer is there."""
    question = await ask(stage, "Why?")
    await stage.adapter.typing(question.chat, "Alpha is answering")
    await finish(stage, question, "Because it is so.", "1-0")
    await stage.until(lambda text: "Because it is so." in text and "Alpha" not in text)


async def test_an_answer_of_an_earlier_run_is_finished(stage: Stage) -> None:
    """A post that an earlier run began is finished by editing it, where the platform resumes."""
    if not stage.adapter.resumes:
        pytest.skip("nothing of an earlier run is answered here")
    question = await ask(stage, "Why?")
    await finish(stage, question, "Because it is so.", "1-0")
    [part] = stage.adapter.render("An answer that was still owed.", final=True)
    await stage.adapter.edit(question.chat, stage.earlier, part)
    await stage.until(lambda text: text.count("An answer that was still owed.") == 1)


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("text", ["", "Short.", "A paragraph of words.\n\n" * 1000])
def test_rendering_loses_nothing(stage: Stage, text: str, final: bool) -> None:
    """However long a text is, it becomes at least one part, and the parts hold all of its words."""
    parts = stage.adapter.render(text, final)
    assert parts
    assert " ".join(part.text for part in parts).split() in (text.split(), text.split() or ["…"])
    assert all(part.final == final for part in parts[-1:])


def test_the_limits_are_sound(stage: Stage) -> None:
    """There is a pace for edits, and no pause in it is none at all."""
    assert stage.adapter.limits.first_edits_s
    assert min(stage.adapter.limits.first_edits_s) > 0


async def test_only_platform_errors_leave(stage: Stage) -> None:
    """Whatever is done to a post that does not exist either does nothing or is a `PlatformError`."""
    nowhere = Chat(stage.adapter.platform, "nowhere")
    for call in (
        stage.adapter.edit(nowhere, "no post", Part("a state nobody waits for")),
        stage.adapter.delete(nowhere, "no post"),
        stage.adapter.typing(nowhere, ""),
        stage.adapter.picture(nowhere, b"", "A caption"),
    ):
        try:
            async with asyncio.timeout(10):
                await call
        except PlatformError:
            pass
