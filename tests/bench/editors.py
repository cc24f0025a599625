"""Two editors that one writes first, beside which ours is shown: an edit every so many seconds.

They show the first piece at once and then, at a fixed pause, whatever has come meanwhile. They do heed a
flood wait, and try the last edit once like every other. They need no network and no real time: only the
flood model of the stand-in, and the moments at which the pieces of a real answer left the model.
"""

from collections.abc import Sequence

from tests.bench.lag import Piece, Sight
from tests.servers.telegram_flood import Flood, Window


def edits_every(
    pause_s: float, pieces: Sequence[Piece], windows: tuple[Window, ...], round_trip_s: float
) -> tuple[list[Sight], int, int]:
    """What could be read in the chat, how many calls that took, and how many of them were refused."""
    flood = Flood()
    found: list[Sight] = []
    calls = floods = 0
    at, end = pieces[0].left_at, pieces[-1].left_at
    held_until = at
    while True:
        if at >= held_until or at >= end:
            calls += 1
            retry_after = flood.spend(1, windows, at + round_trip_s / 2)
            if retry_after is None:
                text = "".join(piece.text for piece in pieces if piece.left_at <= at)
                found.append(Sight(at + round_trip_s / 2, text))
            else:
                floods += 1
                held_until = at + round_trip_s + retry_after
        if at >= end:
            return found, calls, floods
        at = min(at + pause_s, end)
