"""Looking after the models in a chat: adding one by pasting its key, pausing, removing, testing, choosing."""

from pathlib import Path

import pytest

from bot.node_keeper import handle
from core.errors import Rejected, Unavailable
from core.node import Node
from core.providers import End, Health
from core.types import NodeSpec, Person
from tests.bot.scenes import HOME, SAY, Scene, scene
from tests.fakes import Beat, Player, Street, node

PLAIN: list[Beat] = ["An answer.", End()]
KEY = "gsk_canary0123456789canary"
TOKEN = "canarytokencanarytokencanarytoken0123456"
ACCOUNT = "0123456789abcdef0123456789abcdef"
PASSWORD = "open the porch"


class Offers(Player):
    """A provider that lists models."""

    def __init__(self, *scripts: list[Beat], models: tuple[str, ...] = (), ill: str = "") -> None:
        super().__init__(*scripts)
        self.health = Health("ill", ill) if ill else Health("well", models=models)

    async def check(self) -> Health:
        return self.health


class Workshop:
    """Makes nodes that play, and remembers what it was to make."""

    def __init__(self, player: Player | None = None) -> None:
        self.player = player or Offers(PLAIN, models=("llama-3.3-70b", "qwen-3-32b"))
        self.made: list[NodeSpec] = []

    def __call__(self, spec: NodeSpec) -> Node:
        self.made.append(spec)
        return Node(spec, self.player, random=lambda: 0.0)


async def paste(house: Scene, text: str) -> str:
    """Write that; it stands in the chat until it is taken away. What is said to it."""
    place = f"pasted {house.said}"
    house.stage.posts[place] = house.stage.render("what was pasted", final=True)[0]
    await house.say(text, post=place)
    await house.stage.shows(lambda: place not in house.stage.posts)
    await house.calm()
    return house.stage.texts()[-1]


async def commands(house: Scene) -> dict[str, str]:
    """The buttons that were shown last, by their labels."""
    last = list(house.stage.posts.values())[-1]
    return {button.label: button.command for button in last.buttons}


# ── Adding ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pasted_key_becomes_a_node(tmp_path: Path) -> None:
    """It is told by its look, taken out of the chat, tried out, and a model is chosen from what the provider
    lists; the next question may go there, and so it is in the next run."""
    street, workshop = Street(), Workshop()
    async with scene(tmp_path, stage=street, makes=workshop) as house:
        assert await house.hear("/nodes add") == SAY.ADD_HOW
        assert "Groq" in await paste(house, KEY)
        buttons = await commands(house)
        assert list(buttons) == ["llama-3.3-70b", "qwen-3-32b"]
        assert house.pool.nodes == []
        assert (await house.hear(buttons["qwen-3-32b"])).startswith("🟢 Groq answers")
        (groq,) = house.pool.nodes
        assert (groq.name, groq.spec.model, groq.spec.key) == ("Groq", "qwen-3-32b", KEY)
        assert groq.spec.url == "https://api.groq.com/openai/v1"
        assert await house.hear("Why?") == "An answer."
        assert house.kept_out == [KEY]
        (added,) = await house.desktop.operating.keeper.added()
        assert (added.name, added.model, added.key) == ("Groq", "qwen-3-32b", KEY)
        rows = await house.database.read("SELECT text, question, answer, buttons, note FROM inbox")
        assert KEY not in str([tuple(row) for row in rows])
    assert not any(KEY in text for text in street.history)


async def test_a_cloudflare_account_has_its_model_already(tmp_path: Path) -> None:
    """That of the settings; it needs no question asked before."""
    street, workshop = Street(), Workshop()
    async with scene(tmp_path, stage=street, makes=workshop) as house:
        shown = await house.hear(f"{ACCOUNT}\n{TOKEN}")
        assert shown.startswith("🟢 Cloudflare answers")
        (made,) = house.pool.nodes
        assert made.spec.kind == "cloudflare"
        assert made.spec.options["account_id"] == ACCOUNT
        assert (made.spec.url, made.spec.model) == ("https://cloudflare.example/v4", "@cf/usual")
        await house.hear(f"{ACCOUNT} {TOKEN}")
        assert len(house.pool.nodes) == len(await house.desktop.operating.keeper.added()) == 1
        await house.hear(f"{ACCOUNT[::-1]} {TOKEN}")
        assert [it.name for it in house.pool.nodes] == ["Cloudflare", "Cloudflare-2"]


async def test_a_key_that_is_refused_is_forgotten(tmp_path: Path) -> None:
    """With what to do about it."""
    refused = Offers([Rejected("401", "Renew it there.")], ill="HTTP 401")
    async with scene(tmp_path, stage=Street(), makes=Workshop(refused)) as house:
        shown = await house.hear(f"{ACCOUNT} {TOKEN}")
        assert "does not take this key" in shown
        assert "Renew it there." in shown
        assert await house.desktop.operating.keeper.added() == []
        assert house.pool.nodes == []
        refused.health = Health("ill", "HTTP 401", remedy="Renew it there.")
        assert "does not take this key" in await paste(house, KEY)
        assert await house.desktop.operating.keeper.added() == []


async def test_a_server_that_cannot_be_reached_may_be_tried_again(tmp_path: Path) -> None:
    """Its key is kept meanwhile, asked nothing, and can be removed."""
    player = Offers([Unavailable("unreachable", "no route")], PLAIN)
    async with scene(tmp_path, stage=Street(), makes=Workshop(player)) as house:
        assert "does not answer: out of reach" in await house.hear(f"{ACCOUNT} {TOKEN}")
        assert "Cloudflare: not in use yet" in await house.hear("/nodes")
        await house.hear((await commands(house))["Cloudflare"])
        buttons = await commands(house)
        assert (await house.hear(buttons["Try again"])).startswith("🟢 Cloudflare answers")
        assert len(house.pool.nodes) == 1


async def test_what_nobody_can_read_is_taken_away_too(tmp_path: Path) -> None:
    """Half a key is no question for a model; what is plainly a question is one."""
    street, player = Street(), Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=street) as house:
        await house.hear("/nodes add")
        assert await paste(house, f"here it is: {TOKEN}") == SAY.KEY_NOT_READ
        assert player.asked == []
        assert await house.hear("Why is the sky blue?") == "An answer."
        rows = await house.database.read("SELECT text FROM inbox")
        assert TOKEN not in str([row["text"] for row in rows])


async def test_a_key_wants_the_password_and_a_private_chat(tmp_path: Path) -> None:
    """It is taken away all the same, and kept nowhere."""
    street = Street()
    async with scene(tmp_path, stage=street, makes=Workshop(), password=PASSWORD) as house:
        assert await paste(house, KEY) == SAY.KEY_LOCKED
        assert await house.hear("/nodes add") == SAY.PASSWORD_WANTED
        assert await house.hear(PASSWORD) == SAY.ADD_HOW
        assert "Groq" in await house.hear(KEY)
        assert [it.name for it in await house.desktop.operating.keeper.added()] == ["Groq"]


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
