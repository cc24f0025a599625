"""The chat in the terminal; the test plays the rest of the program."""

import asyncio
import io
import os
from collections.abc import AsyncGenerator, Iterator
from typing import BinaryIO, TextIO

import pytest

from adapters.terminal import Terminal
from core.errors import StorageError, Unclear
from core.types import Chat, Incoming, Part
from tests.adapters.contract import WORDS
from tests.adapters.talks import Talk, talking
from tests.adapters.window import CTRL_C, CTRL_D, ENTER, Window, pasted

HOME = Chat("terminal", "home")


@pytest.fixture
async def talk(window: Window) -> AsyncGenerator[Talk, None]:
    """The chat, with its first prompt on the screen."""
    async with talking(Terminal(WORDS, stdin=window.stdin, out=window.out, name="Ada")) as talk:
        await window.asks()
        yield talk


async def ask(talk: Talk, window: Window, text: str) -> Incoming:
    await window.asks()
    await window.type(text + ENTER)
    return await talk.said.get()


# ── Asking ────────────────────────────────────────────────────────────────────────────────────────


async def test_it_begins_with_a_greeting(talk: Talk, window: Window) -> None:
    """The greeting stands above the first prompt."""
    await window.until(lambda: window.text == "Welcome.\n\n›")


async def test_a_question_and_its_answer(talk: Talk, window: Window) -> None:
    """What is typed is handed in, its answer stands below, and then the next one may be asked."""
    question = await ask(talk, window, "Why is the sky blue?")
    assert (question.text, question.person.id, question.person.name) == (
        "Why is the sky blue?",
        "local",
        "Ada",
    )
    await talk.finish(question, "Because of **scattering**.")
    await window.until(
        lambda: window.text.endswith("\n\n› Why is the sky blue?\n\nBecause of scattering.\n\n›")
    )


async def test_ids_are_never_repeated(window: Window) -> None:
    """Each question has an id of its own, even if the clock stands still."""
    async with talking(
        Terminal(WORDS, stdin=window.stdin, out=window.out, now_ns=lambda: 1_000_000_000)
    ) as talk:
        first = await ask(talk, window, "one")
        await talk.finish(first, "1")
        second = await ask(talk, window, "two")
        assert first.post != second.post
        assert first.said_at == 1.0


async def test_nothing_is_asked_before_the_answer_is_whole(talk: Talk, window: Window) -> None:
    """What is typed while an answer grows waits for the next prompt."""
    first = await ask(talk, window, "one")
    await talk.grow(first, "The fir")
    await window.shows("The fir")
    await window.type("two" + ENTER)
    await window.shows("Ctrl-C stops")
    assert talk.said.empty()
    assert "two" not in window.text
    await talk.finish(first, "The first.")
    assert (await talk.said.get()).text == "two"


@pytest.mark.parametrize("nothing", ["", "   ", "\t"])
async def test_an_empty_line_asks_nothing(talk: Talk, window: Window, nothing: str) -> None:
    """A line without words is not handed in; the prompt comes again."""
    await window.type(pasted(nothing) + ENTER)
    await window.until(lambda: window.text.count("›") == 2)
    assert talk.said.empty()


async def test_any_bytes_become_text(talk: Talk, window: Window) -> None:
    """What is handed in can be written to a disk and sent over a wire, whatever was typed."""
    await window.send(b"caf\xe9 \xf0\x9f\x8c\x8a" + pasted("\x00 a\nb").encode() + b"\r")
    text = (await talk.said.get()).text
    assert text.encode().decode() == text
    assert text == "caf\ufffd 🌊\x00 a\nb"


# ── The answer ────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_answering_is_told(talk: Talk, window: Window) -> None:
    """A status line says who answers and how to stop it, until the answer is whole."""
    question = await ask(talk, window, "Why?")
    await talk.adapter.typing(question.chat, "Alpha is answering")
    await window.shows("Alpha is answering · Ctrl-C stops")
    await talk.grow(question, "Because")
    await window.until(lambda: "Because" in window.text and "Alpha is answering" in window.text)
    await talk.finish(question, "Because it is so.")
    await window.asks()
    assert "Alpha" not in window.text
    assert "Ctrl-C" not in window.text


async def test_an_earlier_answer_does_not_disturb_typing(talk: Talk, window: Window) -> None:
    """An answer that an earlier run owed comes above the prompt, with a word of what it is; what is
    being typed stays."""
    await window.type("Why is the s")
    await window.shows("› Why is the s")
    await talk.adapter.edit(HOME, "0-0", Part("An unfinished ans"))
    await talk.adapter.edit(HOME, "0-0", Part("An owed answer.", final=True))
    await window.shows("An owed answer.")
    await window.until(
        lambda: window.text.endswith("To an earlier question:\n\nAn owed answer.\n\n› Why is the s")
    )
    await window.type("ky blue?" + ENTER)
    assert (await talk.said.get()).text == "Why is the sky blue?"


