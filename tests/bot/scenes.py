"""The program without its platforms: a desk over a real database, a stage to look at, players for nodes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path

from bot import charts, phrases
from bot.assistant import Assistant
from bot.calls import Desktop
from bot.desk import Desk
from bot.digest import Digest
from bot.family import family_of
from bot.gate import Gate
from bot.logs import Striker
from bot.node_keeper import NodeKeeper, Patterns
from bot.operating import Operating
from bot.pace import Paces
from bot.pausing import Pausing
from bot.phrases.english import English
from bot.pinned import Pins
from bot.researching import Researcher, Researching
from bot.stops import Stops
from core.backup import Backups
from core.digests import Digests
from core.history import History
from core.inbox import Inbox
from core.ledger import Ledger
from core.memory import Memory
from core.node import Node
from core.node_choices import NodeChoices
from core.node_store import NodeStore
from core.notices import Notice
from core.pool import Pool
from core.research import Step, Words
from core.storage import Database, Statement, open_database
from core.trail import Trails
from core.troubles import Signs
from core.types import Chat, Incoming, NodeSpec, Person
from core.web_store import WebStore
from tests.fakes import Clock, Player, Stage, pool

SAY = phrases.of()
OLLAMA = NodeSpec("", "ollama", "", "usual:4b", priority=10, parallel=1)
PATTERNS = Patterns(NodeSpec("", "", "", ""), OLLAMA, "https://cloudflare.example/v4", "@cf/usual")
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
    kept_out: list[str] = field(default_factory=list)
    """What no log may hold."""

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
    makes: Callable[[NodeSpec], Node] = lambda spec: Node(spec, Player(), random=lambda: 0.0),
) -> AsyncGenerator[Scene, None]:
    """One run of the program; another one on the same folder is the next run."""
    clock = Clock()
    kept_out: list[str] = []
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

        async def announce(notices: Sequence[Notice], also: Sequence[Statement]) -> bool:
            return await desk.announce(notices, also)

        async def signs() -> Signs:
            return Signs(made.nodes, clock(), paused=operating.pausing.is_on)

        digest = Digest(
            *(History(database, clock), Digests(database), family.access, signs, announce, speaking),
            knocked=family.knocks.knocked,
            at=time(8),
            now=clock,
            local=lambda at: datetime.fromtimestamp(at, UTC),
            clock=clock,
            cache=folder,
        )
        adapters = {stage.platform: stage}
        paces = Paces(clock, clock.sleep)

        async def drawn(span: charts.Span, say: English, with_picture: bool) -> charts.Drawn:
            """What is really known, and a picture that nobody has to draw."""
            found = await charts.chart(
                *(History(database, clock), span, say),
                now=clock(),
                local=lambda at: datetime.fromtimestamp(at, UTC),
            )
            return found, b"PNG" if with_picture and not found.is_empty else None

        operating = Operating(
            database=database,
            keeper=NodeKeeper(
                *(made, NodeChoices(database), makes, PATTERNS, [node.spec for node in nodes]),
                kept_out.append,
                clock,
            ),
            pausing=Pausing(store, clock),
            pins=Pins(database, ledger, adapters, paces, clock),
            trails=Trails(database),
            backups=Backups(database, store, clock, clock, UTC),
            look_at=signs,
            draw=drawn,
            log_file=folder / "system.log",
            strike=Striker(["canary-secret"]),
            today=lambda: datetime.fromtimestamp(clock.now, UTC),
            version="1.2.3",
        )
        await operating.keeper.load()
        await operating.pausing.load()
        desktop = Desktop(
            *(made, inbox, memory, store, family, stops.stop, adapters, clock, web, digest, operating)
        )
        researching = Researching(researcher or Unasked(), web)
        desk = Desk(
            *(inbox, ledger, Assistant(desktop, today, speaking, researching), stops, [stage], tasks),
            paces=paces,
            gate=Gate(family, speaking, operating.keeper),
            speaking=speaking,
            drafts_in=family.chats.drafts,
            now=clock,
            pausing=operating.pausing,
        )
        yield Scene(stage, desk, inbox, made, desktop, database, clock, kept_out=kept_out)
        await desk.leave()
