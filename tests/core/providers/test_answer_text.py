"""What of a model's words is its answer, however they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.providers.answer_text import AnswerText


def answer(*pieces: str) -> str:
    text = AnswerText()
    return "".join(text.feed(piece) for piece in pieces) + text.end()


def cut(words: str, cuts: list[int]) -> list[str]:
    marks = sorted(mark % (len(words) + 1) for mark in cuts)
    return [words[start:stop] for start, stop in zip([0, *marks], [*marks, len(words)], strict=True)]


CUTS = st.lists(st.integers(min_value=0), max_size=12)


@given(thought=st.text("ab <>/think\n", max_size=30), said=st.text("ab <>/think\n", max_size=30), cuts=CUTS)
def test_thinking_is_taken_out_however_it_is_cut(thought: str, said: str, cuts: list[int]) -> None:
    """Of `<think>…</think>` and an answer only the answer is left, for every way to cut them."""
    thought = thought.replace("</think>", "")
    words = f"\n<think>{thought}</think>{said}"
    expected = words.partition("</think>")[2].lstrip()
    assert answer(*cut(words, cuts)) == expected


@given(words=st.text("ab <think>/🦉\n", max_size=40), cuts=CUTS)
def test_words_without_thinking_are_left_alone(words: str, cuts: list[int]) -> None:
    """What does not begin with thinking comes out as it went in, also if it begins almost like it."""
    if words.lstrip().startswith("<think>"):
        words = "x" + words
    assert answer(*cut(words, cuts)) == words


def test_thinking_that_never_ends_is_no_answer() -> None:
    """A model that is cut off while thinking has said nothing."""
    text = AnswerText()
    assert text.feed("<think>hm, </thi") + text.feed("s is hard") + text.end() == ""
    assert text.blank
    assert text.thinking


def test_a_tag_in_mid_answer_is_a_word() -> None:
    """Only the beginning is searched: an answer may speak about tags."""
    assert answer("Use <think>", "like this</think>.") == "Use <think>like this</think>."


def test_an_answer_is_not_held_back() -> None:
    """As soon as the words cannot be a tag any more, they are given, and later ones at once."""
    text = AnswerText()
    assert text.feed("<th") == ""
    assert text.feed("e") == "<the"
    assert text.feed(" <think") == " <think"


@pytest.mark.parametrize("pieces", [[""], [" \n"], ["<think>x</think> \n"], ["<think>x"]])
def test_white_space_is_blank(pieces: list[str]) -> None:
    """An answer of white space alone is known to be none."""
    text = AnswerText()
    for piece in pieces:
        text.feed(piece)
    text.end()
    assert text.blank


def test_a_held_back_word_counts_as_text() -> None:
    """An answer that is nothing but the beginning of a tag is still an answer."""
    text = AnswerText()
    assert text.feed("<") + text.end() == "<"
    assert not text.blank


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["Hi \ud83e", "\udd89!"], "Hi 🦉!"),
        (["\ud83e", "\udd89"], "🦉"),
        (["lone \ud83e", "x"], "lone �x"),
        (["lone \udd89 low"], "lone � low"),
        (["end \ud83e"], "end "),
    ],
)
def test_halves_of_letters_are_put_together(pieces: list[str], expected: str) -> None:
    """A letter sent in two halves becomes whole, and what comes out can always be written as UTF-8."""
    said = answer(*pieces)
    assert said == expected
    assert said.encode()
