"""Fitting a conversation into a context."""

from hypothesis import given
from hypothesis import strategies as some

from core.turns import fit, size
from core.types import Turn

SYSTEM = Turn("system", "Be brief.")
TALK = [Turn("user" if i % 2 == 0 else "assistant", f"turn {i} " + "x" * 60) for i in range(11)]


def test_everything_stays_where_there_is_room() -> None:
    """Nothing is dropped without need."""
    assert fit([SYSTEM, *TALK], 10_000) == (SYSTEM, *TALK)


def test_the_oldest_turns_go_first_and_an_answer_never_begins() -> None:
    """What stays is the newest part, from a question on, and the system turn."""
    kept = fit([SYSTEM, *TALK], 150)
    assert kept is not None
    assert kept[0] == SYSTEM
    assert kept[1].role == "user"
    assert kept[1:] == tuple(TALK[-len(kept) + 1 :])
    assert 2 < len(kept) < len(TALK)


def test_a_question_that_does_not_fit_is_not_cut() -> None:
    """A question too long by itself is refused, not shortened."""
    assert fit([SYSTEM, Turn("user", "y" * 10_000)], 1000) is None


@given(some.lists(some.text(max_size=300), min_size=1, max_size=12), some.integers(1, 2000))
def test_what_stays_fits_and_ends_with_the_question(texts: list[str], room: int) -> None:
    """For any talk and any room: None, or within the room with the question last."""
    turns = [Turn("user" if i % 2 == 0 else "assistant", text) for i, text in enumerate(texts)]
    kept = fit(turns, room)
    if kept is None:
        assert size(turns[-1:]) > room
    else:
        assert size(kept) <= room
        assert kept[-1] == turns[-1]


def test_a_lone_surrogate_is_counted_and_not_fatal() -> None:
    """Broken text from a platform has a length too."""
    assert fit([Turn("user", "\ud800 hello")], 100) is not None
