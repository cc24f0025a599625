"""What the settings say, what is made of it, and how mistakes are told."""

import re
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.settings import FIELDS, NAMES, Settings, load
from core.providers.retired import RETIRED_MODELS
from core.types import Person
from tests.bot.conftest import SERVER, Loader, mistakes_of, node, providers

TEMPLATE = Path(__file__).parents[2] / ".env.template"
ACCOUNT = "0123456789abcdef0123456789abcdef"


# ── The template ──────────────────────────────────────────────────────────────────────────────────


def template_lines() -> dict[str, tuple[str, str]]:
    """Each name in the template, with what stands behind it and the comment above it."""
    lines: dict[str, tuple[str, str]] = {}
    comment = ""
    for line in TEMPLATE.read_text("utf-8").splitlines():
        if not line:
            comment = ""
        elif line.startswith("#"):
            comment += line.removeprefix("#") + "\n"
        else:
            name, _, value = line.partition("=")
            lines[name] = (value, comment)
    return lines


def test_template_names_every_setting_in_order() -> None:
    """The template has the settings the code has, all of them, none else, in the same order."""
    names = list(template_lines())
    assert {re.sub(r"_1_", "_n_", name) for name in names} == NAMES
    assert [name.lower() for name in names if name.lower() in FIELDS] == list(FIELDS)


def test_untouched_template_gives_the_defaults(settings_of: Loader) -> None:
    """A copy of the template says the same as no file at all, and nothing about it is remarkable."""
    from_template = settings_of(TEMPLATE.read_text("utf-8"))
    assert from_template.notices == ()
    assert from_template == load(None, {})


def test_template_shows_each_default(settings_of: Loader) -> None:
    """What stands behind a name is its default; where nothing does, the comment says what is taken."""
    for name, (value, comment) in template_lines().items():
        field = Settings.model_fields.get(name.lower())
        default = field.default if field else None
        if value:
            assert getattr(settings_of(f"{name}={value}"), name.lower()) == default
        elif isinstance(default, str | tuple) and default:
            assert (default if isinstance(default, str) else default[0]) in comment
        else:
            assert not default or name == "LOG_FILE"


def test_every_setting_is_explained() -> None:
    """No name in the template stands without a comment above it, its own or its neighbour's."""
    assert [name for name, (_, comment) in template_lines().items() if not comment.strip()] == []


def test_example_of_providers_file_loads(settings_of: Loader) -> None:
    """The file shown in the template is a right one."""
    comment = template_lines()["PROVIDERS_FILE"][1]
    example = comment[comment.index("  {") : comment.index("\n   }\n") + len("\n   }\n")]
    Path("nodes.json").write_text(example, "utf-8")
    settings = settings_of("PROVIDERS_FILE=nodes.json\nSCHOOL_KEY=s1\nAUNT_KEY=a1\nEMBEDDED_MODEL=off")
    assert settings.notices == ()
    assert [(each.name, each.kind, each.local) for each in settings.nodes] == [
        ("School", "openai", False),
        ("Aunt's account", "cloudflare", False),
        ("Attic", "ollama", True),
    ]
    assert node(settings, "School").key == "s1"
    assert node(settings, "School").checked_on == "2026-03-11"
    assert node(settings, "Aunt's account").options["account_id"] == ACCOUNT
    assert node(settings, "Attic").options == {"num_ctx": 8192, "num_thread": 6, "keep_alive": "2h"}
    assert node(settings, "Attic").context_tokens == 8192


# ── A `.env` as a whole ─────────────────────────────────────────────────────────────────────────────

OLDER = f"""\
# easyResearchAssistant Configuration

# Security
ACCESS_TOKEN=your_secure_access_token_here
ADMIN_PASSWORD=your_admin_dashboard_password_here

SELECTION_STRATEGY=ROUND_ROBIN
MAX_RETRIES=3
REQUEST_TIMEOUT=60
COOLDOWN_MINUTES=30

CLOUDFLARE_ACCOUNT_1_ID={ACCOUNT}
CLOUDFLARE_ACCOUNT_1_TOKEN=a-real-token-of-forty-letters-0123456789
CLOUDFLARE_ACCOUNT_1_NAME=Provider-Alpha

CLOUDFLARE_ACCOUNT_2_ID=your_account_id_2
CLOUDFLARE_ACCOUNT_2_TOKEN=your_api_token_2
CLOUDFLARE_ACCOUNT_2_NAME=Provider-Beta

CLOUDFLARE_MODEL=@cf/meta/llama-3.1-8b-instruct

OLLAMA_ENABLED=true
OLLAMA_ENDPOINT=http://localhost:11434
OLLAMA_MODEL=llama3
OLLAMA_MAX_TOKENS=1024
RAG_MAX_RESULTS=3

HOST=0.0.0.0
PORT=8000
DEBUG=false
"""


