"""Looking after the models in a chat: pausing, testing, removing, choosing another."""

from pathlib import Path

import pytest

from bot.node_keeper import handle
from core.errors import Rejected
from core.providers import End
from core.types import Person
from tests.bot.scenes import HOME, SAY, scene
from tests.bot.workshop import ACCOUNT, PLAIN, TOKEN, Offers, Workshop, commands
from tests.fakes import Player, Street, node

# ── Looking after them ────────────────────────────────────────────────────────────────────────────


async def test_a_node_is_paused_and_goes_on(tmp_path: Path) -> None:
    """It is asked nothing meanwhile, also in the next run."""
    alpha, beta = Player(["Alpha's.", End()]), Player(["Beta's.", End()])
    folder = tmp_path
    async with scene(folder, node("Alpha", alpha), node("Beta", beta), stage=Street()) as house:
        await house.hear("/nodes")
        await house.hear((await commands(house))["Alpha"])
        assert "paused" in await house.hear((await commands(house))["Pause"])
        for _ in range(3):
            assert await house.hear("Why?") == "Beta's."
        assert "⚪ Alpha: paused" in await house.hear("/status")
        await house.hear("/nodes pause Beta")
        asked = len(alpha.asked) + len(beta.asked)
        assert "None of my models can answer just now" in await house.hear("Why?")
        assert len(alpha.asked) + len(beta.asked) == asked
        assert (await house.hear("/status")).startswith(SAY.NODES_PAUSED)
        await house.hear("/nodes resume Beta")
    async with scene(folder, node("Alpha", alpha), node("Beta", beta), stage=Street()) as house:
        house.said = 1000
        assert house.pool.nodes[0].paused
        assert SAY.node_goes_on("Alpha") == await house.hear("/nodes resume alpha")
        assert await house.hear("Why?") == "Alpha's."


async def test_testing_a_node_asks_it_really(tmp_path: Path) -> None:
    """A tiny question; if it answers, it is used again at once; if not, the remedy is told. Its books know
    nothing of it."""
    player = Player(
        [Rejected("401", "Renew it there.")], ["Hello.", End()], [Rejected("401", "Renew it there.")]
    )
    async with scene(tmp_path, node("Alpha", player), stage=Street()) as house:
        await house.hear("Why?")
        (alpha,) = house.pool.nodes
        assert alpha.state(house.clock.now) == "out"
        before = alpha.counters.requests
        assert (await house.hear("/nodes test Alpha")).startswith("🟢 Alpha answers")
        assert alpha.state(house.clock.now) == "ready"
        assert "Renew it there." in await house.hear("/nodes test Alpha")
        assert alpha.state(house.clock.now) == "ready"
        assert alpha.counters.requests == before
        assert [len(prompt.turns) for prompt in player.asked[1:]] == [1, 1]


async def test_a_node_is_removed_after_a_second_look(tmp_path: Path) -> None:
    """With its key; one that the settings name is removed only there."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street(), makes=Workshop()) as house:
        await house.hear(f"{ACCOUNT} {TOKEN}")
        assert await house.hear("/nodes remove Alpha") == SAY.node_in_settings("Alpha")
        assert await house.hear("/nodes remove Cloudflare") == SAY.node_remove_sure("Cloudflare")
        assert len(house.pool.nodes) == 2
        assert await house.hear((await commands(house))["Yes, remove"]) == SAY.node_removed("Cloudflare")
        assert [it.name for it in house.pool.nodes] == ["Alpha"]
        rows = await house.database.read("SELECT * FROM added_nodes")
        assert rows == []
        assert await house.hear("/nodes remove Cloudflare yes") == SAY.reset_unknown("Cloudflare", ["Alpha"])


async def test_the_last_node_can_be_removed(tmp_path: Path) -> None:
    """Then it is said that there is none, and one can be added again."""
    async with scene(tmp_path, stage=Street(), makes=Workshop()) as house:
        await house.hear(f"{ACCOUNT} {TOKEN}")
        await house.hear("/nodes remove Cloudflare yes")
        assert await house.hear("/nodes") == SAY.NO_MODELS
        assert list(await commands(house)) == ["Add one"]
        assert (await house.hear("/status")).startswith(SAY.VERDICTS["no_nodes"])
        assert (await house.hear(f"{ACCOUNT} {TOKEN}")).startswith("🟢 Cloudflare answers")


async def test_a_node_offers_only_what_can_be_done_with_it(tmp_path: Path) -> None:
    """And the way back to the list; its bare name shows it, and a wrong one is said to be wrong."""
    mini = node("Mini", Player(PLAIN), kind="embedded")
    nodes = [node("Alpha", Player(PLAIN)), mini]
    async with scene(tmp_path, *nodes, stage=Street(), makes=Workshop()) as house:
        await house.hear(f"{ACCOUNT} {TOKEN}")
        for name, offered in (
            ("Alpha", ["Test", "Pause", "Other model", "Back"]),
            ("mini", ["Test", "Pause", "Back"]),
            ("Cloudflare", ["Test", "Pause", "Other model", "Remove", "Back"]),
        ):
            await house.hear(f"/nodes {name}")
            assert list(await commands(house)) == offered
        assert "- 🟢 Alpha" in await house.hear((await commands(house))["Back"])
        assert await house.hear("/nodes remove Mini") == SAY.model_fixed("Mini")
        names = ["Alpha", "Mini", "Cloudflare"]
        assert await house.hear("/nodes pause Alfa") == SAY.reset_unknown("Alfa", names)


# ── Choosing a model ──────────────────────────────────────────────────────────────────────────────


async def test_another_model_is_chosen_among_what_the_provider_lists(tmp_path: Path) -> None:
    """By a button, by its name, or by a part of it; it is asked from the next question on, and no other
    program's is changed."""
    workshop = Workshop()
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street(), makes=workshop) as house:
        assert "Alpha: alpha-model (cloud)" in await house.hear("/models")
        shown = await house.hear((await commands(house))["Alpha"])
        assert "asked for **alpha-model**" in shown
        buttons = await commands(house)
        assert await house.hear(buttons["llama-3.3-70b"]) == SAY.model_set("Alpha", "llama-3.3-70b")
        assert house.pool.nodes[0].spec.model == "llama-3.3-70b"
        assert await house.hear("/choose alpha QWEN-3-32B") == SAY.model_set("Alpha", "qwen-3-32b")
        assert "- qwen-3-32b" in await house.hear("/choose Alpha qw")
        assert await house.hear("/choose Alpha xyz") == SAY.no_model_like("Alpha", "xyz")
        await house.hear("Why?")
        chosen = await house.desktop.store.choice("strategy")
        assert chosen is None
        (choice,) = await house.database.read("SELECT * FROM node_choices")
        assert tuple(choice) == ("Alpha", 0, "qwen-3-32b", "alpha-model")


