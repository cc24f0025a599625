"""The nodes of `PROVIDERS_FILE`, a JSON file for those who want to say more than fits into `.env`.

The file is an object with a list, `providers`. An entry's keys are the fields of `NodeSpec`
(core/types.py), besides `key_env`, which names a setting or environment variable that holds the key, and
Cloudflare's `account_id`. An example stands in `.env.template`. What the older gateway wrote into such a
file is understood too: `api_token`, and `local_fallback`.

What an entry leaves out is taken from a *pattern*, a `NodeSpec` for each kind that `bot/settings.py`
makes of the settings. An entry with a mistake is told and left out, and the others are read on.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.values import (
    Findings,
    calendar_day,
    did_you_mean,
    explain,
    is_placeholder,
    keep_alive,
    model_digest,
    node_name,
    quoted,
    token,
    web_url,
    why_not_local,
)
from core.providers.retired import RETIRED_MODELS
from core.types import NodeSpec

NAME = "PROVIDERS_FILE"
FILE_BYTES_MAX = 1_000_000

Token = Annotated[str, AfterValidator(token)]
Tokens = Annotated[int, Field(ge=1, le=10_000_000)]
Seconds = Annotated[float, Field(ge=0.1, le=3600)]

NumCtx = Annotated[int, Field(ge=512, le=1_000_000)]
NumThread = Annotated[int, Field(ge=1, le=1024)]
KeepAlive = Annotated[str, AfterValidator(keep_alive)]
Digest = Annotated[str, AfterValidator(model_digest)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _OllamaOptions(_Strict):
    num_ctx: NumCtx | None = None
    num_thread: NumThread | None = None
    keep_alive: KeepAlive | None = None
    digest: Digest | None = None
    think: bool | str | None = None


class _Entry(_Strict):
    """None: not said. The bounds are wide; they are there to catch a slip of the finger."""

    name: Annotated[str, AfterValidator(node_name)]
    kind: str = ""
    url: Annotated[str, AfterValidator(web_url)] | None = None
    account_id: Token | None = None
    model: Token | None = None
    key: Token | None = None
    key_env: str | None = None
    priority: Annotated[int, Field(ge=0, le=10_000)] | None = None
    local: bool | None = None
    context_tokens: Tokens | None = None
    max_tokens: Tokens | None = None
    parallel: Annotated[int, Field(ge=1, le=1000)] | None = None
    first_token_timeout_s: Seconds | None = None
    stall_timeout_s: Seconds | None = None
    small: bool | None = None
    images: bool | None = None
    allow_minors: bool | None = None
    trains_on_data: bool | None = None
    region: str | None = None
    checked_on: Annotated[str, AfterValidator(calendar_day)] | None = None
    options: dict[str, Any] = {}


def read(
    path: Path, patterns: Mapping[str, NodeSpec], given: Mapping[str, str], found: Findings
) -> list[tuple[str, NodeSpec]]:
    """The nodes of the file, each with its place there. `patterns` has one for each kind; `given` is what
    `key_env` may name."""
    nodes = []
    for number, raw in enumerate(_entries(path, found), 1):
        where = f"{NAME}, entry {number}"
        if not isinstance(raw, dict):
            found.mistake(where, 'it is not an object; write {"name": …, "kind": …}')
            continue
        if isinstance(raw.get("name"), str):
            where += f" ({quoted(raw['name'])})"
        raw = {"key" if key == "api_token" else key: value for key, value in raw.items()}
        if any(is_placeholder(str(raw.get(key, ""))) for key in ("account_id", "key")):
            found.notice(where, "it still holds the example's text and is left out")
            continue
        node, wrong = _node(raw, patterns, given)
        for key, what in wrong.items():
            found.mistake(f"{where}, {key}", what)
        if node and not wrong:
            nodes.append((where, node))
    return nodes


def current_model(model: str, where: str, found: Findings) -> str:
    """The model, or the one to take instead if its provider has retired it."""
    newer = RETIRED_MODELS.get(model.lower())
    if newer:
        found.notice(where, f"{model} was retired by its provider, so {newer} is asked; write that instead")
    return newer or model


def _entries(path: Path, found: Findings) -> list[object]:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(FILE_BYTES_MAX).decode("utf-8-sig"))
    except OSError as error:
        found.mistake(NAME, f"{path} cannot be read ({error.strerror}); mend that, or remove the setting")
        return []
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        found.mistake(NAME, f"{path} is not JSON at {place} ({error.msg}); mend it there")
        return []
    except (ValueError, RecursionError):
        found.mistake(NAME, f"{path} is not JSON in UTF-8; save it as such, as plain text")
        return []
    if not isinstance(content, dict) or not isinstance(content.get("providers", []), list):
        found.mistake(NAME, f'{path} is not an object with a list; write {{"providers": [ … ]}}')
        return []
    entries = list(content.pop("providers", []))
    if "local_fallback" in content:
        entries.append(_fallback(content.pop("local_fallback")))
    for key in content:
        found.mistake(
            NAME, f"{path} has {quoted(key)} beside 'providers'; remove it, or move it into an entry"
        )
    return entries


def _fallback(older: object) -> object:
    """The older gateway's `local_fallback` as an entry of the list."""
    if not isinstance(older, dict):
        return older
    newer = {"endpoint": "url", "max_concurrent": "parallel"}
    return {"name": "Ollama", "kind": "ollama"} | {newer.get(key, key): older[key] for key in older}


