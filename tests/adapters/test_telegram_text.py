"""Answers as posts on Telegram: whole, well formed, and still where they are sealed."""

import re
import time
from itertools import combinations
from random import Random

import pytest
from telegramify_markdown import MessageEntity, utf16_len

from adapters.telegram_format import ENTITIES_MAX, is_link
from adapters.telegram_text import TEXT_MAX, render
from core.markdown import mended
from core.types import Part
from tests.adapters import tdlib
from tests.adapters.markdowns import answer, garbage

WORD = re.compile(r"[^\W_]+")


def entities(part: Part) -> tuple[MessageEntity, ...]:
    assert isinstance(part.body, tuple)
    return part.body


def seen(part: Part) -> list[tuple[str, str]]:
    """What is formatted in the part, and how."""
    units = part.text.encode("utf-16-le")
    return [
        (one.type, units[2 * one.offset : 2 * (one.offset + one.length)].decode("utf-16-le"))
        for one in entities(part)
    ]


def text(markdown: str, final: bool = True) -> str:
    return "\n\n".join(part.text for part in render(markdown, final))


def check(part: Part) -> None:
    """The part is one that Telegram takes."""
    length = utf16_len(part.text)
    assert 0 < length <= TEXT_MAX
    assert part.text.strip()
    assert len(entities(part)) <= ENTITIES_MAX
    units = part.text.encode("utf-16-le")
    for one in entities(part):
        assert one.length > 0
        assert 0 <= one.offset <= one.offset + one.length <= length
        units[2 * one.offset : 2 * (one.offset + one.length)].decode(
            "utf-16-le"
        )  # no character is cut in two
        assert (one.type == "text_link") == (one.url is not None)
        assert one.url is None or is_link(one.url)
    starts = [(one.offset, -one.length) for one in entities(part)]
    assert starts == sorted(starts)
    for first, second in combinations(entities(part), 2):
        end = first.offset + first.length
        assert second.offset >= end or second.offset + second.length <= end  # beside it, or wholly inside
        assert second.offset >= end or first.type not in ("code", "pre")


# ── What is shown ─────────────────────────────────────────────────────────────────────────────────


def test_markdown_is_shown_as_formatting() -> None:
    """The usual Markdown becomes text and entities."""
    [part] = render("**Bold** and _italic_ with `code`, [a page](https://a.example/x).", True)
    assert part.text == "Bold and italic with code, a page."
    assert seen(part) == [("bold", "Bold"), ("italic", "italic"), ("code", "code"), ("text_link", "a page")]


def test_code_keeps_its_language() -> None:
    """A block of code is one, and says its language."""
    [part] = render("Look:\n\n```python\nx = 1 < 2\n```", True)
    assert seen(part) == [("pre", "x = 1 < 2")]
    assert entities(part)[0].language == "python"


def test_code_within_bold_words_stays_code() -> None:
    """Code may not be bold on Telegram: the bold is taken off it, not the code off the text."""
    [part] = render("**Use `x` now**", True)
    assert seen(part) == [("bold", "Use "), ("code", "x"), ("bold", " now")]


@pytest.mark.parametrize(
    "markdown",
    [
        "A List<String> and a <br> and <b>this</b>.",
        "<div>\nwords in a block\n</div>",
        "<!-- a remark -->",
        "[1]: https://a.example\n\nSee [1].",
        "|a|b|\n|-|-|\n|one|two|three|",
        "```\nls <file>\n```",
    ],
)
def test_no_word_is_swallowed(markdown: str) -> None:
    """What a reader of Markdown leaves out (HTML, definitions, a cell too many) is shown nevertheless."""
    shown = text(markdown)
    assert [word for word in WORD.findall(markdown) if word not in shown] == []


def test_a_tag_does_not_cost_the_formatting() -> None:
    """What looks like HTML is shown as it is, and the rest as it should be."""
    [part] = render("A **bold** List<String>.", True)
    assert part.text == "A bold List<String>."
    assert seen(part) == [("bold", "bold")]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "ftp://a.example",
            "http://localhost/x",
            "https://",
            "/page",
            "page",
            "tel:+4912",
        ),
        *(
            "mailto:anna@a.example",
            "https://a.example/" + "a" * 2048,
            "https://a.example:99999/",
            "http://[::x]/",
        ),
    ],
)
def test_a_bad_link_keeps_its_words(url: str) -> None:
    """A link that Telegram would refuse is taken off its words."""
    [part] = render(f"Here is [the page]({url}).", True)
    assert part.text == "Here is the page."
    assert seen(part) == []


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("markdown", ["", "  \n\n ", "\u200b\u200d", "```\n", "****", "\u2800", "> ", "#"])
def test_a_part_is_never_empty(markdown: str, final: bool) -> None:
    """Where there is nothing to be seen, there is still something to post."""
    [part] = render(markdown, final)
    assert part.text.strip("\u200b\u200d\u2800 ")
    check(part)


