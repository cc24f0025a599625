"""What an admin sees: the status, the log, who used how much, which way an answer came."""

import asyncio
from pathlib import Path

import pytest

from core.errors import BadFormat, RateLimited, Rejected, Unavailable
from core.history import Tally, happened
from core.ledger import PICTURE
from core.providers import End
from core.troubles import Trouble
from core.types import Chat, Incoming, Person
from tests.bot.scenes import HOME, PARENT, SAY, Scene, scene
from tests.fakes import Beat, Player, Street, node

PLAIN: list[Beat] = ["An answer.", End()]
KID = Person("stage", "50", "Mia")
KIDS_CHAT = Chat("stage", "50")


async def press(house: Scene, command: str, post: str) -> None:
    """A button under this post of ours."""
    house.said += 1
    pressed = Incoming(HOME, PARENT, f"press-{house.said}", command, house.clock.now, pressed=post)
    await house.desk.accept("stage", [pressed], None)
    await house.calm()


# ── /status ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_verdict_comes_first_and_then_each_node(tmp_path: Path) -> None:
    """With its sign, what is left of a pause, its counts, the remedy where a person is needed; then the line
    of questions, the disk and the backup."""
    limited = Player([RateLimited("429", 90, stated=True)])
    refused = Player([Rejected("401", "Renew the token at the provider.")])
    nodes = [node("Alpha", limited), node("Beta", refused), node("Gamma", Player(PLAIN))]
    async with scene(tmp_path, *nodes) as house:
        assert (await house.hear("/status")).startswith("🟢 **All well.**")
        await house.hear("Why?")
        await house.hear("Why?")
        verdict, why, _, alpha, beta, gamma, queue, database, version = (
            await house.hear("/status")
        ).splitlines()
        assert verdict == SAY.digest_look_at(1)
        assert "Renew the token at the provider." in why
        assert alpha == "- 🟡 Alpha: cooldown, 2 min left · 1 asked, 0% answered · 1× rate limited"
        assert beta == "- 🔴 Beta: offline · 1 asked, 0% answered"
        assert gamma.startswith("- 🟢 Gamma: active · 2 asked, 100% answered · first word after 0.0 s")
        assert queue == "- Nobody is waiting"
        assert database.startswith("- Database: ")
        assert database.endswith("no backup yet")
        assert version == "- Porchlight 1.2.3"


async def test_a_node_that_rests_for_a_while_is_no_trouble(tmp_path: Path) -> None:
    """As long as another one answers; if none does, that is said."""
    limited = Player([RateLimited("429", 90, stated=True)])
    nodes = [node("Alpha", limited), node("Beta", Player(PLAIN))]
    async with scene(tmp_path, *nodes) as house:
        await house.hear("Why?")
        assert (await house.hear("/status")).startswith("🟢 **Answers work.** 1 of 2 models")
    async with scene(tmp_path / "empty") as house:
        assert (await house.hear("/status")).startswith("🔴 **No model is set up.** /nodes add")


async def test_only_a_pause_that_ends_by_itself_has_a_time(tmp_path: Path) -> None:
    """A node that wants a person, or that a person has paused, does not come back when its pause is over."""
    limited = Player([RateLimited("429", 90, stated=True)])
    refused = Player([Rejected("401", "Renew the token.")])
    nodes = [node("Alpha", limited), node("Beta", refused), node("Gamma", Player(PLAIN))]
    async with scene(tmp_path, *nodes) as house:
        await house.hear("Why?")
        await house.hear("Why?")
        nodes[0].paused = True
        shown = await house.hear("/status")
        assert "- ⚪ Alpha: paused · 1 asked" in shown
        assert "- 🔴 Beta: offline · 1 asked" in shown


async def test_the_verdict_does_not_send_one_to_where_one_is(tmp_path: Path) -> None:
    """What ails the models stands right below it."""
    async with scene(tmp_path, node("Alpha", Player([RateLimited("429", 90)]))) as house:
        await house.hear("Why?")
        verdict, *below = (await house.hear("/status")).splitlines()
        assert verdict == SAY.VERDICTS["nobody"]
        assert not any("/status" in line for line in (verdict, *below))


