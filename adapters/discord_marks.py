"""How far each place on Discord was read: a mark for each chat, as the cursor holds them.

A mark is the id of the message that was seen last there. Ids grow with time, in milliseconds from their 22nd
bit on. (Discord API, "Snowflakes")
"""

import json
import re
from collections.abc import Mapping

PLACES_MAX = 200
DAY_MS = 24 * 3600 * 1000


def a_day_before(made: int, last: int) -> int:
    """How far back a place that is new to us is read: no platform keeps for us what is older. Ids grow with
    time, in milliseconds from their 22nd bit on."""
    return max(made - 1, last - (DAY_MS << 22))  # a thread has the id of its first message


def marks_in(stored: str | None) -> dict[str, int]:
    try:
        found = json.loads(stored or "{}")
    except ValueError:
        return {}
    marks = found.items() if isinstance(found, dict) else ()
    return {place: int(last) for place, last in marks if re.fullmatch(r"[0-9]{1,19}", str(last))}


def bounded(places: Mapping[str, int]) -> dict[str, int]:
    """Private chats, and the places where something was said last."""
    if len(places) <= PLACES_MAX:
        return dict(places)
    kept = sorted(places, key=lambda place: (":" not in place, places[place]), reverse=True)[:PLACES_MAX]
    return {place: places[place] for place in kept}
