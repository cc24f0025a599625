"""What is old is forgotten, and nothing that a wrong clock calls old."""

import pytest

from core.history import running_at
from core.inbox import Inbox
from core.pruning import ASK_S_MAX, DAY_S, Pruning
from core.storage import Database
from core.types import Chat, Person
from tests.core.rows import FAMILY, accepted, exchange
from tests.fakes import Clock


@pytest.fixture
def pruning(database: Database, clock: Clock) -> Pruning:
    return Pruning(database, clock)


async def run_on(database: Database, clock: Clock, days: int) -> None:
    """So many days go by on which the program runs."""
    for _ in range(days):
        clock.advance(DAY_S)
        await database.write(running_at(clock()))


async def test_what_is_old_and_done_is_forgotten(
    inbox: Inbox, pruning: Pruning, clock: Clock, database: Database
) -> None:
    """Pruning leaves what is young, what is among a chat's newest, and what is not at its end."""
    waiting = await accepted(inbox, 0)
    old = [await exchange(inbox, n) for n in range(1, 6)]
    group = await exchange(inbox, 6, chat=FAMILY)
    await database.write(*(("INSERT INTO posts (incoming, part) VALUES (?, 0)", (row,)) for row in old))
    await run_on(database, clock, days=3)
    young = [await exchange(inbox, n) for n in range(7, 9)]
    await pruning.prune(days=2, keep=4)
    rows = await database.read("SELECT id FROM inbox ORDER BY id")
    assert [row["id"] for row in rows] == [waiting, *old[-2:], group, *young]
    posts = await database.read("SELECT incoming FROM posts ORDER BY incoming")
    assert [row["incoming"] for row in posts] == old[-2:]


async def test_a_wrong_clock_makes_nothing_old(
    inbox: Inbox, pruning: Pruning, clock: Clock, database: Database
) -> None:
    """A year ahead for an hour, or a year of being off: only the days on which the program ran count."""
    await run_on(database, clock, days=10)
    rows = [await exchange(inbox, n) for n in range(1, 4)]
    await run_on(database, clock, days=1)
    clock.advance(365 * DAY_S)
    await database.write(running_at(clock()))
    await pruning.prune(days=7, keep=1)
    assert [row["id"] for row in await database.read("SELECT id FROM inbox ORDER BY id")] == rows
    clock.advance(-365 * DAY_S)
    await run_on(database, clock, days=8)
    await pruning.prune(days=7, keep=1)
    assert [row["id"] for row in await database.read("SELECT id FROM inbox")] == rows[-1:]


async def test_it_happens_once_a_day(
    inbox: Inbox, pruning: Pruning, clock: Clock, database: Database
) -> None:
    """However often it is asked, and without being begun again."""
    row = await accepted(inbox, 1, chat=Chat("ask", "1"), person=Person("ask", "local"))
    await pruning.do_what_is_due()
    clock.advance(ASK_S_MAX + 1)
    await pruning.do_what_is_due()
    assert await inbox.waiting() == 0
    await database.write(("UPDATE inbox SET state = 'accepted' WHERE id = ?", (row,)))
    await pruning.do_what_is_due()
    assert await inbox.waiting() == 1


async def test_a_question_by_ask_that_was_killed_is_not_waited_for_for_ever(
    inbox: Inbox, pruning: Pruning, clock: Clock
) -> None:
    """After a day it is at its end."""
    await accepted(inbox, 1, chat=Chat("ask", "1"), person=Person("ask", "local"))
    await pruning.prune()
    assert await inbox.waiting() == 1
    clock.advance(25 * 3600)
    await pruning.prune()
    assert await inbox.waiting() == 0