def test_env_of_the_older_gateway_loads(settings_of: Loader) -> None:
    """A `.env` written for the older gateway works: its account, its Ollama, and a current model."""
    settings = settings_of(OLDER)
    assert [each.name for each in settings.nodes] == ["Provider-Alpha", "Ollama", "Mini"]
    alpha, ollama = node(settings, "Provider-Alpha"), node(settings, "Ollama")
    assert alpha.kind == "cloudflare"
    assert alpha.url == "https://api.cloudflare.com/client/v4"
    assert alpha.options["account_id"] == ACCOUNT
    assert alpha.key == "a-real-token-of-forty-letters-0123456789"
    assert (ollama.url, ollama.model, ollama.local) == ("http://localhost:11434", "llama3", True)
    assert settings.selection_strategy == "round_robin"
    assert settings.admin_password is None


def test_retired_model_is_named_with_its_successor(settings_of: Loader) -> None:
    """A retired model is told of, with the one to take instead, and that one is asked."""
    settings = settings_of(OLDER)
    old, new = "@cf/meta/llama-3.1-8b-instruct", RETIRED_MODELS["@cf/meta/llama-3.1-8b-instruct"]
    (notice,) = (notice for notice in settings.notices if "CLOUDFLARE_MODEL" in notice)
    assert old in notice
    assert new in notice
    assert node(settings, "Provider-Alpha").model == new
    assert settings.cloudflare_model == old


def test_examples_left_in_are_not_values(settings_of: Loader) -> None:
    """The template's example texts are left out, and told of once, by name."""
    (notice,) = (notice for notice in settings_of(OLDER).notices if "example" in notice)
    for name in ("ADMIN_PASSWORD", "CLOUDFLARE_ACCOUNT_2_ID", "CLOUDFLARE_ACCOUNT_2_TOKEN"):
        assert name in notice
    assert "ACCESS_TOKEN" not in notice


def test_values_get_their_types(settings_of: Loader) -> None:
    """Each setting is what it means, not a text."""
    settings = settings_of(
        "ADMIN_IDS=telegram:111, Discord:222\nTIMEZONE=Asia/Ho_Chi_Minh\nDIGEST_TIME=6:05\n"
        "ROUTE_CHAT=local\nROUTE_SUMMARY=Cloud, Local\nOLLAMA_ENABLED=FALSE\nSELECTION_STRATEGY=Least-Used\n"
        "TELEGRAM_API_URL=http://localhost:8081/\nOLLAMA_KEEP_ALIVE=-1\nDATA_DIR=elsewhere\nOLLAMA_MODEL=x\n"
        f"OLLAMA_MODEL_DIGEST=sha256:{'AB' * 32}"
    )
    assert settings.admin_ids == (Person("telegram", "111"), Person("discord", "222"))
    assert settings.timezone == ZoneInfo("Asia/Ho_Chi_Minh")
    assert settings.digest_time == time(6, 5)
    assert settings.routes == {
        "chat": ("local",),
        "research": ("cloud", "local"),
        "summary": ("cloud", "local"),
    }
    assert settings.selection_strategy == "least_used"
    assert settings.telegram_api_url == "http://localhost:8081"
    assert settings.ollama_keep_alive == "-1s"
    assert settings.ollama_model_digest == "ab" * 32
    assert settings.ollama_enabled is False
    assert settings.log_file == Path("elsewhere/system.log")


def test_settings_cannot_be_changed(settings_of: Loader) -> None:
    """Once read, they stay."""
    with pytest.raises(ValueError, match="frozen"):
        settings_of().max_retries = 4


