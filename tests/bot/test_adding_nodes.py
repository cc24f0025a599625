"""Adding a model in a chat: by pasting its key, or by its address."""

from pathlib import Path

from core.errors import Rejected, Unavailable
from core.providers import End, Health
from core.types import Chat, Incoming
from tests.bot.scenes import HOME, PARENT, PATTERNS, SAY, scene
from tests.bot.workshop import ACCOUNT, KEY, PASSWORD, PLAIN, TOKEN, Offers, Workshop, commands, paste
from tests.fakes import Player, Stage, Street, node


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


async def test_the_only_model_that_answers_is_taken(tmp_path: Path) -> None:
    """Nobody is asked which one; what makes pictures or embeddings is none of them."""
    workshop = Workshop(Offers(PLAIN, models=("bge-embed", "llama-3.3-70b", "whisper-large")))
    async with scene(tmp_path, stage=Street(), makes=workshop) as house:
        shown = await paste(house, KEY)
        assert shown.startswith("🟢 Groq answers")
        assert "llama-3.3-70b" in shown
        assert [it.spec.model for it in house.pool.nodes] == ["llama-3.3-70b"]
        assert [it.model for it in await house.desktop.operating.keeper.added()] == ["llama-3.3-70b"]


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


async def test_a_key_behind_the_command_is_a_pasted_key(tmp_path: Path) -> None:
    """That is what most people write: it is taken away, kept for its node, and nowhere else."""
    street = Street()
    async with scene(tmp_path, stage=street, makes=Workshop()) as house:
        assert "Groq" in await paste(house, f"/nodes add {KEY}")
        assert [it.name for it in await house.desktop.operating.keeper.added()] == ["Groq"]
        assert await paste(house, f"/nodes Add\n{TOKEN}") == SAY.KEY_NOT_READ
        assert await house.hear("/nodes add groq") == SAY.ADD_HOW
        rows = await house.database.read("SELECT text, question, answer FROM inbox")
        kept = str([tuple(row) for row in rows])
        assert KEY not in kept
        assert TOKEN not in kept