def _node(
    raw: dict[str, Any], patterns: Mapping[str, NodeSpec], given: Mapping[str, str]
) -> tuple[NodeSpec | None, dict[str, str]]:
    """The node an entry describes, and what is wrong with the entry, by key."""
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        return None, _explained(error, _Entry)
    # The older gateway knew no other kind.
    kind = entry.kind or ("cloudflare" if entry.account_id else "")
    if kind not in patterns:
        return None, {"kind": f"{quoted(kind)} is not one; {did_you_mean(kind, patterns)}"}

    wrong: dict[str, str] = {}
    pattern = patterns[kind]
    said = entry.model_dump(exclude_none=True, exclude={"kind", "account_id", "key_env"})
    if kind == "cloudflare":
        said["options"] = {**entry.options, "account_id": entry.account_id}
    if kind == "cloudflare" and not entry.account_id:
        wrong["account_id"] = "it is missing; add it"
    if not entry.url and not pattern.url:
        wrong["url"] = "it is missing; add it"
    if entry.key_env:
        said["key"] = given.get(entry.key_env.upper(), "")
        if not said["key"] or is_placeholder(said["key"]):
            wrong["key_env"] = "nothing of that name is set; write NAME=key into .env, and NAME here"
    if kind == "ollama":
        said["options"] = {**pattern.options, **_ollama_options(entry.options, wrong)}
        said.setdefault("context_tokens", said["options"]["num_ctx"])
    node = replace(pattern, **said | {"options": MappingProxyType(said["options"])})

    away = why_not_local(node.url, node.model)
    if entry.local and away:
        wrong["local"] = f"it cannot be true, because {away}; remove it"
    if kind == "ollama" and entry.local is None:
        node = replace(node, local=not away)
    if not node.model:
        wrong["model"] = "it is missing; add it"
    if node.max_tokens >= node.context_tokens:
        wrong["max_tokens"] = f"{node.max_tokens} leaves no room for the question; write a smaller number"
    return node, wrong


def _ollama_options(options: dict[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    try:
        return _OllamaOptions.model_validate(options).model_dump(exclude_none=True)
    except ValidationError as error:
        wrong |= {f"options.{key}": what for key, what in _explained(error, _OllamaOptions).items()}
        return {}


def _explained(error: ValidationError, model: type[BaseModel]) -> dict[str, str]:
    return {
        str(wrong["loc"][0]): explain(wrong, model.model_fields, secret=wrong["loc"][0] == "key")
        for wrong in error.errors(include_url=False)
    }
