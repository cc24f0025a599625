"""Codes: each lets one person in, guessing is slow, and nobody can read one in the database."""

import asyncio
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from core.errors import StorageError
from core.invites import ALL_TRIES_MAX, OWN_TRIES_MAX, AlreadyIn, Redeemed, Refusal
from core.roles import ROLES, Role
from core.types import Person
from tests.core.homes import (
    ADMIN,
    BEN,
    CLEO,
    DAY_S,
    HOUR_S,
    SOFA,
    Home,
    all_that_is_kept,
    count_in,
    home,
    strangers,
)
from tests.fakes import Clock

ROOT = Path(__file__).parents[2]
UNKNOWN, TOO_OFTEN = Refusal("unknown"), Refusal("too_often")


async def claimed(it: Home, person: Person) -> None:
    code = await it.invites.claim_code()
    assert code is not None
    await it.invites.redeem(code, person)


async def guess(it: Home, person: Person, times: int = 1) -> list[object]:
    return [await it.invites.redeem(f"guess-{number}", person) for number in range(times)]


def files_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("test.db*"))


# ── Invites ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ROLES)
async def test_an_invite_lets_one_person_in_with_all_it_carries(tmp_path: Path, role: Role) -> None:
    """Role, name and language come from the invite, and who invited is known."""
    async with home(tmp_path) as it:
        code = await it.invites.invite(role, "Grandma", "vi", ADMIN)
        assert await it.invites.redeem(code, BEN) == Redeemed(role, False)
        assert it.access.role_of(BEN) == role
        ben = it.listed(BEN)
        assert (ben.name, ben.language, ben.added_by) == ("Grandma", "vi", it.listed(ADMIN).id)
        assert await it.invites.redeem(code, CLEO) == Refusal("used")
        assert it.access.role_of(CLEO) is None


async def test_a_code_can_stand_in_a_link(tmp_path: Path) -> None:
    """128 bits, in letters that Telegram's start parameter takes, and never the same twice."""
    async with home(tmp_path) as it:
        codes = {await it.invites.invite("guest", "", "", ADMIN) for _ in range(20)}
        assert len(codes) == 20
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,64}", code) for code in codes)


async def test_no_code_can_be_read_in_the_database(tmp_path: Path) -> None:
    """Neither open, nor used, nor wrong codes are in any table."""
    async with home(tmp_path, admins=[]) as it:
        codes = [await it.invites.claim_code() or ""]
        await it.invites.redeem(codes[0], ADMIN)
        codes += [await it.invites.invite("adult", "Ben", "", ADMIN) for _ in range(2)]
        await it.invites.redeem(codes[1], BEN)
        await it.invites.redeem("a-wrong-one", CLEO)
        kept = await all_that_is_kept(it.database)
        assert await count_in(it.database, "invites") == 3
    for code in (*codes, "a-wrong-one"):
        assert code not in kept
        assert code.encode() not in files_in(tmp_path)


async def test_only_somebody_who_is_in_can_invite(tmp_path: Path) -> None:
    """A stranger's invite is a mistake of the program, and no code comes of it."""
    async with home(tmp_path) as it:
        with pytest.raises(ValueError, match="is in"):
            await it.invites.invite("adult", "", "", BEN)
        assert await count_in(it.database, "invites") == 0


async def test_an_invite_is_good_for_a_week(tmp_path: Path) -> None:
    """Just before its end it works, just after it does not; also in another run."""
    clock = Clock()
    async with home(tmp_path, clock=clock) as it:
        codes = [await it.invites.invite("adult", "", "", ADMIN) for _ in range(2)]
    clock.advance(7 * DAY_S - 1)
    async with home(tmp_path, clock=clock) as it:
        assert isinstance(await it.invites.redeem(codes[0], BEN), Redeemed)
        clock.advance(1)
        assert await it.invites.redeem(codes[1], CLEO) == Refusal("expired")
        assert it.access.role_of(CLEO) is None
        clock.advance(40 * DAY_S)
        await it.invites.invite("adult", "", "", ADMIN)
        assert await count_in(it.database, "invites") == 1
        assert await it.invites.redeem(codes[1], CLEO) == UNKNOWN


