"""Who somebody is here: nobody unless listed, and somebody is always left who may undo things."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.access import Access, Role
from core.people import People
from core.roles import ALLOWANCES, MINORS, ROLES
from core.types import Person
from tests.core.homes import ADMIN, BEN, CLEO, SOFA, Home, home, link


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[Home]:
    async with home(tmp_path) as it:
        yield it


# ── Who is who ────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_is_in_who_is_not_listed(at_home: Home) -> None:
    """A stranger has no role, whatever name they give, and on whatever platform an id is known."""
    for stranger in (BEN, Person("stage", "9", "Anna"), Person("hall", "1"), Person("", "")):
        assert at_home.access.role_of(stranger) is None
        assert at_home.access.member_of(stranger) is None


@pytest.mark.parametrize("role", ROLES)
async def test_who_was_let_in_has_that_role_in_the_next_run_too(tmp_path: Path, role: Role) -> None:
    """Role, name, language, and when and by whom, are there after a restart."""
    async with home(tmp_path) as first:
        done = await first.access.let_in(BEN, role, name="Uncle Ben", language="de", by=ADMIN)
        assert (done, first.access.role_of(BEN)) == ("done", role)
        anna = first.listed(ADMIN).id
    async with home(tmp_path) as second:
        ben = second.listed(BEN)
        assert (ben.role, ben.name, ben.language) == (role, "Uncle Ben", "de")
        assert (ben.added_at, ben.added_by) == (second.clock(), anna)
        assert second.access.role_of(Person("stage", "2", "Another Name")) == role


async def test_every_role_has_its_allowance() -> None:
    """Only admins may ask as much as they like, and the younger the less."""
    a_day = [allowance.a_day for role in ROLES if (allowance := ALLOWANCES[role])]
    assert ALLOWANCES["admin"] is None
    assert a_day == sorted(a_day, reverse=True)
    assert len(a_day) == len(ROLES) - 1
    assert set(ROLES) > MINORS


async def test_the_settings_make_an_admin_for_as_long_as_they_name_one(tmp_path: Path) -> None:
    """Whoever is named is an admin from the start, and without the name what they were before; and what
    they chose is kept for them either way."""
    async with home(tmp_path, admins=[ADMIN]) as first:
        await first.access.let_in(BEN, "teen")
        await first.access.choose_language(ADMIN, "vi")
    async with home(tmp_path, admins=[BEN]) as second:
        assert (second.access.role_of(ADMIN), second.access.role_of(BEN)) == (None, "admin")
        assert [member.name for member in second.access.members()] == ["Ben"]
    async with home(tmp_path, admins=[ADMIN]) as third:
        assert (third.access.role_of(ADMIN), third.access.role_of(BEN)) == ("admin", "teen")
        assert third.access.language_of(ADMIN) == "vi"


async def test_whom_the_settings_name_is_known_before_the_disk_is_read(at_home: Home) -> None:
    """An admin is one even where nothing could be loaded, and nobody else is anybody."""
    await at_home.access.let_in(BEN, "admin")
    unread = Access(People(at_home.database, at_home.clock), [ADMIN], house=[SOFA])
    assert [unread.role_of(person) for person in (ADMIN, SOFA, BEN)] == ["admin", "admin", None]


async def test_who_sits_at_the_machine_is_no_listed_admin(tmp_path: Path) -> None:
    """They may do everything, and have choices of their own, but the family still needs an admin."""
    async with home(tmp_path, admins=[]) as it:
        await it.access.choose_language(SOFA, "de")
        assert it.access.role_of(SOFA) == "admin"
        assert it.access.language_of(SOFA) == "de"
        assert (it.access.has_admin(), it.access.admins(), it.access.members()) == (False, [], [])


async def test_the_family_is_listed_by_role_and_name(at_home: Home) -> None:
    """Admins first, and the same role by the alphabet."""
    for number, (name, role) in enumerate(
        [("zoe", "child"), ("Ada", "child"), ("Gil", "guest"), ("Tom", "admin"), ("Una", "adult")]
    ):
        await at_home.access.let_in(Person("stage", f"1{number}"), role, name=name)  # type: ignore[arg-type]
    assert [member.name for member in at_home.access.members()] == ["Anna", "Tom", "Una", "Ada", "zoe", "Gil"]
    assert [(admin.id, admin.name) for admin in at_home.access.admins()] == [("1", "Anna"), ("13", "Tom")]


async def test_two_accounts_of_one_human_are_one_member(at_home: Home) -> None:
    """Role and language hold wherever they write from; and who is named once is an admin everywhere."""
    ben_there, anna_there = Person("hall", "77"), Person("hall", "78")
    await at_home.access.let_in(BEN, "teen", language="de")
    await link(at_home, BEN, ben_there)
    await link(at_home, ADMIN, anna_there)
    assert at_home.access.role_of(ben_there) == "teen"
    assert at_home.access.language_of(ben_there) == "de"
    assert at_home.access.role_of(anna_there) == "admin"
    assert await at_home.access.remove(at_home.listed(ben_there).id) == "done"
    assert at_home.access.role_of(BEN) is None


async def test_a_language_is_the_clients_until_one_is_chosen(at_home: Home) -> None:
    """What was chosen counts more, and can be taken back."""
    ben = Person("stage", "2", "Ben", "pt-br")
    await at_home.access.let_in(ben, "adult")
    assert at_home.access.language_of(ben) == "pt-br"
    assert await at_home.access.choose_language(ben, "de") == "done"
    assert at_home.access.language_of(ben) == "de"
    await at_home.access.choose_language(ben, "")
    assert at_home.access.language_of(ben) == "pt-br"
    assert await at_home.access.choose_language(CLEO, "de") == "unknown"


# ── What may be changed ───────────────────────────────────────────────────────────────────────────


async def test_who_is_in_already_keeps_their_role(at_home: Home) -> None:
    """An old card that is pressed later neither raises nor lowers anybody."""
    await at_home.access.let_in(BEN, "child", name="Ben")
    assert await at_home.access.let_in(BEN, "adult", name="Boss") == "unchanged"
    assert await at_home.access.let_in(ADMIN, "guest") == "unchanged"
    assert (at_home.listed(BEN).role, at_home.listed(BEN).name) == ("child", "Ben")
    assert at_home.access.role_of(ADMIN) == "admin"


async def test_a_role_can_be_changed_by_the_next_question(tmp_path: Path) -> None:
    """A new role counts at once, and in the next run."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "child")
        ben = it.listed(BEN).id
        assert await it.access.set_role(ben, "teen") == "done"
        assert it.access.role_of(BEN) == "teen"
        assert await it.access.set_role(ben, "teen") == "unchanged"
        assert await it.access.set_role(999, "teen") == "unknown"
        assert await it.access.rename(ben, "Benjamin") == "done"
    async with home(tmp_path) as it:
        assert (it.listed(BEN).role, it.listed(BEN).name) == ("teen", "Benjamin")


