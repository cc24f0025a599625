"""What becomes of an answer's Markdown on Discord."""

from random import Random

import pytest

from adapters.discord_text import TEXT_MAX, render
from core.markdown import utf16_len
from tests.adapters.markdowns import answer, garbage


def text_of(markdown: str, *, final: bool = True) -> str:
    return "\n".join(part.text for part in render(markdown, final))


@pytest.mark.parametrize("seed", range(60))
def test_every_part_fits_and_none_is_empty(seed: int) -> None:
    """Whatever a model writes, each part fits one post and has something to see."""
    random = Random(seed)
    for markdown in (answer(random), garbage(random), ""):
        for final in (False, True):
            parts = render(markdown, final)
            assert parts
            assert all(0 < utf16_len(part.text) <= TEXT_MAX for part in parts)
            assert all(part.text.strip() for part in parts)


@pytest.mark.parametrize("seed", range(20))
def test_a_sealed_part_never_changes(seed: int) -> None:
    """While the text grows, every part but the last stays as it is, and so it stands at the end."""
    random = Random(seed)
    markdown = "\n\n".join(answer(random) for _ in range(3))
    sealed: list[str] = []
    for end in range(0, len(markdown), 97):
        texts = [part.text for part in render(markdown[:end], False)]
        assert texts[: len(sealed)] == sealed
        sealed = texts[:-1]
    assert [part.text for part in render(markdown, True)][: len(sealed)] == sealed


def test_code_is_closed_and_opened_again() -> None:
    """A block of code that is cut is whole in each part, with its language."""
    parts = render("```python\n" + "print('hello')\n" * 300 + "```", True)
    assert len(parts) > 1
    assert all(part.text.startswith("```python\n") and part.text.endswith("\n```") for part in parts)


def test_a_table_becomes_straight_columns() -> None:
    """Discord shows no tables: the cells stand under each other, and the line of dashes is gone."""
    assert text_of("| Name | Age |\n|---|---|\n| Anna | 7 |\n| Bo | 12 |") == (
        "```\nName  Age\nAnna  7\nBo    12\n```"
    )


def test_what_discord_does_not_know_is_readable() -> None:
    """Deep headings are bold, rules are lines, pictures are links; other Markdown is as it was."""
    assert text_of("# One\n#### Four\n---\n![a cat](https://a.example/b)\n**bold**") == (
        "# One\n**Four**\n———\n[a cat](https://a.example/b)\n**bold**"
    )


def test_code_is_left_alone() -> None:
    """What looks like a heading or a table in a block of code stays."""
    code = "```\n#### no heading\n| a | b |\n| c | d |\n```"
    assert text_of(code) == code


def test_a_preview_has_no_loose_ends() -> None:
    """Half-written emphasis and links do not show as such."""
    assert text_of("It is **very", final=False) == "It is **very**"
    assert text_of("See [the page](https://a.exa", final=False) == "See the page"
