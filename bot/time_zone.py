"""Which time zone this machine is in, by name: a computer knows more than the offset, but Python does not ask.

It is a guess to be offered, and to be told from UTC, in which machines live that nobody has told anything.
"""

from pathlib import Path
from zoneinfo import available_timezones

LOCALTIME = Path("/etc/localtime")
"""A link into the data on time zones, on Linux and on a Mac."""
NOWHERE = "UTC"


def of_machine(localtime: Path = LOCALTIME) -> str:
    """Such as Europe/Berlin; UTC if it does not say."""
    try:
        parts = localtime.resolve(strict=True).parts
    except OSError:
        return NOWHERE
    names = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((name for name in names if name in available_timezones()), NOWHERE)


def is_nowhere(name: str) -> bool:
    return name.rpartition("/")[2] in (NOWHERE, "UCT", "GMT", "Zulu", "Universal")