def test_secrets_do_not_show(settings_of: Loader) -> None:
    """Printing settings, or a node, shows no secret; `secrets` knows them all, for the log to strike out."""
    text = (
        "TELEGRAM_TOKEN=1:telegram-secret\nDISCORD_TOKEN=discord-secret\nADMIN_PASSWORD=admin-secret\n"
        f"CLOUDFLARE_ACCOUNT_1_ID={ACCOUNT}\nCLOUDFLARE_ACCOUNT_1_TOKEN=cloudflare-secret\n"
        "OPENAI_1_URL=https://me:url-secret@host.example\nOPENAI_1_MODEL=m\nOPENAI_1_KEY=openai-secret\n"
    )
    settings = settings_of(text)
    secrets = {
        "1:telegram-secret",
        *(f"{kind}-secret" for kind in ("discord", "admin", "cloudflare", "openai")),
    }
    assert set(settings.secrets()) == secrets | {"url-secret"}
    assert not [secret for secret in secrets if secret in repr(settings) + str(settings)]


# ── Nodes ─────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_may_have_gaps(settings_of: Loader) -> None:
    """Numbered nodes are taken in order of their numbers, whichever those are, and named after them."""
    lines = [f"CLOUDFLARE_ACCOUNT_{n}_ID={ACCOUNT}\nCLOUDFLARE_ACCOUNT_{n}_TOKEN=t{n}" for n in (7, 1, 30)]
    settings = settings_of("\n".join([*lines, "OPENAI_3_URL=http://h.example", "OPENAI_3_MODEL=m"]))
    names = ["Cloudflare-1", "Cloudflare-7", "Cloudflare-30", "OpenAI-3", "Mini"]
    assert [each.name for each in settings.nodes] == names
    assert node(settings, "Cloudflare-30").key == "t30"


def test_timeouts_reach_the_nodes(settings_of: Loader) -> None:
    """Cloud nodes wait as the settings say, a local one as long as a cold model needs."""
    settings = settings_of(
        "FIRST_TOKEN_TIMEOUT=5\nSTALL_TIMEOUT=6\nOPENAI_1_URL=http://h.example\nOPENAI_1_MODEL=m\nOLLAMA_MODEL=x"
    )
    assert node(settings, "OpenAI-1").first_token_timeout_s == 5
    assert node(settings, "OpenAI-1").stall_timeout_s == 6
    assert node(settings, "Ollama").first_token_timeout_s == 120


def test_ollama_is_gentle_and_last_but_one(settings_of: Loader) -> None:
    """An Ollama answers one at a time, within its limits, after the cloud; the built-in model comes last."""
    settings = settings_of(
        "OLLAMA_ENABLED=true\nOLLAMA_NUM_CTX=8192\nOLLAMA_NUM_THREAD=4\nOPENAI_1_URL=http://h.example\n"
        "OPENAI_1_MODEL=m"
    )
    ollama = node(settings, "Ollama")
    assert (ollama.kind, ollama.local, ollama.parallel) == ("ollama", True, 1)
    assert (ollama.context_tokens, ollama.max_tokens) == (8192, 1024)
    assert ollama.options == {"num_ctx": 8192, "num_thread": 4, "keep_alive": "30m"}
    assert node(settings, "OpenAI-1").priority < ollama.priority < node(settings, "Mini").priority


def test_ollama_is_on_when_it_is_named(settings_of: Loader) -> None:
    """Without OLLAMA_ENABLED, naming an endpoint or a model is enough; `false` is the last word."""
    assert not any(each.kind == "ollama" for each in settings_of().nodes)
    assert settings_of("OLLAMA_MODEL=x").ollama_enabled
    assert settings_of("OLLAMA_ENDPOINT=http://attic:11434").ollama_enabled
    assert not any(
        each.kind == "ollama" for each in settings_of("OLLAMA_MODEL=x\nOLLAMA_ENABLED=false").nodes
    )


def test_several_ollamas(settings_of: Loader) -> None:
    """OLLAMA_ENDPOINT may list machines; each is a node."""
    settings = settings_of("OLLAMA_ENDPOINT=http://attic:11434, http://10.0.0.7:11434")
    ollamas = [(each.name, each.url) for each in settings.nodes if each.kind == "ollama"]
    assert ollamas == [("Ollama-1", "http://attic:11434"), ("Ollama-2", "http://10.0.0.7:11434")]


