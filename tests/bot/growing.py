"""One question on disk, and its answer growing on a stage."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.pace import Paces
from bot.posts import Final, Growing
from core.inbox import Inbox
from core.ledger import Ledger
from core.storage import open_database
from core.types import Chat, Event, Incoming, Person
from tests.bot.scenes import SAY
from tests.fakes import Clock, Stage

CHAT = Chat("stage", "1")


class Scene:
    """One question on disk, and its answer growing on a stage."""

    def __init__(self, inbox: Inbox, ledger: Ledger, row: int) -> None:
        self.inbox = inbox
        self.ledger = ledger
        self.row = row
        self.clock = Clock()

    def growing(self, stage: Stage, **more: Any) -> Growing:
        pace = Paces(self.clock, self.clock.sleep).of(stage, CHAT)
        return Growing(stage, self.ledger, pace, self.row, CHAT, "q1", note=SAY.note, **more)

    async def show(self, stage: Stage, *events: Event, final: str, **more: Any) -> None:
        """Every event is given the time to be shown before the next one comes."""
        growing = self.growing(stage, **more)
        async with asyncio.TaskGroup() as group:
            group.create_task(growing.run())
            for event in events:
                stage.moved.clear()
                growing.see(event)
                await asyncio.wait_for(stage.moved.wait(), 5)
            growing.finish(Final(final))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene, None]:
    async with open_database(tmp_path / "test.db") as database:
        incoming = Incoming(CHAT, Person("stage", "7"), "q1", "Why?", 1.0)
        inbox = Inbox(database, Clock())
        (row,) = await inbox.accept("stage", [incoming], None)
        yield Scene(inbox, Ledger(database), row)
