"""Which way an answer came: written with it, and bounded."""

from pathlib import Path

from core import trail
from core.inbox import Inbox
from core.storage import open_database
from core.trail import Trails, kept
from core.types import Chat, Incoming, Person, Tried
from tests.fakes import Clock

HOME, ANNA, BEN = Chat("stage", "home"), Person("stage", "1"), Person("stage", "2")
FAILED = Tried("Alpha", "a-1", "stalled", 20.0)
WELL = Tried("Beta", "b-1", "answered", 3.0, 1.0)


async def ask(inbox: Inbox, post: str, *tried: Tried, person: Person = ANNA) -> int:
    (row,) = await inbox.accept("stage", [Incoming(HOME, person, post, "Why?", 1.0)], None)
    await inbox.begin(row, "Why?", private=False)
    await inbox.answered(row, "So.", "Beta", "whole", also=kept(row, tried))
    return row


async def test_a_trail_is_kept_with_its_answer(tmp_path: Path) -> None:
    """In order, and found by the question, or as the last of this person there."""
    async with open_database(tmp_path / "test.db") as database:
        inbox, trails = Inbox(database, Clock()), Trails(database)
        assert await trails.of(HOME, ANNA, None) is None
        await ask(inbox, "q1", FAILED, WELL)
        await ask(inbox, "q2", WELL)
        await ask(inbox, "q3", FAILED, person=BEN)
        found = await trails.of(HOME, ANNA, "q1")
        assert found is not None
        assert found.steps == (FAILED, WELL)
        assert found.outcome == "whole"
        found = await trails.of(HOME, ANNA, None)
        assert found is not None
        assert found.steps == (WELL,)
        assert await trails.of(HOME, ANNA, "q3") is None


async def test_what_is_answered_anew_has_a_new_trail(tmp_path: Path) -> None:
    """And nothing of the old one."""
    async with open_database(tmp_path / "test.db") as database:
        inbox = Inbox(database, Clock())
        row = await ask(inbox, "q1", FAILED, FAILED, WELL)
        await inbox.answered(row, "So.", "Beta", "whole", also=kept(row, [WELL]))
        found = await Trails(database).of(HOME, ANNA, "q1")
        assert found is not None
        assert found.steps == (WELL,)


async def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    """So many questions, and so many steps of each."""
    async with open_database(tmp_path / "test.db") as database:
        inbox = Inbox(database, Clock())
        for number in range(4):
            await ask(inbox, f"q{number}", *[FAILED] * (trail.STEPS_MAX + 5), WELL)
        statements = kept(4, [WELL])
        sql, _ = statements[-1]
        await database.write(*statements[:-1], (sql, (2,)))
        rows = await database.read("SELECT incoming, count(*) AS steps FROM trail GROUP BY incoming")
        assert {row["incoming"]: row["steps"] for row in rows} == {3: trail.STEPS_MAX, 4: 1}
        found = await Trails(database).of(HOME, ANNA, "q2")
        assert found is not None
        assert found.steps[-1] == WELL
