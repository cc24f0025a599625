"""What a model is given, what it is not, and what is said instead of an answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.node_keeper import handle
from core.errors import Refused, Rejected
from core.providers import End
from core.types import Chat, NodeSpec
from tests.bot.scenes import SAY, scene
from tests.fakes import Beat, Player, Stage, node

PLAIN: list[Beat] = ["An answer.", End()]


def roles(player: Player, call: int = -1) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in player.asked[call].turns if turn.role != "system"]


async def test_the_talk_so_far_is_remembered_per_chat(tmp_path: Path) -> None:
    """The second question comes with the first exchange; in another chat it does not."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("One?")
        await house.hear("Two?")
        assert roles(player) == [("user", "One?"), ("assistant", "An answer."), ("user", "Two?")]
        await house.hear("Three?", chat=Chat("stage", "elsewhere"))
        assert roles(player) == [("user", "Three?")]


async def test_new_begins_afresh(tmp_path: Path) -> None:
    """Nothing from before `/new` is read by a model; a question behind it is asked at once."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("One?")
        assert await house.hear("/new") == SAY.FRESH_START
        await house.hear("Two?")
        assert roles(player) == [("user", "Two?")]
        await house.hear("/new Three?")
        assert roles(player) == [("user", "Three?")]
        await house.hear("Four?")
        assert roles(player)[0] == ("user", "Three?")


async def test_private_words_never_reach_a_cloud_node(tmp_path: Path) -> None:
    """Neither as the question nor later, as what was said before; at home both are known."""
    cloud, home = Player(PLAIN), Player(["At home.", End()])
    nodes = [node("Alpha", cloud), node("Home", home, local=True)]
    async with scene(tmp_path, *nodes) as house:
        await house.hear("Open?")
        assert await house.hear("/private My secret?") == "At home."
        await house.hear("Open again?")
        await house.hear("/retry")
        await house.hear("/private And that?")
        await house.hear("/retry")
    assert not any("secret" in turn.text or "that?" in turn.text for ask in cloud.asked for turn in ask.turns)
    assert ("user", "My secret?") in roles(home)
    assert ("user", "Open?") in roles(home)
    assert len(home.asked) == 3


async def test_private_without_a_node_at_home_says_so(tmp_path: Path) -> None:
    """And nothing is sent anywhere."""
    cloud = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", cloud)) as house:
        assert "none is set up there" in await house.hear("/private My secret?")
        assert await house.hear("/private") == SAY.PRIVATE_BARE
    assert cloud.asked == []


async def test_retry_takes_the_place_of_the_answer_before(tmp_path: Path) -> None:
    """The question stands once in what is remembered, with the newer answer."""
    player = Player(["First.", End()], ["Second.", End()], PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        assert await house.hear("/retry") == SAY.NOTHING_TO_RETRY
        await house.hear("Why?")
        assert await house.hear("/retry") == "Second."
        await house.hear("And?")
        assert roles(player) == [("user", "Why?"), ("assistant", "Second."), ("user", "And?")]


async def test_what_the_program_said_itself_is_not_remembered(tmp_path: Path) -> None:
    """Neither commands nor honest sentences are part of the talk."""
    player = Player([Refused("content_filter")], PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("Rude?")
        await house.hear("/help")
        await house.hear("Kind?")
        assert roles(player) == [("user", "Kind?")]


async def test_a_small_models_answer_is_labelled_and_the_label_not_remembered(tmp_path: Path) -> None:
    """The reader is told; the model is not."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Mini", player, small=True, model="Tiny")) as house:
        shown = await house.hear("One?")
        assert shown.startswith("An answer.\n\n")
        assert "built-in mini model (Tiny)" in shown
        await house.hear("Two?")
        assert ("assistant", "An answer.") in roles(player)


async def test_an_answer_cut_at_its_length_says_how_to_go_on(tmp_path: Path) -> None:
    """Nobody is left to wonder at half a sentence."""
    async with scene(tmp_path, node("Alpha", Player(["And so", End(cut=True)]))) as house:
        assert "ask me to go on" in await house.hear("Why?")


@pytest.mark.parametrize("text", ["", "   \n ", "\u2003"])
async def test_an_empty_question_is_asked_back(tmp_path: Path, text: str) -> None:
    """Without a model."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        assert await house.hear(text) == SAY.ASK_SOMETHING
    assert player.asked == []


async def test_a_question_of_two_megabytes_gets_a_sentence(tmp_path: Path) -> None:
    """And a model is not bothered with it."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        assert (await house.hear("why " * 500_000)).startswith("That is too long")
        assert await house.hear("Why?") == "An answer."
    assert len(player.asked) == 1


async def test_lone_surrogates_and_nul_are_answered_like_anything_else(tmp_path: Path) -> None:
    """Broken characters break nothing."""
    async with scene(tmp_path, node("Alpha", Player(["\ud83d An answer.", End()]))) as house:
        assert "An answer." in await house.hear("Why \ud83d \0 ?")


async def test_a_refusal_is_told_calmly(tmp_path: Path) -> None:
    """The content filter's word is not passed on."""
    async with scene(tmp_path, node("Alpha", Player([Refused("content_filter")]))) as house:
        assert "declined" in await house.hear("Why?")


async def test_without_any_node_the_person_learns_what_to_do(tmp_path: Path) -> None:
    """The README is named."""
    async with scene(tmp_path) as house:
        assert "No model is set up" in await house.hear("Why?")


async def test_keys_and_causes_are_not_shown_to_people(tmp_path: Path) -> None:
    """What went wrong at a provider is for the log and for `/status`."""
    broken = Rejected("401 at https://api.example/v1", "Renew the key.")
    async with scene(tmp_path, node("Alpha", Player([broken]))) as house:
        assert "401" not in await house.hear("Why?")
    assert "sk-1" not in repr(NodeSpec("A", "openai", "u", "m", key="sk-1"))


async def test_where_no_button_can_be_pressed_its_command_is_told(tmp_path: Path) -> None:
    """In a terminal nothing is a dead end; a model's answer has nothing below it all the same."""
    stage = Stage()
    stage.limits = replace(stage.limits, buttons_max=0)
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=stage) as house:
        shown = await house.hear("/nodes")
        assert shown.endswith(f"- Alpha: `/nodes show {handle('Alpha')}`\n- Add one: `/nodes add`")
        assert (await house.hear("/strategy")).count("/strategy fastest") == 1
        assert await house.hear("Why?") == "An answer."


async def test_buttons_for_which_there_is_no_room_are_told(tmp_path: Path) -> None:
    """A long list takes no way from anybody: what no button does can be typed."""
    nodes = [node(f"Node-{number}", Player()) for number in range(30)]
    stage = Stage()
    async with scene(tmp_path, *nodes, stage=stage) as house:
        shown = await house.hear("/nodes")
        (part,) = stage.posts.values()
        assert len(part.buttons) == stage.limits.buttons_max
        assert shown.count("`/nodes show") == 30 - stage.limits.buttons_max
        assert shown.endswith("- Add one: `/nodes add`")