async def test_who_is_removed_is_out_at_once(tmp_path: Path) -> None:
    """They are a stranger, and so they are in the next run; what they wrote stays unless that is asked."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "adult")
        ben = it.listed(BEN).id
        await it.allowances.spend(BEN, "adult")
        await it.database.write(_wrote(BEN, "closed"), _wrote(CLEO, "closed"))
        assert await it.access.remove(ben) == "done"
        assert it.access.role_of(BEN) is None
        assert await it.access.remove(ben) == "unknown"
        assert await it.allowances.today() == {}
        assert await _writers(it) == {"2", "3"}
    async with home(tmp_path) as it:
        assert it.access.role_of(BEN) is None


async def test_what_somebody_wrote_goes_with_them_if_asked(at_home: Home) -> None:
    """Their rows that are at their end are gone, and nobody else's."""
    await at_home.access.let_in(BEN, "adult")
    await at_home.database.write(_wrote(BEN, "closed"), _wrote(BEN, "answering"), _wrote(CLEO, "closed"))
    assert await at_home.access.remove(at_home.listed(BEN).id, words=True) == "done"
    rows = await at_home.database.read("SELECT person, state FROM inbox ORDER BY person")
    assert [tuple(row) for row in rows] == [("2", "answering"), ("3", "closed")]