async def test_a_key_that_comes_alone_is_no_question(tmp_path: Path) -> None:
    """The id first and then the token, or a key of nobody knows whom: no model reads it, with or without
    having been asked for it."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=Street()) as house:
        for text in (ACCOUNT, TOKEN, f"token: {TOKEN}"):
            assert await paste(house, text) == SAY.KEY_NOT_READ
        assert player.asked == []
        assert await house.hear("3" * 40) == "An answer."
        rows = await house.database.read("SELECT text FROM inbox")
        assert TOKEN not in str([row["text"] for row in rows])


async def test_whoever_asks_once_is_told_too(tmp_path: Path) -> None:
    """On the command line, where nobody waits for what comes later, a key and the password get their
    sentence as well."""
    stage = Stage()
    stage.resumes = False
    async with scene(tmp_path, stage=stage, password=PASSWORD) as house:
        assert await house.hear(TOKEN) == SAY.KEY_LOCKED
        assert await house.hear(PASSWORD) == SAY.UNLOCKED
        assert await house.hear(TOKEN) == SAY.KEY_NOT_READ


async def test_a_key_in_a_changed_message_is_taken_too(tmp_path: Path) -> None:
    """Whoever corrects a paste has pasted."""
    async with scene(tmp_path, node("Alpha", Player(PLAIN)), stage=Street(), makes=Workshop()) as house:
        post = await house.say("Hello?")
        await house.calm()
        changed = Incoming(HOME, PARENT, post, KEY, house.clock.now, edited=True)
        await house.desk.accept("stage", [changed], None)
        await house.calm()
        assert "Groq" in house.stage.texts()[-1]
        rows = await house.database.read("SELECT text, question FROM inbox")
        assert KEY not in str([tuple(row) for row in rows])


async def test_a_key_in_a_group_is_taken_away_and_kept_nowhere(tmp_path: Path) -> None:
    """There, others may have read it."""
    group = Chat("stage", "-100", "group")
    async with scene(tmp_path, stage=Street(), makes=Workshop()) as house:
        await house.desktop.family.chats.allow_group(group, "Family", PARENT)
        for text in (KEY, f"/nodes add {KEY}"):
            assert await paste(house, text, chat=group) == SAY.PRIVATE_CHAT_ONLY
        assert await house.desktop.operating.keeper.added() == []


async def test_an_ollama_at_home_is_added_by_its_address(tmp_path: Path) -> None:
    """It is of the house: it may read private questions, and is asked when the cloud cannot; the next run
    has it too. The same address again is the same node."""
    ollama = Offers(["At home.", End()], models=("llama3.2:3b", "gpt-oss:120b-cloud"))
    street = Street()
    async with scene(tmp_path, stage=street, makes=Workshop(ollama)) as house:
        assert await house.hear("/private Why?") != "At home."
        for text in ("/nodes add http://192.168.1.5:11434", "/nodes add", "192.168.1.5:11434"):
            shown = await house.hear(text)
        assert "- llama3.2:3b" in shown
        assert len(await house.desktop.operating.keeper.added()) == 1
        assert (await house.hear((await commands(house))["llama3.2:3b"])).startswith("🟢 Ollama answers")
        (added,) = house.pool.nodes
        assert (added.spec.kind, added.spec.url) == ("ollama", "http://192.168.1.5:11434")
        assert (added.spec.local, added.spec.priority, added.spec.parallel) == (True, 10, 1)
        assert await house.hear("/private Why?") == "At home."
        await house.hear("/choose Ollama gpt-oss:120b-cloud")
        assert not added.spec.local
        (kept,) = await house.desktop.operating.keeper.added()
        assert PATTERNS.spec_of(kept) == added.spec


async def test_an_ollama_without_a_model_says_how_to_get_one(tmp_path: Path) -> None:
    """And is kept meanwhile: there is no key that could be wrong."""
    how = "On the machine Ollama runs on: ollama pull usual:4b"
    empty = Offers([Rejected("not here", how)])
    empty.health = Health("ill", "not here", remedy=how)
    async with scene(tmp_path, stage=Street(), makes=Workshop(empty)) as house:
        assert how in await house.hear("/nodes add http://localhost:11434/")
        assert list(await commands(house)) == ["Try again", "Other model", "Remove"]
        assert len(await house.desktop.operating.keeper.added()) == 1


async def test_an_address_is_not_lost_over_the_password(tmp_path: Path) -> None:
    """It is written once, and the password is all that is asked for."""
    workshop = Workshop()
    async with scene(tmp_path, stage=Street(), password=PASSWORD, makes=workshop) as house:
        assert await house.hear("/nodes add http://192.168.1.7:1234/v1") == SAY.PASSWORD_WANTED
        assert "Which model shall Server be asked for?" in await house.hear(PASSWORD)
        (added,) = await house.desktop.operating.keeper.added()
        assert added.url == "http://192.168.1.7:1234/v1"


async def test_what_is_no_address_at_home_is_not_added(tmp_path: Path) -> None:
    """An address outside wants a key; and without having been asked for, an address is a question."""
    player = Player(PLAIN)
    async with scene(tmp_path, node("Alpha", player), stage=Street(), password=PASSWORD) as house:
        assert await house.hear("/nodes add https://example.com") == SAY.PASSWORD_WANTED
        assert await house.hear(PASSWORD) == SAY.ADD_HOW
        for text in ("https://example.com", "hello", "12:30"):
            assert await house.hear(f"/nodes add {text}") == SAY.ADD_HOW
        assert await house.hear("/help") != SAY.ADD_HOW
        assert await house.desktop.operating.keeper.added() == []


async def test_what_the_settings_take_over_is_asked_once(tmp_path: Path) -> None:
    """A key that was added in a chat, and stands in the settings by now, is one node and not two."""
    async with scene(tmp_path, stage=Street(), makes=Workshop()) as house:
        await house.hear(f"{ACCOUNT} {TOKEN}")
        (added,) = house.pool.nodes
    async with scene(tmp_path, added, stage=Street(), makes=Workshop()) as house:
        assert house.pool.nodes == [added]
        assert await house.desktop.operating.keeper.added() == []


async def test_a_name_that_the_settings_take_later_is_no_end(tmp_path: Path) -> None:
    """What was added gets another one: it can still be used and removed, and what is chosen for one is not
    chosen for the other."""
    async with scene(tmp_path, stage=Street(), makes=Workshop()) as house:
        await house.hear(f"{ACCOUNT} {TOKEN}")
    named = node("Cloudflare", Player(PLAIN))
    async with scene(tmp_path, named, stage=Street(), makes=Workshop()) as house:
        house.said = 1000
        assert [it.name for it in house.pool.nodes] == ["Cloudflare", "Cloudflare-2"]
        assert (await house.hear("/nodes test Cloudflare-2")).startswith("🟢 Cloudflare-2 answers")
        await house.hear("/choose Cloudflare qwen-3-32b")
        (choice,) = await house.database.read("SELECT name, model FROM node_choices")
        assert tuple(choice) == ("Cloudflare", "qwen-3-32b")
        await house.hear("/nodes remove Cloudflare-2 yes")
        assert await house.desktop.operating.keeper.added() == []
        assert house.pool.nodes == [named]