@pytest.mark.parametrize(
    "text", ["OLLAMA_ENDPOINT=https://ollama.example.com", "OLLAMA_MODEL=gpt-oss:120b-cloud"]
)
def test_ollama_outside_is_not_local(settings_of: Loader, text: str) -> None:
    """An Ollama outside the house, or one that passes on to a cloud, is used but gets nothing private."""
    settings = settings_of(text)
    assert not node(settings, "Ollama").local
    (notice,) = settings.notices
    assert "private" in notice


def test_openai_server_is_never_taken_for_local(settings_of: Loader) -> None:
    """A server of this kind on this machine may be a proxy to a cloud, so it gets nothing private."""
    settings = settings_of("OPENAI_1_URL=http://localhost:1234/v1\nOPENAI_1_MODEL=m")
    assert not node(settings, "OpenAI-1").local


def test_built_in_model(settings_of: Loader, tmp_path: Path) -> None:
    """The mini model is there by default, can be another file, and can be switched off."""
    mini = node(settings_of("DATA_DIR=d"), "Mini")
    assert (mini.kind, mini.local, mini.small, mini.parallel, mini.max_tokens) == (
        "embedded",
        True,
        True,
        2,
        160,
    )
    assert Path(str(mini.options["weights"])).parent == Path("d/models")
    (tmp_path / "own.gguf").touch()
    own = node(settings_of("EMBEDDED_MODEL=own.gguf"), "Mini")
    assert own.options["weights"] == "own.gguf"
    assert not own.small
    assert settings_of("EMBEDDED_MODEL=Off").nodes == ()


def test_long_answers_leave_room_for_the_question(settings_of: Loader) -> None:
    """OLLAMA_MAX_TOKENS beyond what fits is cut down, and told of, rather than refused."""
    settings = settings_of("OLLAMA_MODEL=x\nOLLAMA_MAX_TOKENS=4096")
    assert node(settings, "Ollama").max_tokens == 2048
    assert "OLLAMA_NUM_CTX" in settings.notices[0]


# ── Mistakes ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MAX_RETRIES=many", "'many' is not a whole number; write one in digits"),
        ("MAX_RETRIES=-1", "'-1' is too small; write 0 or more"),
        ("MAX_RETRIES=1000", "'1000' is too large; write 100 or less"),
        ("REQUEST_TIMEOUT=soon", "'soon' is not a number"),
        ("REQUEST_TIMEOUT=nan", "'nan'"),
        ("COOLDOWN_MINUTES=inf", "'inf'"),
        ("BREAKER_FAILURES=0", "'0' is too small"),
        ("OLLAMA_NUM_CTX=1", "'1' is too small; write 512 or more"),
        ("OLLAMA_ENABLED=perhaps", "'perhaps' is not a yes or no"),
        (
            "OLLAMA_ENDPOINT=localhost:11434",
            "is not the address of a server; write it like https://host or http://host",
        ),
        ("OLLAMA_ENDPOINT=http://my host", "is not the address of a server"),
        ("SEARXNG_URL='http://my host'", "is not the address of a server"),
        ("OLLAMA_ENDPOINT=http://host:99999", "is not the address of a server"),
        ("OLLAMA_ENDPOINT=http://a, b", "is not the address of a server"),
        ("OLLAMA_ENDPOINT=,", "is not the address of a server"),
        ("OLLAMA_KEEP_ALIVE=long", "'long' is not a length of time"),
        ("OLLAMA_MODEL_DIGEST=latest", "'latest' is not a model's digest"),
        ("DISCORD_GATEWAY_URL=https://gateway.discord.gg", "wss://host"),
        ("SELECTION_STRATEGY=fastst", "'fastst' is not a strategy; did you mean fastest?"),
        ("SELECTION_STRATEGY=zzz", "it can be round_robin, random, least_used, fastest"),
        ("ROUTE_CHAT=cloud,lokal", "has 'lokal' in it; write cloud,local"),
        ("ROUTE_CHAT=,", "write cloud,local"),
        ("TIMEZONE=Europe/Berln", "did you mean Europe/Berlin?"),
        ("TIMEZONE=Europe", "is not a time zone"),
        ("TIMEZONE=../../etc/passwd", "is not a time zone"),
        ("DIGEST_TIME=8am", "'8am' is not a time of day; write it like 08:00"),
        ("DIGEST_TIME=24:00", "is not a time of day"),
        ("LANGUAGE=!", "is not a language"),
        ("ADMIN_IDS=telegram:me", "has 'telegram:me' in it; write platforms and numbers"),
        ("ADMIN_IDS=telegram:1,2", "has '2' in it"),
        ("ADMIN_IDS=telegarm:1", "has 'telegarm:1' in it"),
        ("TELEGRAM_TOKEN=1:two words", "what is written there holds a sign that does not belong"),
        ("EMBEDDED_MODEL=gone.gguf", "there is no file gone.gguf"),
        ("SEARXNG_URL=ftp://host", "is not the address of a server"),
        ("OPENAI_1_URL=host", "it has no value yet, while OPENAI_1_URL is set"),
        ("OPENAI_1_KEY=k", "it has no value yet, while OPENAI_1_KEY is set"),
        (f"CLOUDFLARE_ACCOUNT_4_ID={ACCOUNT}", "it has no value yet, while CLOUDFLARE_ACCOUNT_4_ID is set"),
        ("CLOUDFLARE_ACCOUNT_4_TOKEN=t", "it has no value yet, while CLOUDFLARE_ACCOUNT_4_TOKEN is set"),
    ],
)
def test_mistake_is_told_by_name(settings_of: Loader, line: str, told: str) -> None:
    """A wrong value is told by its setting's name, what is wrong with it, and what to do."""
    mistakes = mistakes_of(settings_of, line)
    stem = re.split(r"_\d+_", line.partition("=")[0])[0]
    assert all(mistake.startswith(stem) for mistake in mistakes)
    assert any(told in mistake for mistake in mistakes)