async def test_the_settings_are_not_overruled(at_home: Home) -> None:
    """Whom they name can be neither removed nor lowered, and is told so as a result."""
    await at_home.access.let_in(BEN, "admin")
    anna = at_home.listed(ADMIN).id
    assert await at_home.access.set_role(anna, "guest") == "named"
    assert await at_home.access.remove(anna) == "named"
    assert at_home.access.role_of(ADMIN) == "admin"
    assert await at_home.access.remove(at_home.listed(BEN).id) == "done"


async def test_the_house_is_not_on_the_list(at_home: Home) -> None:
    """Whoever sits at the machine cannot be locked out of it."""
    sofa = at_home.listed(SOFA).id
    assert await at_home.access.remove(sofa) == "unknown"
    assert await at_home.access.set_role(sofa, "guest") == "unknown"
    assert at_home.access.role_of(SOFA) == "admin"


async def test_the_last_admin_stays(tmp_path: Path) -> None:
    """Without a name in the settings, one listed admin is always left."""
    async with home(tmp_path, admins=[]) as it:
        await it.access.let_in(BEN, "admin")
        await it.access.let_in(CLEO, "admin")
        ben, cleo = it.listed(BEN).id, it.listed(CLEO).id
        assert await it.access.set_role(ben, "adult") == "done"
        assert await it.access.set_role(cleo, "adult") == "last_admin"
        assert await it.access.remove(cleo) == "last_admin"
        assert it.access.role_of(CLEO) == "admin"


@pytest.mark.parametrize("how", ["remove", "lower"])
async def test_two_admins_cannot_remove_each_other_at_once(tmp_path: Path, how: str) -> None:
    """Of two who try at the same time, one succeeds."""
    async with home(tmp_path, admins=[]) as it:
        for person in (BEN, CLEO):
            await it.access.let_in(person, "admin")
        members = [it.listed(person).id for person in (BEN, CLEO)]
        changes = await asyncio.gather(
            *(
                it.access.remove(member) if how == "remove" else it.access.set_role(member, "adult")
                for member in members
            )
        )
        assert sorted(changes) == ["done", "last_admin"]
        assert it.access.has_admin()


async def test_memory_and_disk_agree_whoever_is_cancelled(tmp_path: Path) -> None:
    """A change whose asker is cancelled at any point happened for memory if and only if it did on disk."""
    outcomes = set()
    async with home(tmp_path) as it:
        for turns in itertools.chain(range(12), range(12, 60, 6)):
            person = Person("stage", f"5{turns}")
            await it.access.let_in(person, "adult")
            task = asyncio.create_task(it.access.remove(it.listed(person).id))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            # This reads behind whatever is still on its way to the disk.
            row = await it.database.read_one("SELECT 1 FROM accounts WHERE id = ?", (person.id,))
            assert (it.access.role_of(person) is None) == (row is None)
            outcomes.add(row is None)
    assert outcomes == {True, False}


async def test_a_failed_change_changes_nothing(at_home: Home) -> None:
    """Where the disk refuses, memory stays as it was."""
    await at_home.access.let_in(BEN, "child")
    await at_home.database.read("PRAGMA query_only = ON")
    with pytest.raises(Exception, match="cannot be written"):
        await at_home.access.set_role(at_home.listed(BEN).id, "admin")
    assert at_home.access.role_of(BEN) == "child"


def _wrote(person: Person, state: str) -> tuple[str, tuple[str, ...]]:
    return (
        "INSERT INTO inbox (platform, chat, chat_kind, post, person, person_name, said_at, accepted_at,"
        " text, text_sha256, state) VALUES (?, 'home', 'private', hex(randomblob(8)), ?, '', 1.0, 1.0,"
        " 'Why?', '', ?)",
        (person.platform, person.id, state),
    )


async def _writers(it: Home) -> set[str]:
    return {row["person"] for row in await it.database.read("SELECT person FROM inbox")}
