"""What the words of a question say about it: is it about these days, does it follow from another one?"""

import pytest

from core.research_cache import is_fresh
from core.research_prompt import is_follow_up


@pytest.mark.parametrize(
    "question",
    [
        "Who won yesterday?",
        "weather in Berlin",
        "latest news about the election",
        "Wie wird das Wetter morgen?",
        "Was gibt es Neues heute?",
        "Thời tiết Hà Nội hôm nay",
        "Tin tức mới nhất",
    ],
)
def test_what_is_about_these_days(question: str) -> None:
    """A model has learned too long ago for it."""
    assert is_fresh(question)


@pytest.mark.parametrize(
    "question",
    [
        "How does a tin opener work?",
        "What is a bay leaf?",
        "Explain electric current now please",
        "Wie koche ich Reis?",
        "Ngọn núi nào cao nhất Việt Nam?",
        "Giỏ hoa nào đẹp?",
        "Tôi tin bạn",
    ],
)
def test_what_is_not(question: str) -> None:
    """Though some of its letters are those of words that are."""
    assert not is_fresh(question)


@pytest.mark.parametrize("question", ["and where was it?", "How old is she?", "Und was kostet davon eins?"])
def test_what_follows_from_another_question(question: str) -> None:
    """It points back."""
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "weather Berlin",
        "Wann öffnet das Hallenbad in Oberkranzau?",
        "Is there a pharmacy open in Brackwater?",
        "Con mèo sống bao lâu?",
        "Ai đã xây tháp Lumen?",
        "",
    ],
)
def test_what_stands_by_itself(question: str) -> None:
    """However short it is."""
    assert not is_follow_up(question)