def test_all_mistakes_are_told_at_once(settings_of: Loader) -> None:
    """Mistakes of every sort come together, one line each."""
    text = providers(SERVER | {"parallel": 0}) + (
        "MAX_RETRIES=x\nROUTE_CHAT=x\nOPENAI_2_URL=http://h.example\n"
        f"CLOUDFLARE_ACCOUNT_1_ID={ACCOUNT}\nEMBEDDED_MODEL=x\nthis is no setting\n"
    )
    mistakes = mistakes_of(settings_of, text)
    names = ["MAX_RETRIES", "ROUTE_CHAT", "OPENAI_2_MODEL", "CLOUDFLARE_ACCOUNT_1_TOKEN"]
    names += ["EMBEDDED_MODEL", ".env, line 7", "PROVIDERS_FILE, entry 1"]
    assert len(mistakes) == len(names)
    assert all("\n" not in mistake for mistake in mistakes)
    for name in names:
        assert any(mistake.startswith(name) for mistake in mistakes), name


def test_names_are_unique(settings_of: Loader) -> None:
    """Two nodes of one name, wherever they come from and however spelled, are a mistake."""
    text = providers(SERVER | {"name": "alpha"}) + (
        f"CLOUDFLARE_ACCOUNT_1_ID={ACCOUNT}\nCLOUDFLARE_ACCOUNT_1_TOKEN=t\nCLOUDFLARE_ACCOUNT_1_NAME=Alpha\n"
    )
    (mistake,) = mistakes_of(settings_of, text)
    assert "'alpha'" in mistake
    assert "CLOUDFLARE_ACCOUNT_1_NAME" in mistake


@pytest.mark.parametrize(
    "line",
    [
        "TELEGRAM_TOKEN=123456:{secret} and more",
        "OPENAI_1_URL=http://h.example\nOPENAI_1_MODEL=m\nOPENAI_1_KEY={secret} \u201dquoted\u201d",
        "ADMIN_IDS=sk-{secret}",
        "OLLAMA_ENDPOINT=user:{secret}@host",
        "MAX_RETRIES=123456:{secret}",
        "{secret}",
        'ADMIN_PASSWORD="{secret}',
        "OPENAI_1_KEY={secret}\nROUTE_CHAT={secret}",
    ],
)
def test_mistake_never_shows_a_secret(settings_of: Loader, line: str) -> None:
    """A secret is not in the text of a mistake, not even one that was put into the wrong place."""
    secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
    mistakes = mistakes_of(settings_of, line.format(secret=secret))
    assert secret not in "\n".join(mistakes)