@pytest.mark.parametrize("leaving", ["removed", "lowered", "no longer named"])
async def test_an_invite_is_over_when_its_maker_is_no_admin_any_more(tmp_path: Path, leaving: str) -> None:
    """Nobody who lost the right to invite comes back through their own door."""
    async with home(tmp_path, admins=[ADMIN, BEN] if leaving == "no longer named" else [ADMIN]) as it:
        await it.access.let_in(BEN, "admin")
        code = await it.invites.invite("admin", "", "", BEN)
        match leaving:
            case "removed":
                await it.access.remove(it.listed(BEN).id)
            case "lowered":
                await it.access.set_role(it.listed(BEN).id, "adult")
    async with home(tmp_path) as it:
        assert isinstance(await it.invites.redeem(code, BEN), Refusal | AlreadyIn)
        assert isinstance(await it.invites.redeem(code, CLEO), Refusal)
        assert it.access.role_of(BEN) == ("adult" if leaving == "lowered" else None)


@pytest.mark.parametrize("invited_as", ["admin", "guest"])
async def test_who_is_in_already_leaves_the_invite_to_others(tmp_path: Path, invited_as: Role) -> None:
    """Their role is neither lowered nor raised, and the code is still good for whom it was meant."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "teen")
        code = await it.invites.invite(invited_as, "Grandma", "", ADMIN)
        assert await it.invites.redeem(code, BEN) == AlreadyIn("teen")
        assert await it.invites.redeem(code, ADMIN) == AlreadyIn("admin")
        assert await it.invites.redeem(code, SOFA) == AlreadyIn("admin")
        assert it.access.role_of(BEN) == "teen"
        assert isinstance(await it.invites.redeem(code, CLEO), Redeemed)


async def test_the_same_account_gets_the_same_result_again(tmp_path: Path) -> None:
    """A program that was killed before it could say so says it in the next run; but whoever was removed
    since does not come in again."""
    async with home(tmp_path) as it:
        code = await it.invites.invite("adult", "", "", ADMIN)
        first = await it.invites.redeem(code, BEN)
    async with home(tmp_path) as it:
        for _ in range(10):
            assert await it.invites.redeem(code, BEN) == first
        await it.access.remove(it.listed(BEN).id)
        assert await it.invites.redeem(code, BEN) == Refusal("used")
        assert it.access.role_of(BEN) is None


async def test_a_blocked_stranger_does_not_come_in(tmp_path: Path) -> None:
    """Not even with a right code, which stays good for whom it was meant."""
    async with home(tmp_path) as it:
        code = await it.invites.invite("adult", "", "", ADMIN)
        await it.knocks.block(BEN)
        assert await it.invites.redeem(code, BEN) == Refusal("blocked")
        assert it.access.role_of(BEN) is None
        assert isinstance(await it.invites.redeem(code, CLEO), Redeemed)


# ── The claim ─────────────────────────────────────────────────────────────────────────────────────


async def test_the_first_admin_claims_the_house(tmp_path: Path) -> None:
    """With nobody listed or named there is a code, and with an admin there is none any more."""
    async with home(tmp_path, admins=[]) as it:
        code = await it.invites.claim_code()
        assert code is not None
        assert await it.invites.redeem(code, BEN) == Redeemed("admin", True)
        assert await it.invites.claim_code() is None
    async with home(tmp_path, admins=[]) as it:
        assert it.access.role_of(BEN) == "admin"
        assert await it.invites.claim_code() is None
        assert await it.invites.redeem(code, CLEO) == Refusal("used")


async def test_a_named_admin_needs_no_claim(tmp_path: Path) -> None:
    """There is no code where the settings name somebody, and one from before is void."""
    async with home(tmp_path, admins=[]) as it:
        code = await it.invites.claim_code()
    async with home(tmp_path, admins=[ADMIN]) as it:
        assert await it.invites.claim_code() is None
        assert await it.invites.redeem(code or "", BEN) == Refusal("expired")
        assert it.access.role_of(BEN) is None


async def test_a_claim_is_good_for_an_hour_and_only_the_newest(tmp_path: Path) -> None:
    """A code left on a screen does not wait for whoever passes by."""
    async with home(tmp_path, admins=[]) as it:
        first, second = await it.invites.claim_code() or "", await it.invites.claim_code() or ""
        assert await it.invites.redeem(first, BEN) == UNKNOWN
        it.clock.advance(HOUR_S)
        assert await it.invites.redeem(second, BEN) == Refusal("expired")
        third = await it.invites.claim_code() or ""
        it.clock.advance(HOUR_S - 1)
        assert isinstance(await it.invites.redeem(third, BEN), Redeemed)


async def test_a_claim_raises_who_is_listed(tmp_path: Path) -> None:
    """A house whose settings named the only admin, and do so no more, can be claimed by a member."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "adult", name="Ben", language="de")
    async with home(tmp_path, admins=[]) as it:
        await claimed(it, BEN)
        ben = it.listed(BEN)
        assert (ben.role, ben.name, ben.language) == ("admin", "Ben", "de")


