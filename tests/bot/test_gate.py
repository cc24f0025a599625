"""The gate: who is let in, who is told what, and what is never kept."""

from pathlib import Path

import pytest

from bot.gate import Gate
from core.errors import NoRight
from core.providers import End
from core.roles import Role
from core.types import Chat, Incoming, Joined, Moved, Person, Poison
from tests.bot.scenes import HOME, PARENT, SAY, Scene, scene
from tests.core.answers import PLAIN
from tests.fakes import Player, Street, node

EVE = Person("stage", "666", "Eve")
DOOR = Chat("stage", "at the door")
GROUP = Chat("stage", "-100", "group")
PASSWORD = "open the porch"
ADMINS_CHAT = Chat("stage", "to 1")


def everything_kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def came(house: Scene, text: str, post: str, person: Person = EVE, chat: Chat = DOOR) -> None:
    await house.desk.accept("stage", [Incoming(chat, person, post, text, house.clock.now)], None)
    await house.calm()


async def test_a_stranger_gets_one_line_and_the_admin_one_card(tmp_path: Path) -> None:
    """However often they write; nothing of what they write is kept, and no model hears of it."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        for number in range(30):
            await came(house, f"canary words {number}", f"x{number}")
        line, card = house.stage.posts.values()
        assert line.text == SAY.STRANGER
        assert "Eve" in card.text
        assert [button.command for button in card.buttons] == ["/allow stage:666", "/block stage:666"]
    assert player.asked == []
    assert b"canary words" not in everything_kept(tmp_path)


async def test_the_admin_lets_a_stranger_in_with_two_presses(tmp_path: Path) -> None:
    """First whom, then as what, in the place of the card; from then on they are answered."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN))) as house:
        await came(house, "Hello?", "x1")
        card_post, card = list(house.stage.posts.items())[-1]
        for number, command in enumerate((card.buttons[0].command, "/allow stage:666 teen")):
            post, now = f"press-{number}", house.clock.now
            press = Incoming(ADMINS_CHAT, PARENT, post, command, now, pressed=card_post)
            await house.desk.accept("stage", [press], None)
            await house.calm()
        assert house.stage.posts[card_post].text == SAY.let_in("Eve", "teen")
        await came(house, "And now?", "x2")
        assert house.stage.texts()[-1] == "Sky blue."


async def test_a_code_lets_in_once_and_is_kept_nowhere(tmp_path: Path) -> None:
    """With the role it carries; the admin hears of it; the next one with it stays outside."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        invitation = await house.hear("/invite child Mia")
        code = invitation.rpartition("/")[2]
        await came(house, f"/start {code}", "x1")
        assert house.desktop.family.access.role_of(EVE) == "child"
        assert SAY.welcome("Eve", "child") in house.stage.texts()
        assert SAY.came_in("Eve", "child") in house.stage.texts()
        await came(house, f"/start {code}", "x2", Person("stage", "667"), Chat("stage", "another door"))
        assert house.stage.texts()[-1] == SAY.REFUSALS["used"]
    assert code.encode() not in everything_kept(tmp_path)


async def test_groups_are_left_unless_an_admin_put_us_there(tmp_path: Path) -> None:
    """One line where we leave, and the admin hears of it; where the admin did it, we say hello."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        await house.desk.accept("stage", [Joined(GROUP, EVE, "Crowd")], None)
        await street.shows(lambda: street.left == [GROUP])
        await house.calm()
        assert SAY.LEAVING_GROUP in street.texts()
        assert SAY.group_card("Crowd", "Eve") in street.texts()
        await came(house, "canary words", "x1", chat=GROUP)
        await street.shows(lambda: len(street.left) == 2)
        assert street.texts().count(SAY.LEAVING_GROUP) == 1
        family = Chat("stage", "-200", "group")
        await house.desk.accept("stage", [Joined(family, PARENT, "Family")], None)
        await house.calm()
        assert street.texts()[-1] == SAY.HELLO_GROUP
        moved = Chat("stage", "-201", "group")
        await house.desk.accept("stage", [Moved(family, moved)], None)
        assert house.desktop.family.chats.is_allowed(moved)
    assert b"canary words" not in everything_kept(tmp_path)


