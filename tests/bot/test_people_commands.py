"""The commands about people: bare they ask, with their words they do it."""

from pathlib import Path

from bot import phrases
from bot.people_commands import qr_picture
from core.types import Chat, Incoming, Part, Person
from tests.bot.scenes import HOME, PARENT, SAY, Scene, scene
from tests.fakes import Stage, Street

MIA = Person("stage", "7", "Mia")


def last(house: Scene) -> Part:
    return list(house.stage.posts.values())[-1]


def commands_under(part: Part) -> list[str]:
    return [button.command for button in part.buttons]


async def test_an_invitation_is_a_link_and_a_picture(tmp_path: Path) -> None:
    """Bare it asks for whom; where there are no links, the code itself is told."""
    street = Street()
    async with scene(tmp_path, stage=street) as house:
        assert await house.hear("/invite") == SAY.INVITE_WHOM
        assert "/invite child" in commands_under(last(house))
        said = await house.hear("/invite child Mia")
        assert "Mia (child)" in said
        assert "https://stage.example/" in said
        assert len(street.pictures) == 1
        assert "There is no role cat" in await house.hear("/invite cat")
    async with scene(tmp_path / "other", stage=Stage()) as house:
        assert "The code: " in await house.hear("/invite guest")


def test_the_picture_is_one() -> None:
    """A PNG."""
    assert qr_picture("https://t.me/porchlight_bot?start=abc").startswith(b"\x89PNG")


async def test_the_family_is_listed_and_roles_can_be_changed(tmp_path: Path) -> None:
    """By number, by name, by pressing."""
    async with scene(tmp_path) as house:
        await house.desktop.family.access.let_in(MIA, "child", name="Mia")
        member = house.desktop.family.access.member_of(MIA)
        assert member is not None
        assert f"#{member.id} Mia: child · stage" in await house.hear("/people")
        assert await house.hear("/role") == SAY.who("")
        assert f"/role {member.id}" in commands_under(last(house))
        assert await house.hear("/role mia") == SAY.role_for("Mia")
        assert f"/role {member.id} teen" in commands_under(last(house))
        assert await house.hear("/role Mia teen") == SAY.role_set("Mia", "teen")
        assert await house.hear(f"/role #{member.id} adult") == SAY.role_set("Mia", "adult")
        assert house.desktop.family.access.role_of(MIA) == "adult"


async def test_roles_can_be_written_as_they_are_called_in_ones_language(tmp_path: Path) -> None:
    """Also where that is two words."""
    async with scene(tmp_path, stage=Street()) as house:
        await house.hear("/settings language vi")
        adult = phrases.of("vi").ROLES["adult"]
        assert " " in adult
        assert "Lan" in await house.hear(f"/invite {adult} Lan")
        await house.desktop.family.access.let_in(MIA, "child", name="Mia")
        await house.hear(f"/role Mia {adult}")
        assert house.desktop.family.access.role_of(MIA) == "adult"


async def test_nobody_is_removed_without_a_second_look(tmp_path: Path) -> None:
    """And whom the settings name is not removed at all."""
    async with scene(tmp_path) as house:
        await house.desktop.family.access.let_in(MIA, "child", name="Mia")
        assert await house.hear("/remove Mia") == SAY.remove_sure("Mia")
        assert house.desktop.family.access.role_of(MIA) == "child"
        (command,) = commands_under(last(house))
        assert await house.hear(command) == SAY.removed("Mia")
        assert house.desktop.family.access.role_of(MIA) is None
        parent = house.desktop.family.access.member_of(PARENT)
        assert parent is not None
        assert "ADMIN_IDS" in await house.hear(f"/remove {parent.id} yes")


async def test_the_blocked_can_come_back(tmp_path: Path) -> None:
    """A list of them stands under the family, each with a button; who is unblocked may knock again."""
    eve, mallory = Person("stage", "8", "Eve"), Person("stage", "9", "Mallory")
    async with scene(tmp_path, stage=Street()) as house:
        knocks = house.desktop.family.knocks
        await house.hear("/people")
        assert commands_under(last(house)) == []
        for stranger in (eve, mallory):
            await knocks.knock(stranger)
            await house.hear(f"/block stage:{stranger.id}")
        assert SAY.blocked_text([eve, mallory]) in await house.hear("/people")
        unblock, _ = commands_under(last(house))
        assert await house.hear(unblock) == SAY.UNBLOCKED
        assert SAY.blocked_text([mallory]) in await house.hear("/people")
        assert (await knocks.knock(eve)).card is not None
        assert (await knocks.knock(mallory)).card is None


async def test_the_language_is_that_of_the_client_until_one_is_chosen(tmp_path: Path) -> None:
    """What was chosen stays."""
    async with scene(tmp_path) as house:
        for tag, spoken in phrases.LANGUAGES.items():
            said = await house.hear(f"/settings language {tag}")
            assert said == spoken.settings_text(drafts=False)
        german = Person("stage", "8", "Opa", "de-AT")
        await house.desktop.family.access.let_in(german, "adult")
        said = await house.hear("/new", person=german, chat=Chat("stage", "opa"))
        assert said == phrases.of("de").FRESH_START


async def test_drafts_are_chosen_for_a_chat(tmp_path: Path) -> None:
    """Where the platform has them."""
    async with scene(tmp_path, stage=Street()) as house:
        await house.hear("/settings")
        assert "/settings drafts on" in commands_under(last(house))
        await house.hear("/settings drafts on")
        assert "/settings drafts off" in commands_under(last(house))
        assert house.desktop.family.chats.drafts(HOME)
    async with scene(tmp_path / "other", stage=Stage()) as house:
        await house.hear("/settings")
        assert not [it for it in commands_under(last(house)) if "drafts" in it]


async def test_a_pressed_choice_takes_the_place_of_what_was_asked(tmp_path: Path) -> None:
    """No second post."""
    async with scene(tmp_path, stage=Street()) as house:
        await house.hear("/settings")
        press = Incoming(HOME, PARENT, "press-1", "/settings drafts on", house.clock.now, pressed="p1")
        await house.desk.accept("stage", [press], None)
        await house.calm()
        assert list(house.stage.posts) == ["p1"]


async def test_whom_nobody_knows_is_asked_for_again(tmp_path: Path) -> None:
    """With buttons for those who are known; old buttons say that they are."""
    async with scene(tmp_path) as house:
        assert await house.hear("/remove Zoe") == SAY.who("Zoe")
        assert await house.hear("/allow nonsense") == SAY.BUTTON_TOO_OLD
        assert await house.hear("/block nonsense") == SAY.BUTTON_TOO_OLD
        assert await house.hear("/unblock nonsense") == SAY.BUTTON_TOO_OLD
        assert "in no group" in await house.hear("/groups")
