"""The set-up: what it asks, what it finds out, what it writes down, and what it leaves alone."""

import asyncio
import re
import stat
from collections.abc import AsyncGenerator
from functools import partial
from inspect import getmembers, isfunction, signature
from pathlib import Path

import pytest

from bot import settings, setup, time_zone
from bot.phrases import SETUP
from bot.phrases.english_setup import EnglishSetup
from core.errors import SettingsError
from core.lock import only_one
from tests.bot.setup_stage import DISCORD, ENGLISH, KEY, QUICKLY, TELEGRAM, Parent, Place
from tests.servers.discord import DiscordServer
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer


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


async def test_how_a_time_of_day_was_understood_is_said(place: Place) -> None:
    """Whoever wrote it in another way can see that it was."""
    parent = await place.set_up(DIGEST="7h")
    assert ENGLISH.digest_at("07:00") in parent.read


async def test_the_language_counts_from_the_next_word_on(place: Place) -> None:
    """All of the rest is German then."""
    say = SETUP["de"]
    answers = {setup.CHOOSE_LANGUAGE: ["fr", "German"], say.TIME_ZONE: "Europe/Vienna", say.KEY: ""}
    answers |= {say.TELEGRAM_KEY: "", say.DISCORD_KEY: "", say.DIGEST: "", say.START: "nein"}
    parent = Parent(answers)
    await setup.run(parent, place.file, lambda: settings.given(place.file, place.environ))
    assert say.start_later("porchlight") in parent.read
    assert ENGLISH.DIGEST_HOW not in parent.read


@pytest.mark.parametrize("desktop", [{"LANGUAGE": "vi_VN:vi"}, {"LANG": "vi_VN.UTF-8"}])
async def test_the_language_of_the_desktop_is_offered(place: Place, desktop: dict[str, str]) -> None:
    """It is not taken for an answer."""
    place.environ |= desktop
    say = SETUP["vi"]
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
    assert ENGLISH.left("porchlight") in parent.read
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


async def test_a_word_that_is_neither_yes_nor_no_starts_nothing(place: Place) -> None:
    """It is asked again, until it is one of them."""
    await place.set_up(START=["later", "stop", "NO"])
    assert not place.starts
    await place.set_up(START=["hm", "Yes"])
    assert place.starts


async def test_what_is_set_wrongly_is_asked_again(place: Place) -> None:
    """And what is no question of ours does no harm on the way; the program says it at its start."""
    wrong = "TIMEZONE=Berlin\nDIGEST_TIME=25:00\nOLLAMA_NUM_CTX=many\nOLLAMA_ENDPOINT=,\n"
    place.file.write_text(wrong)
    del place.environ["OLLAMA_ENDPOINT"]
    parent = await place.set_up(OLLAMA_AGAIN="", MODEL="0", DIGEST="8 Uhr")
    assert "✓" not in parent.read
    assert place.written["TIMEZONE"] == "Europe/Berlin"
    assert place.written["DIGEST_TIME"] == "08:00"
    assert place.written["OLLAMA_NUM_CTX"] == "many"


async def test_what_counts_elsewhere_is_said(place: Place) -> None:
    """The environment stands over `.env`: what is written there is not lost, and has no effect."""
    place.environ["DIGEST_TIME"] = "06:00"
    parent = await place.set_up()
    assert ENGLISH.set_elsewhere("DIGEST_TIME") not in parent.read
    parent = await place.set_up(NEXT=["6", ""], DIGEST="9")
    assert place.written["DIGEST_TIME"] == "09:00"
    assert ENGLISH.set_elsewhere("DIGEST_TIME") in parent.read


async def test_in_a_container_it_says_how_to_start(place: Place) -> None:
    """It does not start a second one beside that which compose keeps running."""
    place.in_container = True
    parent = await place.set_up(NEXT=[""], DIGEST=[])
    assert ENGLISH.left(setup.IN_CONTAINER) in parent.read
    parent = await place.set_up()
    assert ENGLISH.START not in parent.asked
    assert ENGLISH.START_CONTAINER in parent.read
    assert not place.starts


async def test_leaving_while_nothing_is_asked_is_leaving_too(place: Place, model: ModelServer) -> None:
    """As Ctrl-C does while a model is waited for."""

    class Hasty(Parent):
        def tell(self, text: str) -> None:
            super().tell(text)
            if text == ENGLISH.ASKING and (running := asyncio.current_task()):
                running.cancel()

    parent = Hasty({**QUICKLY, ENGLISH.KEY: f"{model.url} {KEY} stand-in"})
    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(
            setup.run(parent, place.file, partial(settings.given, place.file, place.environ))
        )
    assert ENGLISH.left("porchlight") in parent.read


