"""Passages: the best pieces of the best pages, whole sentences, and never more than there is room for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language import folded, sentences, terms
from core.passages import CHUNK_CHARS_MAX, PAGE_CHARS_MAX, choose, chunks
from core.turns import tokens
from core.web import Page

FILLER = "The committee met again and spoke about parking, benches and the colour of the town hall. " * 4
HEIGHT = "The Lumen Tower in Varnheim is 120 metres high. It stands on the northern bank of the river. "
OPENING = (
    "The tower was opened in 1931 by Anna Becker, who had paid for the whole of it herself, people say. "
)
TOWER = Page("https://a.example/tower", "Lumen Tower", f"{HEIGHT}\n\n{FILLER * 2}\n\n{OPENING}")
CAKE = Page(
    "https://b.example/cake", "Apple cake", "Peel the apples, mix them with sugar and bake it all. " * 20
)
NEWS = Page(
    "https://c.example/news", "News", f"{FILLER}\n\nThe Lumen Tower has been measured: 125 metres high."
)


def chosen(question: str, pages: list[Page], **limits: int) -> list[tuple[int, str]]:
    limits = {"room_tokens": 1800, **limits}
    return [(passage.source, passage.text) for passage in choose(question, pages, **limits)[1]]


def test_the_passage_that_answers_is_found() -> None:
    """Among pages about something else, the one that speaks of it is the first source."""
    sources, passages = choose("How high is the Lumen Tower?", [CAKE, NEWS, TOWER], room_tokens=1800)
    assert [source.number for source in sources] == [1, 2, 3]
    assert sources[0].page is TOWER
    assert "120 metres" in passages[0].text
    assert sources[-1].page is CAKE


def test_a_second_page_is_heard_before_the_first_is_heard_again() -> None:
    """With room for two passages, two pages speak: they may disagree."""
    pages = [TOWER, NEWS]
    said = chosen("How high is the Lumen Tower and when was it opened?", pages, passages_max=2)
    assert [number for number, _ in said] == [1, 2]


def test_what_the_person_linked_comes_first() -> None:
    """A pinned page is the first source, however little it fits."""
    sources, _ = choose(
        "How high is the Lumen Tower?", [CAKE, TOWER], room_tokens=1800, sources_max=1, pinned=1
    )
    assert [source.page for source in sources] == [CAKE]


def test_a_question_without_words_gets_the_beginning() -> None:
    """Where nothing is asked for, the pages' first passages are taken."""
    [(_, first), *_] = chosen("?", [TOWER])
    assert first.startswith("The Lumen Tower in Varnheim")


@pytest.mark.parametrize("room_tokens", [0, 1, 5, 40, 200, 1800])
def test_passages_fit_the_room(room_tokens: int) -> None:
    """However little room there is, no more is taken; the best passage is cut rather than left out."""
    said = chosen("How high is the Lumen Tower?", [TOWER, NEWS, CAKE], room_tokens=room_tokens)
    assert sum(tokens(text) for _, text in said) <= room_tokens
    assert bool(said) == (room_tokens >= 40)


def test_a_cut_passage_ends_with_a_sentence() -> None:
    """Where a passage is cut, it is behind a full stop if there is one."""
    assert chosen("How high is the Lumen Tower?", [TOWER], room_tokens=20) == [
        (1, "The Lumen Tower in Varnheim is 120 metres high.")
    ]


def test_words_are_found_in_other_forms_and_scripts() -> None:
    """Case, accents and endings do not matter; characters without spaces are compared in pairs."""
    assert set(terms("Đà Nẵng Goals")) == set(terms("da nang goal"))
    chinese = Page(
        "https://d.example/", "塔", "晚饭很好吃。" * 30 + "\n" + "卢门塔高一百二十米，位于河的北岸。" * 5
    )
    assert "卢门塔" in chosen("卢门塔多高", [chinese, CAKE])[0][1]


def test_sentences_are_not_cut_at_abbreviations_and_dates() -> None:
    """ "Dr.", "z. B.", "19. Juli" and "3.5" are no ends."""
    text = "Dr. Becker kam am 19. Juli, z. B. mit 3.5 Mio. Euro. Er ging. “Wirklich?” Ja! 他赢了。下一场。"
    assert [one.strip() for one in sentences(text)] == [
        "Dr. Becker kam am 19. Juli, z. B. mit 3.5 Mio. Euro.",
        "Er ging.",
        "“Wirklich?”",
        "Ja!",
        "他赢了。",
        "下一场。",
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='abC 1.!?。\n"”', max_size=3000))
def test_no_chunk_is_too_long_and_sentences_lose_nothing(text: str) -> None:
    """Whatever the text, a chunk keeps its limit, and the sentences are the text again."""
    assert all(len(chunk) <= CHUNK_CHARS_MAX for chunk in chunks(text))
    assert "".join(sentences(text)) == text


def test_only_the_beginning_of_a_very_long_page_is_read() -> None:
    """A page has a limit too."""
    page = Page("https://e.example/", "", "word " * PAGE_CHARS_MAX + "lumen tower")
    assert "lumen" not in " ".join(text for _, text in chosen("lumen tower", [page]))


def test_folding_keeps_scripts_and_drops_accents() -> None:
    """What people type without accents finds what is written with them."""
    assert folded("Straße NGUYỄN Đức Ünal") == "strasse nguyen duc unal"
