"""The ledger: every post we made, or were about to make, is in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.errors import StorageError
from core.inbox import Inbox
from core.ledger import Ledger, LedgerPost
from core.storage import open_database
from core.types import Chat, Incoming, Person
from tests.fakes import Clock

PATH = "test.db"


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    """With one row in the inbox: number 1."""
    async with open_database(tmp_path / PATH) as database:
        incoming = Incoming(Chat("stage", "home"), Person("stage", "1"), "1", "Why?", 1.0)
        assert await Inbox(database, Clock()).accept("stage", [incoming], None) == [1]
        yield Ledger(database)


async def test_an_intention_is_known_before_the_post(ledger: Ledger, tmp_path: Path) -> None:
    """What was only intended is found by the next run, as a post without an id."""
    await ledger.intend(1, 0)
    async with open_database(tmp_path / PATH) as database:
        assert await Ledger(database).posts_of(1) == [LedgerPost(0, None, False)]


async def test_posts_come_in_the_order_of_their_parts(ledger: Ledger) -> None:
    """An answer of several parts has a post for each."""
    for part in (1, 0, 2):
        await ledger.intend(1, part)
        await ledger.record(1, part, f"post-{part}")
    assert [post.post for post in await ledger.posts_of(1)] == ["post-0", "post-1", "post-2"]
    assert await ledger.posts_of(2) == []


async def test_that_a_post_is_finished_is_noted(ledger: Ledger) -> None:
    """It shows its part of the whole answer."""
    await ledger.intend(1, 0)
    await ledger.record(1, 0, "9")
    assert await ledger.posts_of(1) == [LedgerPost(0, "9", False)]
    await ledger.finished(1, 0)
    assert await ledger.posts_of(1) == [LedgerPost(0, "9", True)]


async def test_a_post_made_anew_forgets_the_one_that_is_gone(ledger: Ledger) -> None:
    """Between intention and record nobody takes the old id for the new post's."""
    await ledger.intend(1, 0)
    await ledger.record(1, 0, "9")
    await ledger.finished(1, 0)
    await ledger.intend(1, 0)
    assert await ledger.posts_of(1) == [LedgerPost(0, None, False)]


async def test_a_post_belongs_to_a_row(ledger: Ledger) -> None:
    """A post that answers nothing is a mistake, and is refused."""
    with pytest.raises(StorageError):
        await ledger.intend(2, 0)


async def test_a_post_that_may_stand_there_twice_is_doubtful_until_that_is_cleared(ledger: Ledger) -> None:
    """Intended twice without an id in between; a known post that is gone casts no doubt."""
    await ledger.intend(1, 0)
    await ledger.intend(1, 0)
    await ledger.record(1, 0, "9")
    assert await ledger.posts_of(1) == [LedgerPost(0, "9", False, doubtful=True)]
    await ledger.cleared(1, 0)
    await ledger.intend(1, 0)
    await ledger.record(1, 0, "10")
    assert await ledger.posts_of(1) == [LedgerPost(0, "10", False)]


async def test_what_was_clearly_refused_was_not_posted(ledger: Ledger) -> None:
    """Nothing is looked for then; but a doubt from before stays, and what stands there does."""
    await ledger.intend(1, 0)
    await ledger.withdraw(1, 0)
    assert await ledger.posts_of(1) == []
    await ledger.intend(1, 0)
    await ledger.intend(1, 0)
    await ledger.withdraw(1, 0)
    assert await ledger.posts_of(1) == [LedgerPost(0, None, False, doubtful=True)]
    await ledger.record(1, 0, "9")
    await ledger.withdraw(1, 0)
    assert await ledger.posts_of(1) == [LedgerPost(0, "9", False, doubtful=True)]


async def test_the_posts_of_an_answer_are_handed_over(ledger: Ledger, tmp_path: Path) -> None:
    """To the one that takes its place; once more changes nothing."""
    async with open_database(tmp_path / PATH) as database:
        said = Incoming(Chat("stage", "home"), Person("stage", "1"), "2", "/retry", 2.0)
        (row,) = await Inbox(database, Clock()).accept("stage", [said], None)
    await ledger.intend(1, 0)
    await ledger.record(1, 0, "9")
    for _ in range(2):
        await ledger.hand_over(1, row)
    assert await ledger.posts_of(1) == []
    assert await ledger.posts_of(row) == [LedgerPost(0, "9", False)]
    assert await ledger.ids_in(Chat("stage", "home")) == {"9"}
