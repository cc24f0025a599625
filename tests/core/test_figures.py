"""Figures: the same value is the same, however a language writes it."""

import pytest

from core.figures import confirms, figures, values


def says(text: str, other: str) -> bool:
    """Whether all figures of one text are in the other one."""
    known = values(other, figures(other))
    return all(confirms(known, figure) for figure in figures(text))


@pytest.mark.parametrize(
    ("claim", "page"),
    [
        ("1,234.5", "1.234,5 Liter"),
        ("1,234,567", "1 234 567"),
        ("1.234", "1,234 people"),
        ("12.5 %", "12,5 %"),
        ("$3.2 million", "3,2 Mio. Euro"),
        ("3,2 triệu", "3200000 đồng"),
        ("2 tỷ", "2 billion"),
        ("5 Milliarden", "5bn"),
        ("5 billion", "5 Billionen"),
        ("19.07.2026", "July 19, 2026"),
        ("19 July 2026", "am 19. Juli 2026"),
        ("July 19, 2026", "2026-07-19"),
        ("ngày 19 tháng 7 năm 2026", "19/07/2026"),
        ("7/19/2026", "19.7.2026"),
        ("19.07.26", "19 July 2026"),
        ("am 19.7.", "on July 19"),
        ("2.500 kg", "2,5 kg"),
        ("15:30", "um 15.30 Uhr"),
        ("15:30", "at 3:30 pm"),
        ("3–2", "3:2"),
        ("three goals", "3 goals"),
        ("drei Tore", "three goals"),
        ("3 goals", "a third goal"),
        ("3.50 €", "€3.5"),
        ("٣ goals", "3 goals"),
    ],
)
def test_the_same_value_is_confirmed(claim: str, page: str) -> None:
    """Separators, scales, words and dates do not matter."""
    assert says(claim, page)


@pytest.mark.parametrize(
    ("claim", "page"),
    [
        ("120 metres", "125 metres"),
        ("12.5 %", "125 %"),
        ("3.2 million", "3.2 billion"),
        ("3.2 million", "3.2 thousand"),
        ("19 July 2026", "19 June 2026"),
        ("19 July 2026", "18 July 2026"),
        ("19.07.2026", "July 19, 2025"),
        ("three goals", "four goals"),
        ("in July", "in June"),
        ("15:30", "15:45"),
        ("1234567", "1234568"),
    ],
)
def test_another_value_is_not_confirmed(claim: str, page: str) -> None:
    """One digit, one scale or one month is another value."""
    assert not says(claim, page)


@pytest.mark.parametrize("text", ["It may be so.", "I march on.", "The two of us.", "Habt acht!", ""])
def test_words_that_only_look_like_figures_are_none(text: str) -> None:
    """May, march, two and acht are more often something else."""
    assert figures(text) == ()


def test_a_figure_knows_what_it_counts() -> None:
    """The word or sign beside it, and "year" for a year."""
    found = {one.unit: one.written for one in figures("120 metres high, 12 %, $5, 3 million people, in 1931")}
    assert found == {
        "metr": "120 metres",
        "%": "12 %",
        "$": "$5",
        "peopl": "3 million people",
        "year": "1931",
    }


@pytest.mark.parametrize("one", ["1,", "1 000 ", "1.1.", "1/", "19. ", "May ", "1m ", "€1", "1-1-", "9"])
def test_a_long_text_of_the_worst_is_through_at_once(one: str) -> None:
    """The search is linear: were it not, this would not end."""
    assert isinstance(figures(one * 20_000), tuple)
