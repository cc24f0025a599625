"""Time zones by name: which there are, which one somebody means, and in which one this machine is.

That is a guess to be offered, and to be told from UTC, in which machines live that nobody has told anything.
"""

from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from bot.values import nearest

LOCALTIME = Path("/etc/localtime")
"""A link into the data on time zones, on Linux and on a Mac."""
NOWHERE = "UTC"


@cache
def names() -> frozenset[str]:
    return frozenset(available_timezones())


def named(word: str) -> str:
    """The name somebody meant: "berlin" is Europe/Berlin, "Ho Chi Minh" Asia/Ho_Chi_Minh. What is none is
    given back as it is."""
    meant = _bare(word)
    whole = [name for name in names() if name.casefold() == meant]
    return next(iter(whole or _cities().get(meant, [])), word)


def near(word: str) -> str:
    """The one whose city is written almost like that; empty if there is none."""
    city = nearest(_bare(word).rpartition("/")[2], _cities())
    return _cities()[city][0] if city else ""


def _bare(word: str) -> str:
    return word.strip().replace(" ", "_").casefold()


@cache
def _cities() -> dict[str, list[str]]:
    """Their names in small letters, and in which time zones there is one."""
    found: dict[str, list[str]] = {}
    for name in sorted(names()):
        found.setdefault(name.casefold().rpartition("/")[2], []).append(name)
    return found


def of_machine(localtime: Path = LOCALTIME) -> str:
    """Such as Europe/Berlin; UTC if it does not say."""
    try:
        parts = localtime.resolve(strict=True).parts
    except OSError:
        return NOWHERE
    candidates = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((name for name in candidates if name in names()), NOWHERE)


def is_nowhere(name: str) -> bool:
    return name.rpartition("/")[2] in (NOWHERE, "UCT", "GMT", "Zulu", "Universal")