async def test_questions_behind_a_command_are_in_line_too(tmp_path: Path) -> None:
    """Where commands are chosen from a list, all of them come like that; other commands are no questions."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        await house.hear("/pause")
        for text in ("/ask Why?", "/private Why?", "/research Why?", "/new", "Why?"):
            await house.say(text)
        await house.say("/status")
        await house.stage.shows(lambda: "4 waiting" in house.stage.texts()[-1])


async def test_details_tell_the_rest(tmp_path: Path) -> None:
    """How each node failed, what it was asked for, how much was read and written, and the version."""
    stalled = Unavailable("stalled", "nothing for 20 s")
    player = Player(["An answer.", End(False, 1200, 34)], [stalled])
    async with scene(tmp_path, node("Alpha", player), node("Beta", Player(PLAIN))) as house:
        for _ in range(3):
            await house.hear("Why?")
        shown = await house.hear("/status details")
        assert "1× stopped in the middle" in shown
        assert "1,200 tokens read, 34 written · alpha-model" in shown
        assert "last trouble: stalled: nothing for 20 s" in shown
        assert shown.endswith("- Porchlight 1.2.3")


async def test_refresh_edits_in_place_and_the_other_buttons_are_there(tmp_path: Path) -> None:
    """One post, however often it is pressed."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        await house.hear("/status")
        (post,) = house.stage.posts
        buttons = {button.label: button.command for button in house.stage.posts[post].buttons}
        assert list(buttons) == ["Refresh", "Chart", "Details", "Reset", "Strategy"]
        for there, back in (("Details", "Back"), ("Strategy", "Back")):
            await press(house, buttons[there], post)
            await press(house, {it.label: it.command for it in house.stage.posts[post].buttons}[back], post)
            assert list(house.stage.posts) == [post]
            assert buttons == {it.label: it.command for it in house.stage.posts[post].buttons}
        house.pool.nodes[0].paused = True
        await press(house, buttons["Refresh"], post)
        assert list(house.stage.posts) == [post]
        assert "⚪ Alpha: paused" in house.stage.posts[post].text
        await press(house, buttons["Details"], post)
        assert list(house.stage.posts) == [post]
        assert "Porchlight 1.2.3" in house.stage.posts[post].text


async def busy(house: Scene) -> None:
    """Alpha was asked three times in this hour."""
    await house.database.write(*happened({"Alpha": Tally(3, 3)}, house.clock.now))


async def test_the_chart_is_a_picture_where_one_can_be_seen(tmp_path: Path) -> None:
    """With the same facts in its caption; of the last day, or of the week."""
    street = Street()
    async with scene(tmp_path, stage=street) as house:
        assert await house.hear("/chart") == SAY.CHART["nothing"]
        await busy(house)
        for command, other in (("/chart", "7 days"), ("/chart week", "24 hours")):
            shown = await house.hear(command)
            (button,) = list(street.posts.values())[-1].buttons
            assert button.label == other
            assert shown == f"**{SAY.CHART['title_week' if 'week' in command else 'title']}**"
            assert street.pictures.pop() == b"PNG"
            assert street.captions.pop() == "- Alpha: asked 3, answered 3"
        row = await house.database.read_one("SELECT post FROM posts WHERE part = ?", (PICTURE,))
        assert row is not None


class Blind(Street):
    """Takes no picture."""

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        raise BadFormat("too large")


async def test_the_words_tell_what_a_picture_that_is_refused_does_not(tmp_path: Path) -> None:
    """The facts are not lost with it."""
    street = Blind()
    async with scene(tmp_path, stage=street) as house:
        await busy(house)
        await house.hear("/chart")
        await street.shows(lambda: "- Alpha: asked 3, answered 3" in street.texts()[-1])


class Broken(Street):
    """Breaks over the picture, as a program does that is killed there."""

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        raise RuntimeError("nobody expects this")


