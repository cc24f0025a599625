"""Codes that link: two accounts become one person, and nobody gains or loses by it."""

from pathlib import Path

from core.invites import LINK_S, AlreadyIn, Redeemed, Refusal
from core.types import Person
from tests.core.homes import ADMIN, BEN, CLEO, DAY_S, NOON, home, strangers
from tests.fakes import Clock

UNKNOWN = Refusal("unknown")
BEN_ELSEWHERE, CLEO_ELSEWHERE = Person("street", "22", "Benny"), Person("street", "33", "Cleo")


async def test_a_link_makes_two_accounts_one_person(tmp_path: Path) -> None:
    """Role, language and allowance are those of whoever made the code, and the code works once."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "teen", name="Ben", language="de")
        code = await it.invites.link_code(BEN)
        assert await it.invites.redeem(code, BEN_ELSEWHERE) == Redeemed("teen", False, linked=True)
        assert it.listed(BEN_ELSEWHERE) == it.listed(BEN)
        assert it.access.language_of(BEN_ELSEWHERE) == "de"
        assert await it.invites.redeem(code, CLEO) == Refusal("used")
        assert it.access.role_of(CLEO) is None
    async with home(tmp_path) as it:
        assert it.listed(BEN_ELSEWHERE).name == "Ben"


async def test_what_both_accounts_have_asked_is_added_up(tmp_path: Path) -> None:
    """Nobody gets a second allowance by linking, and the row of the second account is gone."""
    async with home(tmp_path) as it:
        for person, questions in ((BEN, 2), (BEN_ELSEWHERE, 3)):
            await it.access.let_in(person, "teen")
            for _ in range(questions):
                await it.allowances.spend(person, "teen")
        members = len(it.access.members())
        code = await it.invites.link_code(BEN)
        assert await it.invites.redeem(code, BEN_ELSEWHERE) == Refusal("sure")
        await it.invites.redeem(f"{code} yes", BEN_ELSEWHERE)
        assert await it.allowances.today() == {it.listed(BEN).id: 5}
        assert len(it.access.members()) == members - 1


async def test_what_only_the_second_account_has_asked_counts(tmp_path: Path) -> None:
    """Also where the first one has asked nothing yet, or nothing since yesterday."""
    clock = Clock(NOON)
    async with home(tmp_path, clock=clock) as it:
        for person in (BEN, BEN_ELSEWHERE, CLEO, CLEO_ELSEWHERE):
            await it.access.let_in(person, "teen")
        await it.allowances.spend(CLEO, "teen")
        clock.advance(DAY_S)
        for mine, other in ((BEN, BEN_ELSEWHERE), (CLEO, CLEO_ELSEWHERE)):
            await it.allowances.spend(other, "teen")
            await it.invites.redeem(f"{await it.invites.link_code(mine)} yes", other)
        assert await it.allowances.today() == {it.listed(BEN).id: 1, it.listed(CLEO).id: 1}


async def test_a_link_is_over_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    """To the second; and it ends with whoever made it."""
    clock = Clock(NOON)
    async with home(tmp_path, clock=clock) as it:
        await it.access.let_in(BEN, "adult")
        codes = [await it.invites.link_code(BEN) for _ in range(2)]
        clock.advance(LINK_S - 1)
        assert isinstance(await it.invites.redeem(codes[0], BEN_ELSEWHERE), Redeemed)
        clock.advance(1)
        assert await it.invites.redeem(codes[1], CLEO) == Refusal("expired")
        code = await it.invites.link_code(BEN)
        await it.access.remove(it.listed(BEN).id)
        assert await it.invites.redeem(code, CLEO) == UNKNOWN


async def test_nobody_loses_rights_or_an_admin_by_a_link(tmp_path: Path) -> None:
    """Whoever may do more makes the code."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "child")
        code = await it.invites.link_code(BEN)
        assert await it.invites.redeem(code, ADMIN) == Refusal("higher")
        assert it.access.role_of(ADMIN) == "admin"
        assert it.access.role_of(BEN) == "child"
        await it.access.let_in(BEN_ELSEWHERE, "adult")
        code = await it.invites.link_code(ADMIN)
        assert isinstance(await it.invites.redeem(f"{code} yes", BEN_ELSEWHERE), Redeemed)
        assert it.access.role_of(BEN_ELSEWHERE) == "admin"


async def test_a_person_has_one_account_on_a_platform(tmp_path: Path) -> None:
    """So that a code brings in nobody else: neither a stranger nor another one of the family."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "child")
        code = await it.invites.link_code(BEN)
        (stranger,) = strangers(1)
        assert await it.invites.redeem(code, stranger) == Refusal("taken")
        await it.access.let_in(CLEO, "child")
        assert await it.invites.redeem(f"{code} yes", CLEO) == Refusal("taken")
        assert it.access.role_of(stranger) is None
        assert it.listed(CLEO) != it.listed(BEN)


async def test_an_account_can_be_parted_again(tmp_path: Path) -> None:
    """It is a stranger then; the last one of a member stays."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "adult")
        await it.invites.redeem(await it.invites.link_code(BEN), BEN_ELSEWHERE)
        assert await it.access.part(BEN_ELSEWHERE) == "done"
        assert it.access.role_of(BEN_ELSEWHERE) is None
        assert await it.access.part(BEN) == "unknown"
        assert it.access.role_of(BEN) == "adult"


async def test_one_s_own_code_changes_nothing(tmp_path: Path) -> None:
    """Written on the platform it was made on, it is as good as before."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "adult")
        code = await it.invites.link_code(BEN)
        assert await it.invites.redeem(code, BEN) == AlreadyIn("adult")
        assert isinstance(await it.invites.redeem(code, BEN_ELSEWHERE), Redeemed)
