"""The set-up: what it asks, what it finds out, what it writes down, and what it leaves alone."""

import re
import stat
from collections.abc import AsyncGenerator, Mapping, Sequence
from inspect import getmembers, isfunction, signature
from pathlib import Path

import pytest

from bot import settings, setup, setup_models, time_zone
from bot.env_file import read
from bot.phrases.english_setup import EnglishSetup
from bot.setup_sheet import LANGUAGES, Sheet
from core.errors import SettingsError
from core.lock import only_one
from tests.servers.dialects import ACCOUNT_ID
from tests.servers.discord import DiscordServer
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer

ENGLISH = LANGUAGES["en"]
NOWHERE = "http://127.0.0.1:9"
TELEGRAM = "123456:canary-token-that-nobody-may-ever-see"
DISCORD = "MTAwMDAwMDAwMDAwMDAwMDAx.Canary.token-that-nobody-may-ever-see"
KEY = "canary-key-that-nobody-may-ever-see-0123"
QUICKLY = {
    setup.CHOOSE_LANGUAGE: "",
    ENGLISH.TIME_ZONE: "Europe/Berlin",
    ENGLISH.KEY: "",
    ENGLISH.TELEGRAM_KEY: "",
    ENGLISH.DISCORD_KEY: "",
    ENGLISH.DIGEST: "",
    ENGLISH.NEXT: "",
    ENGLISH.START: "n",
}
"""Whoever only presses Enter."""


class Parent:
    """Answers by what is asked, in order where it is asked more than once; leaves where nothing is left to
    say."""

    def __init__(self, answers: Mapping[str, str | Sequence[str]]) -> None:
        self._answers = {
            question: [answer] if isinstance(answer, str) else list(answer)
            for question, answer in answers.items()
        }
        self.read = ""
        self.asked: list[str] = []

    def tell(self, text: str) -> None:
        self.read += f"{text}\n"

    async def ask(self, question: str, *, secret: bool = False) -> str:
        bare = question.strip().partition(" [")[0]
        self.asked.append(bare)
        self.read += f"{question}: \n"
        left = self._answers[bare]
        if not left:
            raise EOFError
        return left.pop(0).strip()