# ── Previews ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("so **very", "so very"),
        ("so **very*", "so very"),
        ("so **", "so"),
        ("a `co", "a co"),
        ("a **b *c", "a b c"),
        ("see [the pa", "see the pa"),
        ("see [the page](https://a.exam", "see the page"),
        ("see ![a cat](https://a.exam", "see a cat"),
        ("A line\n-", "A line"),
        ("A line\n--", "A line"),
        ("```py\nx = 1\n``", "x = 1"),
        ("```py\nx = 1", "x = 1"),
        ("one\n\n``", "one"),
        ("~~gone", "gone"),
        ("the ||secret", "the secret"),
    ],
)
def test_half_written_markdown_does_not_show(markdown: str, shown: str) -> None:
    """What is not written to its end shows no signs that will be gone a moment later."""
    assert text(markdown, final=False) == shown


@pytest.mark.parametrize(
    "markdown", ["5 * 3 = 15", "a_b_c and 2*3", "snake_case", "a | b", "[x] y", "it costs $5"]
)
def test_what_is_no_formatting_stays(markdown: str) -> None:
    """Signs that open nothing are left alone."""
    assert text(markdown, final=False) == markdown


def test_a_preview_is_formatted_while_it_grows() -> None:
    """What is open is formatted as far as it goes."""
    [part] = render("so **very", False)
    assert seen(part) == [("bold", "very")]
    assert not part.final


def test_mending_finished_markdown_changes_nothing() -> None:
    """A text in which nothing is open is left as it is."""
    whole = "# A\n\nso **very** `x` [a](https://a.example)\n\n- one\n- two."
    assert mended(whole) == whole


# ── Cutting ───────────────────────────────────────────────────────────────────────────────────────


def test_a_long_answer_is_cut_between_paragraphs() -> None:
    """Where there are paragraphs, no post ends within one."""
    paragraphs = [f"Paragraph {n} " + "word " * 150 + "end." for n in range(20)]
    parts = render("\n\n".join(paragraphs), True)
    assert len(parts) > 2
    assert all(part.text.startswith("Paragraph") and part.text.endswith("end.") for part in parts)
    assert [part.final for part in parts] == [True] * len(parts)


def test_a_block_of_code_is_opened_again() -> None:
    """A cut through code leaves code on both sides, in its language."""
    parts = render("Look:\n\n```python\n" + "print('hello')\n" * 600 + "```\n\nThat is all.", True)
    assert len(parts) > 2
    for part in parts:
        assert [one.language for one in entities(part) if one.type == "pre"] == ["python"]
    assert seen(parts[-1])[-1][1].endswith("print('hello')")
    assert parts[-1].text.endswith("That is all.")
    assert text("```python\n" + "print('hello')\n" * 600 + "```").count("print('hello')") == 600


def test_what_was_bold_stays_bold() -> None:
    """A paragraph too long for one post is bold in both, if it was bold."""
    first, second = render("**" + "bold word " * 700 + "end**", True)
    assert seen(first) == [("bold", first.text)]
    assert seen(second) == [("bold", second.text)]


def test_length_is_counted_as_telegram_counts() -> None:
    """What takes two UTF-16 units counts twice, and is never cut in the middle."""
    parts = render("😀" * 5000, True)
    assert "".join(part.text for part in parts) == "😀" * 5000
    for part in parts:
        check(part)


def test_a_table_longer_than_its_markdown_is_cut_again() -> None:
    """A table whose columns are padded beyond the limit still fits, and loses nothing."""
    rows = [f"|{n}|{'wide cell ' * 20 if n == 7 else 'x'}|y{n}|" for n in range(150)]
    parts = render("|a|b|c|\n|-|-|-|\n" + "\n".join(rows), True)
    for part in parts:
        check(part)
    shown = "".join(part.text for part in parts)
    assert all(f"y{n}" in shown for n in range(150))


