"""The set-up's questions about models: what is pasted, found, tried, and written down."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot import phrases, setup_models
from bot.phrases import SETUP
from bot.setup_sheet import Sheet
from bot.values import is_in_house
from tests.bot.setup_stage import ENGLISH, KEY, NOWHERE, Parent, Place
from tests.servers.dialects import ACCOUNT_ID
from tests.servers.models import ModelServer


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
async def model() -> AsyncGenerator[ModelServer, None]:
    async with ModelServer("openai", key=KEY) as server:
        yield server


async def test_a_pasted_key_is_tried_with_a_real_question(place: Place, model: ModelServer) -> None:
    """With the model that was chosen from its list; then it is in the settings."""
    parent = await place.set_up(KEY=[f"{model.url}\n{KEY}", ""], MODEL="1")
    assert len(model.asks) == 1
    (node,) = [node for node in place.load().nodes if node.kind == "openai"]
    assert (node.url, node.key, node.model) == (model.url, KEY, "stand-in")
    assert KEY not in parent.read
    assert model.violations == []


async def test_a_server_out_of_reach_comes_with_what_to_do(place: Place) -> None:
    """It can be pasted again at once, or later; nothing is written down."""
    parent = await place.set_up(KEY=[f"{NOWHERE} {KEY}", ""])
    assert ENGLISH.unreached("Server") in parent.read
    assert "OPENAI_1_URL" not in place.written


async def test_the_same_server_twice_has_two_names(place: Place, model: ModelServer) -> None:
    """And the same key twice is one node."""
    async with ModelServer("openai", key=KEY + "4") as other:
        pastes = [f"{model.url} {KEY}", f"{other.url} {KEY}4", f"{model.url} {KEY}", ""]
        parent = await place.set_up(KEY=pastes, MODEL=["1", "1"])
    assert ENGLISH.KEY_KNOWN in parent.read
    assert {"OPENAI_1_KEY", "OPENAI_2_KEY"} <= set(place.written)
    assert (
        len({node.name for node in place.load().nodes}) == len(place.load().nodes) == 4
    )  # with both reserves


async def test_a_new_key_takes_the_place_of_the_old_one(place: Place) -> None:
    """It is asked for the model that was chosen, and called as it was; both are kept if one wants that."""
    new = KEY + "4"
    async with ModelServer("openai", key=KEY) as server:
        await place.set_up(KEY=[f"{server.url} {KEY}", ""], MODEL="1")
    before = place.written
    async with ModelServer("openai", key=new, port=server.port) as server:
        parent = await place.set_up(NEXT=["3", ""], KEY=[f"{server.url} {new}", ""], IN_ITS_PLACE="")
    assert place.written == before | {"OPENAI_1_KEY": new}
    assert ENGLISH.is_there(before["OPENAI_1_NAME"]) in parent.read
    async with ModelServer("openai", key=KEY, port=server.port) as server:
        await place.set_up(NEXT=["3", ""], KEY=[f"{server.url} {KEY}", ""], IN_ITS_PLACE="n", MODEL="1")
    assert (place.written["OPENAI_1_KEY"], place.written["OPENAI_2_KEY"]) == (new, KEY)
    assert place.written["OPENAI_1_NAME"] != place.written["OPENAI_2_NAME"]


async def test_a_new_token_takes_the_place_of_the_old_one(place: Place) -> None:
    """Of the same Cloudflare account."""
    port, model = 0, "@cf/google/gemma-4-26b-a4b-it"
    for token, answers in (("A", {}), ("B", {"NEXT": ["3", ""], "IN_ITS_PLACE": ""})):
        token = "abcdefghijklmnopqrstuvwxyz0123456789ABC" + token
        async with ModelServer("cloudflare", key=token, model=model, port=port) as server:
            place.environ["CLOUDFLARE_API_URL"], port = server.url, server.port
            await place.set_up(KEY=[f"{ACCOUNT_ID} {token}", ""], **answers)
        assert place.written["CLOUDFLARE_ACCOUNT_1_TOKEN"] == token
    assert "CLOUDFLARE_ACCOUNT_2_ID" not in place.written


async def test_what_to_do_about_a_key_is_said_in_ones_language(place: Place, model: ModelServer) -> None:
    """A German reads in German what is wrong with it."""
    parent = Parent({SETUP["de"].KEY: [f"{model.url} {KEY}4", ""]})
    sheet = Sheet(parent, place.file, lambda: {"LANGUAGE": "de", "OLLAMA_ENDPOINT": NOWHERE})
    await setup_models.ask(sheet)
    assert phrases.of("de").REMEDIES["key"] in parent.read


async def test_a_cloudflare_account_may_be_pasted_in_two_pieces(place: Place) -> None:
    """The id first, or the token first."""
    token = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    async with ModelServer("cloudflare", key=token, model="@cf/google/gemma-4-26b-a4b-it") as server:
        place.environ["CLOUDFLARE_API_URL"] = server.url
        parent = await place.set_up(KEY=[ACCOUNT_ID, ""], CLOUDFLARE_KEY=token)
        assert place.written["CLOUDFLARE_ACCOUNT_1_ID"] == ACCOUNT_ID
        assert place.written["CLOUDFLARE_ACCOUNT_1_TOKEN"] == token
        assert token not in parent.read
        place.file.unlink()
        await place.set_up(KEY=[token, ""], CLOUDFLARE_ID=ACCOUNT_ID)
    assert place.written["CLOUDFLARE_ACCOUNT_1_TOKEN"] == token


async def test_a_key_without_a_look_is_asked_where_it_belongs(place: Place, model: ModelServer) -> None:
    """And what is no key is told to be none."""
    await place.set_up(KEY=["what?", KEY + "-56", ""], ADDRESS="")
    assert "OPENAI_1_KEY" not in place.written
    await place.set_up(NEXT=["3", ""], KEY=[KEY, ""], ADDRESS=model.url, MODEL="stand", CLOUDFLARE_ID="")
    assert place.written["OPENAI_1_KEY"] == KEY


async def test_a_key_that_is_refused_is_not_written_down(place: Place, model: ModelServer) -> None:
    """Nor is a model that is none; one that rests just now is."""
    await place.set_up(KEY=[f"{model.url} another-key-0123456789", ""])
    assert "OPENAI_1_KEY" not in place.written
    await place.set_up(KEY=[f"{model.url} {KEY} no-such-model", ""], MODEL="")
    assert "OPENAI_1_KEY" not in place.written
    model.fail("rate_limited")
    await place.set_up(KEY=[f"{model.url} {KEY} stand-in", ""])
    assert place.written["OPENAI_1_MODEL"] == "stand-in"


async def test_a_model_that_fails_is_kept_only_if_one_wants_to(place: Place, model: ModelServer) -> None:
    """It may be back tomorrow."""
    model.failing = "server_error"
    await place.set_up(KEY=[f"{model.url} {KEY} stand-in", ""], KEEP_ANYWAY="")
    assert "OPENAI_1_KEY" not in place.written
    await place.set_up(KEY=[f"{model.url} {KEY} stand-in", ""], KEEP_ANYWAY="y")
    assert place.written["OPENAI_1_KEY"] == KEY


async def test_an_ollama_at_home_is_found(place: Place) -> None:
    """It is asked with the options that the program will use, so that it loads its model once."""
    async with ModelServer("ollama", model="gemma3:4b") as server:
        place.environ["OLLAMA_ENDPOINT"] = server.url
        parent = await place.set_up(MODEL="gemma")
        assert len(server.asks) == 1
        assert server.violations == []
        (node,) = [node for node in place.load().nodes if node.kind == "ollama"]
        assert node.model == "gemma3:4b"
        assert dict(node.options) == {
            name: value for name, value in server.asks[0].body["options"].items() if name == "num_ctx"
        } | {"keep_alive": server.asks[0].body["keep_alive"]}
        assert "0 in the cloud, 1 at home" not in parent.read
        parent = await place.set_up()
    assert "✓ 3  Models: 0 in the cloud, 1 at home, without those added in a chat" in parent.read


def test_in_a_container_an_ollama_is_looked_for_beside_it_too(place: Place) -> None:
    """Its localhost is nobody else's. Where one is named, it is that one."""
    sheet = Sheet(Parent({}), place.file, dict, in_container=True)
    assert setup_models._addresses(sheet)[1:] == list(setup_models.BESIDE_CONTAINER)
    assert all(is_in_house(url) for url in setup_models.BESIDE_CONTAINER)
    sheet = Sheet(
        Parent({}), place.file, lambda: {"OLLAMA_ENDPOINT": "http://a, http://b"}, in_container=True
    )
    assert setup_models._addresses(sheet) == ["http://a"]


