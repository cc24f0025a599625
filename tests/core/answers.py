"""What the pool says to a question, heard to its end, and what a node may do instead of answering."""

from contextlib import aclosing

from core.errors import Unavailable
from core.pool import Pool
from core.providers import End
from core.types import Ask, Done, Event, Restart, Text
from tests.fakes import Beat, ask

CUT = Unavailable("cut", "no end mark")
STALLED = Unavailable("stalled", "nothing for 20 s")
DOWN = Unavailable("unreachable", "refused")
OFFLINE = Unavailable("offline", "no route")
PLAIN: list[Beat] = ["Sky ", "blue.", End(False, 9, 2)]


async def hear(made: Pool, question: Ask | None = None) -> list[Event]:
    async with aclosing(made.stream(question or ask())) as events:
        return [event async for event in events]


def answer(events: list[Event]) -> Done:
    """The last event, which is `Done`, whose text is all that was shown since the last restart."""
    *others, done = events
    assert isinstance(done, Done)
    assert not any(isinstance(event, Done) for event in others)
    shown = ""
    for event in others:
        match event:
            case Text():
                shown += event.piece
            case Restart():
                shown = ""
    assert done.text == shown.strip()
    return done
