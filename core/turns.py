"""How much of a conversation fits into a model's context.

Every model counts tokens its own way, and none of the counters is at hand before the call. So lengths
are estimated, on the safe side, and a provider that still finds them too long says so.
"""

from collections.abc import Sequence

from core.types import Turn

BYTES_PER_TOKEN = 3
"""English runs at about 4.2 bytes a token, German 3.8, Vietnamese and Chinese near 3 in UTF-8."""
TURN_TOKENS = 8
"""What the markers around one turn cost, at most."""


def tokens(text: str) -> int:
    """About how many tokens the text is, rather too many than too few."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + 1


def size(turns: Sequence[Turn]) -> int:
    """The same for whole turns."""
    return sum(tokens(turn.text) + TURN_TOKENS for turn in turns)


def fit(turns: Sequence[Turn], room_tokens: int) -> tuple[Turn, ...] | None:
    """The newest turns that fit into `room_tokens`, with every system turn and the question, which is
    the last turn, whole. A conversation never begins with an answer. None if even the question alone
    does not fit."""
    system = [turn for turn in turns[:-1] if turn.role == "system"]
    kept = [turns[-1]]
    left = room_tokens - size(system) - size(kept)
    if left < 0:
        return None
    for turn in reversed([turn for turn in turns[:-1] if turn.role != "system"]):
        left -= size([turn])
        if left < 0:
            break
        kept.append(turn)
    while len(kept) > 1 and kept[-1].role == "assistant":
        kept.pop()
    return (*system, *reversed(kept))
