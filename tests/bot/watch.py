"""A house in which alerts are told, and what somebody in it hears of them."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot import phrases
from bot.alerts import Alerts
from core.errors import NodeError, Rejected, StorageError
from core.node import Node
from core.notices import Notice
from core.providers import End
from core.storage import Database, Statement, open_database
from core.troubles import Signs, Told
from core.types import Person
from tests.fakes import Clock, Player, node

SAY = phrases.of()
ANNA, BEN = Person("stage", "1", "Anna"), Person("stage", "2", "Ben", "de")
CLARA = Person("telegram", "3", "Clara")
REJECTED = Rejected("401", "Put a new key into .env.")


class Watch:
    """A house that is watched by one run of the program after the other; `said` is all that Anna heard."""

    def __init__(self, folder: Path, *nodes: Node) -> None:
        self.clock = Clock()
        self.nodes = list(nodes)
        self.admins = [ANNA, BEN]
        self.free_bytes: int | None = None
        self.backup_days = 0
        self.trial_failed = False
        self.complaints: list[str] = []
        self.platforms = {"stage": True}
        self.seen = True
        """Whether anybody can be told."""
        self.dies = False
        """The program is killed before anything is on disk."""
        self.notices: list[Notice] = []
        self.told: list[str] = []
        """To whoever started the program."""
        self._folder = folder
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Watch":
        await self.restart()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        await self._stack.aclose()
        self._database: Database = await self._stack.enter_async_context(open_database(self._folder / "t.db"))
        self._alerts = Alerts(
            *(Told(self._database), self._signs, self._announce, lambda: self.admins),
            *(lambda person: phrases.of(person.language), self.told.append, SAY),
            clock=self.clock,
            now=self.clock,
        )

    async def _signs(self) -> Signs:
        return Signs(
            *(self.nodes, self.clock(), self.free_bytes, self.backup_days, self.trial_failed),
            *(self.complaints, self.platforms),
        )

    async def _announce(self, notices: Sequence[Notice], also: Sequence[Statement]) -> bool:
        if self.dies:
            raise StorageError("killed")
        if self.seen:
            await self._database.write(*also)
            self.notices += notices
        return self.seen

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.person == ANNA]

    async def look(self, times: int = 1, every_s: float = 20.0) -> None:
        for _ in range(times):
            await self._alerts.look()
            self.clock.advance(every_s)

    def fails(self, it: Node, error: NodeError, times: int = 1) -> None:
        for _ in range(times):
            lease = it.lease(self.clock()) or it.lease(self.clock(), early=True)
            assert lease is not None
            it.failed(lease, error, self.clock())

    def answers(self, it: Node) -> None:
        lease = it.lease(self.clock()) or it.lease(self.clock(), early=True)
        assert lease is not None
        it.succeeded(lease, End(), 0.5)


def alpha() -> Node:
    return node("Alpha", Player())


def beta() -> Node:
    return node("Beta", Player())