async def test_who_answers_an_earlier_question_is_not_told(talk: Talk, window: Window) -> None:
    """Nobody waits for that, and it is not who answers the next one."""
    await talk.adapter.typing(HOME, "Alpha is answering")
    await talk.adapter.edit(HOME, "0-0", Part("An owed answer.", final=True))
    question = await ask(talk, window, "Why?")
    await talk.grow(question, "Because")
    await window.until(lambda: "Because" in window.text and "Ctrl-C stops" in window.text)
    assert "Alpha" not in window.text


async def test_an_earlier_answer_waits_for_the_growing_one(talk: Talk, window: Window) -> None:
    """One answer never appears in the middle of another."""
    question = await ask(talk, window, "Why?")
    await talk.grow(question, "Because\n\nit is\n\nso and")
    await talk.adapter.post(HOME, Part("An owed answer.", final=True), reply_to="1", key="0-0")
    await window.shows("so and")
    assert "owed" not in window.text
    await talk.finish(question, "Because\n\nit is\n\nso and not otherwise.")
    label_and_answer = "To an earlier question:\n\nAn owed answer."
    await window.until(lambda: window.text.endswith(f"otherwise.\n\n{label_and_answer}\n\n›"))


async def test_what_the_house_says_itself(talk: Talk, window: Window) -> None:
    """A post that answers nothing is shown as it is."""
    await talk.adapter.post(HOME, Part("A node is out.", final=True), reply_to=None, key="news")
    await window.shows("A node is out.")
    assert WORDS.earlier not in window.text


async def test_a_picture_is_its_caption(talk: Talk, window: Window) -> None:
    """Where pictures cannot be shown, the words for them are."""
    await talk.adapter.picture(HOME, b"\x89PNG", "Answers per day")
    await window.shows("Answers per day")


async def test_an_answer_may_be_deleted(talk: Talk, window: Window) -> None:
    """A deleted answer goes away while it grows; another one may take its place."""
    question = await ask(talk, window, "Why?")
    await talk.grow(question, "Because")
    await window.shows("Because")
    await talk.adapter.delete(question.chat, f"to {question.post}")
    await window.until(lambda: "Because" not in window.text)
    await talk.finish(question, "For this reason.")
    await window.asks()
    assert window.text.count("reason") == 1


# ── Stopping and leaving ──────────────────────────────────────────────────────────────────────────


async def test_ctrl_c_stops_the_answer(talk: Talk, window: Window) -> None:
    """Ctrl-C while an answer grows hands in /stop; both answers are waited for."""
    question = await ask(talk, window, "Why?")
    await talk.grow(question, "Because")
    await window.shows("Because")
    await window.type(CTRL_C)
    stop = await talk.said.get()
    assert (stop.text, stop.chat, stop.person) == ("/stop", question.chat, question.person)
    await talk.finish(stop, "Stopped.")
    await window.shows("Ctrl-C stops")
    await talk.finish(question, "Because (unfinished)")
    await window.until(lambda: window.text.endswith("Because (unfinished)\n\nStopped.\n\n›"))


async def test_ctrl_c_forgets_what_was_typed_ahead(talk: Talk, window: Window) -> None:
    """What was typed before Ctrl-C was meant for the answer that is stopped, not for the next prompt."""
    question = await ask(talk, window, "Why?")
    await window.shows("Ctrl-C stops")
    await window.type("half a question" + CTRL_C)
    await talk.finish(await talk.said.get(), "Stopped.")
    await talk.finish(question, "Nothing.")
    await window.asks()


async def test_a_stop_is_for_one_answer(talk: Talk, window: Window) -> None:
    """The question after a stopped one is not stopped."""
    question = await ask(talk, window, "Why?")
    await window.shows("Ctrl-C stops")
    await window.type(CTRL_C)
    await talk.finish(await talk.said.get(), "Stopped.")
    await talk.finish(question, "Nothing.")
    another = await ask(talk, window, "Really?")
    await talk.grow(another, "Yes")
    await window.shows("Ctrl-C stops")
    assert talk.said.empty()


async def test_a_second_ctrl_c_leaves(talk: Talk, window: Window) -> None:
    """Who presses Ctrl-C again does not wait: what was shown stays, and nothing more of it comes."""
    question = await ask(talk, window, "Why?")
    await talk.grow(question, "Because\n\nit")
    await window.shows("it")
    await window.type(CTRL_C)
    stop = await talk.said.get()
    await window.type(CTRL_C)
    await talk.left()
    await window.until(lambda: window.text.endswith("› Why?\n\nBecause\n\nit"))
    await talk.finish(stop, "Stopped.")
    await talk.finish(question, "Because\n\nit (unfinished)")
    await talk.adapter.edit(HOME, "0-0", Part("An owed answer.", final=True))
    await window.shows("An owed answer.")
    assert "Stopped" not in window.text
    assert "unfinished" not in window.text


