"""The measure itself: what counts as shown and when, and that naive editors do not pass it."""

from collections.abc import Sequence

import pytest

from tests.bench.editors import edits_every
from tests.bench.lag import Lag, Piece, Sight, lag, sights
from tests.bench.rows import FIRST_S_MAX
from tests.bench.telegram import MEAN_S_MAX
from tests.servers.telegram_chats import Post
from tests.servers.telegram_flood import GROUP, PRIVATE

PIECES = [Piece("The ", 0.0), Piece("lake ", 1.0), Piece("is ", 2.0), Piece("deep.", 3.0)]
ROUND_TRIP_S = 0.06


def answer(seconds: float) -> list[Piece]:
    """A word every tenth of a second."""
    return [Piece(f"word{number} ", number / 10) for number in range(round(seconds * 10) + 1)]


def post(number: int, *shown: tuple[float, str], deleted_at: float | None = None) -> Post:
    at, text = shown[0]
    return Post(number, 1, text, at, 0, shown=list(shown), deleted_at=deleted_at)


def read(pieces: Sequence[Piece], *seen: tuple[float, str], until: float = 9.0) -> Lag:
    found = lag(pieces, [Sight(at, text) for at, text in seen], until)
    assert found is not None
    return found


def test_a_piece_is_shown_when_the_text_reaches_its_end() -> None:
    """Half a word does not count, and what was shown stays shown."""
    found = read(PIECES, (0.5, "The la"), (2.0, "The lake is"), (2.5, "The"), (4.0, "The lake is deep."))
    assert found == Lag(first_s=0.5, mean_s=(0.5 + 1.0 + 0.0 + 1.0) / 4, longest_s=1.0, last_s=1.0, unseen=0)


def test_what_was_never_shown_lags_to_the_end() -> None:
    """An answer that stops half-way looks no better than one that is late."""
    found = read(PIECES, (0.0, "The lake"), until=13.0)
    assert (found.unseen, found.longest_s, found.last_s) == (2, 11.0, 10.0)
    assert read(PIECES).unseen == 4


def test_another_text_is_not_the_answer() -> None:
    """What comes after a difference is not shown, whatever it is."""
    assert read(PIECES, (1.0, "The pond is deep.")).unseen == 3
    assert read(PIECES, (1.0, "…")).unseen == 4


def test_formatting_makes_no_difference() -> None:
    """Markdown and what became of it, a cut between two posts, and pieces that nobody could see."""
    pieces = [Piece("- **", 0.0), Piece("lake", 1.0), Piece("**:\n\n", 1.5), Piece(" deep", 2.0)]
    found = read(pieces, (0.0, "…"), (1.25, "• lake"), (3.0, "• lake:\ndeep"))
    assert (found.first_s, found.mean_s, found.unseen) == (0.25, 0.625, 0)


def test_the_posts_of_an_answer_are_read_together() -> None:
    """In their order, with every edit at its time, and without what was taken away."""
    first = post(1, (1.0, "The"), (2.0, "The lake"))
    second = post(2, (3.0, "is"), (4.0, "is deep."))
    stray = post(3, (3.5, "is"), deleted_at=5.0)
    found = [(sight.at, sight.text.split()) for sight in sights([first, second, stray])]
    assert found == [
        (1.0, ["The"]),
        (2.0, ["The", "lake"]),
        (3.0, ["The", "lake", "is"]),
        (3.5, ["The", "lake", "is", "is"]),
        (4.0, ["The", "lake", "is", "deep.", "is"]),
        (5.0, ["The", "lake", "is", "deep."]),
    ]


@pytest.mark.parametrize(
    ("pause_s", "windows", "mean_s_max"),
    [
        (0.3, PRIVATE, MEAN_S_MAX["private"]),
        (0.3, GROUP, MEAN_S_MAX["group"]),
        (1.0, GROUP, MEAN_S_MAX["group"]),
    ],
)
def test_a_naive_editor_misses_the_target(
    pause_s: float, windows: tuple[tuple[int, float], ...], mean_s_max: float
) -> None:
    """It begins as fast as anybody and is then held by the flood limits."""
    pieces = answer(27)
    found, calls, floods = edits_every(pause_s, pieces, windows, ROUND_TRIP_S)
    measured = lag(pieces, found, until=37.0)
    assert measured is not None
    assert measured.first_s <= FIRST_S_MAX
    assert measured.mean_s > mean_s_max
    assert 0 < floods < calls


def test_an_editor_within_the_limits_is_not_held() -> None:
    """The flood limits alone make the difference: where there is room, a fixed second shows everything."""
    pieces = answer(27)
    found, calls, floods = edits_every(1.0, pieces, PRIVATE, ROUND_TRIP_S)
    measured = lag(pieces, found, until=37.0)
    assert measured is not None
    assert (measured.unseen, calls, floods) == (0, 28, 0)
    assert measured.mean_s < MEAN_S_MAX["private"]
