"""How an answer grows on the screen, seen through a terminal emulator."""

import io
import os

import pytest

from adapters.terminal_view import LiveView, PlainView, open_view
from tests.adapters.window import Window
from tests.fakes import Clock

HINT = "Ctrl-C stops"

CODE = [f"x_{number} = {number}" for number in range(40)]
LONG = "\n".join(
    [
        "# Tides",
        "",
        "The sea rises and **falls** twice a day, because the *moon* pulls at the water.",
        "",
        "## Where",
        "",
        *(
            f"- Place number {number} is a place with so many words that its line wraps"
            for number in range(12)
        ),
        "",
        "1. first",
        "2. second",
        "   - and below it",
        "",
        "```python",
        *CODE,
        "```",
        "",
        "| Bay | Height |",
        "|-----|-------:|",
        "| Fundy | 16 m |",
        "| Kiel | 0 m |",
        "",
        "> A quote",
        "> of two lines",
        "",
        "The end.",
    ]
)


class SlowClock(Clock):
    """A clock on which everything takes a second."""

    def __call__(self) -> float:
        self.advance(1)
        return self.now


def live(window: Window) -> LiveView:
    """A view that is never too busy to draw: its clock stands still."""
    return LiveView(window.out, HINT, Clock())


def grow(view: LiveView, text: str, step: int) -> None:
    view.tick()
    for length in range(1, len(text), step):
        view.show(text[:length], final=False)
        view.tick()
    view.show(text, final=True)
    view.rest()


async def seen_at_once(text: str, columns: int, rows: int) -> list[str]:
    """What the window shows of a text that did not grow."""
    window = Window(columns, rows)
    try:
        view = live(window)
        view.tick()
        view.show(text, final=True)
        view.rest()
        view.say("That was all.")
        await window.shows("That was all.")
        return window.all
    finally:
        window.close()


# ── A live view ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("columns", "rows"), [(60, 20), (100, 50), (24, 8), (40, 4)])
async def test_a_long_answer_stands_there_once(window: Window, columns: int, rows: int) -> None:
    """An answer longer than the screen, grown in small steps, leaves the same lines behind as one that
    came at once: none twice, none missing."""
    window.resize(columns, rows)
    view = live(window)
    grow(view, LONG, step=9)
    view.say("That was all.")
    await window.shows("That was all.")
    assert [line for line in window.all if line] == [
        line for line in await seen_at_once(LONG, columns, rows) if line
    ]
    assert [line.strip() for line in window.all if "x_" in line] == CODE


async def test_the_newest_lines_are_in_view(window: Window) -> None:
    """While a block outgrows the screen, its end and the status line are what one sees."""
    view = live(window)
    view.tick()
    view.note("Alpha is answering")
    view.show("```\n" + "\n".join(CODE), final=False)
    await window.until(lambda: "Alpha is answering · Ctrl-C stops" in window.screen[-1])
    assert window.screen[-3].strip() == CODE[-1]
    assert "x_0" not in window.text


async def test_a_finished_block_is_printed_at_once(window: Window) -> None:
    """A paragraph does not wait in the live part for the end of the answer: it can scroll away."""
    view = live(window)
    view.tick()
    view.show("The first.\n\n```\n" + "\n".join(CODE), final=False)
    await window.until(lambda: window.screen[-3].strip() == CODE[-1])
    assert "The first." in window.text


async def test_another_text_starts_below_a_rule(window: Window) -> None:
    """If the answer begins anew, what is printed stays, and the new one stands whole below a rule."""
    view = live(window)
    view.tick()
    view.show("Old first.\n\nOld second.\n\nOld unfin", final=False)
    await window.shows("Old unfin")
    view.show("New first.\n\nNew second.", final=True)
    view.rest()
    await window.reads("Old first.", "─" * 60, "New first.", "New second.")


async def test_what_is_not_printed_yet_is_just_replaced(window: Window) -> None:
    """Without a finished block on the screen there is nothing to draw a rule under."""
    view = live(window)
    view.tick()
    view.show("Old and unfinished", final=False)
    await window.shows("Old and unfinished")
    view.show("New.", final=True)
    view.rest()
    await window.reads("New.")


async def test_the_status_line_goes_away(window: Window) -> None:
    """With the answer whole, nothing is left of the status line."""
    view = live(window)
    view.note("Alpha is answering")
    view.tick()
    await window.shows("Alpha is answering · Ctrl-C stops")
    view.show("Whole.", final=True)
    view.rest()
    await window.reads("Whole.")


async def test_a_note_is_one_line(window: Window) -> None:
    """A note that is too long for the window, or has line ends in it, does not disturb what is above."""
    view = live(window)
    view.note("A node\nwith a name " + "that is long " * 20)
    for _ in range(3):
        view.show("Words.", final=False)
        view.tick()
    await window.shows("with a name")
    view.show("Words and more.", final=True)
    view.rest()
    await window.reads("Words and more.")


@pytest.mark.parametrize("sizes", [[(30, 20), (90, 30)], [(60, 6), (60, 30)], [(20, 5), (10, 2), (80, 24)]])
async def test_a_window_may_change_its_size(window: Window, sizes: list[tuple[int, int]]) -> None:
    """Whatever happens to the window in the middle of an answer, all its words are there at the end."""
    view = live(window)
    view.tick()
    text = " ".join(f"word{number}" for number in range(150))
    for number, size in enumerate(sizes, 1):
        view.show(text[: number * 300], final=False)
        view.note(f"at {number}")
        view.tick()
        await window.shows(f"at {number}")  # drawn before the size changes
        window.resize(*size)
        view.tick()
    view.note("all")
    view.tick()
    await window.shows("all")
    window.resize(80, 24)
    view.show(text, final=True)
    view.rest()
    await window.until(lambda: " ".join(window.text.split()).endswith(text))


