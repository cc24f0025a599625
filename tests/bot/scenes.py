"""The program without its platforms: a desk over a real database, a stage to look at, players for nodes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot import phrases
from bot.assistant import Assistant
from bot.commands import Desktop
from bot.desk import Desk, Stops
from bot.pace import Paces
from core.access import Access
from core.inbox import Inbox
from core.ledger import Ledger
from core.node import Node
from core.node_store import NodeStore
from core.pool import Pool
from core.storage import Database, open_database
from core.types import Chat, Incoming, Person
from tests.fakes import Clock, Stage, pool

SAY = phrases.of()
HOME = Chat("stage", "home")
PARENT = Person("stage", "1", "Anna")


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
        await self.desk.accept("stage", [Incoming(chat, person, post, text, float(self.said))], None)
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


@asynccontextmanager
async def scene(folder: Path, *nodes: Node, stage: Stage | None = None) -> AsyncGenerator[Scene, None]:
    """One run of the program; another one on the same folder is the next run."""
    clock = Clock()
    stage = stage or Stage()
    async with open_database(folder / "test.db") as database, asyncio.TaskGroup() as tasks:
        inbox, ledger, store = Inbox(database, clock), Ledger(database), NodeStore(database, clock)
        made, stops = pool(*nodes, clock=clock), Stops()
        desktop = Desktop(made, inbox, store, stops.stop, clock)
        assistant = Assistant(
            desktop, Access([PARENT]), lambda: datetime(2026, 3, 11, tzinfo=UTC), lambda person: SAY
        )
        desk = Desk(
            inbox, ledger, assistant, stops, [stage], tasks, Paces(clock, clock.sleep), lambda person: SAY
        )
        yield Scene(stage, desk, inbox, made, desktop, database, clock)
        await desk.leave()
