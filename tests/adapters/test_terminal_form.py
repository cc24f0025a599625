"""The form at a pseudo-terminal: a paste is one answer, and nothing is shown that nobody should see."""

import asyncio
import termios
from collections.abc import AsyncGenerator

import pytest

from adapters.terminal_form import TerminalForm
from tests.adapters.window import CTRL_D, ENTER, Window, pasted

SECRET = "canary-key-that-nobody-may-ever-see"


@pytest.fixture
async def window() -> AsyncGenerator[Window, None]:
    opened = Window()
    try:
        yield opened
    finally:
        opened.close()


def form_at(window: Window, *, draws: bool = True) -> TerminalForm:
    return TerminalForm(window.stdin, window.out, draws=draws)


async def answered(window: Window, form: TerminalForm, keys: str, *, secret: bool = False) -> str:
    """What is typed when the question stands there."""
    asking = asyncio.create_task(form.ask("How?", secret=secret))
    await window.shows("How?:")
    await window.type(keys)
    return await asking


async def test_a_paste_of_several_lines_is_one_answer(window: Window) -> None:
    """Also in a terminal that hands over its lines as if they had been typed: none of them answers the next
    question."""
    with form_at(window) as form:
        assert await answered(window, form, pasted("one\ntwo") + ENTER) == "one\ntwo"
        assert (await answered(window, form, f"one{ENTER}two{ENTER}three{ENTER}")).split() == [
            *("one", "two", "three")
        ]
        assert await answered(window, form, f"  four {ENTER}") == "four"


async def test_what_is_typed_while_nothing_is_asked_is_neither_shown_nor_an_answer(window: Window) -> None:
    """It may be the rest of a key."""
    with form_at(window) as form:
        await window.type(SECRET + ENTER)
        form.tell("I look …")
        await window.shows("I look …")
        assert await answered(window, form, f"yes{ENTER}") == "yes"
    assert SECRET.encode() not in window.written


async def test_a_secret_is_shown_as_stars(window: Window) -> None:
    """One for each letter."""
    with form_at(window) as form:
        assert await answered(window, form, SECRET + ENTER, secret=True) == SECRET
    await window.shows("*" * len(SECRET))
    assert SECRET.encode() not in window.written


async def test_a_terminal_that_cannot_draw_shows_nothing_of_a_secret(window: Window) -> None:
    """And all of what is none."""
    with form_at(window, draws=False) as form:
        for question, words in (("How?", "plain"), ("Key?", SECRET)):
            ask = form.ask(question, secret=words == SECRET)
            asking = asyncio.create_task(asyncio.to_thread(asyncio.run, ask))
            await window.shows(f"{question}:")
            await window.type(f"{words}\n")
            assert await asking == words
    assert b"plain" in window.written
    assert SECRET.encode() not in window.written


async def test_one_can_leave_at_any_question(window: Window) -> None:
    """And the terminal is as it was before."""
    before = termios.tcgetattr(window.stdin)
    with form_at(window) as form, pytest.raises(EOFError):
        await answered(window, form, CTRL_D)
    assert termios.tcgetattr(window.stdin) == before


async def test_a_line_is_broken_between_words_only(window: Window) -> None:
    """A link stays in one piece, and so does a row of a picture."""
    link, row = "https://example.org/" + "x" * 100, "█ ▀▄ " * 30
    with form_at(window) as form:
        form.tell(f"  words {'and ' * 30}\n{link}\n{row}")
    await asyncio.to_thread(window.out.flush)
    await window.until(lambda: window.written.count(b"\r\n") >= 4)
    lines = window.written.decode().split("\r\n")
    assert link in lines
    assert row in lines
    assert all(line.startswith("  ") for line in lines if "and" in line)
