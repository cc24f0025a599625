"""A researcher who follows a script, so that what people see of research can be looked at step by step."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from core.errors import NoAnswer
from core.providers import End
from core.research import Basis, Researched, Step, Words
from core.types import Chat, Done, Incoming, Person, Status, Turn
from core.verify import Quote
from core.web import Page, Source
from tests.bot.scenes import HOME, PARENT, Scene
from tests.fakes import Player

BEN, BENS = Person("stage", "2", "Ben"), Chat("stage", "bens")
LAKE = Source(1, Page("https://lake.example/depth", "The lake", "It is forty metres deep."))
WHOLE = Researched(
    "Forty metres. [[1]](https://lake.example/depth)",
    Basis("pages", "duckduckgo"),
    cited=(LAKE,),
    read=(LAKE,),
    quotes=(Quote(1, "It is forty metres deep."),),
    done=Done("Forty metres. [1]", "Alpha", "alpha"),
)


@dataclass
class Looking:
    """One research that is going on."""

    question: str
    earlier: list[Turn]
    how: dict[str, object]
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


class Script:
    """A researcher who says these steps; `slow`: only when told to go on."""

    def __init__(self, *steps: Step, slow: bool = False, fails: bool = False) -> None:
        self.steps = steps or (Status("searching"), WHOLE)
        self.slow = slow
        self.fails = fails
        self.looked: list[Looking] = []
        self.ended = 0

    async def answer(
        self, question: str, words: Words, *, earlier: Sequence[Turn] = (), **how: object
    ) -> AsyncGenerator[Step, None]:
        looking = Looking(question, list(earlier), how)
        self.looked.append(looking)
        try:
            for step in self.steps:
                if isinstance(step, Researched) and self.slow:
                    await looking.go_on.wait()
                if isinstance(step, Researched) and self.fails:
                    raise NoAnswer("exhausted")
                yield step
        finally:
            self.ended += 1


def alpha() -> Player:
    return Player(["From memory.", End()], ["From memory again.", End()])


async def press(house: Scene, command: str, post: str, number: int = 0) -> None:
    said = Incoming(HOME, PARENT, f"press-{post}-{number}", command, house.clock.now, pressed=post)
    await house.desk.accept("stage", [said], None)
    await house.calm()
