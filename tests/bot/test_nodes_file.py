"""PROVIDERS_FILE: what it may say, and how its mistakes are told."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import SettingsError
from core.providers.retired import RETIRED_MODELS
from core.types import NodeSpec
from tests.bot.conftest import SERVER, Loader, mistakes_of, node, providers

ACCOUNT = "0123456789abcdef0123456789abcdef"


# ── PROVIDERS_FILE ────────────────────────────────────────────────────────────────────────────────


def test_default_providers_file_is_read_if_it_is_there(settings_of: Loader) -> None:
    """providers.json need not be named; and need not be there, unless another name was given."""
    Path("providers.json").write_text('{"providers": [{"name": "Den", "kind": "ollama"}]}', "utf-8")
    assert node(settings_of(), "Den").url == "http://localhost:11434"
    Path("providers.json").unlink()
    assert settings_of().nodes
    (mistake,) = mistakes_of(settings_of, "PROVIDERS_FILE=other.json")
    assert mistake.startswith("PROVIDERS_FILE: other.json cannot be read")


def test_file_of_the_older_gateway_is_understood(settings_of: Loader) -> None:
    """The older gateway's providers.json gives its accounts and its fallback; its examples are left out."""
    older = {
        "providers": [
            {"account_id": ACCOUNT, "api_token": "t1", "name": "Provider-Alpha", "priority": 1},
            {
                "account_id": "your_cloudflare_account_id_2",
                "api_token": "your_token",
                "name": "B",
                "priority": 2,
            },
        ],
        "local_fallback": {
            "name": "Local Ollama",
            "endpoint": "http://localhost:11434",
            "model": "llama3",
            "max_concurrent": 1,
        },
    }
    Path("providers.json").write_text(json.dumps(older), "utf-8")
    settings = settings_of("EMBEDDED_MODEL=off")
    assert [each.name for each in settings.nodes] == ["Provider-Alpha", "Local Ollama"]
    assert node(settings, "Provider-Alpha").key == "t1"
    assert node(settings, "Local Ollama").local
    assert "entry 2" in settings.notices[0]


def test_entry_may_say_all_there_is(settings_of: Loader) -> None:
    """Every field of a node can be set in the file."""
    fields = {
        "name": "Full",
        "kind": "openai",
        "url": "http://192.168.1.9:8000/v1",
        "model": "m",
        "key": "k",
        "priority": 5,
        "local": True,
        "context_tokens": 100_000,
        "max_tokens": 5000,
        "parallel": 3,
        "first_token_timeout_s": 1.5,
        "stall_timeout_s": 2,
        "small": True,
        "images": True,
        "allow_minors": False,
        "trains_on_data": True,
        "region": "EU",
        "checked_on": "2026-01-31",
        "options": {"body": {"temperature": 0}},
    }
    assert set(fields) == set(NodeSpec.__dataclass_fields__)
    assert node(settings_of(providers(fields)), "Full") == NodeSpec(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "local"),
    [
        ({"kind": "ollama", "url": "http://attic:11434"}, True),
        ({"kind": "ollama", "url": "http://attic:11434", "local": False}, False),
        ({"kind": "ollama", "url": "http://attic:11434", "model": "gpt-oss:120b-cloud"}, False),
        ({"kind": "ollama", "url": "https://ollama.example.com"}, False),
        ({"kind": "openai", "url": "http://attic:8000"}, False),
        ({"kind": "openai", "url": "http://attic:8000", "local": True}, True),
    ],
)
def test_who_is_local(settings_of: Loader, entry: dict[str, object], local: bool) -> None:
    """An Ollama in the house is local unless told otherwise; any other server only if it is said so."""
    assert node(settings_of(providers(SERVER | entry)), "N").local is local


def test_retired_model_in_the_file(settings_of: Loader) -> None:
    """A retired model in an entry is replaced and told of, like the one in `.env`."""
    old = "@cf/meta/llama-2-7b-chat-int8"
    settings = settings_of(providers({"name": "A", "account_id": ACCOUNT, "key": "k", "model": old}))
    assert node(settings, "A").model == RETIRED_MODELS[old]
    assert old in settings.notices[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"priorty": 1}, "priorty: there is no such key; did you mean priority?"),
        ({"url": "h.example"}, "url: 'h.example' is not the address of a server"),
        ({"kind": "opnai"}, "did you mean openai?"),
        ({"kind": "embedded"}, "kind: 'embedded' is not one"),
        ({"local": True}, "local: it cannot be true, because its address is outside the house"),
        ({"local": "yes"}, "local: 'yes' is not a yes or no; write true or false"),
        ({"parallel": 0}, "parallel: 0 is too small; write 1 or more"),
        ({"parallel": "2"}, "parallel: '2' is not a whole number"),
        ({"max_tokens": 9000}, "max_tokens: 9000 leaves no room"),
        ({"key_env": "NOWHERE"}, "key_env: nothing of that name is set"),
        ({"key_env": "EXAMPLE"}, "key_env: nothing of that name is set"),
        ({"checked_on": "last week"}, "checked_on: 'last week' is not a day"),
        ({"name": ""}, "name: '' is not a name"),
        ({"model": None}, "model: it is missing"),
        ({"url": None}, "url: it is missing"),
        ({"key": "two words"}, "key: what is written there holds a sign that does not belong"),
        ({"kind": "cloudflare", "account_id": None}, "account_id: it is missing"),
        (
            {"kind": "ollama", "options": {"num_ctxx": 1}},
            "options.num_ctxx: there is no such key; did you mean num_ctx?",
        ),
        ({"kind": "ollama", "options": {"num_ctx": "many"}}, "options.num_ctx: 'many' is not a whole number"),
    ],
)
def test_mistake_in_an_entry_is_told(settings_of: Loader, change: dict[str, object], told: str) -> None:
    """A wrong entry is named, with the key, what is wrong and what to do."""
    (mistake,) = mistakes_of(settings_of, providers(SERVER | change), EXAMPLE="your_key_here")
    assert mistake.startswith("PROVIDERS_FILE, entry 1")
    assert told in mistake


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{\n  "providers": [\n    {"name": "A",}\n  ]\n}', "line 3, column 18"),
        (b"[]", "is not an object with a list"),
        (b'{"providers": {}}', "is not an object with a list"),
        (b'{"providers": ["Groq"]}', "entry 1: it is not an object"),
        (b'{"providers": [], "nodes": []}', "'nodes'"),
        (b"\xff\xfe{\x00}\x00", "is not JSON in UTF-8"),
        (b"[" * 100_000, "is not JSON"),
        (b"", "line 1, column 1"),
    ],
)
def test_malformed_file_is_told(settings_of: Loader, content: bytes, told: str) -> None:
    """A file that is no such file at all is named, with the place where reading stopped."""
    Path("p.json").write_bytes(content)
    (mistake,) = mistakes_of(settings_of, "PROVIDERS_FILE=p.json")
    assert mistake.startswith("PROVIDERS_FILE")
    assert told in mistake


@given(
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner))
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
def test_any_entry_is_read_or_told(settings_of: Loader, value: object) -> None:
    """Whatever stands in PROVIDERS_FILE, the outcome is settings or a `SettingsError`."""
    for entry in (
        value,
        SERVER | {"kind": "ollama", "options": value},
        *(SERVER | {key: value} for key in SERVER),
    ):
        with suppress(SettingsError):
            settings_of(providers(entry))
