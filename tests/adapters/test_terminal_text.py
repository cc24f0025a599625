"""Markdown for a terminal: nothing is lost, nothing commands, finished blocks stay finished."""

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from adapters.terminal_text import blocks, clean, drawing, finished, lines_of, tail

BEGINNINGS = [
    "",
    "",
    "",
    "- ",
    "  - ",
    "> ",
    ">> ",
    "1. ",
    "10. ",
    "# ",
    "### ",
    "    ",
    "| ",
    "---",
    "|--|--|",
]
WORDS = [
    *("alpha", "Donaudampfschifffahrt", "日本語", "x", "https://example.com/a/long/path?x=1", "**bold**"),
    *("`code`", "<div>", "[link](http://u/v)", "![picture](http://p/q)", "~~gone~~", "[1]: http://r/s"),
    *("|", "\\", "{", "- q", ">", "\t", "***", "==="),
]
LINES = st.builds(
    lambda beginning, words: beginning + " ".join(words),
    st.sampled_from(BEGINNINGS),
    st.lists(st.sampled_from(WORDS), max_size=8),
)
TEXTS = st.lists(LINES, max_size=12).map("\n".join)
FENCES = st.sampled_from(["```", "```python", "~~~"])
TEXTS_WITH_CODE = st.lists(LINES | FENCES, max_size=14).map("\n".join)


def drawn(markdown: str, width: int = 60) -> list[str]:
    """What stands on a terminal without colours."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    return [line for block in blocks(markdown) for line in lines_of(console, drawing(block, width))]


def letters(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter.isalpha())


@given(TEXTS, st.sampled_from([2, 5, 12, 20, 33, 80]))
def test_no_letter_is_lost(markdown: str, width: int) -> None:
    """However narrow the terminal and whatever the markup, every letter of the text is shown."""
    assert not letters(markdown) - letters("".join(drawn(markdown, width)))


@given(TEXTS_WITH_CODE)
def test_blocks_are_the_text(markdown: str) -> None:
    """Cutting a text into blocks changes nothing."""
    assert "".join(blocks(markdown)) == markdown


@given(TEXTS_WITH_CODE, st.data())
def test_a_finished_block_stays_finished(markdown: str, data: st.DataObject) -> None:
    """What is called finished in the middle of a text is a block, or several, of the whole text too."""
    middle = markdown[: data.draw(st.integers(0, len(markdown)))]
    done = finished(middle)
    assert blocks(markdown)[: len(done)] == done


@pytest.mark.parametrize(
    ("middle", "done"),
    [
        ("one\n\ntwo", []),
        ("one\n\ntwo\n", ["one\n\n"]),
        ("- a\n---", []),
        ("```\ncode\n\nmore\n", []),
        ("```\ncode\n```\n\nwords\n", ["```\ncode\n```\n\n"]),
    ],
)
def test_a_block_is_finished_when_a_line_of_another_one_is_whole(middle: str, done: list[str]) -> None:
    """The last block and the last line may still become something else."""
    assert finished(middle) == done


def test_the_tail_of_code_is_code() -> None:
    """Of a long block of code the end is shown, still as code."""
    code = "```python\n" + "x = 1\n" * 100 + "y = 2"
    assert tail(code, 3) == "```python\nx = 1\nx = 1\ny = 2"


@pytest.mark.parametrize(
    "words",
    [
        "<b>bold</b>",
        "[1]: https://example.com",
        "![a cat](https://example.com/cat.png)",
        "<script>run()</script>",
    ],
)
def test_what_rich_leaves_out_is_shown(words: str) -> None:
    """HTML, definitions and pictures stand there as text."""
    assert not letters(words) - letters("".join(drawn(words)))


def test_a_row_with_too_many_cells_is_shown() -> None:
    """A table in which a cell has no column, often for a bar in code, stands as it was written."""
    table = "| command | does |\n|---|---|\n| `ls | wc` | counts files |"
    assert "counts files" in "\n".join(drawn(table))


def test_a_table_without_room_is_a_list_of_cells() -> None:
    """Where columns would be too narrow, cells stand below each other."""
    table = "| name | height | remark |\n|---|---|---|\n| Fundy | 16 m | the highest |"
    assert drawn(table, width=12) == ["name", "height", "remark", "", "Fundy", "16 m", "the highest"]


@pytest.mark.parametrize(
    "command",
    [
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x1b]52;c;aGk=\x07",
        "\x9b2J",
        "\x9d0;t\x9c",
        "\r",
        "\b",
        "\x00",
        "\x7f",
        "\ud800",
    ],
)
def test_nothing_a_terminal_obeys_gets_through(command: str) -> None:
    """Escape sequences, control characters and lone surrogates lose what makes them one."""
    text = clean(f"before {command} after")
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert all(character.isprintable() for character in text)


@pytest.mark.parametrize("entity", ["&#27;", "&#x9b;", "&#13;", "&#8;", "&#0;", "&#12;", "&#133;"])
def test_an_entity_cannot_bring_it_back(entity: str) -> None:
    """A control character written as an HTML entity is none when it is drawn."""
    assert all(character.isprintable() for character in "".join(drawn(f"a {entity}[2J b")))


def test_line_ends_and_tabs_stay() -> None:
    """What belongs to text is not taken for a command."""
    assert clean("a\r\nb\n\tc") == "a\nb\n\tc"
