"""The digest: what it says, how it arrives, and how to get less of it."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from bot import phrases
from bot.digest import LINES_MAX, Findings, Past, digest_text
from core.digests import OFTEN
from core.errors import Gone
from core.history import HOUR_S, Asked, History, Tally, happened
from core.inbox import Inbox
from core.ledger import PICTURE, Ledger
from core.notices import Notice
from core.storage import Database, open_database
from core.troubles import Trouble
from core.types import Chat, Part, Person
from tests.bot.scenes import PARENT, scene
from tests.fakes import Clock, Player, Street, node

SAY = phrases.of()
NOTHING = Past(Asked(), {})
WELL = Findings(Past(Asked(40), {"Alpha": Tally(40, 40, 0, 40.0)}), Past(Asked(38), {}))

# ── What it says ──────────────────────────────────────────────────────────────────────────────────


def test_a_good_day_is_told_in_a_breath() -> None:
    """The verdict, and how much was asked, beside the week before."""
    assert digest_text(WELL, SAY).splitlines() == [
        "🟢 **All is well.**",
        "- Questions in the last 24 hours: 40 (the same day last week: 38).",
        "- Answered by Alpha (40).",
    ]


def test_a_day_without_a_question_is_a_good_one() -> None:
    """And is called what it is."""
    text = digest_text(replace(WELL, past=NOTHING, before=NOTHING), SAY)
    assert text == "🟢 **All is well.**\n- Nobody asked anything in the last 24 hours."


def test_the_worst_comes_first() -> None:
    """What is wrong now, then what people felt, then what only the admin sees."""
    past = Past(
        Asked(40, 3),
        {
            "Weak": Tally(20, 10, 9, 10.0, {"stalled": 8, "cut": 2}),
            "Weaker": Tally(20, 5, 9, 10.0, {"server": 15}),
            "Slow": Tally(20, 20, 0, 200.0),
        },
    )
    before = Past(Asked(30), {"Weak": Tally(20, 19, 0, 20.0, {"cut": 1}), "Slow": Tally(20, 20, 0, 20.0)})
    troubles = [Trouble("disk", free_bytes=4 * 10**8)]
    found = Findings(past, before, troubles=troubles, waiting=2, off_hours=5)
    lines = digest_text(found, SAY).splitlines()
    assert lines[0] == "🟠 **Answers work. Worth a look: 7**"
    expected = ("disk", "an hour: 2", "3 of 40", "5 h", "Weaker", "Weak ", "Slow")
    for line, words in zip(lines[1:], expected, strict=False):
        assert words in line
    assert "only 50% of the time, mostly: stopped in the middle; the same day last week: 95%" in lines[6]
    assert "10.0 s (the same day last week: 1.0 s)" in lines[7]


def test_that_nobody_can_be_answered_is_the_verdict() -> None:
    """Nothing above it says that answers work."""
    nobody = Trouble("nobody")
    lines = digest_text(replace(WELL, troubles=[nobody, Trouble("backup", days=4)]), SAY).splitlines()
    assert lines[0] == SAY.trouble(nobody)
    assert "Answers work" not in "\n".join(lines)
    assert "4 days" in lines[1]


def test_a_few_tries_say_nothing() -> None:
    """One failure of two is no weak node, and one slow answer no slow one."""
    past = Past(Asked(2), {"Alpha": Tally(2, 1, 1, 60.0, {"cut": 1})})
    before = Past(Asked(2), {"Alpha": Tally(2, 2, 0, 2.0)})
    assert digest_text(Findings(past, before), SAY).startswith(SAY.DIGEST_WELL)


def test_what_is_not_known_is_not_compared() -> None:
    """In the first week there was no week before."""
    past = Past(Asked(40, 3), {"Weak": Tally(20, 10, 9, 10.0, {"cut": 10})})
    text = digest_text(Findings(past, None), SAY)
    assert "Questions in the last 24 hours: 40." in text
    assert "3 of 40 questions." in text
    assert "week" not in text


def test_who_reads_it_once_a_week_reads_of_the_week() -> None:
    """Beside the one before."""
    assert digest_text(replace(WELL, span="week"), SAY).splitlines()[1] == (
        "- Questions in the last 7 days: 40 (the week before: 38)."
    )


@pytest.mark.parametrize(("paused", "words"), [("all", SAY.ALL_PAUSED), ("nodes", SAY.NODES_PAUSED)])
def test_a_pause_that_was_forgotten_is_the_verdict(paused: Literal["all", "nodes"], words: str) -> None:
    """All is not well while questions wait for the end of it."""
    lines = digest_text(replace(WELL, paused=paused, waiting=3), SAY).splitlines()
    assert lines[0] == words
    assert len(lines) == 3


def test_of_a_node_in_trouble_it_is_said_once() -> None:
    """That its key is dead says why it fails."""
    past = Past(Asked(40), {"Alpha": Tally(20, 5, 9, 10.0, {"Rejected": 15})})
    found = Findings(past, None, troubles=[Trouble("node", "Alpha", "Pay the bill.")])
    assert digest_text(found, SAY).count("🔴 The model Alpha") == 1
    assert "answered only" not in digest_text(found, SAY)


@pytest.mark.parametrize("say", phrases.LANGUAGES.values(), ids=phrases.LANGUAGES)
def test_it_is_never_longer_than_a_glance(say: phrases.English) -> None:
    """Whatever breaks, in every language; and how much was asked is still there."""
    nodes = {f"Node-{number}": Tally(20, 5, 9, 10.0, {"made_up": 15}) for number in range(20)}
    troubles = [Trouble("node", name, "Pay the bill.") for name in list(nodes)[:12]]
    found = Findings(Past(Asked(40, 9), nodes), NOTHING, troubles=troubles, off_hours=3)
    lines = digest_text(found, say).splitlines()
    assert len(lines) == LINES_MAX
    assert "40" in lines[-2]
    assert "/status" in lines[-3]
    assert "22" in lines[0]  # 12 that are out, 8 that are weak, questions without an answer, hours off
    assert "14" in lines[-3]


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


async def test_what_comes_once_a_week_tells_of_the_week(tmp_path: Path) -> None:
    """In words and in the picture."""
    async with scene(tmp_path, node("Alpha", Player()), stage=Street()) as house:
        street = house.stage
        assert isinstance(street, Street)
        await house.hear("/digest weekly")
        await busy(house.database, house.clock())
        house.clock.advance(5 * 24 * HOUR_S + 8 * HOUR_S)
        await house.desktop.digest.send()
        await house.calm()
        assert "Alpha (8)" in street.texts()[-1]
        assert "in the last 7 days" in street.texts()[-1]
        assert len(street.pictures) == 1


async def test_the_week_is_compared_when_it_is_known(tmp_path: Path) -> None:
    """Not before the program has run for that long."""
    async with scene(tmp_path, node("Alpha", Player())) as house:
        history = History(house.database, house.clock)
        for day in range(9):
            await history.beat()
            await house.hear("Why?")
            said = await house.hear("/digest")
            assert ("last week" in said) is (day == 8)
            house.clock.advance(24 * HOUR_S)


async def test_a_picture_is_shown_once_whatever_is_killed(tmp_path: Path) -> None:
    """The next run shows what the last one had no time for; where that may stand there already, the words are
    enough."""
    street = Street()
    chat = await street.direct(PARENT)
    for begun in (False, True):
        async with open_database(tmp_path / "test.db") as database:
            inbox, ledger = Inbox(database, Clock()), Ledger(database)
            await inbox.announce((chat, Notice(PARENT, None, f"{begun}", "Look.", picture=b"PNG")))
            (item,) = await inbox.open_items(chat, PARENT.id)
            if begun:
                await ledger.intend(item.id, PICTURE)
        async with scene(tmp_path, node("Alpha", Player()), stage=street) as house:
            await house.desk.take_up()
            await house.calm()
    assert street.texts() == ["Look.", "Look."]
    assert street.pictures == [b"PNG"]


class Blocked(Street):
    """An admin has blocked us in one of their chats."""

    blocked = "to 1"

    def __init__(self) -> None:
        super().__init__()
        self.came_to: list[str] = []

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        if chat.id == self.blocked:
            raise Gone("403 bot was blocked by the user")
        self.came_to.append(chat.id)
        return await super().post(chat, part, reply_to=reply_to, key=key)


async def test_an_admin_who_has_blocked_us_gets_it_where_they_have_not(tmp_path: Path) -> None:
    """From the next one on, across restarts; and where they talk to us again, it comes there again."""
    street = Blocked()
    async with scene(tmp_path, node("Alpha", Player()), stage=street) as house:
        await house.database.write(("INSERT INTO accounts SELECT 'stage', '2', person FROM accounts", ()))
    for day, came_to in enumerate(([], ["to 2"], ["to 2"]), 1):
        async with scene(tmp_path, node("Alpha", Player()), stage=street) as house:
            house.clock.advance(day * 24 * HOUR_S + 8 * HOUR_S)
            await house.desktop.digest.send()
            await house.calm()
        assert street.came_to == came_to
        street.came_to.clear()
    street.blocked = ""
    async with scene(tmp_path, node("Alpha", Player()), stage=street) as house:
        house.said = 100
        house.clock.advance(4 * 24 * HOUR_S + 8 * HOUR_S)
        await house.hear("/status")
        await house.desktop.digest.send()
        await house.calm()
        assert street.came_to == ["home", "to 1"]


async def test_strangers_are_counted(tmp_path: Path) -> None:
    """Those too for whom an hour had no room on a card; /people says how many there were in a week."""
    async with scene(tmp_path, node("Alpha", Player()), stage=Street()) as house:
        for number in range(50):
            await house.desktop.family.knocks.knock(Person("stage", f"9{number}", "Eve"))
        assert SAY.digest_knocked("day", 50) in await house.hear("/digest")
        assert SAY.digest_knocked("week", 50) in await house.hear("/people")
        house.clock.advance(25 * HOUR_S)
        assert "👋" not in await house.hear("/digest")
        assert SAY.digest_knocked("week", 50) in await house.hear("/people")
        house.clock.advance(7 * 24 * HOUR_S)
        assert "👋" not in await house.hear("/people")


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