async def test_the_facts_outlive_a_program_that_dies_over_the_picture(tmp_path: Path) -> None:
    """The next run has no picture any more, and says them in words."""
    street = Broken()
    async with scene(tmp_path, stage=street) as house:
        await busy(house)
        await house.say("/chart")
        await street.shows(lambda: street.texts() == [f"**{SAY.CHART['title']}**"])
    async with scene(tmp_path, stage=street) as house:
        await house.desk.take_up()
        await house.calm()
    assert street.texts() == [f"**{SAY.CHART['title']}**\n\n- Alpha: asked 3, answered 3"]


@pytest.mark.parametrize("argument", ["", "details", "pin"])
async def test_members_get_one_line(tmp_path: Path, argument: str) -> None:
    """And so does an admin where others read it too."""
    group = Chat("stage", "-100", "group")
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        await house.desktop.family.access.let_in(KID, "child")
        await house.desktop.family.chats.allow_group(group, "Family", PARENT)
        for person, chat in ((KID, KIDS_CHAT), (PARENT, group)):
            shown = await house.hear(f"/status {argument}", person=person, chat=chat)
            assert shown == SAY.MEMBER_STATUS["well"]
        house.pool.nodes.clear()
        assert await house.hear("/status", person=KID, chat=KIDS_CHAT) == SAY.MEMBER_STATUS["nobody"]
    assert await _pins(tmp_path) == []


async def test_minors_read_what_is_true_for_them(tmp_path: Path) -> None:
    """Whom no model may answer is told so, asking or not; and one that may, but rests, is no help now."""
    alpha, beta = node("Alpha", Player(PLAIN), allow_minors=False), node("Beta", Player(PLAIN))
    async with scene(tmp_path, alpha, stage=Street()) as house:
        await house.desktop.family.access.let_in(KID, "child")
        said = SAY.MEMBER_STATUS["not_for_minors"]
        assert await house.hear("/status", person=KID, chat=KIDS_CHAT) == said
        for asked in ("Why?", "/research why?"):
            assert await house.hear(asked, person=KID, chat=KIDS_CHAT) == SAY.NOT_FOR_MINORS
        member = house.desktop.family.access.member_of(KID)
        assert member is not None
        await house.desktop.family.access.set_role(member.id, "adult")
        assert await house.hear("/status", person=KID, chat=KIDS_CHAT) == SAY.MEMBER_STATUS["well"]
        await house.desktop.family.access.set_role(member.id, "teen")
        house.pool.add(beta)
        assert await house.hear("/status", person=KID, chat=KIDS_CHAT) == SAY.MEMBER_STATUS["well"]
        lease = beta.lease(house.clock())
        assert lease is not None
        beta.failed(lease, RateLimited("429", 90), house.clock())
        assert await house.hear("/status", person=KID, chat=KIDS_CHAT) == SAY.MEMBER_STATUS["nobody"]


async def test_what_failed_and_is_tried_next_is_no_reason_not_to_ask(tmp_path: Path) -> None:
    """A model whose pause is over has shown nothing yet: nobody is told that it cannot answer."""
    group = Chat("stage", "-100", "group")
    alpha = node("Alpha", Player(PLAIN))
    async with scene(tmp_path, alpha, stage=Street()) as house:
        await house.desktop.family.chats.allow_group(group, "Family", PARENT)
        alpha.breaker.open_for(30, house.clock())
        assert await house.hear("/status", chat=group) == SAY.MEMBER_STATUS["nobody"]
        assert (await house.hear("/status")).startswith(SAY.VERDICTS["nobody"])
        house.clock.advance(31)
        assert await house.hear("/status", chat=group) == SAY.MEMBER_STATUS["doubtful"]
        verdict = SAY.trouble(Trouble("nobody", tried_next=True))
        assert (await house.hear("/status")).startswith(verdict)


