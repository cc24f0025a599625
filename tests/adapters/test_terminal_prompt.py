"""What the keys do at the prompt, what is remembered of it, and lines without a terminal."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

import pytest
from prompt_toolkit.input import create_input

from adapters.terminal_prompt import FileHistory, KeyPrompt, LinePrompt, above_prompt, interrupts
from tests.adapters.window import ALT_ENTER, CTRL_C, CTRL_D, ENTER, TAB, UP, Window, pasted

HINT = "Ctrl-C again or Ctrl-D leaves"
COMMANDS = [("help", "what I can do"), ("private", "stays in the house"), ("proof", "nothing much")]


@asynccontextmanager
async def asked(
    window: Window, draft: str = "", history: Path | None = None
) -> AsyncGenerator[asyncio.Task[str | None], None]:
    """A prompt that waits in the window, and what comes of it."""
    keys = create_input(window.stdin)
    prompt = KeyPrompt(keys, window.out, commands=COMMANDS, history=history, leave_hint=HINT)
    async with asyncio.timeout(20):
        reading = asyncio.create_task(prompt.read(draft))
        await window.shows(f"› {draft}".strip())
        yield reading
        await reading


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────


async def test_enter_sends(window: Window) -> None:
    """Enter ends the text."""
    async with asked(window) as reading:
        await window.type("Why is the sky blue?" + ENTER)
    assert reading.result() == "Why is the sky blue?"


async def test_alt_enter_makes_a_new_line(window: Window) -> None:
    """Alt-Enter goes on in a new line."""
    async with asked(window) as reading:
        await window.type("one" + ALT_ENTER + "two" + ENTER)
    assert reading.result() == "one\ntwo"


async def test_pasted_lines_are_one_text(window: Window) -> None:
    """Line ends in what is pasted do not send it."""
    async with asked(window) as reading:
        await window.type(pasted("one\ntwo\n\nthree"))
        await window.shows("three")
        await window.type(ENTER)
    assert reading.result() == "one\ntwo\n\nthree"


async def test_two_megabytes_can_be_pasted(window: Window) -> None:
    """A very long text arrives whole."""
    text = "all work and no play\n" * 100_000
    async with asked(window) as reading:
        await window.type(pasted(text) + ENTER)
    assert reading.result() == text


async def test_bytes_that_are_no_text(window: Window) -> None:
    """NUL, control characters and broken UTF-8 are taken as they come."""
    async with asked(window) as reading:
        await window.send(b"a\xff\xfe" + pasted("\x00\x07").encode() + b"b\r")
    assert (reading.result() or "").startswith("a")
    assert (reading.result() or "").endswith("b")


async def test_tab_completes_a_command(window: Window) -> None:
    """Tab goes as far as it is clear, shows several commands with what they do, and completes one."""
    async with asked(window) as reading:
        await window.type("/p" + TAB)
        await window.shows("stays in the house")
        assert "what I can do" not in window.text
        await window.type("i" + TAB)
        await window.shows("› /private")
        await window.type(" hello" + ENTER)
    assert reading.result() == "/private hello"


async def test_what_is_said_meanwhile_stands_above_the_prompt(window: Window) -> None:
    """The prompt comes again below it, with what was typed so far; without a prompt it is just said."""
    above_prompt("Before.", window.out)
    await window.shows("Before.")
    async with asked(window) as reading:
        await window.type("half a que")
        await window.shows("› half a que")
        above_prompt("A link,\nand a picture.", window.out)
        await window.shows("A link,\nand a picture.\n› half a que")
        await window.type("stion" + ENTER)
    assert reading.result() == "half a question"


async def test_ctrl_c_clears_the_line(window: Window) -> None:
    """With text at the prompt Ctrl-C takes it away, and does not leave."""
    async with asked(window) as reading:
        await window.type("nonsense")
        await window.shows("› nonsense")
        await window.type(CTRL_C)
        await window.asks()
        await window.type("sense" + ENTER)
    assert reading.result() == "sense"


async def test_ctrl_c_twice_leaves(window: Window) -> None:
    """At an empty prompt Ctrl-C says how to leave, and leaves the second time."""
    async with asked(window) as reading:
        await window.type(CTRL_C)
        await window.shows(HINT)
        assert not reading.done()
        await window.type(CTRL_C)
    assert reading.result() is None


async def test_typing_takes_the_hint_back(window: Window) -> None:
    """Who goes on typing after a Ctrl-C does not want to leave."""
    async with asked(window) as reading:
        await window.type(CTRL_C)
        await window.shows(HINT)
        await window.type("x" + CTRL_C)
        await window.asks()
        await window.type(CTRL_C)
        await window.shows(HINT)
        assert not reading.done()
        await window.type(CTRL_D)
    assert reading.result() is None


async def test_ctrl_d_leaves(window: Window) -> None:
    """Ctrl-D at an empty prompt leaves at once."""
    async with asked(window) as reading:
        await window.type(CTRL_D)
    assert reading.result() is None


async def test_a_draft_can_be_edited(window: Window) -> None:
    """A text that could not be accepted stands in the prompt again."""
    async with asked(window, draft="Why is the sky") as reading:
        await window.type(" blue?" + ENTER)
    assert reading.result() == "Why is the sky blue?"


# ── History ───────────────────────────────────────────────────────────────────────────────────────


async def test_history_outlives_the_run(window: Window, tmp_path: Path) -> None:
    """The arrow key brings back what an earlier run was asked."""
    file = tmp_path / "history"
    async with asked(window, history=file):
        await window.type("Why is the sky blue?" + ENTER)
    async with asked(window, history=file) as reading:
        await window.type(UP)
        await window.until(lambda: window.text.count("› Why is the sky blue?") == 2)
        await window.type(ENTER)
    assert reading.result() == "Why is the sky blue?"


def texts(file: Path) -> list[str]:
    """What a later run would find, oldest first."""
    return list(FileHistory(file).load_history_strings())[::-1]


def test_history_is_for_its_owner(tmp_path: Path) -> None:
    """Nobody else on the machine may read the file, even if it was readable before."""
    file = tmp_path / "history"
    file.touch(mode=0o644)
    FileHistory(file).append_string("a question")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_private_questions_are_not_written(tmp_path: Path) -> None:
    """A private question is remembered for the arrow keys, and in no file."""
    history = FileHistory(tmp_path / "history")
    history.append_string("/private what is a good rash cream?")
    history.append_string(" /PRIVATE and this?")
    history.append_string("a question")
    assert "/private what is a good rash cream?" in history.get_strings()
    assert texts(tmp_path / "history") == ["a question"]


@pytest.mark.parametrize("text", ["one\ntwo", "Grüße 🌊", "\ud800 alone", "\x00\x1b[2J", '"quoted"\\'])
def test_history_keeps_any_text(tmp_path: Path, text: str) -> None:
    """Whatever can be typed is kept as it was."""
    FileHistory(tmp_path / "history").append_string(text)
    assert texts(tmp_path / "history") == [text]


def test_history_keeps_no_secret(tmp_path: Path) -> None:
    """Whatever that is: whoever makes it says so."""
    history = FileHistory(tmp_path / "history", secret=lambda text: "canary" in text)
    history.append_string("a canary")
    history.append_string("a question")
    assert texts(tmp_path / "history") == ["a question"]
    assert list(history.get_strings())[-2:] == ["a canary", "a question"]


def test_history_does_not_grow_for_ever(tmp_path: Path) -> None:
    """Of very many lines the last thousand are kept; a pasted book is not kept at all."""
    file = tmp_path / "history"
    history = FileHistory(file)
    for number in range(2_500):
        history.append_string(f"question {number}")
    history.append_string("book " * 10_000)
    assert texts(file) == [f"question {number}" for number in range(1_500, 2_500)]
    assert len(file.read_text().splitlines()) == 1_000


def test_a_damaged_history_is_read_as_far_as_possible(tmp_path: Path) -> None:
    """Lines that make no sense are passed over."""
    file = tmp_path / "history"
    file.write_bytes(b'"one"\n\xff\xfe\nnot json\n"two"\n')
    assert texts(file) == ["one", "two"]


def test_a_history_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A folder that is not there stops nobody from asking."""
    history = FileHistory(tmp_path / "missing" / "history")
    history.append_string("a question")
    assert history.get_strings() == ["a question"]
    assert texts(tmp_path / "missing" / "history") == []


