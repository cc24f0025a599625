"""What is looked up, and with which words: a question, a link, what was asked for; and nothing private."""

from pathlib import Path

import pytest

from core.notices import Notice
from core.providers import End
from core.roles import Role
from core.types import Button, Chat
from tests.bot.scenes import HOME, PARENT, SAY, scene
from tests.bot.scripted_research import BEN, BENS, WHOLE, Script, alpha
from tests.fakes import Player, Street, node


async def test_a_question_about_these_days_can_be_looked_up(tmp_path: Path) -> None:
    """A quiet button under the answer; under one that is about anything else, or private, there is none."""
    street, script = Street(), Script()
    player = Player(["From memory.", End()], ["A poem.", End()])
    async with scene(tmp_path, node("Alpha", player), stage=street, researcher=script) as house:
        await house.hear("Who won yesterday?")
        shown = list(street.posts.values())[-1]
        assert Button("Look it up", "/lookup 1") in shown.buttons
        assert await house.hear("/lookup 1") == WHOLE.markdown
        await house.hear("Write me a poem about the sea")
        shown = list(street.posts.values())[-1]
        assert [button.label for button in shown.buttons] == ["Retry"]
    assert [looking.question for looking in script.looked] == ["Who won yesterday?"]


async def test_a_link_in_a_question_is_opened(tmp_path: Path) -> None:
    """Without being told to; a private question is not, whatever is in it."""
    script = Script()
    home = node("Home", Player(["At home.", End()]), local=True)
    async with scene(tmp_path, home, stage=Street(), researcher=script) as house:
        assert await house.hear("What does https://lake.example/depth say?") == WHOLE.markdown
        assert "At home." in await house.hear("/private What does https://lake.example/depth say?")
    assert len(script.looked) == 1


async def test_a_follow_up_comes_with_what_was_said_before(tmp_path: Path) -> None:
    """The answer before it is known to whoever looks it up, and to a model that is asked plainly."""
    script = Script()
    player = Player(["In Exampleland.", End()])
    async with scene(tmp_path, node("Alpha", player), stage=Street(), researcher=script) as house:
        await house.hear("/research how deep is the lake?")
        await house.hear("/research and where is it?")
        await house.hear("And who found it?")
    assert [turn.text for turn in script.looked[1].earlier] == ["how deep is the lake?", "Forty metres. [1]"]
    assert "Forty metres. [1]" in [turn.text for turn in player.asked[0].turns]
    assert "lake.example" not in str(player.asked[0].turns)


async def test_what_was_said_in_the_chat_is_no_business_of_a_search_engine(tmp_path: Path) -> None:
    """Only what this person had looked up before goes along."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.hear("My secret is canary words. What shall I do?")
        await house.hear("/research and where is it?")
    assert script.looked[0].earlier == []


@pytest.mark.parametrize("command", ["/research /private how ill am I?", "/private /research how ill am I?"])
async def test_what_is_private_is_not_looked_up(tmp_path: Path, command: str) -> None:
    """Whatever stands before it."""
    script = Script()
    home = node("Home", Player(["At home.", End()]), local=True)
    async with scene(tmp_path, home, stage=Street(), researcher=script) as house:
        assert "At home." in await house.hear(command)
    assert script.looked == []


async def test_a_long_text_with_a_link_in_it_is_answered_by_a_model(tmp_path: Path) -> None:
    """Nothing is opened or searched for; a button can do it."""
    street, script = Street(), Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        text = f"Please make this friendlier: {'he is not kind to me, ' * 5} sent from https://x.example"
        assert await house.hear(text) == "From memory."
        assert next(iter(street.posts.values())).buttons[0].label == "Look it up"
    assert script.looked == []


async def test_of_a_short_question_with_a_link_only_the_link_is_opened(tmp_path: Path) -> None:
    """And when no more may be looked up today, a model answers."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.desktop.family.access.let_in(BEN, "guest")
        for said in (WHOLE.markdown, "From memory."):
            text = "What does https://lake.example/depth say?"
            assert await house.hear(text, person=BEN, chat=BENS) == said
    assert [looking.how["only_links"] for looking in script.looked] == [True]


async def test_bare_it_waits_for_what_to_look_up(tmp_path: Path) -> None:
    """What is written next is looked up, and what comes after that is a question like any other."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        assert await house.hear("/research") == SAY.RESEARCH_WHAT
        assert await house.hear("how deep?") == WHOLE.markdown
        assert await house.hear("how wide?") == "From memory."


async def test_what_to_look_up_is_waited_for_across_a_kill(tmp_path: Path) -> None:
    """The next run knows what it had asked, also when it was told while the program was away."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        assert await house.hear("/research") == SAY.RESEARCH_WHAT
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        house.said = 10
        assert await house.hear("how deep?") == WHOLE.markdown


@pytest.mark.parametrize("meanwhile", ["how deep?", "/help"])
async def test_what_to_look_up_is_only_what_is_said_next(tmp_path: Path, meanwhile: str) -> None:
    """Neither after something else, nor by somebody else, nor elsewhere."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.desktop.family.access.let_in(BEN, "adult")
        await house.hear("/research")
        assert await house.hear("how wide?", person=BEN, chat=BENS) == "From memory."
        assert await house.hear("how wide?", chat=BENS) == "From memory again."
        await house.hear(meanwhile)
        assert await house.hear("how wide?") == "From memory again."


async def test_what_to_look_up_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """After five minutes a question is one like any other."""
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=Script()) as house:
        await house.hear("/research")
        house.clock.advance(300)
        assert await house.hear("how deep?") == "From memory."


async def test_what_is_told_unasked_is_no_word_of_theirs(tmp_path: Path) -> None:
    """A digest or an alert between the two changes nothing."""
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=Script()) as house:
        await house.hear("/research")
        await house.desk.announce([Notice(PARENT, HOME, "alert 1", "The disk is almost full.")])
        assert WHOLE.markdown in await house.hear("how deep?")


@pytest.mark.parametrize(("role", "minor"), [("child", True), ("teen", True), ("adult", False)])
async def test_minors_look_things_up_as_minors(tmp_path: Path, role: Role, minor: bool) -> None:
    """In the group and with a link, too; who asks is what counts, and not where."""
    group, script = Chat("stage", "-7", "group"), Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.desktop.family.chats.allow_group(group, "Family", PARENT)
        await house.desktop.family.access.let_in(BEN, role)
        await house.hear("/research how deep?", person=BEN, chat=group)
        await house.hear("https://lake.example/depth", person=BEN, chat=BENS)
        await house.hear("/research how deep?", chat=group)
    assert [looking.how["minor"] for looking in script.looked] == [minor, minor, False]


async def test_bare_it_asks_what_to_look_for(tmp_path: Path) -> None:
    """And nothing is looked up."""
    async with scene(tmp_path, node("Alpha", alpha())) as house:
        assert await house.hear("/research") == SAY.RESEARCH_WHAT


async def test_a_link_asked_about_again_is_all_that_is_looked_up_again(tmp_path: Path) -> None:
    """The words beside it are still no business of a search engine."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.hear("What does https://lake.example/depth say?")
        await house.hear("/research")
        await house.hear("/retry 1")
    assert [looking.how["only_links"] for looking in script.looked] == [True, True]