class Place:
    """A folder with a `.env`, and the addresses of the stand-ins as its surroundings."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.file = folder / ".env"
        self.environ = {
            "DATA_DIR": str(folder / "data"),
            "OLLAMA_ENDPOINT": NOWHERE,
            "TELEGRAM_API_URL": NOWHERE,
            "DISCORD_API_URL": NOWHERE,
            "CLOUDFLARE_API_URL": NOWHERE,
            **environ,
        }

    async def set_up(self, **answers: str | Sequence[str]) -> Parent:
        """`answers` by the name that the question has in bot/phrases; Enter to all others."""
        named = {getattr(ENGLISH, name): answer for name, answer in answers.items()}
        parent = Parent({**QUICKLY, **named})
        self.starts = await setup.run(parent, self.file, lambda: settings.given(self.file, self.environ))
        return parent

    @property
    def written(self) -> dict[str, str]:
        return read(self.file.read_text()) if self.file.exists() else {}

    def load(self) -> settings.Settings:
        return settings.load(self.file, self.environ)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
async def model() -> AsyncGenerator[ModelServer, None]:
    async with ModelServer("openai", key=KEY) as server:
        yield server


@pytest.fixture
async def telegram() -> AsyncGenerator[TelegramServer, None]:
    async with TelegramServer(TELEGRAM) as server:
        yield server
        assert server.violations == []


# ── Language, time, and what stands there already ─────────────────────────────────────────────────


async def test_enter_all_the_way_through_is_enough(place: Place) -> None:
    """It asks everything once, and what comes out can be loaded."""
    parent = await place.set_up()
    assert len(parent.asked) == len(set(parent.asked)) == 7
    assert place.written == {"LANGUAGE": "en", "TIMEZONE": "Europe/Berlin", "DIGEST_TIME": "08:00"}
    assert ENGLISH.ONLY_MINI in parent.read
    assert place.load().notices == ()
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600


async def test_a_time_zone_is_understood_as_people_say_it(place: Place) -> None:
    """By its city; a wrong one is asked again, with a guess."""
    parent = await place.set_up(TIME_ZONE=["Berlim", "ho chi minh"])
    assert "Is it" in parent.read
    assert place.written["TIMEZONE"] == "Asia/Ho_Chi_Minh"
    assert time_zone.named("nonsense") == "nonsense"


async def test_a_wrong_time_of_day_is_asked_again(place: Place) -> None:
    """Until it is one."""
    await place.set_up(DIGEST=["noon", "7:30"])
    assert place.written["DIGEST_TIME"] == "07:30"


async def test_the_language_counts_from_the_next_word_on(place: Place) -> None:
    """All of the rest is German then."""
    say = LANGUAGES["de"]
    answers = {setup.CHOOSE_LANGUAGE: ["fr", "Deutsch"], say.TIME_ZONE: "Europe/Vienna", say.KEY: ""}
    answers |= {say.TELEGRAM_KEY: "", say.DISCORD_KEY: "", say.DIGEST: "", say.START: "nein"}
    parent = Parent(answers)
    await setup.run(parent, place.file, lambda: settings.given(place.file, place.environ))
    assert say.START_LATER in parent.read
    assert ENGLISH.DIGEST_HOW not in parent.read


async def test_the_language_of_the_desktop_is_offered(place: Place) -> None:
    """It is not taken for an answer."""
    place.environ["LANGUAGE"] = "vi_VN:vi"
    say = LANGUAGES["vi"]
    parent = Parent({setup.CHOOSE_LANGUAGE: "", say.TIME_ZONE: []})
    await setup.run(parent, place.file, lambda: settings.given(place.file, place.environ))
    assert f"{setup.CHOOSE_LANGUAGE} [vi]" in parent.read
    assert place.written == {"LANGUAGE": "vi"}


async def test_nothing_that_stands_there_is_lost(place: Place) -> None:
    """Comments, unknown names and other settings stay as they are; what is set is not asked again, and shown
    without a secret."""
    text = (
        f"# mine\nLANGUAGE=en # ours\nTELEGRAM_TOKEN='{TELEGRAM}'\n\nOTHER=\"a b\"\nROUTE_CHAT=local,cloud\n"
    )
    place.file.write_text(text)
    parent = await place.set_up()
    assert place.file.read_text().startswith(text)
    assert ENGLISH.TELEGRAM_KEY not in parent.asked
    assert "✓ 4  Telegram: set" in parent.read
    assert TELEGRAM not in parent.read


async def test_one_thing_can_be_changed_later(place: Place) -> None:
    """By its number, where it stands; and nothing else."""
    await place.set_up()
    before = place.file.read_text()
    parent = await place.set_up(NEXT=["6", "99", ""], DIGEST="21:15")
    assert place.file.read_text() == before.replace("08:00", "21:15")
    assert ENGLISH.WELCOME_BACK in parent.read


async def test_what_was_answered_is_kept_when_one_leaves(place: Place) -> None:
    """And the next time it goes on there."""
    parent = await place.set_up(KEY=[])
    assert ENGLISH.LEFT in parent.read
    assert not place.starts
    assert place.written == {"LANGUAGE": "en", "TIMEZONE": "Europe/Berlin"}
    parent = await place.set_up()
    assert setup.CHOOSE_LANGUAGE not in parent.asked
    assert place.written["DIGEST_TIME"] == "08:00"


async def test_a_file_that_cannot_be_changed_is_left_alone(place: Place) -> None:
    """And the sentence says why."""
    place.file.write_text("OTHER='never closed\n")
    with pytest.raises(SettingsError):
        await place.set_up()
    assert place.file.read_text() == "OTHER='never closed\n"
    place.file.unlink()
    place.file.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        await place.set_up()


async def test_it_starts_unless_one_says_no_or_it_runs_already(place: Place) -> None:
    """Two of them would answer everything twice."""
    await place.set_up(START="")
    assert place.starts
    with only_one(Path(place.environ["DATA_DIR"])):
        parent = await place.set_up()
    assert not place.starts
    assert ENGLISH.RUNNING in parent.read


# ── Models ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pasted_key_is_tried_with_a_real_question(place: Place, model: ModelServer) -> None:
    """With the model that was chosen from its list; then it is in the settings."""
    parent = await place.set_up(KEY=[f"{model.url}\n{KEY}", ""], MODEL="1")
    assert len(model.asks) == 1
    (node,) = [node for node in place.load().nodes if node.kind == "openai"]
    assert (node.url, node.key, node.model) == (model.url, KEY, "stand-in")
    assert KEY not in parent.read
    assert model.violations == []


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
    assert "✓ 3  Models: 0 in the cloud, 1 at home" in parent.read


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


# ── The platforms ─────────────────────────────────────────────────────────────────────────────────


async def test_botfathers_message_is_enough(place: Place, telegram: TelegramServer) -> None:
    """The key is found in it and checked; a new name is set; the group's link is told at the end."""
    place.environ["TELEGRAM_API_URL"] = telegram.url
    message = f"Done! Congratulations on your new bot. Use this token:\n{TELEGRAM}\nKeep it secure."
    parent = await place.set_up(TELEGRAM_KEY=["hello", message], TELEGRAM_NAME="Family Porch")
    assert ENGLISH.NOT_A_TELEGRAM_KEY in parent.read
    assert place.written["TELEGRAM_TOKEN"] == TELEGRAM
    assert telegram.profile["name"] == "Family Porch"
    assert "startgroup=true" in parent.read
    assert TELEGRAM not in parent.read


