"""What the program was told, by `.env` and the environment: read once at the start, checked, frozen.

`load` merges the two (the environment wins), leaves out what is empty or still a template's example,
and checks each setting. Whatever is wrong is told at once in one `SettingsError`; what can be lived with
is put into `notices`. From the numbered names, `OLLAMA_…`, `EMBEDDED_MODEL` and `PROVIDERS_FILE` it makes
`nodes`, the list the pool is built from. What each setting means stands in `.env.template`, in the same
order as here.

This is the only file that reads the environment, and it looks at no network.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot import env, nodes_file
from bot.logs import Striker
from bot.nodes_file import Digest, KeepAlive, NumCtx, NumThread, current_model
from bot.values import (
    Findings,
    explain,
    language,
    node_name,
    people,
    quoted,
    route,
    strategy,
    time_of_day,
    time_zone,
    token,
    web_url,
    why_not_local,
)
from bot.watchdog import Supervisor
from core.errors import SettingsError
from core.providers.kinds import KINDS
from core.quest import Place
from core.types import NodeSpec, Person
from core.weights import MINI

CLOUDFLARE_MODEL = "@cf/google/gemma-4-26b-a4b-it"
OLLAMA_ENDPOINT = "http://localhost:11434"
OLLAMA_MODEL = "gemma3:4b"  # 3.3 GB, many languages, and it answers without thinking aloud first

# Tiers of the pool: the cloud, then a machine of one's own, then the built-in model.
OLLAMA_PRIORITY, EMBEDDED_PRIORITY = 100, 1000
LOCAL_FIRST_TOKEN_S = 120.0  # a cold model is read from the disk first
LOCAL_STALL_S = 60.0  # a slow processor, and others at work on it

NUMBERED = {"CLOUDFLARE_ACCOUNT": ("ID", "TOKEN", "NAME"), "OPENAI": ("URL", "KEY", "MODEL", "NAME")}
"""CLOUDFLARE_ACCOUNT_1_ID and so on, with any numbers."""
SECRET = re.compile(r".*_(TOKEN|KEY|PASSWORD)")
PART_CHECKS = {"ID": token, "TOKEN": token, "KEY": token, "MODEL": token, "URL": web_url, "NAME": node_name}


def _secret(value: SecretStr) -> SecretStr:
    token(value.get_secret_value())
    return value


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(web_url(part) for part in re.split(r"[\s,]+", text.strip(" ,"))))


def _gateway(text: str) -> str:
    return web_url(text, "ws", "wss") + "/"


def _read_by(read: Callable[[str], object]) -> BeforeValidator:
    """Lets `read` make of a text what the field holds; what is no text is that already."""
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


Token = Annotated[SecretStr, AfterValidator(_secret)]
Url = Annotated[str, AfterValidator(web_url)]
Language = Annotated[str, AfterValidator(language)]
AnyPath = Annotated[Path, AfterValidator(Path.expanduser)]
Route = Annotated[tuple[Place, ...], _read_by(route)]
Seconds = Annotated[float, Field(ge=1, le=3600)]
Count = Annotated[int, Field(ge=1, le=100)]


class Settings(BaseSettings):
    """The names are those of `.env`, in small letters. None: not set."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    telegram_token: Token | None = None
    telegram_api_url: Url = "https://api.telegram.org"
    discord_token: Token | None = None
    discord_api_url: Url = "https://discord.com/api/v10"
    discord_gateway_url: Annotated[str, AfterValidator(_gateway)] = "wss://gateway.discord.gg/"
    admin_ids: Annotated[tuple[Person, ...], _read_by(people)] = ()
    admin_password: SecretStr | None = None
    data_dir: AnyPath = Path("data")
    log_file: AnyPath = Path("data/system.log")
    timezone: Annotated[ZoneInfo, _read_by(time_zone)] | None = None
    """None: that of the machine."""
    language: Language = "en"
    selection_strategy: Annotated[str, AfterValidator(strategy)] = "round_robin"
    max_retries: Annotated[int, Field(ge=0, le=100)] = 3
    request_timeout: Seconds = 60
    cooldown_minutes: Annotated[float, Field(ge=0.1, le=1440)] = 30
    breaker_failures: Count = 5
    breaker_open_seconds: Seconds = 30
    first_token_timeout: Seconds = 20
    stall_timeout: Seconds = 20
    cloudflare_model: Annotated[str, AfterValidator(token)] = CLOUDFLARE_MODEL
    cloudflare_api_url: Url = "https://api.cloudflare.com/client/v4"
    ollama_enabled: bool = False
    """As set; otherwise, whether an endpoint or a model is named."""
    ollama_endpoint: Annotated[tuple[str, ...], _read_by(_addresses)] = (OLLAMA_ENDPOINT,)
    ollama_model: Annotated[str, AfterValidator(token)] = OLLAMA_MODEL
    ollama_max_tokens: Annotated[int, Field(ge=16, le=1_000_000)] = 1024
    ollama_num_ctx: NumCtx = 4096
    ollama_num_thread: NumThread | None = None
    ollama_keep_alive: KeepAlive = "30m"
    ollama_model_digest: Digest | None = None
    embedded_model: str = ""
    """Empty: the built-in one. `off`, or the path of a GGUF file."""
    providers_file: AnyPath = Path("providers.json")
    route_chat: Route = ("cloud", "local")
    route_research: Route = ("cloud", "local")
    route_summary: Route = ("local", "cloud")
    rag_max_results: Annotated[int, Field(ge=1, le=20)] = 3
    searxng_url: Url | None = None
    digest_time: Annotated[time, _read_by(time_of_day)] = time(8, 0)

    nodes: tuple[NodeSpec, ...] = ()
    notices: tuple[str, ...] = ()
    """What should be said at the start, one line each."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: it has read the environment, numbered names and all."""
        return (init_settings,)

    @property
    def routes(self) -> Mapping[str, tuple[Place, ...]]:
        """For each task, where to look, in order."""
        return {"chat": self.route_chat, "research": self.route_research, "summary": self.route_summary}

    def secrets(self) -> tuple[str, ...]:
        """All that must never be shown, for `bot/logs.py`."""
        fields = (self.telegram_token, self.discord_token, self.admin_password)
        passwords = (urlsplit(node.url).password for node in self.nodes)
        return (
            *(field.get_secret_value() for field in fields if field),
            *(node.key for node in self.nodes if node.key),
            *(password for password in passwords if password),
        )


