"""What was chosen about nodes outlives the program, and never overrules the settings by accident."""

import stat
from pathlib import Path

from core.node_choices import Added, Chosen, NodeChoices, with_choices
from core.storage import open_database
from core.types import NodeSpec
from tests.fakes import spec

GROQ = Added("Groq", "openai", "https://groq.example/v1", "m-1", "canary-key")
CLOUDFLARE = Added("Cloudflare", "cloudflare", "https://cf.example", "@cf/m", "canary-token", "a1b2")


def spec_of(it: Added) -> NodeSpec:
    return NodeSpec(it.name, it.kind, it.url, it.model, it.key)


async def test_an_added_node_is_there_in_the_next_run(tmp_path: Path) -> None:
    """With its key, in a file that only its owner can read; its key is not in what it looks like."""
    path = tmp_path / "test.db"
    async with open_database(path) as database:
        choices = NodeChoices(database)
        await choices.add(GROQ)
        await choices.add(CLOUDFLARE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with open_database(path) as database:
        added = await NodeChoices(database).added()
    assert added == [GROQ, CLOUDFLARE]
    assert "canary" not in repr(added)
    groq, cloudflare = with_choices([], added, {}, spec_of)
    assert (groq.name, groq.kind, groq.url, groq.model, groq.key) == (
        *("Groq", "openai", "https://groq.example/v1", "m-1", "canary-key"),
    )
    assert cloudflare.key == "canary-token"


async def test_removing_forgets_the_key_and_all_that_was_chosen(tmp_path: Path) -> None:
    """Whatever letters are written large."""
    async with open_database(tmp_path / "test.db") as database:
        choices = NodeChoices(database)
        await choices.add(GROQ)
        await choices.pause("groq", True)
        await choices.remove("GROQ")
        assert await choices.added() == []
        assert await choices.chosen() == {}


async def test_pausing_and_choosing_do_not_undo_each_other(tmp_path: Path) -> None:
    """Both are kept for the same node."""
    async with open_database(tmp_path / "test.db") as database:
        choices = NodeChoices(database)
        await choices.pause("Alpha", True)
        await choices.choose_model("alpha", "new", "old")
        assert await choices.chosen() == {"alpha": Chosen(True, "new", "old")}
        await choices.pause("Alpha", False)
        assert await choices.chosen() == {"alpha": Chosen(False, "new", "old")}
        await choices.add(GROQ)
        await choices.choose_model("Groq", "m-2", "")
        assert [it.model for it in await choices.added()] == ["m-2"]
        assert "groq" not in await choices.chosen()


def test_a_model_is_chosen_in_place_of_that_of_the_settings() -> None:
    """As long as they name that one: whoever writes another into them gets it."""
    chosen = {"alpha": Chosen(model="new", instead_of="alpha-model")}
    (there,) = with_choices([spec("Alpha")], [], chosen, spec_of)
    assert there.model == "new"
    (changed,) = with_choices([spec("Alpha", model="other")], [], chosen, spec_of)
    assert changed.model == "other"


def test_an_added_node_gives_way_to_one_in_the_settings_of_that_name() -> None:
    """And one without a model is asked nothing."""
    unfinished = Added("Other", "openai", "https://other.example", "", "k")
    specs = with_choices([spec("GROQ")], [GROQ, unfinished], {}, spec_of)
    assert [(it.name, it.model) for it in specs] == [("GROQ", "groq-model")]
