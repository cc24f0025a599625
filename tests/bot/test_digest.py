"""The digest: what it says, how it arrives, and how to get less of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot import phrases
from bot.digest import LINES_MAX, Day, Findings, digest_text
from core.digests import OFTEN
from core.history import HOUR_S, Asked, Tally, happened
from core.inbox import Announcement, Inbox
from core.ledger import PICTURE, Ledger
from core.storage import Database, open_database
from core.troubles import Trouble
from tests.bot.scenes import PARENT, scene
from tests.fakes import Clock, Player, Street, node

SAY = phrases.of()
NOTHING = Day(Asked(), {})
WELL = Findings([], Day(Asked(40), {"Alpha": Tally(40, 40, 0, 40.0)}), Day(Asked(38), {}), 0)

# ── What it says ──────────────────────────────────────────────────────────────────────────────────


def test_a_good_day_is_told_in_a_breath() -> None:
    """The verdict, and how much was asked, beside the week before."""
    assert digest_text(WELL, SAY).splitlines() == [
        "🟢 **All is well.**",
        "- Questions in the last 24 hours: 40 (a week before: 38).",
        "- Answered by Alpha (40).",
    ]


def test_a_day_without_a_question_is_a_good_one() -> None:
    """And is called what it is."""
    text = digest_text(replace(WELL, day=NOTHING, before=NOTHING), SAY)
    assert text == "🟢 **All is well.**\n- Nobody asked anything in the last 24 hours."


def test_the_worst_comes_first() -> None:
    """What is wrong now, then what people felt, then what only the admin sees."""
    day = Day(
        Asked(40, 3),
        {
            "Weak": Tally(20, 10, 9, 10.0, {"stalled": 8, "cut": 2}),
            "Weaker": Tally(20, 5, 9, 10.0, {"server": 15}),
            "Slow": Tally(20, 20, 0, 200.0),
        },
    )
    before = Day(Asked(30), {"Weak": Tally(20, 19, 0, 20.0, {"cut": 1}), "Slow": Tally(20, 20, 0, 20.0)})
    lines = digest_text(Findings([Trouble("disk", free_bytes=4 * 10**8)], day, before, 5), SAY).splitlines()
    assert lines[0] == "🟠 **Answers work. Worth a look: 6**"
    expected = ("disk", "3 of 40", "5 h", "Weaker", "Weak ", "Slow")
    for line, words in zip(lines[1:], expected, strict=False):
        assert words in line
    assert "answered only 50% of the time, mostly: stopped in the middle; a week before: 95%" in lines[5]
    assert "10.0 s (a week before: 1.0 s)" in lines[6]


def test_that_nobody_can_be_answered_is_the_verdict() -> None:
    """Nothing above it says that answers work."""
    nobody = Trouble("nobody")
    lines = digest_text(replace(WELL, troubles=[nobody, Trouble("backup", days=4)]), SAY).splitlines()
    assert lines[0] == SAY.trouble(nobody)
    assert "Answers work" not in "\n".join(lines)
    assert "4 days" in lines[1]


def test_a_few_tries_say_nothing() -> None:
    """One failure of two is no weak node, and one slow answer no slow one."""
    day = Day(Asked(2), {"Alpha": Tally(2, 1, 1, 60.0, {"cut": 1})})
    before = Day(Asked(2), {"Alpha": Tally(2, 2, 0, 2.0)})
    assert digest_text(Findings([], day, before, 0), SAY).startswith(SAY.DIGEST_WELL)


@pytest.mark.parametrize("say", phrases.LANGUAGES.values(), ids=phrases.LANGUAGES)
def test_it_is_never_longer_than_a_glance(say: phrases.English) -> None:
    """Whatever breaks, in every language; and how much was asked is still there."""
    nodes = {f"Node-{number}": Tally(20, 5, 9, 10.0, {"made_up": 15}) for number in range(20)}
    troubles = [Trouble("node", name, "Pay the bill.") for name in nodes]
    lines = digest_text(Findings(troubles, Day(Asked(40, 9), nodes), NOTHING, 3), say).splitlines()
    assert len(lines) == LINES_MAX
    assert "40" in lines[-2]


# ── In the chat ───────────────────────────────────────────────────────────────────────────────────


async def busy(database: Database, at: float) -> None:
    await database.write(*happened({"Alpha": Tally(9, 8, 1, 9.0, {"cut": 1})}, at))


async def test_it_arrives_silently_with_a_picture_and_a_way_out(tmp_path: Path) -> None:
    """One post without a sound, one picture below it, and a button for less."""
    async with scene(tmp_path, node("Alpha", Player()), stage=Street()) as house:
        street = house.stage
        assert isinstance(street, Street)
        house.clock.advance(24 * HOUR_S + 8 * HOUR_S)
        await busy(house.database, house.clock() - HOUR_S)
        await house.desktop.digest.send()
        await house.calm()
        (part,) = street.posts.values()
        assert part.text.startswith("🟢 **All is well.**")
        assert part.silent
        assert [button.command for button in part.buttons] == ["/less"]
        assert [png[:4] for png in street.pictures] == [b"\x89PNG"]
        assert street.silent_pictures == 1
        assert await house.database.read("SELECT * FROM pictures") == []


async def test_a_picture_is_shown_once_whatever_is_killed(tmp_path: Path) -> None:
    """The next run shows what the last one had no time for; where that may stand there already, the words are
    enough."""
    street = Street()
    chat = await street.direct(PARENT)
    for begun in (False, True):
        async with open_database(tmp_path / "test.db") as database:
            inbox, ledger = Inbox(database, Clock()), Ledger(database)
            await inbox.announce(Announcement(chat, PARENT, f"{begun}", "Look.", picture=b"PNG"))
            (item,) = await inbox.open_items(chat, PARENT.id)
            if begun:
                await ledger.intend(item.id, PICTURE)
        async with scene(tmp_path, node("Alpha", Player()), stage=street) as house:
            await house.desk.take_up()
            await house.calm()
    assert street.texts() == ["Look.", "Look."]
    assert street.pictures == [b"PNG"]


async def test_less_of_this_is_one_press_at_a_time(tmp_path: Path) -> None:
    """Every morning, once a week, never; each answer offers the others."""
    async with scene(tmp_path, node("Alpha", Player())) as house:
        assert SAY.DIGEST_CHOSEN["weekly"] in await house.hear("/less")
        buttons = [button.command for button in list(house.stage.posts.values())[-1].buttons]
        assert buttons == ["/digest daily", "/digest off"]
        assert SAY.DIGEST_CHOSEN["off"] in await house.hear("/less")
        assert SAY.DIGEST_CHOSEN["off"] in await house.hear("/less")
        assert SAY.DIGEST_CHOSEN["daily"] in await house.hear("/digest on")
        member = house.desktop.family.access.member_of(PARENT)
        assert member is not None
        assert await house.desktop.digest.digests.often(member.id) == "daily"


async def test_it_can_be_seen_at_any_time(tmp_path: Path) -> None:
    """Where no picture can be shown, a table says the same."""
    stage = Street()
    stage.limits = replace(stage.limits, pictures=False)
    async with scene(tmp_path, node("Alpha", Player()), stage=stage) as house:
        await busy(house.database, house.clock())
        said = await house.hear("/digest")
        assert said.startswith("🟢 **All is well.**")
        assert "```\nAlpha" in said
        assert stage.pictures == []


def test_there_are_words_for_each_choice() -> None:
    """As a button, and as an answer."""
    assert set(SAY.OFTEN) == set(SAY.DIGEST_CHOSEN) == set(OFTEN)