@pytest.mark.parametrize("chunk", range(10))
def test_a_sealed_part_never_changes(chunk: int) -> None:
    """However a text goes on, a part that has another one behind it stays as it is, and is finished."""
    cuts = 0
    for seed in range(30 * chunk, 30 * chunk + 30):
        random = Random(seed)
        whole = (answer if seed % 3 else garbage)(random) + "\n\n" + answer(random)
        last = render(whole, True)
        for end in sorted(random.sample(range(len(whole)), 8)):
            *sealed, _ = render(whole[:end], final=random.random() < 0.3)
            assert sealed == last[: len(sealed)], f"seed {seed}, {end} characters"
            assert all(part.final for part in sealed)
            cuts += bool(sealed)
    assert cuts > 20


# ── Whatever comes ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("chunk", range(10))
def test_fuzzed_answers_are_parts_that_telegram_takes(chunk: int) -> None:
    """2,000 answers, sane and insane: every part fits, its entities are sound, every word is there."""
    for seed in range(200 * chunk, 200 * chunk + 200):
        sane = seed % 5 == 0
        markdown = (answer if sane else garbage)(Random(seed))
        parts = render(markdown, True)
        for part in (*parts, *render(markdown, False)[-1:]):
            check(part)
        if sane:
            shown = "".join(WORD.findall(" ".join(part.text for part in parts)))
            plain = re.sub(r"\]\([^)]*\)|^\d+\.|```python", " ", markdown, flags=re.MULTILINE)
            assert [word for word in WORD.findall(plain) if word not in shown] == [], f"seed {seed}"


@pytest.mark.skipif(tdlib.MISSING, reason="tdjson has no wheel for this machine")
def test_telegrams_own_library_takes_every_part() -> None:
    """TDLib finds nothing to refuse, to drop or to split in what is sent."""
    for seed in range(300):
        markdown = (answer if seed % 2 else garbage)(Random(seed))
        for part in (*render(markdown, True), *render(markdown, False)[-1:]):
            assert tdlib.complaint(part.text, entities(part)) is None, f"seed {seed}"


@pytest.mark.skipif(tdlib.MISSING, reason="tdjson has no wheel for this machine")
def test_telegrams_own_library_would_complain() -> None:
    """The judge of the test above does find fault with what is wrong."""
    assert tdlib.complaint("word", [MessageEntity("bold", 0, 9)])
    assert tdlib.complaint("😀", [MessageEntity("bold", 1, 1)])
    assert tdlib.complaint("bold code", [MessageEntity("bold", 0, 9), MessageEntity("code", 5, 4)])
    assert tdlib.complaint("word", [MessageEntity("text_link", 0, 4, url="nowhere")])


UNKIND = (
    *(
        "*a* ",
        "**a ",
        "$1 ",
        "$1$",
        "~a~ ",
        "[",
        "[a](",
        "\\[ ",
        "\\( \\frac ",
        "|| ",
        "||\n> ",
        "\n> ",
        "- ",
        "- a\n",
    ),
    *(
        "`",
        "`a``b",
        "<a ",
        "[a]: x\n",
        "| a ",
        "|a|b|\n|-|-|\n",
        "_a",
        "> ",
        ">",
        "😀",
        "```\n",
        "```a\n\n",
        "![",
        "&",
    ),
    *(
        "\\",
        "***a** ",
        "\r",
        "x",
        "$\\frac{1}{2}$ ",
        "$\\frac{",
        "$$\\sqrt{",
        "\\sqrt\\sqrt",
        "||a\n\n> \n",
        "\u200b",
    ),
    *("|-", "|x", "=\n", "1. ", "- - ", "[![", "](", "{", "**_~~", "\n\n", "\n", " "),
)


def test_no_text_takes_long() -> None:
    """100,000 characters of whatever is hardest to read are parts in no time: nothing grows with the
    square of the length, and no formula fills the memory."""
    before = time.process_time()
    for unit in UNKIND:
        markdown = (unit * (100_000 // len(unit) + 1))[:100_000]
        for final in (True, False):
            for part in render(markdown, final):
                assert utf16_len(part.text) <= TEXT_MAX
    assert time.process_time() - before < len(UNKIND)  # a second each, many times what they take
