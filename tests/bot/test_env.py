"""How `.env` and the environment are read, whatever stands in them."""

from contextlib import suppress
from datetime import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings import load
from core.errors import SettingsError
from tests.bot.conftest import SERVER, Loader, mistakes_of, node, providers


@pytest.mark.parametrize(
    "text",
    [
        'MAX_RETRIES="7"',
        "MAX_RETRIES='7'",
        "MAX_RETRIES=7  # as often as that",
        "MAX_RETRIES = 7",
        "export MAX_RETRIES=7",
        "max_retries=7",
        "\r\n# a comment\r\nMAX_RETRIES=7\r\nDATA_DIR=data\r\n",
        "\ufeffMAX_RETRIES=7",
        "MAX_RETRIES=1\nMAX_RETRIES=7",
    ],
)
def test_all_ways_to_write_a_line_are_read(settings_of: Loader, text: str) -> None:
    """Quotes, comments, `export`, blanks, small letters, Windows' line ends and marks change nothing."""
    assert settings_of(text).max_retries == 7


def test_empty_means_not_set(settings_of: Loader) -> None:
    """An empty value is the default, in the file and in the environment."""
    settings = settings_of("MAX_RETRIES=\nADMIN_IDS=''\nDIGEST_TIME=07:30", DIGEST_TIME=" ", TIMEZONE="")
    assert settings.max_retries == 3
    assert settings.admin_ids == ()
    assert settings.digest_time == time(7, 30)
    assert settings.timezone is None


def test_a_dollar_sign_is_a_letter(settings_of: Loader) -> None:
    """Nothing is filled into a value, so a password may hold any sign."""
    password = settings_of("ADMIN_PASSWORD='a${HOME}#b'").admin_password
    assert password
    assert password.get_secret_value() == "a${HOME}#b"


def test_environment_wins(settings_of: Loader) -> None:
    """What the environment says counts, and not what `.env` says; quotes Docker left on are taken off."""
    settings = settings_of(
        "MAX_RETRIES=1\nOPENAI_1_URL=http://a.example\nOPENAI_1_MODEL=m",
        MAX_RETRIES="2",
        OPENAI_1_URL='"http://b.example/v1/"',
    )
    assert settings.max_retries == 2
    assert node(settings, "OpenAI-1").url == "http://b.example/v1"


def test_language_of_the_desktop_does_not_win(settings_of: Loader) -> None:
    """LANGUAGE as desktop systems set it is second to `.env`, and never a mistake."""
    assert settings_of("LANGUAGE=vi", LANGUAGE="en_US:en").language == "vi"
    assert settings_of("", LANGUAGE="de_AT:de:en").language == "de"
    assert settings_of("", LANGUAGE="C").language == "en"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"LANGUAGE=d\xe9\n", "not text in UTF-8"),
        ("LANGUAGE=de\n".encode("utf-16"), "not text in UTF-8"),
        (b"# comment\n\n\nTELEGRAM_TOKEN: 1\n", "line 4"),
        (b'ADMIN_PASSWORD="never closed\n', "line 1"),
        (b"MAX_RETRIES\n", "line 1"),
    ],
)
def test_unreadable_text_is_told(settings_of: Loader, raw: bytes, told: str) -> None:
    """A `.env` that cannot be read as text, or a line that is no setting, is told with its place."""
    (mistake,) = mistakes_of(settings_of, raw)
    assert mistake.startswith(".env")
    assert told in mistake


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"OPENAI_1_URL={text}".encode()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
def test_any_file_is_read_or_told(settings_of: Loader, raw: bytes) -> None:
    """Whatever stands in `.env`, the outcome is settings or a `SettingsError`."""
    with suppress(SettingsError):
        settings_of(raw)


def test_folder_in_place_of_env_is_told(tmp_path: Path) -> None:
    """A folder called `.env`, as a missing mount leaves behind, is a mistake in words."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, {})


# ── Names that are none ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TELEGRAM_TOKN", "TELEGRAM_TOKEN"),
        ("TELEGRAM_BOT_TOKEN", "TELEGRAM_TOKEN"),
        ("OPENAI_API_KEY", "OPENAI_1_KEY"),
        ("CLOUDFLARE_ACCOUNT_2_TOKN", "CLOUDFLARE_ACCOUNT_2_TOKEN"),
        ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_ACCOUNT_1_ID"),
        ("TIME_ZONE", "TIMEZONE"),
    ],
)
def test_misspelt_name_is_told_of(settings_of: Loader, name: str, meant: str) -> None:
    """A name that is almost a setting brings a notice with the right one."""
    (notice,) = settings_of(f"{name}=x").notices
    assert notice.startswith(name)
    assert f"did you mean {meant}?" in notice


def test_name_that_begins_like_ours_is_told_of(settings_of: Loader) -> None:
    """A name that looks like ours, but like no setting in particular, brings a notice."""
    (notice,) = settings_of("OLLAMA_HOST=x").notices
    assert "OLLAMA_HOST: it is not a setting" in notice


def test_other_names_are_none_of_our_business(settings_of: Loader) -> None:
    """What stands in `.env` for other programs, and the environment, is not remarked on."""
    text = "ACCESS_TOKEN=x\nHOST=x\nPORT=1\nDEBUG=x\nBACKEND_URL=x\nLOG_LEVEL=x\nPATH=x\nCOMPOSE_FILE=x"
    assert settings_of(text, TELEGRAM_TOKN="x", OLLAMA_HOST="x", OPENAI_API_KEY="x").notices == ()


def test_name_used_as_key_env_is_no_typo(settings_of: Loader) -> None:
    """A name that PROVIDERS_FILE refers to is in use, however much it looks like a slip."""
    settings = settings_of(providers(SERVER | {"key_env": "OPENAI_API_KEY"}) + "OPENAI_API_KEY=k")
    assert settings.notices == ()
    assert node(settings, "N").key == "k"