async def test_a_long_list_is_shown_in_part(tmp_path: Path) -> None:
    """And how to see the rest."""
    listed = tuple(f"model-{number:03}" for number in range(200))
    async with scene(
        tmp_path, node("Alpha", Player(PLAIN)), stage=Street(), makes=Workshop(Offers(PLAIN, models=listed))
    ) as house:
        assert "188 more" in await house.hear("/choose Alpha")
        assert len(await commands(house)) == 12
        assert "- model-150" in await house.hear("/choose Alpha 15")


async def test_what_is_worth_a_look_comes_first(tmp_path: Path) -> None:
    """Of a provider with everything: what will do for most, then what writes text; the rest is found by its
    name."""
    listed = ("babbage-002", "dall-e-3", "gpt-4.1-mini", "gpt-5-mini", "o4", "whisper-1")
    offers = Workshop(Offers(PLAIN, models=listed))
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street(), makes=offers) as house:
        await house.hear("/choose Alpha")
        assert list(await commands(house)) == [
            *("gpt-5-mini", "gpt-4.1-mini", "o4", "babbage-002", "dall-e-3", "whisper-1"),
        ]
        assert "- whisper-1" in await house.hear("/choose Alpha whis")


async def test_where_nothing_is_listed_the_name_is_taken_as_it_is(tmp_path: Path) -> None:
    """And the built-in model has no other."""
    mini = node("Mini", Player(PLAIN), kind="embedded")
    nodes = [node("Alpha", Player(PLAIN)), mini]
    async with scene(tmp_path, *nodes, stage=Street(), makes=Workshop(Offers(PLAIN))) as house:
        assert await house.hear("/choose Alpha") == SAY.lists_no_models("Alpha")
        assert await house.hear("/choose Alpha new-one") == SAY.model_set("Alpha", "new-one")
        assert await house.hear("/choose Mini") == SAY.model_fixed("Mini")
        assert await house.hear("/choose") == SAY.MODEL_FOR_WHICH


@pytest.mark.parametrize("name", ["Alpha", "Ωμέγα " * 6, "a" * 40])
async def test_buttons_hold_any_name(tmp_path: Path, name: str) -> None:
    """However long it is: a button's command has room for 64 bytes."""
    listed = ("@cf/" + "long-" * 30 + "model",)
    async with scene(
        tmp_path,
        node(name.strip(), Player(PLAIN)),
        stage=Street(),
        makes=Workshop(Offers(PLAIN, models=listed)),
    ) as house:
        for command in ("/nodes", f"/nodes show {handle(name.strip())}", "/models", f"/choose {name}"):
            await house.hear(command)
            shown = await commands(house)
            assert shown
            assert all(len(it.encode()) <= 64 for it in shown.values())
            assert all(len(label) <= 40 for label in shown)
        await house.hear(f"/choose {handle(name.strip())} {handle(listed[0])}")
        assert house.pool.nodes[0].spec.model == listed[0]


async def test_members_see_the_models_and_choose_nothing(tmp_path: Path) -> None:
    """There are no buttons for them."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street()) as house:
        kid = Person("stage", "50")
        await house.desktop.family.access.let_in(kid, "child")
        assert "alpha-model" in await house.hear("/models", person=kid, chat=HOME)
        assert await commands(house) == {}
        assert await house.hear("/choose Alpha x", person=kid, chat=HOME) == SAY.ADMIN_ONLY