async def test_a_model_is_chosen_by_number_or_by_a_part_of_its_name(place: Place) -> None:
    """From a long list only some are shown; what fits several is asked again among these."""

    async def chosen(*said: str) -> tuple[str, Parent]:
        parent = Parent({ENGLISH.MODEL: said})
        sheet = Sheet(parent, place.file, dict)
        return await setup_models._chosen(sheet, [f"maker/model-{number}" for number in range(20)]), parent

    assert (await chosen("2"))[0] == "maker/model-1"
    assert (await chosen("model-17"))[0] == "maker/model-17"
    assert (await chosen("L-1", "maker/model-1"))[0] == "maker/model-1"
    name, parent = await chosen("unheard of", "")
    assert name == ""
    assert ENGLISH.NO_SUCH_MODEL in parent.read
    assert ENGLISH.more_models(8) in parent.read


@pytest.mark.parametrize(
    "paste",
    [
        'export OPENAI_API_URL="{url}"\nexport OPENAI_API_KEY="{key}"\n',
        "'{url}', '{key}'",
        "{url}\r\n{key}\r\n",
    ],
)
async def test_a_key_may_be_pasted_with_what_stood_around_it(
    place: Place, model: ModelServer, paste: str
) -> None:
    """Quotes, names, and the line ends of other systems."""
    await place.set_up(KEY=[paste.format(url=model.url, key=KEY), ""])
    assert place.written["OPENAI_1_KEY"] == KEY
    assert place.written["OPENAI_1_URL"] == model.url