async def test_what_cannot_be_understood_holds_up_nobody(tmp_path: Path) -> None:
    """The question behind it is answered, and the cursor is behind both."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN))) as house:
        said = Incoming(HOME, PARENT, "q1", "Why?", house.clock.now)
        await house.desk.accept("stage", [Poison("update-7", "no_chat"), said], "9")
        await house.calm()
        assert len(house.stage.texts()) == 1
        assert await house.inbox.cursor("stage") == "9"


async def test_what_changes_something_wants_the_password(tmp_path: Path) -> None:
    """It is asked for now and then, vanishes, is kept nowhere, and then the command runs."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street, password=PASSWORD) as house:
        assert await house.hear("/strategy random") == SAY.PASSWORD_WANTED
        street.posts["typed"] = house.stage.render("as the person sees it", True)[0]
        await came(house, PASSWORD, "typed", PARENT, HOME)
        await street.shows(lambda: "typed" not in street.posts)
        assert house.pool.strategy == "random"
        assert "**fastest**" in await house.hear("/strategy fastest")
        house.clock.advance(16 * 60)
        assert await house.hear("/strategy random") == SAY.PASSWORD_WANTED
        assert await house.hear("a wrong one") == SAY.PASSWORD_WRONG
        assert await house.hear("another wrong one") == SAY.PASSWORD_WRONG
        assert house.pool.strategy == "fastest"
    assert PASSWORD.encode() not in everything_kept(tmp_path)
    assert b"wrong one" not in everything_kept(tmp_path)


async def test_a_password_is_taken_away_however_often_it_takes(tmp_path: Path) -> None:
    """The platform refuses at first."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street, password=PASSWORD) as house:
        await house.hear("/strategy random")
        street.posts["typed"] = house.stage.render("as the person sees it", True)[0]
        street.refusing = 2
        await came(house, PASSWORD, "typed", PARENT, HOME)
        await street.shows(lambda: "typed" not in street.posts)


async def test_the_password_is_never_taken_for_a_question(tmp_path: Path) -> None:
    """Also when nobody asked for it, as after a restart."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), password=PASSWORD) as house:
        assert await house.hear(f" {PASSWORD} ") == SAY.UNLOCKED
    assert player.asked == []


@pytest.mark.parametrize(("role", "a_minute"), [("guest", 3), ("child", 5)])
async def test_an_allowance_is_told_kindly_when_it_is_used_up(
    tmp_path: Path, role: Role, a_minute: int
) -> None:
    """Commands cost nothing."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.desktop.family.access.let_in(EVE, role)
        for number in range(a_minute):
            await came(house, "/help", f"h{number}")
            await came(house, "Why?", f"x{number}")
        await came(house, "Why?", "one too many")
        assert house.stage.texts()[-1].startswith("That was a lot at once")
        shown = len(house.stage.texts())
        await came(house, "Why?", "two too many")
        assert len(house.stage.texts()) == shown
    assert len(player.asked) == a_minute


async def test_a_thousand_messages_of_strangers_cost_nothing(tmp_path: Path) -> None:
    """No model call, one line each at most, and nothing kept of what they wrote."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        arrivals = [
            Incoming(
                Chat("stage", f"door {number % 50}"),
                Person("stage", f"{1000 + number % 50}", f"Stranger {number % 50}"),
                f"x{number}",
                f"canary words {number}",
                house.clock.now,
            )
            for number in range(1000)
        ]
        await house.desk.accept("stage", arrivals, None)
        await house.calm()
        lines = [text for text in house.stage.texts() if text == SAY.STRANGER]
        cards = [text for text in house.stage.texts() if text != SAY.STRANGER]
        assert len(lines) <= 50
        assert len(cards) <= 5
    assert player.asked == []
    assert b"canary words" not in everything_kept(tmp_path)


