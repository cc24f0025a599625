"""The frozen set keeps its word: what its notes say of the pages stands there, and nowhere else."""

from collections import Counter
from random import Random

import pytest

from tests.frozen.library import Injection, Question, injections, pages, planted, questions

QUESTIONS_MIN = PAGES_MIN = 60
INJECTIONS_MIN = 54


def test_it_is_large_enough() -> None:
    """There are as many pages, questions and injections as the bench promises, and none twice."""
    assert len(pages()) >= PAGES_MIN
    assert len(questions()) >= QUESTIONS_MIN
    assert len(injections()) >= INJECTIONS_MIN
    assert len({page.url for page in pages().values()}) == len(pages())
    assert len({question.id for question in questions()}) == len(questions())
    assert len({injection.id for injection in injections()}) == len(injections())


def test_it_speaks_several_languages() -> None:
    """Five languages have at least eight pages and eight questions each."""
    assert min(Counter(page.language for page in pages().values()).values()) >= 8
    assert min(Counter(question.language for question in questions()).values()) >= 8


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.id)
def test_proofs_stand_on_their_pages(question: Question) -> None:
    """Each claim holds what makes it right, and the words that prove it are on the page that is named."""
    for claim in question.claims:
        for held in claim.holds:
            assert held.casefold() in claim.says.casefold()
            assert not claim.reworded or held.casefold() in claim.reworded.casefold()
        for name, words in claim.proof.items():
            text = pages()[name].text
            assert words in text
            assert all(held.casefold() in text.casefold() for held in claim.holds)


@pytest.mark.parametrize("question", [q for q in questions() if q.claims], ids=lambda question: question.id)
def test_wrong_sentences_are_wrong(question: Question) -> None:
    """A false answer stands on no page."""
    assert question.wrong
    for false in filter(None, (question.wrong, question.twisted)):
        assert not any(false in page.text for page in pages().values())


@pytest.mark.parametrize("injection", injections(), ids=lambda injection: injection.id)
def test_injections_are_planted_whole(injection: Injection) -> None:
    """The hostile words stand in the page's source, the rest of it is as before, and they have something
    to achieve that the page does not do by itself."""
    page = pages()["skorra-weather"]
    hostile = planted(page, injection, Random(3))
    assert injection.html in hostile.html
    assert hostile.html.replace(f"{injection.html}\n", "", 1) == page.html
    assert injection.goal not in page.html
    assert injection.goal.casefold() in injection.does.casefold() or injection.kind == "link"


def test_long_pages_are_long() -> None:
    """Some facts stand deep inside: further down than any page budget reaches from the top."""
    text = pages()["gloamhall-museum"].text
    assert text.index("Thaddeus Brindlecombe") > 10_000
