"""What was decided about chats: no group that nobody allowed, and one decision for all its topics."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.chats import LINES_MAX, REFUSED_MAX, Chats
from core.types import Chat
from tests.core.homes import ADMIN, BEN, DAY_S, Home, count_in, home

FAMILY, TOPIC = Chat("stage", "-100", "group"), Chat("stage", "-100:7", "group")
CLUB = Chat("stage", "-200", "group")
ALONE = Chat("stage", "1")


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[Home]:
    async with home(tmp_path) as it:
        yield it


def groups(count: int) -> list[Chat]:
    return [Chat("stage", str(-1000 - number), "group") for number in range(count)]


async def test_no_group_is_allowed_by_itself(at_home: Home) -> None:
    """In a private chat it is the person who counts, in a group somebody has to have said yes."""
    assert at_home.chats.is_allowed(ALONE)
    assert not at_home.chats.is_allowed(FAMILY)


async def test_an_allowed_group_is_allowed_with_all_its_topics(tmp_path: Path) -> None:
    """Also when the yes was said in a topic, and in the next run; and no other group is."""
    async with home(tmp_path) as it:
        await it.chats.allow_group(TOPIC, "The Family", ADMIN)
    async with home(tmp_path) as it:
        assert it.chats.is_allowed(FAMILY)
        assert it.chats.is_allowed(TOPIC)
        assert it.chats.is_allowed(Chat("stage", "-100:8", "group"))
        assert not it.chats.is_allowed(Chat("hall", "-100", "group"))
        assert not it.chats.is_allowed(CLUB)
        (group,) = it.chats.groups()
        assert (group.id, group.title, group.allowed) == ("-100", "The Family", True)


async def test_until_it_is_loaded_no_group_is_allowed(at_home: Home) -> None:
    """What is not known is a no."""
    await at_home.chats.allow_group(FAMILY, "", ADMIN)
    unread = Chats(at_home.database, at_home.people, at_home.clock)
    assert not unread.is_allowed(FAMILY)


async def test_a_refused_group_hears_so_once(tmp_path: Path) -> None:
    """However often somebody puts us there again, at once or in another run."""
    async with home(tmp_path) as it:
        said = await asyncio.gather(*(it.chats.refuse_group(chat) for chat in (CLUB, CLUB, CLUB)))
        assert sorted(said) == [False, False, True]
    async with home(tmp_path) as it:
        assert not await it.chats.refuse_group(CLUB, "The Club")
        assert not it.chats.is_allowed(CLUB)


async def test_a_decision_can_be_changed(at_home: Home) -> None:
    """No after yes, which is told there, and yes after no."""
    await at_home.chats.allow_group(FAMILY, "The Family", ADMIN)
    assert await at_home.chats.refuse_group(FAMILY)
    assert not at_home.chats.is_allowed(TOPIC)
    await at_home.chats.allow_group(FAMILY, "", ADMIN)
    assert at_home.chats.is_allowed(FAMILY)
    assert [group.title for group in at_home.chats.groups()] == ["The Family"]


async def test_a_group_heard_of_is_not_allowed_by_that(at_home: Home) -> None:
    """Its name is known when it is allowed later."""
    await at_home.chats.heard_of(FAMILY, "The Family")
    assert not at_home.chats.is_allowed(FAMILY)
    await at_home.chats.allow_group(FAMILY, "", ADMIN)
    assert [group.title for group in at_home.chats.groups()] == ["The Family"]


async def test_a_group_stays_when_whoever_allowed_it_leaves(at_home: Home) -> None:
    """The family does not lose its group with one of its admins."""
    await at_home.access.let_in(BEN, "admin")
    await at_home.chats.allow_group(FAMILY, "", BEN)
    await at_home.access.remove(at_home.listed(BEN).id)
    await at_home.chats.load()
    assert at_home.chats.is_allowed(FAMILY)


async def test_many_groups_an_hour_hear_nothing(at_home: Home) -> None:
    """Whoever puts us into hundreds of groups does not make us write to all of them, or fill the disk."""
    said = [await at_home.chats.refuse_group(chat) for chat in groups(REFUSED_MAX + 50)]
    assert said.count(True) == LINES_MAX
    assert await count_in(at_home.database, "chats") == REFUSED_MAX
    at_home.clock.advance(3600)
    assert await at_home.chats.refuse_group(CLUB)


async def test_old_refusals_are_forgotten_and_permissions_are_not(at_home: Home) -> None:
    """After a month a refused group is like a new one."""
    await at_home.chats.allow_group(FAMILY, "", ADMIN)
    for chat in groups(3):
        await at_home.chats.refuse_group(chat)
    at_home.clock.advance(31 * DAY_S)
    await at_home.chats.refuse_group(CLUB)
    assert await count_in(at_home.database, "chats") == 2
    assert at_home.chats.is_allowed(FAMILY)


async def test_a_group_that_moves_takes_everything_along(tmp_path: Path) -> None:
    """The yes and what was chosen hold under the new id and no more under the old; a replay does no harm."""
    new = Chat("stage", "-1009", "group")
    async with home(tmp_path) as it:
        await it.chats.allow_group(FAMILY, "The Family", ADMIN)
        await it.chats.choose_drafts(FAMILY, True)
        await it.chats.refuse_group(new)
        for _ in range(2):
            await it.chats.move_group(FAMILY, new)
        await it.chats.move_group(new, new)
    async with home(tmp_path) as it:
        assert (it.chats.is_allowed(new), it.chats.is_allowed(FAMILY)) == (True, False)
        assert (it.chats.drafts(new), it.chats.drafts(FAMILY)) == (True, None)


async def test_a_refused_group_that_moves_is_still_refused(at_home: Home) -> None:
    """Nobody gets us in by changing a group's id."""
    await at_home.chats.refuse_group(CLUB)
    await at_home.chats.move_group(CLUB, FAMILY)
    assert not at_home.chats.is_allowed(FAMILY)
    assert not await at_home.chats.refuse_group(FAMILY)


async def test_choices_are_kept_for_each_chat(tmp_path: Path) -> None:
    """Drafts are as chosen, in the next run too; nobody's choice is no choice, and a choice allows no
    group."""
    async with home(tmp_path) as it:
        assert it.chats.drafts(ALONE) is None
        await it.chats.choose_drafts(ALONE, True)
        await it.chats.choose_drafts(FAMILY, False)
    async with home(tmp_path) as it:
        assert (it.chats.drafts(ALONE), it.chats.drafts(TOPIC)) == (True, False)
        await it.chats.choose_drafts(ALONE, None)
        assert it.chats.drafts(ALONE) is None
        assert not it.chats.is_allowed(FAMILY)