async def test_a_platform_that_is_not_heard_is_in_the_verdict(tmp_path: Path) -> None:
    """And one that is, is not."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        street.heard_at = house.clock.now - 7
        shown = await house.hear("/status")
        assert shown.startswith("🟢 **All well.**")
        assert "- 🟢 Stage: heard 7 s ago" in shown
        street.heard_at -= 600
        shown = await house.hear("/status")
        assert shown.startswith("🟠 **Stage cannot be reached just now.**")
        assert "- 🟠 Stage: heard 10 min ago" in shown


# ── /logs ─────────────────────────────────────────────────────────────────────────────────────────

LOG = """\
2026-03-11 14:30:01 | INFO | core.pool | one
2026-03-11 14:30:02 | WARNING | core.pool | two with canary-secret and sk-0123456789abcdef0123
2026-03-11 14:30:03 | ERROR | bot.desk | three
    Traceback (most recent call last):
      File "x.py", line 3, in y
    ValueError: of three
2026-03-11 14:30:04 | INFO | core.pool | four ``` end
"""


async def test_the_log_is_shown_without_secrets(tmp_path: Path) -> None:
    """The last lines, or those of a level and above; of a traceback only what went wrong."""
    (tmp_path / "system.log").write_text(LOG)
    async with scene(tmp_path) as house:
        shown = await house.hear("/logs")
        assert "canary-secret" not in shown
        assert "sk-0123456789" not in shown
        assert shown.count("[secret]") == 2
        assert shown.count("```") == 2
        assert "ValueError: of three" in shown
        assert "x.py" not in shown
        assert [line[-4:] for line in (await house.hear("/logs 1")).splitlines()[1:-1]] == [" end"]
        for text in ("/logs 9 error", "/logs ERROR 9"):
            shown = await house.hear(text)
            assert "three" in shown
            assert "two" not in shown
        assert await house.hear("/logs critical") == SAY.NO_LOGS
        assert (await house.hear("/logs 99999999999999999999")).count("\n") == 6
        for wrong in ("0", "-1", "loud"):
            assert await house.hear(f"/logs {wrong}") == SAY.LOGS_HOW


async def test_a_long_log_is_cut_to_fit_one_post(tmp_path: Path) -> None:
    """The newest lines stay; a missing log is said."""
    async with scene(tmp_path) as house:
        assert await house.hear("/logs") == SAY.NO_LOGS
        lines = [f"2026-03-11 14:30:01 | INFO | x | {number} {'y' * 900}" for number in range(50)]
        (tmp_path / "system.log").write_text("\n".join(lines))
        shown = await house.hear("/logs 50")
        assert len(shown) < 4000
        assert "| 49 y" in shown
        assert "| 1 y" not in shown


async def test_a_log_that_has_just_turned_over_shows_what_was_before(tmp_path: Path) -> None:
    """The last error is not gone because the file is new."""
    (tmp_path / "system.log.1").write_text(LOG)
    (tmp_path / "system.log").write_text("2026-03-11 14:31:00 | INFO | x | five\n")
    async with scene(tmp_path) as house:
        shown = await house.hear("/logs 2")
        assert "four" in shown
        assert "five" in shown
        assert "three" in await house.hear("/logs error")


# ── /usage, /why ──────────────────────────────────────────────────────────────────────────────────


async def test_usage_counts_by_human_and_shows_no_words(tmp_path: Path) -> None:
    """Whoever asked most comes first; two accounts are one human; commands do not count."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        await house.desktop.family.access.let_in(KID, "child", name="Mia")
        assert await house.hear("/usage") == SAY.usage_text([])
        await house.hear("canary words", person=KID, chat=KIDS_CHAT)
        house.clock.advance(3 * 86400)
        await house.hear("canary words", person=KID, chat=KIDS_CHAT)
        house.clock.advance(10 * 86400)
        await house.hear("Why?")
        house.clock.advance(60)
        await house.hear("Why?")
        await house.hear("Why?")
        shown = (await house.hear("/usage")).splitlines()
        assert shown[2:] == [
            "- Anna: 3 today, 3 in 7 days, 3 in 30 days",
            "- Mia: 0 today, 0 in 7 days, 2 in 30 days",
        ]


async def test_who_was_removed_is_counted_among_the_others(tmp_path: Path) -> None:
    """Their questions were asked all the same; their name is gone."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        access = house.desktop.family.access
        await access.let_in(KID, "child", name="Mia")
        await house.hear("Why?", person=KID, chat=KIDS_CHAT)
        member = access.member_of(KID)
        assert member is not None
        await house.hear(f"/remove {member.id} yes")
        assert (await house.hear("/usage")).splitlines()[2:] == [
            f"- {SAY.USAGE_OTHERS}: 1 today, 1 in 7 days, 1 in 30 days"
        ]