# ── At once ───────────────────────────────────────────────────────────────────────────────────────


async def test_of_fifty_at_once_one_comes_in(tmp_path: Path) -> None:
    """Whoever is first has it; the others are told it was used, and are strangers still."""
    crowd = strangers(50)
    async with home(tmp_path) as it:
        code = await it.invites.invite("adult", "", "", ADMIN)
        results = await asyncio.gather(*(it.invites.redeem(code, person) for person in crowd))
        assert sorted(type(result).__name__ for result in results) == ["Redeemed"] + ["Refusal"] * 49
        assert {result for result in results if isinstance(result, Refusal)} == {Refusal("used")}
        assert sum(it.access.role_of(person) is not None for person in crowd) == 1
        assert await count_in(it.database, "people") == 3  # Anna, the sofa, and one of the crowd


async def test_of_many_at_once_in_two_programs_one_comes_in(tmp_path: Path) -> None:
    """Even where a second program has the database open, the table itself lets one person in."""
    crowd = strangers(30)
    async with home(tmp_path) as one, home(tmp_path) as two:
        code = await one.invites.invite("adult", "", "", ADMIN)
        results = await asyncio.gather(
            *((one, two)[number % 2].invites.redeem(code, person) for number, person in enumerate(crowd)),
            return_exceptions=True,
        )
        assert sum(isinstance(result, Redeemed) for result in results) == 1
        assert all(isinstance(result, Redeemed | Refusal | StorageError) for result in results)
        await one.access.load()
        assert sum(one.access.role_of(person) is not None for person in crowd) == 1
        assert await count_in(one.database, "people") == 3


async def test_of_two_who_claim_at_once_one_is_the_admin(tmp_path: Path) -> None:
    """There is one first admin."""
    async with home(tmp_path, admins=[]) as it:
        code = await it.invites.claim_code() or ""
        await asyncio.gather(*(it.invites.redeem(code, person) for person in (BEN, CLEO)))
        assert sorted(str(it.access.role_of(person)) for person in (BEN, CLEO)) == ["None", "admin"]


REDEEM_FOR_EVER = """
import asyncio, sys, time
from pathlib import Path
from core.access import Access
from core.invites import Invites
from core.people import People
from core.storage import open_database
from core.types import Person

async def main():
    admin = Person("stage", "1", "Anna")
    async with open_database(Path(sys.argv[1])) as database:
        people = People(database, time.time)
        access = Access(people, [admin])
        await access.load()
        invites = Invites(database, people, access, time.time)
        number = len(access.members())
        while True:
            number += 1
            code = await invites.invite("adult", f"Nr {number}", "", admin)
            await invites.redeem(code, Person("stage", str(1000 + number)))
            print(number, flush=True)

asyncio.run(main())
"""


