"""A single question on the command line; the test plays the rest of the program."""

import io
import signal
import subprocess
import sys
from typing import TextIO

import pytest

from adapters.terminal import Once
from core.errors import StorageError
from tests.adapters.contract import WORDS
from tests.adapters.talks import talking
from tests.adapters.window import CTRL_C, Window


def once(out: TextIO, notes: TextIO | None = None, stdin: TextIO | None = None) -> Once:
    return Once("Why?", WORDS, stdin=stdin or io.StringIO(), out=out, notes=notes or io.StringIO())


async def test_one_question_into_a_pipe() -> None:
    """Into a pipe only the whole answer is written, even if it began otherwise; then it is over."""
    out, notes = io.StringIO(), io.StringIO()
    async with talking(once(out, notes)) as talk:
        question = await talk.said.get()
        assert question.text == "Why?"
        await talk.adapter.typing(question.chat, "Alpha is answering")
        await talk.grow(question, "Wrong from the sta")
        assert out.getvalue() == ""
        await talk.finish(question, "Because **it** is so.")
        await talk.left()
    assert out.getvalue() == "Because **it** is so.\n"
    assert notes.getvalue() == ""


async def test_one_question_on_a_terminal(window: Window) -> None:
    """On a terminal the answer grows, and nothing but the answer is left in the end."""
    async with talking(once(window.out)) as talk:
        question = await talk.said.get()
        await talk.grow(question, "Because **it**")
        await window.shows("Because it")
        await talk.finish(question, "Because **it** is so.")
        await talk.left()
        await window.until(lambda: window.text == "Because it is so.")


async def test_notes_are_for_a_person_who_looks_on(window: Window) -> None:
    """Who is answering is told beside the pipe, if there is a terminal."""
    async with talking(once(io.StringIO(), notes=window.out)) as talk:
        question = await talk.said.get()
        await talk.adapter.typing(question.chat, "Alpha is answering")
        await window.until(lambda: window.text == "Alpha is answering")


async def test_each_single_question_has_a_chat_of_its_own() -> None:
    """What was asked once is no part of a later conversation."""
    async with talking(once(io.StringIO())) as first, talking(once(io.StringIO())) as second:
        assert (await first.said.get()).chat != (await second.said.get()).chat


async def test_ctrl_c_stops_a_single_question() -> None:
    """Ctrl-C hands in /stop; what there is of the answer is written, and that it was stopped is known."""
    adapter = once(io.StringIO())
    async with talking(adapter) as talk:
        question = await talk.said.get()
        assert not adapter.stopped
        signal.raise_signal(signal.SIGINT)
        stop = await talk.said.get()
        assert stop.text == "/stop"
        await talk.finish(question, "Because")
        await talk.finish(stop, "Stopped.")
        await talk.left()
    assert adapter.stopped


async def test_ctrl_c_on_a_terminal_stops_a_single_question(window: Window) -> None:
    """On a terminal Ctrl-C is a key, and does the same; a second one does not wait."""
    adapter = once(window.out, stdin=window.stdin)
    async with talking(adapter) as talk:
        await talk.said.get()
        await window.shows("Ctrl-C stops")
        await window.type(CTRL_C)
        assert (await talk.said.get()).text == "/stop"
        await window.type(CTRL_C)
        await talk.left()
    assert adapter.stopped


async def test_a_single_question_that_is_not_saved() -> None:
    """If it cannot be accepted, `run` says so."""
    adapter = once(io.StringIO())
    async with talking(adapter) as talk:
        talk.disk = StorageError("The disk is full.")
        with pytest.raises(StorageError):
            await talk.left()


CLOSED_PIPE = """
import asyncio, sys
from adapters.terminal import Once
from core.types import Part
from tests.adapters.contract import WORDS

async def main():
    once = Once("Why?", WORDS)
    async def accept(incomings, cursor):
        sys.stdin.readline()  # until the other end of the pipe is closed
        part = Part("Because it is so. " * 10_000, final=True)
        for incoming in incomings:
            asyncio.create_task(once.post(incoming.chat, part, reply_to=incoming.post, key="1-0"))
    await once.run(accept)

asyncio.run(main())
"""


def test_a_closed_pipe_is_no_failure() -> None:
    """`porchlight ask … | head -1` ends without a word of complaint."""
    program = subprocess.Popen(
        [sys.executable, "-c", CLOSED_PIPE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdin
    assert program.stdout
    program.stdout.close()
    with program:
        program.stdin.write(b"closed\n")
        program.stdin.close()
        assert program.stderr
        assert program.stderr.read() == b""
    assert program.returncode == 0