async def test_a_proxy_that_is_none_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the environment, and nobody can be asked through it."""
    monkeypatch.setenv("HTTPS_PROXY", "socks9://proxy")
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        await place.set_up(KEY=["gsk_0123456789abcdefghij", ""])


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
    assert ENGLISH.unreached("Telegram") in parent.read
    place.environ["TELEGRAM_API_URL"] = telegram.url
    parent = await place.set_up(TELEGRAM_KEY=[other, ""])
    assert ENGLISH.TELEGRAM_REFUSES in parent.read
    assert "TELEGRAM_TOKEN" not in place.written
    telegram.fail("setMyName", "500")
    parent = await place.set_up(TELEGRAM_KEY=TELEGRAM, TELEGRAM_NAME="Porch")
    assert ENGLISH.NOT_NAMED in parent.read
    assert place.written["TELEGRAM_TOKEN"] == TELEGRAM


async def test_a_bot_that_another_program_reads_is_noticed(place: Place, telegram: TelegramServer) -> None:
    """While the program itself runs, that is the one."""
    place.environ["TELEGRAM_API_URL"] = telegram.url
    telegram.conflict = True
    parent = await place.set_up(TELEGRAM_KEY=TELEGRAM, TELEGRAM_NAME="")
    assert ENGLISH.TELEGRAM_READ_ELSEWHERE in parent.read
    assert place.written["TELEGRAM_TOKEN"] == TELEGRAM
    with only_one(Path(place.environ["DATA_DIR"])):
        parent = await place.set_up(NEXT=["4", ""], KEY_STAYS=TELEGRAM, TELEGRAM_NAME="")
    assert ENGLISH.TELEGRAM_READ_ELSEWHERE not in parent.read


async def test_the_profile_has_a_line_unless_it_has_one(place: Place, telegram: TelegramServer) -> None:
    """Whoever leaves the name as it is has one, too; and one of theirs is kept."""
    place.environ["TELEGRAM_API_URL"] = telegram.url
    await place.set_up(TELEGRAM_KEY=TELEGRAM, TELEGRAM_NAME="")
    assert telegram.profile == {"short_description": ENGLISH.TELEGRAM_ABOUT}
    telegram.profile["short_description"] = "Ours"
    parent = await place.set_up(NEXT=["4", ""], KEY_STAYS=TELEGRAM, TELEGRAM_NAME="")
    assert telegram.profile == {"short_description": "Ours"}
    assert ENGLISH.TELEGRAM_KEY not in parent.asked  # "Enter: without Telegram" would be untrue


async def test_the_name_can_be_given_later(place: Place, telegram: TelegramServer) -> None:
    """As by whoever was interrupted before that question: the key is not pasted again."""
    place.environ["TELEGRAM_API_URL"] = telegram.url
    parent = await place.set_up(TELEGRAM_KEY=TELEGRAM, TELEGRAM_NAME=[])
    assert ENGLISH.left("porchlight") in parent.read
    assert telegram.profile == {}
    await place.set_up(NEXT=["4", ""], KEY_STAYS="", TELEGRAM_NAME="Family Porch")
    assert telegram.profile == {"name": "Family Porch", "short_description": ENGLISH.TELEGRAM_ABOUT}
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


async def test_the_link_to_the_server_can_be_seen_once_more(place: Place) -> None:
    """By coming to the step again, and leaving the token as it is."""
    place.file.write_text(f"DISCORD_TOKEN={DISCORD}\n")
    async with DiscordServer(DISCORD) as server:
        place.environ["DISCORD_API_URL"] = server.api_url
        parent = await place.set_up()
        assert "oauth2/authorize" not in parent.read
        parent = await place.set_up(NEXT=["5", ""], KEY_STAYS="")
    assert "oauth2/authorize" in parent.read
    assert place.written["DISCORD_TOKEN"] == DISCORD


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


def said(say: EnglishSetup) -> dict[str, str]:
    """All it says, by name."""
    words = {name: str(value) for name, value in getmembers(say) if name.isupper()}
    for name, function in getmembers(type(say), isfunction):
        values = {"number": 2, "count": 3, "cloud": 2, "home": 1}
        asked = {it: values.get(it, f"<{it}>") for it in signature(function).parameters if it != "self"}
        words[name] = str(function(say, **asked))
    return words


@pytest.mark.parametrize("language", [name for name in SETUP if name != "en"])
def test_every_language_says_all_of_it(language: str) -> None:
    """In its own words, with the same links, commands, names and numbers."""
    english, other = said(ENGLISH), said(SETUP[language])
    marks = re.compile(
        r"https://[\w./-]+|(?<!\w)/\w+|@\w+|<\w+>|\b[23]\b|ollama pull|docker compose (?:up -d|logs bot)"
    )
    assert {name for name in english if english[name] == other[name]} == set()
    for name in english:
        assert set(marks.findall(english[name])) == set(marks.findall(other[name])), name