async def test_why_tells_who_answered_and_what_failed_before(tmp_path: Path) -> None:
    """With the times, and in the order in which it was tried; no word of it is kept."""
    slow = Player([7.0, RateLimited("429", 90)], PLAIN)
    good = Player([2.0, "An ", 3.0, "answer.", End()])
    async with scene(tmp_path, node("Alpha", slow), node("Beta", good)) as house:
        slow.clock = good.clock = house.clock
        assert await house.hear("/why") == SAY.WHY_NOTHING
        await house.hear("Why?")
        assert (await house.hear("/why")).splitlines() == [
            "🟢 Beta answered (beta-model): first word after 2.0 s, whole after 5.0 s",
            "🔴 Alpha: rate limited, after 7.0 s",
        ]


async def test_why_is_about_the_post_it_replies_to(tmp_path: Path) -> None:
    """The question or the answer; without one it is about the last."""
    alpha, beta = node("Alpha", Player(PLAIN)), node("Beta", Player([Unavailable("cut", "gone")]))
    async with scene(tmp_path, alpha, beta) as house:
        beta.paused = True
        asked = await house.say("Why?")
        await house.calm()
        (first,) = house.stage.posts
        alpha.paused, beta.paused = True, False
        await house.hear("And now?")
        for replied in (asked, first):
            said = Incoming(HOME, PARENT, f"w{replied}", "/why", house.clock.now, reply_to=replied)
            await house.desk.accept("stage", [said], None)
            await house.calm()
            assert house.stage.texts()[-1].startswith("🟢 Alpha answered")
        nobody, *tries = (await house.hear("/why")).splitlines()
        assert nobody == SAY.WHY_NOBODY
        assert tries
        assert all(line.startswith("🔴 Beta: cut off") for line in tries)
        await house.database.write(("DELETE FROM trail", ()))
        assert await house.hear("/why") == SAY.WHY_NOBODY


async def test_why_is_about_what_came_to_an_end(tmp_path: Path) -> None:
    """While an answer grows it is about the one before."""
    go_on = asyncio.Event()
    player = Player(PLAIN, ["An ", go_on, "answer.", End()])
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("Why?")
        await house.say("And now?")
        await house.stage.shows(lambda: "An " in house.stage.texts())
        await house.say("/why")
        await house.stage.shows(lambda: any(it.startswith("🟢 Alpha") for it in house.stage.texts()))
        go_on.set()
        await house.calm()


async def test_nobody_hears_which_way_the_answer_of_another_came(tmp_path: Path) -> None:
    """Not by replying to it either; and the next run knows the way of one's own."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        await house.desktop.family.access.let_in(KID, "adult")
        asked = await house.say("Why?", person=KID, chat=KIDS_CHAT)
        await house.calm()
        said = Incoming(HOME, PARENT, "w1", "/why", house.clock.now, reply_to=asked)
        await house.desk.accept("stage", [said], None)
        await house.calm()
        assert street.texts()[-1] == SAY.WHY_NOTHING
        await house.hear("Why?")
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        house.said = 1000
        assert (await house.hear("/why")).startswith("🟢 Alpha answered")


async def _pins(folder: Path) -> list[object]:
    async with scene(folder) as house:
        return list(await house.database.read("SELECT * FROM pins"))