def redeem_and_be_killed(path: Path, times: int, moment_s: float) -> int:
    """A program lets people in and is killed a moment later; gives the last it confirmed."""
    command = [sys.executable, "-c", REDEEM_FOR_EVER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        lines = [child.stdout.readline() for _ in range(times)]
        time.sleep(moment_s)  # not to wait for anything: the kill shall fall anywhere in the next ones
        child.kill()
        lines += child.stdout
    return max(int(line) for line in lines if line.endswith("\n"))


async def test_a_code_is_used_exactly_if_somebody_came_in_by_it(tmp_path: Path) -> None:
    """Wherever the program is killed: whoever was told so is in, and no code is used for nothing."""
    random = Random(1)
    for _ in range(5):
        confirmed = redeem_and_be_killed(
            tmp_path / "test.db", random.randint(1, 10), random.uniform(0, 0.005)
        )
        async with home(tmp_path) as it:
            rows = await it.database.read("SELECT used_by_id FROM invites WHERE uses = 1")
            came_in = {account for member in it.access.members() for _, account in member.accounts}
            assert {row["used_by_id"] for row in rows} == came_in - {ADMIN.id}
            assert it.access.role_of(Person("stage", str(1000 + confirmed))) == "adult"


# ── Guessing ──────────────────────────────────────────────────────────────────────────────────────


async def test_after_a_few_wrong_codes_nothing_of_theirs_is_looked_at(tmp_path: Path) -> None:
    """Not even a right one, until an hour after; and a restart does not shorten it."""
    clock = Clock()
    async with home(tmp_path, clock=clock) as it:
        code = await it.invites.invite("adult", "", "", ADMIN)
        assert await guess(it, BEN, OWN_TRIES_MAX) == [UNKNOWN] * OWN_TRIES_MAX
        assert await it.invites.redeem(code, BEN) == TOO_OFTEN
    async with home(tmp_path, clock=clock) as it:
        clock.advance(HOUR_S - 1)
        assert await it.invites.redeem(code, BEN) == TOO_OFTEN
        clock.advance(-2 * DAY_S)
        assert await it.invites.redeem(code, BEN) == TOO_OFTEN
        clock.advance(HOUR_S)
        assert isinstance(await it.invites.redeem(code, BEN), Redeemed)


async def test_guesses_at_once_are_no_more_than_guesses_in_a_row(tmp_path: Path) -> None:
    """Of many wrong codes sent together, as many are looked at as of those sent one by one."""
    async with home(tmp_path) as it:
        results = await asyncio.gather(*(it.invites.redeem(f"guess-{n}", BEN) for n in range(40)))
        assert results.count(UNKNOWN) == OWN_TRIES_MAX
        assert results.count(TOO_OFTEN) == 40 - OWN_TRIES_MAX
        assert await count_in(it.database, "wrong_tries") == OWN_TRIES_MAX


async def test_a_right_code_works_whatever_others_try(tmp_path: Path) -> None:
    """However many guess, nobody but oneself can use up one's tries; the guessers get no answer any
    more, and are still counted one by one."""
    async with home(tmp_path) as it:
        code = await it.invites.invite("adult", "", "", ADMIN)
        crowd = strangers(ALL_TRIES_MAX)
        for person in crowd:
            await guess(it, person)
        assert await guess(it, CLEO, OWN_TRIES_MAX + 1) == [TOO_OFTEN] * (OWN_TRIES_MAX + 1)
        assert await it.invites.redeem(code, CLEO) == TOO_OFTEN
        assert isinstance(await it.invites.redeem(code, BEN), Redeemed)


async def test_a_child_of_the_house_cannot_guess_either(tmp_path: Path) -> None:
    """Wrong tries count for those who are in as well: a code could make them an admin."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "child")
        assert (await guess(it, BEN, OWN_TRIES_MAX + 1))[-1] == TOO_OFTEN


@pytest.mark.parametrize("code", ["", " ", "x" * 100_000, "\ud83d", "a\0b", "'; DROP TABLE people; --"])
async def test_anything_can_be_tried(tmp_path: Path, code: str) -> None:
    """What is no code at all is a wrong one."""
    async with home(tmp_path) as it:
        assert await it.invites.redeem(code, BEN) == UNKNOWN


async def test_guessers_do_not_fill_the_disk(tmp_path: Path) -> None:
    """However many accounts guess, a limited number of wrong tries is kept."""
    async with home(tmp_path) as it:
        await it.database.write(
            *(
                ("INSERT INTO wrong_tries VALUES (NULL, 'code', 'stage', ?, ?)", (str(n), it.clock()))
                for n in range(1500)
            )
        )
        await guess(it, BEN)
        assert await count_in(it.database, "wrong_tries") == 1000