async def test_what_does_not_answer_is_not_offered(place: Place) -> None:
    """What speaks, draws or sorts; Enter takes the one that is offered."""
    parent = Parent({ENGLISH.MODEL: ["", "tts"]})
    sheet = Sheet(parent, place.file, dict)
    models = ["text-embedding-3", "gpt-5-mini", "gpt-4o-mini-tts", "gpt-5"]
    assert await setup_models._chosen(sheet, models, "gpt-5-mini") == "gpt-5-mini"
    assert "embedding" not in parent.read
    assert "tts" not in parent.read


async def test_the_only_model_is_not_asked_for(place: Place, model: ModelServer) -> None:
    """Nor asked for again when it is refused."""
    parent = await place.set_up(KEY=[f"{model.url} {KEY}", ""])
    assert ENGLISH.MODEL not in parent.asked
    assert place.written["OPENAI_1_MODEL"] == "stand-in"
    place.file.unlink()
    model.failing = "retired_model"
    await place.set_up(KEY=[f"{model.url} {KEY}", ""])
    assert "OPENAI_1_KEY" not in place.written


async def test_a_server_at_home_needs_no_key(place: Place) -> None:
    """Its address is enough."""
    async with ModelServer("openai", key="") as server:
        await place.set_up(KEY=[server.url, ""])
    assert place.written["OPENAI_1_URL"] == server.url
    assert "OPENAI_1_KEY" not in place.written


async def test_an_ollama_on_another_machine_is_named_by_its_address(place: Place) -> None:
    """And comes beside the one that is set, with the same model."""
    async with ModelServer("ollama", model="gemma3:4b") as server:
        first = place.environ.pop("OLLAMA_ENDPOINT")
        place.file.write_text(f"OLLAMA_ENDPOINT={first}\nOLLAMA_MODEL=gemma3:4b\n")
        sheet = Sheet(Parent({}), place.file, lambda: place.written)
        await setup_models._home(sheet, server.url)
        assert len(server.asks) == 1
    assert place.written["OLLAMA_ENDPOINT"] == f"{first},{server.url}"
    assert place.written["OLLAMA_MODEL"] == "gemma3:4b"


async def test_an_ollama_with_cloud_models_only_has_none(place: Place) -> None:
    """What it hands on to its own cloud does not run at home."""
    async with ModelServer("ollama", model="gpt-oss:120b-cloud") as server:
        place.environ["OLLAMA_ENDPOINT"] = server.url
        parent = await place.set_up(OLLAMA_AGAIN="")
        assert server.asks == []
    assert "ollama pull" in parent.read
    assert "OLLAMA_MODEL" not in place.written
