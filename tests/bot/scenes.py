"""The program without its platforms: a desk over a real database, a stage to look at, players for nodes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot import phrases
from bot.assistant import Assistant
from bot.calls import Desktop
from bot.desk import Desk, Stops
from bot.family import family_of
from bot.gate import Gate
from bot.pace import Paces
from bot.phrases.english import English
from bot.researching import Researcher, Researching
from core.inbox import Inbox
from core.ledger import Ledger
from core.memory import Memory
from core.node import Node
from core.node_store import NodeStore
from core.pool import Pool
from core.research import Step, Words
from core.storage import Database, open_database
from core.types import Chat, Incoming, Person
from core.web_store import WebStore
from tests.fakes import Clock, Stage, pool

SAY = phrases.of()
HOME = Chat("stage", "home")
PARENT = Person("stage", "1", "Anna")


def today() -> datetime:
    return datetime(2026, 3, 11, tzinfo=UTC)


@dataclass
class Scene:
    stage: Stage
    desk: Desk
    inbox: Inbox
    pool: Pool
    desktop: Desktop
    database: Database
    clock: Clock
    said: int = field(default=0)

    async def say(self, text: str, *, person: Person = PARENT, chat: Chat = HOME, post: str = "") -> str:
        """Somebody writes; the id of what was written. Nothing is waited for."""
        self.said += 1
        post = post or f"q{self.said}"
        await self.desk.accept("stage", [Incoming(chat, person, post, text, self.clock.now)], None)
        return post

    async def calm(self) -> None:
        """Until every row is at its end."""
        async with asyncio.timeout(10):
            while await self.inbox.waiting():
                self.stage.moved.clear()
                await asyncio.wait([asyncio.ensure_future(self.stage.moved.wait())], timeout=0.005)

    async def hear(self, text: str, *, person: Person = PARENT, chat: Chat = HOME) -> str:
        """What stands in the chat as the answer to this, when it is whole."""
        before = len(self.stage.posts)
        await self.say(text, person=person, chat=chat)
        await self.calm()
        return "\n".join(self.stage.texts()[before:])


class Unasked:
    """Nothing is looked up here."""

    async def answer(self, question: str, words: Words, **how: object) -> AsyncGenerator[Step, None]:
        raise AssertionError("nobody wanted anything looked up")
        yield


@asynccontextmanager
async def scene(
    folder: Path,
    *nodes: Node,
    stage: Stage | None = None,
    password: str | None = None,
    researcher: Researcher | None = None,
) -> AsyncGenerator[Scene, None]:
    """One run of the program; another one on the same folder is the next run."""
    clock = Clock()
    stage = stage or Stage()
    async with open_database(folder / "test.db") as database, asyncio.TaskGroup() as tasks:
        inbox, ledger, store = Inbox(database, clock), Ledger(database), NodeStore(database, clock)
        memory = Memory(database)
        made, stops = pool(*nodes, clock=clock), Stops()
        family = await family_of(
            database, admins=[PARENT], house=[], password=password, clock=clock, now=clock, local_now=today
        )

        def speaking(person: Person) -> English:
            return phrases.of(family.language_of(person))

        web = WebStore(database, clock)
        desktop = Desktop(made, inbox, memory, store, family, stops.stop, {stage.platform: stage}, clock, web)
        researching = Researching(researcher or Unasked(), web)
        desk = Desk(
            *(inbox, ledger, Assistant(desktop, today, speaking, researching), stops, [stage], tasks),
            paces=Paces(clock, clock.sleep),
            gate=Gate(family, speaking),
            speaking=speaking,
            drafts_in=family.chats.drafts,
            now=clock,
        )
        yield Scene(stage, desk, inbox, made, desktop, database, clock)
        await desk.leave()