async def test_a_telegram_key_that_is_refused_is_not_written_down(
    place: Place, telegram: TelegramServer
) -> None:
    """Nor one that could not be checked; a name that is not taken does no harm."""
    other = "123456:another-token-that-is-nobody-s"
    parent = await place.set_up(TELEGRAM_KEY=[TELEGRAM, ""])
    assert ENGLISH.unreached("Telegram", "ConnectError") in parent.read
    place.environ["TELEGRAM_API_URL"] = telegram.url
    parent = await place.set_up(TELEGRAM_KEY=[other, ""])
    assert ENGLISH.TELEGRAM_REFUSES in parent.read
    assert "TELEGRAM_TOKEN" not in place.written
    telegram.fail("setMyName", "500")
    parent = await place.set_up(TELEGRAM_KEY=TELEGRAM, TELEGRAM_NAME="Porch")
    assert ENGLISH.NOT_NAMED in parent.read
    assert place.written["TELEGRAM_TOKEN"] == TELEGRAM


async def test_on_discord_there_is_a_link_to_the_server(place: Place) -> None:
    """With a picture of it; a token that is none, or not known, is not written down."""
    async with DiscordServer(DISCORD) as server:
        place.environ["DISCORD_API_URL"] = server.api_url
        parent = await place.set_up(DISCORD_KEY=["x", DISCORD[:-3] + "two", DISCORD])
        assert server.violations == []
    assert ENGLISH.NOT_A_DISCORD_KEY in parent.read
    assert ENGLISH.DISCORD_REFUSES in parent.read
    assert "discord.com/oauth2/authorize?client_id=100000000000000001" in parent.read
    assert "▄" in parent.read
    assert place.written["DISCORD_TOKEN"] == DISCORD
    assert DISCORD not in parent.read


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


def said(say: EnglishSetup) -> dict[str, str]:
    """All it says, by name."""
    words = {name: str(value) for name, value in getmembers(say) if name.isupper()}
    for name, function in getmembers(type(say), isfunction):
        values = {"number": 2, "count": 3, "cloud": 2, "home": 1}
        asked = {it: values.get(it, f"<{it}>") for it in signature(function).parameters if it != "self"}
        words[name] = str(function(say, **asked))
    return words


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_every_language_says_all_of_it(language: str) -> None:
    """In its own words, with the same links, commands, names and numbers."""
    english, other = said(ENGLISH), said(LANGUAGES[language])
    marks = re.compile(r"https://[\w./-]+|porchlight setup|(?<!\w)/\w+|@\w+|<\w+>|\b[23]\b|ollama pull")
    assert {name for name in english if english[name] == other[name]} == set()
    for name in english:
        assert set(marks.findall(english[name])) == set(marks.findall(other[name])), name
