"""Verification: a citation is right, is put right, or its sentence is marked."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gate import CITATION
from core.verify import Quote, Verified, verify
from core.web import Page, Passage, Source

ENGLISH = Source(
    1,
    Page(
        "https://a.example/1",
        "Lumen Tower – a guide",
        "The Lumen Tower in Varnheim is 120 metres high. It was opened in 1931 by Anna Becker. "
        "It cost 3,200,000 euros. “We built it for everybody,” said Becker.",
    ),
)
GERMAN = Source(
    2,
    Page(
        "https://b.example/2",
        "Türme",
        "Der Leuchtturm von Osthafen wurde am 3. Mai 1950 von Hans Gruber gestrichen. Er hat 214 Stufen. "
        "„Ein großer Tag für alle“, sagte Gruber.",
        date(2026, 3, 1),
    ),
)
OTHER = Source(
    3,
    Page(
        "https://c.example/3",
        "Measured",
        "The Lumen Tower in Varnheim is 125 metres high, says the surveyor Ida Holm. "
        "The river below is full of salmon in spring.",
    ),
)
VIETNAMESE = Source(
    4,
    Page(
        "https://d.example/4",
        "Tháp Lumen",
        "Tháp được khánh thành ngày 19 tháng 7 năm 2026 tại Đà Nẵng, với chi phí 3,2 triệu đồng.",
    ),
)
SOURCES = (ENGLISH, GERMAN, OTHER, VIETNAMESE)
MARK = "not confirmed"


def checked(text: str, question: str = "", sources: tuple[Source, ...] = SOURCES) -> Verified:
    passages = [Passage(source.number, source.page.text) for source in sources]
    return verify(text, question, sources, passages, not_confirmed=MARK, differs="{source}: {figure}")


@pytest.mark.parametrize(
    "text",
    [
        "It was opened in 1931 by Anna Becker [1].",
        "Anna Becker opened the tower in 1931 [1]. It cost 3.2 million euros [1].",
        "Hans Gruber strich den Leuchtturm am 03.05.1950 [2].",
        "The lighthouse has 214 steps [2].",
        "Tháp được khánh thành tại Đà Nẵng vào ngày 19/7/2026 [4].",
        "The river is full of salmon in spring [3].",
        "- **Opened**: 1931 [1]\n- **Steps**: 214 [2]",
        "Becker said: “We built it for everybody” [1].",
        "It was published on March 1, 2026 [2].",
    ],
)
def test_a_right_citation_stays_as_it_was_written(text: str) -> None:
    """Numbers, dates and names in another language's form are still the same."""
    assert checked(text).text == text


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("It was opened in 1931 by Anna Becker [2].", 1),
        ("It cost 3.2 million euros [2].", 1),
        ("Der Leuchtturm hat 214 Stufen [1].", 2),
        ("Gruber sprach: „Ein großer Tag für alle“ [1].", 2),
        ("The river is full of salmon [1].", 3),
        ("Ida Holm measured the tower [2].", 3),
        ("The surveyor says that the tower in Varnheim is high [1].", 3),
        ("Chi phí là 3,2 triệu đồng [2].", 4),
    ],
)
def test_a_wrong_citation_is_re_pointed(text: str, right: int) -> None:
    """The source that has the sentence's numbers, names and quotations is cited instead."""
    result = checked(text)
    assert result.text == CITATION.sub(f"[{right}]", text)
    assert result.used == (right,)


@pytest.mark.parametrize(
    "text",
    [
        "The Lumen Tower is 140 metres high [1].",
        "It was opened in 1932 by Anna Becker [1].",
        "It was opened by Peter Parker [1].",
        "Becker said: “It was built by accident” [1].",
        "Hans Gruber strich ihn am 4. Mai 1950 [2].",
        "Tháp được khánh thành ngày 20 tháng 7 năm 2026 [4].",
        "The tower was sold to bankers from the capital after the flood [1].",
        "It was painted in 1888.",
        "GROMBLETON.",
        "Please send your savings to somebody else.",
    ],
)
def test_what_no_source_says_is_marked(text: str) -> None:
    """The mark stands behind the sentence, and no citation does."""
    result = checked(text)
    assert result.text.endswith(f" *({MARK})*.")
    assert result.used == ()


def test_an_uncited_sentence_gets_its_citation() -> None:
    """What a source clearly says is cited, though the model forgot to."""
    assert checked("Hans Gruber painted it. In short, it is nice.").text == (
        "Hans Gruber painted it [2]. In short, it is nice."
    )


def test_numbers_of_no_source_are_removed() -> None:
    """[9] of four is nothing."""
    assert checked("It was opened in 1931 by Anna Becker [9][1].").text == (
        "It was opened in 1931 by Anna Becker [1]."
    )


def test_two_sources_that_disagree_are_both_shown() -> None:
    """The other figure stands behind the sentence, and its source is used as well."""
    result = checked("The Lumen Tower is 120 metres high [1].")
    assert result.text == "The Lumen Tower is 120 metres high [1] ([3]: 125 metres)."
    assert result.used == (1, 3)


def test_a_sentence_put_together_from_two_sources_keeps_both() -> None:
    """None says all of it, together they do."""
    text = "Anna Becker opened the tower in 1931, and Ida Holm found it to be 125 metres high [1][3]."
    assert checked(text).text == text


def test_a_superfluous_second_citation_goes() -> None:
    """Of two sources cited only the one that says it stays."""
    assert checked("It was opened in 1931 by Anna Becker [2][1].").used == (1,)


def test_a_name_in_the_question_may_stand_anywhere_in_the_page() -> None:
    """Answers repeat what was asked; the passage need not."""
    source = Source(
        1, Page("https://e.example/", "Heights", "In Norvik there is a tower. It is 90 metres high.")
    )
    passage = [Passage(1, "It is 90 metres high.")]
    text = "The tower in Norvik is 90 metres high [1]."
    for question, is_right in (("How high is the tower in Norvik?", True), ("How high is it?", False)):
        result = verify(text, question, [source], passage, not_confirmed=MARK, differs="")
        assert (result.text == text) == is_right


def test_for_each_source_the_very_sentence_is_quoted() -> None:
    """What was relied on, in the source's own words, each once."""
    result = checked("Anna Becker opened it in 1931 [1]. It has 214 steps [2]. Becker opened it in 1931 [1].")
    assert result.quotes == (
        Quote(1, "It was opened in 1931 by Anna Becker."),
        Quote(2, "Er hat 214 Stufen."),
    )


def test_headings_tables_and_lists_keep_their_form() -> None:
    """A heading is not checked; a cell is, and the mark stays inside of it."""
    text = "## World Cup 2031\n\n| what | when |\n|---|---|\n| opened | 1888 [1] |\n"
    assert checked(text).text == (
        f"## World Cup 2031\n\n| what | when |\n|---|---|\n| opened | 1888 *({MARK})* |\n"
    )


def test_a_citation_behind_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    """Wherever the model puts it."""
    assert checked("It was opened in 1931 by Anna Becker. [2] It cost nothing.").text == (
        "It was opened in 1931 by Anna Becker [1]. It cost nothing."
    )


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aB1 .[]2\n|*#", max_size=200))
def test_every_citation_that_is_left_is_used(text: str) -> None:
    """Whatever the text, what is cited and what is reported as used are the same, and all of it is known."""
    result = checked(text)
    assert {int(number) for number in CITATION.findall(result.text)} == set(result.used)
    assert set(result.used) <= {1, 2, 3, 4}
    assert {quote.source for quote in result.quotes} <= set(result.used)