async def test_a_code_may_come_alone(tmp_path: Path) -> None:
    """Where no link carries it; what only looks like one gets an answer that says so."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        code = (await house.hear("/invite child Mia")).rpartition("/")[2]
        await came(house, "x" * 22, "x1")
        assert house.stage.texts()[-1] == SAY.REFUSALS["unknown"]
        await came(house, f" {code}\n", "x2")
        assert house.desktop.family.access.role_of(EVE) == "child"
    assert code.encode() not in everything_kept(tmp_path)


async def test_a_second_account_is_linked_by_a_code(tmp_path: Path) -> None:
    """Whoever made it and the admins hear of it, the code is kept nowhere, and a wrong one is told."""
    other, there = Person("street", "667", "Evelyn"), Chat("street", "elsewhere")
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        await house.desktop.family.access.let_in(EVE, "adult", name="Eve")
        code = (await house.hear("/link", person=EVE, chat=DOOR)).partition("/link ")[2].partition("`")[0]
        await came(house, "/link nonsense", "x1", PARENT, HOME)
        assert house.stage.texts()[-1] == SAY.LINKED["unknown"]
        await came(house, code, "x2", Person("stage", "668"), Chat("stage", "another door"))
        assert house.stage.texts()[-1] == SAY.REFUSALS["taken"]
        gate = Gate(house.desktop.family, lambda person: SAY, house.desktop.operating.keeper)
        admitted = await gate.admitted([Incoming(there, other, "x3", code, house.clock.now)])
        assert [getattr(it, "text", "") for it in admitted.kept] == ["/link linked"]
        told = {(notice.person.id, notice.text) for notice in admitted.notices}
        assert told == {
            (EVE.id, SAY.linked_elsewhere("street", "Evelyn")),
            (PARENT.id, SAY.linked_by("Eve", "street", "Evelyn")),
        }
        assert house.desktop.family.access.member_of(other) == house.desktop.family.access.member_of(EVE)
        said = await house.hear("/link", person=EVE, chat=DOOR)
        assert said == SAY.ALREADY_LINKED
        assert await house.hear("/link off", person=EVE, chat=DOOR) == SAY.PARTED
        assert house.desktop.family.access.role_of(EVE) is None
    assert code.encode() not in everything_kept(tmp_path)


async def test_a_code_of_somebody_who_is_in_is_no_question(tmp_path: Path) -> None:
    """Sent alone it is taken for what it is, whatever comes of it; a long word is a question."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=Street()) as house:
        await house.desktop.family.access.let_in(EVE, "adult", name="Eve")
        code = (await house.hear("/link", person=EVE, chat=DOOR)).partition("/link ")[2].partition("`")[0]
        await came(house, code, "x1", PARENT, HOME)
        assert house.stage.texts()[-1] == SAY.LINKED["higher"]
        assert player.asked == []
        await came(house, "Donaudampfschifffahrts", "x2", PARENT, HOME)
        assert len(player.asked) == 1
    assert code.encode() not in everything_kept(tmp_path)


async def test_where_nobody_tells_who_put_us_there_the_admin_decides(tmp_path: Path) -> None:
    """In somebody else's group we wait, quietly, until the admin allows it; a member hears why; in the
    admin's own we say hello."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        await house.desktop.family.access.let_in(EVE, "child", name="Eve")
        await house.desk.accept("stage", [Joined(GROUP, EVE, "Crowd", by_them=False)], None)
        await house.calm()
        assert street.texts() == [SAY.group_asks("Crowd")]
        await came(house, "canary words", "x1", chat=GROUP)
        assert street.texts()[1:] == [SAY.GROUP_NOT_YET]
        await house.hear(next(iter(street.posts.values())).buttons[0].command)
        await came(house, "Why?", "x2", chat=GROUP)
        assert street.texts()[-1] == "Sky blue."
        assert [group.title for group in house.desktop.family.chats.groups()] == ["Crowd"]
        family = Chat("stage", "-200", "group")
        await house.desk.accept("stage", [Joined(family, PARENT, "Family", by_them=False)], None)
        await house.calm()
        assert street.texts()[-1] == SAY.HELLO_GROUP
        assert street.left == []
    assert b"canary words" not in everything_kept(tmp_path)


async def test_what_is_typed_into_the_form_is_never_a_question(tmp_path: Path) -> None:
    """Not even when nobody has asked for a password in this run; the right one does what it was asked for."""
    player = Player(PLAIN)
    street = Street()
    street.has_form = True
    async with scene(tmp_path, node("Alpha", player), stage=street, password=PASSWORD) as house:
        said = Incoming(HOME, PARENT, "f1", "canary words", house.clock.now, secret=True)
        await house.desk.accept("stage", [said], None)
        await house.calm()
        assert street.texts() == [SAY.PASSWORD_WRONG]
        await came(house, "/strategy random", "x1", PARENT, HOME)
        wanted = list(street.posts.values())[-1]
        assert (wanted.text, wanted.buttons[0].command) == (SAY.PASSWORD_FORM, "/password")
        said = Incoming(HOME, PARENT, "f2", PASSWORD, house.clock.now, secret=True)
        await house.desk.accept("stage", [said], None)
        await house.calm()
        assert street.texts()[-1] == SAY.strategy_set("random")
    assert player.asked == []
    kept = everything_kept(tmp_path)
    assert b"canary words" not in kept
    assert PASSWORD.encode() not in kept


async def test_in_a_group_that_waits_for_the_admin_strangers_make_us_leave_nothing(tmp_path: Path) -> None:
    """They hear that this is private, a code of theirs counts, and the admin's other button leaves."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        code = (await house.hear("/invite child Mia")).rpartition("/")[2]
        await house.desk.accept("stage", [Joined(GROUP, EVE, "Crowd", by_them=False)], None)
        await came(house, "hello", "x1", chat=GROUP)
        assert street.texts().count(SAY.STRANGER) == 1
        await came(house, f"/start {code}", "x2", chat=GROUP)
        assert house.desktop.family.access.role_of(EVE) == "child"
        assert street.left == []
        (card,) = [part for part in street.posts.values() if part.text == SAY.group_asks("Crowd")]
        assert await house.hear(card.buttons[1].command) == SAY.GROUP_LEFT
        assert street.left == [GROUP]