FIELDS = tuple(field for field in Settings.model_fields if field not in ("nodes", "notices"))
NAMES = {field.upper() for field in FIELDS} | {
    f"{kind}_n_{part}" for kind, parts in NUMBERED.items() for part in parts
}


def load(env_file: Path | None = Path(".env"), environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings, or a `SettingsError` with all that is wrong."""
    found = Findings()
    written = env.read(env_file, found) if env_file else {}
    given = env.merged(written, environ, NAMES, found)
    settings = _checked(given, found)
    nodes = _nodes(settings, given, found)
    env.say_unknown(written, NAMES, {node.key for node in nodes}, found)

    strike = Striker(value for name, value in given.items() if SECRET.fullmatch(name))
    if found.mistakes:
        raise SettingsError([strike(mistake) for mistake in found.mistakes])
    return settings.model_copy(
        update={"nodes": tuple(nodes), "notices": tuple(strike(notice) for notice in found.notices)}
    )


def given(env_file: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All that is set and right, by name, for who asks for what is missing; for a language, what the desktop
    speaks will do. Raises `SettingsError` if the file cannot be read."""
    found = Findings()
    set_so_far = env.merged(env.read(env_file, found), environ, NAMES, found)
    if found.mistakes:
        raise SettingsError(found.mistakes)
    desktop = filter(None, (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")))
    if "LANGUAGE" not in set_so_far and (spoken := next(desktop, "")):
        set_so_far["LANGUAGE"] = spoken
    _checked(set_so_far, found)
    wrong = {mistake.partition(":")[0] for mistake in found.mistakes}
    return {name: value for name, value in set_so_far.items() if name not in wrong}


def supervisor(environ: Mapping[str, str] = os.environ) -> Supervisor:
    """Who started us: systemd says so itself, and compose.yaml by RESTARTED_BY."""
    socket = environ.get("NOTIFY_SOCKET", "")
    return Supervisor(socket, restarts=bool(socket or environ.get("RESTARTED_BY")))


def _checked(given: Mapping[str, str], found: Findings) -> Settings:
    """The settings, with a default in place of each that is wrong."""
    values: dict[str, Any] = {field: given[field.upper()] for field in FIELDS if field.upper() in given}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            field = str(wrong["loc"][0])
            if values.pop(field, None):
                found.mistake(field.upper(), explain(wrong, secret=bool(SECRET.fullmatch(field.upper()))))
        settings = Settings(**values)
    told: dict[str, Any] = {}
    if "log_file" not in values:
        told["log_file"] = settings.data_dir / settings.log_file.name
    if "ollama_enabled" not in values:
        told["ollama_enabled"] = "ollama_endpoint" in values or "ollama_model" in values
    if settings.ollama_max_tokens > settings.ollama_num_ctx // 2:
        told["ollama_max_tokens"] = settings.ollama_num_ctx // 2
        found.notice(
            "OLLAMA_MAX_TOKENS",
            f"{settings.ollama_max_tokens} would leave little room for the question, so it is "
            f"{told['ollama_max_tokens']}; for more, raise OLLAMA_NUM_CTX as well",
        )
    return settings.model_copy(update=told)


# ── The nodes ─────────────────────────────────────────────────────────────────────────────────────


def _nodes(settings: Settings, given: Mapping[str, str], found: Findings) -> list[NodeSpec]:
    patterns = _patterns(settings, found)
    named = [
        *_cloudflares(patterns["cloudflare"], given, found),
        *_openais(patterns["openai"], given, found),
        *_of_file(settings, patterns, given, found),
        *_ollamas(settings, patterns["ollama"], found),
        *_embedded(settings, found),
    ]
    owners: dict[str, str] = {}
    for where, node in named:
        owner = owners.setdefault(node.name.casefold(), where)
        if owner != where:
            found.mistake(where, f"the name {quoted(node.name)} is that of {owner} too; change one of them")
    return [node for _, node in named]


def _patterns(settings: Settings, found: Findings) -> dict[str, NodeSpec]:
    """For each kind, what a node of it has unless it says otherwise."""
    cloud = NodeSpec(
        *("", "", "", ""),
        first_token_timeout_s=settings.first_token_timeout,
        stall_timeout_s=settings.stall_timeout,
    )
    return {kind: replace(cloud, kind=kind) for kind in KINDS if kind != "embedded"} | {
        "cloudflare": replace(
            cloud,
            kind="cloudflare",
            url=settings.cloudflare_api_url,
            model=current_model(settings.cloudflare_model, "CLOUDFLARE_MODEL", found),
        ),
        "ollama": ollama_pattern(settings),
    }


def ollama_pattern(settings: Settings) -> NodeSpec:
    """What every Ollama has, be it named in the settings or added in a chat."""
    options = {
        "num_ctx": settings.ollama_num_ctx,
        "num_thread": settings.ollama_num_thread,
        "keep_alive": settings.ollama_keep_alive,
        "digest": settings.ollama_model_digest,
    }
    return NodeSpec(
        *("", "ollama", OLLAMA_ENDPOINT, settings.ollama_model),
        priority=OLLAMA_PRIORITY,
        parallel=1,
        context_tokens=settings.ollama_num_ctx,
        max_tokens=settings.ollama_max_tokens,
        first_token_timeout_s=LOCAL_FIRST_TOKEN_S,
        stall_timeout_s=LOCAL_STALL_S,
        options=MappingProxyType({key: value for key, value in options.items() if value is not None}),
    )


Named = Iterator[tuple[str, NodeSpec]]
"""Each node with the setting that names it."""


def _cloudflares(pattern: NodeSpec, given: Mapping[str, str], found: Findings) -> Named:
    for number, said in _numbered("CLOUDFLARE_ACCOUNT", ("ID", "TOKEN"), given, found):
        name = said.get("NAME", f"Cloudflare-{number}")
        options = MappingProxyType({"account_id": said["ID"]})
        node = replace(pattern, name=name, key=said["TOKEN"], options=options)
        yield f"CLOUDFLARE_ACCOUNT_{number}_NAME", node


def _openais(pattern: NodeSpec, given: Mapping[str, str], found: Findings) -> Named:
    """None of them is local, wherever it is: it may be a proxy that passes everything on to a cloud."""
    for number, said in _numbered("OPENAI", ("URL", "MODEL"), given, found):
        name, key = said.get("NAME", f"OpenAI-{number}"), said.get("KEY", "")
        node = replace(pattern, name=name, url=said["URL"], model=said["MODEL"], key=key)
        yield f"OPENAI_{number}_NAME", node


def _numbered(
    kind: str, needed: Collection[str], given: Mapping[str, str], found: Findings
) -> Iterator[tuple[int, dict[str, str]]]:
    """What was said of each number, if it is all there and right."""
    groups: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        if match := re.fullmatch(rf"{kind}_(\d+)_({'|'.join(NUMBERED[kind])})", name):
            groups.setdefault(int(match[1]), {})[match[2]] = value
    for number, said in sorted(groups.items()):
        others = [part for part in NUMBERED[kind] if part in said and part != "NAME"]
        if not others:
            continue  # a name alone is no node: the older template names five
        mistakes_before = len(found.mistakes)
        for part in needed:
            if part not in said:
                because = f"{kind}_{number}_{others[0]} is set"
                found.mistake(
                    f"{kind}_{number}_{part}", f"it has no value yet, while {because}; add it, or remove that"
                )
        for part, value in said.items():
            try:
                said[part] = PART_CHECKS[part](value)
            except ValueError as wrong:
                shown = quoted(value) if part in ("URL", "MODEL", "NAME") else "what is written there"
                found.mistake(f"{kind}_{number}_{part}", f"{shown} {wrong}")
        if len(found.mistakes) == mistakes_before:
            yield number, said


def _of_file(
    settings: Settings, patterns: Mapping[str, NodeSpec], given: Mapping[str, str], found: Findings
) -> Named:
    path = settings.providers_file
    if path == Settings.model_fields["providers_file"].default and not path.exists():
        return
    for where, node in nodes_file.read(path, patterns, given, found):
        yield where, replace(node, model=current_model(node.model, where, found))


def _ollamas(settings: Settings, pattern: NodeSpec, found: Findings) -> Named:
    if not settings.ollama_enabled:
        return
    for number, url in enumerate(settings.ollama_endpoint, 1):
        if away := why_not_local(url, pattern.model):
            found.notice("OLLAMA_ENDPOINT", f"{away}, so private questions are not put to it")
        name = "Ollama" if len(settings.ollama_endpoint) == 1 else f"Ollama-{number}"
        yield "OLLAMA_ENDPOINT", replace(pattern, name=name, url=url, local=not away)


def _embedded(settings: Settings, found: Findings) -> Named:
    """The mini model may say little; a file of one's own is trusted with as much as an Ollama."""
    said = settings.embedded_model
    if said.lower() == "off":
        return
    weights = Path(said).expanduser() if said else settings.data_dir / "models" / MINI.file_name
    if said and not weights.is_file():
        found.mistake("EMBEDDED_MODEL", f"there is no file {said}; write the path of a GGUF file, or off")
    yield (
        "EMBEDDED_MODEL",
        NodeSpec(
            *("Mini", "embedded", "", weights.stem if said else MINI.name),
            priority=EMBEDDED_PRIORITY,
            local=True,
            context_tokens=4096 if said else 2048,
            max_tokens=1024 if said else 160,
            parallel=2,
            first_token_timeout_s=LOCAL_FIRST_TOKEN_S,
            stall_timeout_s=LOCAL_STALL_S,
            small=not said,
            options=MappingProxyType({"weights": str(weights)}),
        ),
    )