async def test_twenty_columns_and_wide_characters(window: Window) -> None:
    """On twenty columns, with characters two columns wide, no character is lost."""
    window.resize(20, 10)
    text = (
        "満潮と干潮は一日に二回起こります。🌊🌙 Donaudampfschifffahrtsgesellschaft\n\n- 月が水を引く\n- ✅ ja"
    )
    grow(live(window), text, step=1)
    await window.shows("ja")
    shown = "".join(window.text.split())
    assert all(part in shown for part in ("満潮と干潮は一日に二回起こります。🌊🌙", "月が水を引く", "✅"))
    assert "Donaudampfschifffahrtsgesellschaft" in shown


async def test_an_answer_cannot_command_the_terminal(window: Window) -> None:
    """Escape sequences in an answer arrive as harmless text, growing or whole."""
    attack = (
        "\x1b]0;owned\x07 \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x1b]52;c;aGk=\x07 \x9b5n \x1b[2J done"
    )
    grow(live(window), f"Before.\n\n{attack}\n\n```\n{attack}\n```", step=5)
    await window.until(lambda: window.text.count("done") == 2)
    assert "Before." in window.text
    for sequence in (b"\x1b]", b"\x07", b"\x1b[2J", b"\xc2\x9b"):
        assert sequence not in window.written


@pytest.mark.parametrize("no_color", [False, True])
async def test_no_color_is_respected(window: Window, monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    """Code is coloured, unless the environment says NO_COLOR."""
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    grow(live(window), '```python\nx = "words"  # why\n```', step=10)
    await window.shows("# why")
    assert (window.colours == {"default"}) == no_color


async def test_drawing_leaves_time_for_others(window: Window) -> None:
    """After a drawing that took long the next states wait, but the final one does not."""
    clock = SlowClock()
    view = LiveView(window.out, HINT, clock)
    view.tick()
    view.show("One", final=False)
    view.show("One two", final=False)
    view.note("a marker")
    view.tick()
    await window.shows("a marker")
    assert "One two" not in window.text
    clock.advance(60)
    view.tick()
    await window.shows("One two")
    view.show("One two three", final=True)
    await window.shows("One two three")


async def test_who_leaves_keeps_what_was_shown(window: Window) -> None:
    """An answer nobody waits for any more stays as far as it came, without a status line."""
    view = live(window)
    view.tick()
    view.show("Finished.\n\nHalf a sen", final=False)
    view.rest()
    await window.reads("Finished.", "Half a sen")


async def test_a_dropped_answer_goes_away(window: Window) -> None:
    """What was live of an answer that will never be finished is taken off the screen."""
    view = live(window)
    view.tick()
    view.show("Half a sen", final=False)
    await window.shows("Half a sen")
    view.drop()
    view.rest()
    view.show("Another.", final=True)
    await window.reads("Another.")


# ── A plain view ──────────────────────────────────────────────────────────────────────────────────


def test_a_pipe_gets_whole_answers_only() -> None:
    """Nothing is written before an answer is whole, and then exactly its text."""
    out = io.StringIO()
    view = PlainView(out, notes=None)
    view.note("Alpha is answering")
    view.show("One", final=False)
    view.tick()
    assert out.getvalue() == ""
    view.show("Another **whole**.", final=True)
    view.show("Next.", final=True)
    view.rest()
    assert out.getvalue() == "Another **whole**.\n\nNext.\n"


def test_a_note_is_told_once() -> None:
    """Where a person looks on, each new note is a line."""
    out, notes = io.StringIO(), io.StringIO()
    view = PlainView(out, notes)
    for note in ("", "Alpha is answering", "Alpha is answering", "Beta is answering"):
        view.note(note)
    assert notes.getvalue() == "Alpha is answering\nBeta is answering\n"


def test_a_plain_answer_cannot_command_the_terminal() -> None:
    """A pipe may end in a terminal."""
    out = io.StringIO()
    PlainView(out, notes=None).show("a\x1b[2Jb", final=True)
    assert "\x1b" not in out.getvalue()


def test_a_closed_pipe_is_noticed() -> None:
    """A view whose reader went away says so, and does not raise, now or when the rest is flushed."""
    theirs, ours = os.pipe()
    os.close(theirs)
    with open(ours, "w", encoding="utf-8") as out:
        view = PlainView(out, notes=None)
        view.show("Nobody reads this.", final=True)
        assert view.gone
        view.show("Nor this.", final=True)


# ── Which one ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_terminal_is_drawn_on(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets the live view, unless it is dumb; anything else gets the plain one."""
    assert isinstance(open_view(window.out, None, HINT), LiveView)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(open_view(window.out, None, HINT), PlainView)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert isinstance(open_view(io.StringIO(), None, HINT), PlainView)


async def test_a_terminal_that_knows_only_ascii(window: Window) -> None:
    """Characters the terminal's encoding does not have are replaced, and the rest is shown."""
    window.out.reconfigure(encoding="ascii")
    grow(live(window), "Grüße › 🌊 end.", step=2)
    await window.shows("end.")
    assert "Gr??e" in window.text