async def test_where_an_answer_is_awaited_there_is_one(tmp_path: Path) -> None:
    """Also to a stranger who was told before, and in a group that is not allowed yet."""
    street = Street()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=street) as house:
        for number in range(3):
            said = Incoming(DOOR, EVE, f"c{number}", "/help", house.clock.now, awaited=True)
            await house.desk.accept("stage", [said], None)
            await house.calm()
        assert street.texts().count(SAY.STRANGER) == 3
        assert street.replies.count("c2") == 1
        await house.desktop.family.access.let_in(EVE, "adult")
        await house.desk.accept("stage", [Joined(GROUP, EVE, "Crowd", by_them=False)], None)
        for number in range(2):
            said = Incoming(GROUP, EVE, f"g{number}", "/ask Why?", house.clock.now, awaited=True)
            await house.desk.accept("stage", [said], None)
            await house.calm()
        assert street.texts().count(SAY.GROUP_NOT_YET) == 2


async def test_a_password_behind_a_command_is_one_too(tmp_path: Path) -> None:
    """No model reads it, and it is kept nowhere."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=Street(), password=PASSWORD) as house:
        assert await house.hear(f"/ask {PASSWORD}") == SAY.UNLOCKED
        assert await house.hear("/strategy random") == SAY.strategy_set("random")
    assert player.asked == []
    assert PASSWORD.encode() not in everything_kept(tmp_path)


async def test_a_password_may_look_like_a_command(tmp_path: Path) -> None:
    """It is the whole of it that counts, and not what stands behind its first word."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=Street(), password="/open the porch") as house:
        assert await house.hear("/open the porch") == SAY.UNLOCKED
    assert player.asked == []


async def test_where_we_may_not_delete_a_password_its_writer_is_told(tmp_path: Path) -> None:
    """They can do it themselves."""

    class Bound(Street):
        async def delete(self, chat: Chat, post: str) -> None:
            raise NoRight

    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Bound(), password=PASSWORD) as house:
        await came(house, PASSWORD, "x1", PARENT, HOME)
        await house.stage.shows(lambda: SAY.DELETE_IT_YOURSELF in house.stage.texts())
        await house.calm()


@pytest.mark.parametrize("command", ["ask", "new"])
async def test_a_private_question_behind_a_command_stays_private(tmp_path: Path, command: str) -> None:
    """It is asked at home, whatever stands before it."""
    cloud, home = Player(PLAIN), Player(["At home.", End()])
    async with scene(tmp_path, node("Alpha", cloud), node("Home", home, local=True)) as house:
        assert await house.hear(f"/{command} /private how ill am I?") == "At home."
    assert cloud.asked == []