async def test_an_answer_may_come_while_the_program_ends(talk: Talk, window: Window) -> None:
    """When the chat is broken off from outside, an answer that still gets done is shown whole."""
    question = await ask(talk, window, "Why?")
    await talk.grow(question, "Because\n\nit")
    await window.shows("it")
    talk.running.cancel()
    await asyncio.wait({talk.running})
    await talk.grow(question, "Because\n\nit is")
    await talk.finish(question, "Because\n\nit is so.")
    await window.until(lambda: window.text.endswith("Because\n\nit\n\nBecause\n\nit is so."))


async def test_ctrl_c_twice_at_the_prompt_leaves(talk: Talk, window: Window) -> None:
    """At an empty prompt Ctrl-C tells how to leave; the second one does."""
    await window.type(CTRL_C)
    await window.shows(WORDS.leave_hint)
    await window.type(CTRL_C)
    await talk.left()
    assert talk.said.empty()


async def test_ctrl_c_after_the_answer_is_for_the_prompt(talk: Talk, window: Window) -> None:
    """An answer that was stopped does not count towards leaving."""
    question = await ask(talk, window, "Why?")
    await window.shows("Ctrl-C stops")
    await window.type(CTRL_C)
    await talk.finish(await talk.said.get(), "Stopped.")
    await talk.finish(question, "Nothing.")
    await window.asks()
    await window.type(CTRL_C)
    await window.shows(WORDS.leave_hint)
    assert not talk.running.done()


async def test_ctrl_d_leaves(talk: Talk, window: Window) -> None:
    """Ctrl-D ends the chat."""
    await window.type(CTRL_D)
    await talk.left()


async def test_a_closed_window_ends_the_chat(talk: Talk, window: Window) -> None:
    """When the terminal goes away in the middle of an answer, the chat ends, and the answer is not
    taken for shown."""
    question = await ask(talk, window, "Why?")
    window.hang_up()
    await talk.left()
    with pytest.raises(Unclear):
        await talk.finish(question, "Because.")


# ── The disk ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_not_saved_can_be_sent_again(talk: Talk, window: Window) -> None:
    """If it cannot be accepted, the reason is told and the text stands in the prompt again."""
    talk.disk = StorageError("The disk is full: free some space.")
    await window.type("Why is the sky blue?" + ENTER)
    await window.shows("Not saved: The disk is full: free some space.")
    await window.until(lambda: window.text.endswith("› Why is the sky blue?"))
    talk.disk = None
    await window.type(ENTER)
    assert (await talk.said.get()).text == "Why is the sky blue?"


async def test_a_stop_that_was_not_saved(talk: Talk, window: Window) -> None:
    """If /stop cannot be accepted, that is told, and the answer goes on."""
    question = await ask(talk, window, "Why?")
    talk.disk = StorageError("The disk is full: free some space.")
    await window.shows("Ctrl-C stops")
    await window.type(CTRL_C)
    await window.shows("The disk is full")
    await talk.finish(question, "Because.")
    await window.asks()


# ── Without a terminal that can do it ─────────────────────────────────────────────────────────────


async def test_a_dumb_terminal(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that cannot move its cursor gets plain lines, and sees who is answering."""
    monkeypatch.setenv("TERM", "dumb")
    async with talking(Terminal(WORDS, stdin=window.stdin, out=window.out)) as talk:
        question = await ask(talk, window, "Why?")
        await talk.adapter.typing(question.chat, "Alpha is answering")
        await talk.grow(question, "Because")
        await talk.finish(question, "Because **it** is so.")
        await window.asks()
        assert "Alpha is answering" in window.text
        assert window.text.count("Because") == 1
        assert b"\x1b" not in window.written
        await window.type("\x04")
        await talk.left()


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, BinaryIO]]:
    """What the program reads from, and what is written into it."""
    theirs, ours = os.pipe()
    with open(theirs, encoding="utf-8") as stdin, open(ours, "wb") as pipe:
        yield stdin, pipe


async def test_questions_from_a_pipe(pipe: tuple[TextIO, BinaryIO]) -> None:
    """Each line of a pipe is a question; only the answers are written, and the end of the lines is the
    end."""
    stdin, writing = pipe
    writing.write(b"one\n\ntwo\n")
    writing.close()
    out = io.StringIO()
    async with talking(Terminal(WORDS, stdin=stdin, out=out)) as talk:
        for text, answer in (("one", "First."), ("two", "Second.")):
            question = await talk.said.get()
            assert question.text == text
            await talk.finish(question, answer)
        await talk.left()
    assert out.getvalue() == "First.\n\nSecond.\n"