# ── Lines without a terminal ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, BinaryIO]]:
    """What the program reads from, and what is written into it."""
    theirs, ours = os.pipe()
    with open(theirs, encoding="utf-8") as stdin, open(ours, "wb") as pipe:
        yield stdin, pipe


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"", []),
        (b"one\ntwo\r\n\nthree", ["one", "two", "", "three"]),
        (b"a\x00b\n\xff\n", ["a\x00b", "\ufffd"]),
        (b"x" * 2_000_000 + b"\nend\n", ["x" * 2_000_000, "end"]),
    ],
)
async def test_lines_from_a_pipe(pipe: tuple[TextIO, BinaryIO], data: bytes, read: list[str]) -> None:
    """Each line is a text, however long and of whatever bytes, until there are no more."""
    stdin, writing = pipe

    def write() -> None:
        with writing:
            writing.write(data)

    prompt = LinePrompt(stdin, None, HINT)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(write))
        for line in read:
            assert await prompt.read("") == line
        assert await prompt.read("") is None


async def test_ctrl_c_without_a_terminal(pipe: tuple[TextIO, BinaryIO], window: Window) -> None:
    """As a signal Ctrl-C does what the key does: it says how to leave, then leaves."""
    async with asyncio.timeout(20):
        reading = asyncio.create_task(LinePrompt(pipe[0], window.out, HINT).read(""))
        await window.shows("›")
        signal.raise_signal(signal.SIGINT)
        await window.shows(HINT)
        signal.raise_signal(signal.SIGINT)
        assert await reading is None


async def test_ctrl_c_is_given_back() -> None:
    """When nothing is waited for any more, Ctrl-C means what it meant before."""
    pressed, pressed_before = asyncio.Event(), asyncio.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed_before.set())
    try:
        with interrupts(None, pressed.set):
            signal.raise_signal(signal.SIGINT)
            await asyncio.wait_for(pressed.wait(), 10)
        assert not pressed_before.is_set()
        pressed.clear()
        signal.raise_signal(signal.SIGINT)
        for _ in range(5):  # turns of the loop, in which a handler left behind would be called
            await asyncio.sleep(0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed_before.is_set()
    assert not pressed.is_set()
