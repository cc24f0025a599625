"""The step of the set-up about models: an Ollama at home first, then keys for the cloud.

    paste ─► what is it? ─► which model? ─► one real, tiny question ─► into `.env`

A key is told by its look (bot/pasted_keys.py). Nothing is written down before the model has answered, or
the person says that it shall be kept all the same.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import httpx

from bot import pasted_keys
from bot.pasted_keys import Pasted
from bot.settings import CLOUDFLARE_MODEL, OLLAMA_ENDPOINT, OLLAMA_MODEL, Settings
from bot.setup_sheet import Sheet
from bot.values import is_in_house, node_name
from core.errors import RateLimited, Rejected
from core.node import kind_of
from core.providers import Health
from core.providers.kinds import KINDS
from core.trial import Trial, tried_out
from core.types import NodeSpec

SHOWN_MAX = 12
LOCAL_FIRST_TOKEN_S = 120.0


def shown(sheet: Sheet) -> str:
    """What is set; empty if nothing is."""
    given = sheet.given
    cloud = sum(
        name.endswith(("_URL", "_ID")) for name in given if name.startswith(("OPENAI_", "CLOUDFLARE_ACC"))
    )
    home = int(_has_ollama(sheet))
    return sheet.say.models(cloud, home) if cloud or home else ""


async def ask(sheet: Sheet) -> None:
    if not _has_ollama(sheet):
        await _home(sheet)
    sheet.tell(f"\n{sheet.say.KEYS_HOW}")
    while pasted := await _pasted(sheet):
        await _cloud(sheet, pasted)
    if not shown(sheet):
        sheet.tell(sheet.say.ONLY_MINI)


# ── At home ───────────────────────────────────────────────────────────────────────────────────────


def _has_ollama(sheet: Sheet) -> bool:
    wanted = sheet.given.get("OLLAMA_ENABLED", "true").lower() not in ("false", "no", "off", "0")
    return wanted and "OLLAMA_MODEL" in sheet.given


async def _home(sheet: Sheet) -> None:
    sheet.tell(sheet.say.OLLAMA_LOOKING)
    spec = _ollama(sheet, "")
    found = await _checked(spec)
    while not found.models and found.remedy:  # it answers, and has none
        sheet.tell(sheet.say.ollama_empty(OLLAMA_MODEL))
        if not await sheet.agrees(sheet.say.OLLAMA_AGAIN):
            return
        found = await _checked(spec)
    if not found.models:
        sheet.tell(sheet.say.OLLAMA_NONE)
        return
    sheet.tell(sheet.say.ollama_found(len(found.models)))
    while model := await _chosen(sheet, found.models):
        sheet.tell(sheet.say.LOADING)
        trial = await _tried(_ollama(sheet, model))
        _told(sheet, "Ollama", trial)
        if trial.error is None or await sheet.agrees(sheet.say.KEEP_ANYWAY):
            sheet.put(OLLAMA_ENABLED="true", OLLAMA_MODEL=model)
            return


def _ollama(sheet: Sheet, model: str) -> NodeSpec:
    """With the options that the program will use: others would make it load the model twice."""
    url = sheet.given.get("OLLAMA_ENDPOINT", OLLAMA_ENDPOINT).replace(",", " ").split()[0]
    fields = Settings.model_fields
    num_ctx = int(sheet.given.get("OLLAMA_NUM_CTX", fields["ollama_num_ctx"].default))
    keep_alive = sheet.given.get("OLLAMA_KEEP_ALIVE", fields["ollama_keep_alive"].default)
    return NodeSpec(
        *("Ollama", "ollama", url, model),
        local=True,
        first_token_timeout_s=LOCAL_FIRST_TOKEN_S,
        options=MappingProxyType({"num_ctx": num_ctx, "keep_alive": keep_alive}),
    )


# ── In the cloud ──────────────────────────────────────────────────────────────────────────────────


async def _pasted(sheet: Sheet) -> Pasted | None:
    """The next key; None if there is none any more."""
    say = sheet.say
    while text := await sheet.ask(say.KEY, secret=True):
        if pasted_keys.ACCOUNT_ID.fullmatch(text):
            text += f" {await sheet.ask(say.CLOUDFLARE_KEY, secret=True)}"
        elif pasted_keys.read(text) is None and pasted_keys.CLOUDFLARE_TOKEN.fullmatch(text):
            text += f" {await sheet.ask(say.CLOUDFLARE_ID)}"
        if pasted_keys.read(text) is None and pasted_keys.KEY.fullmatch(text.strip()):
            text += f" {await sheet.ask(say.ADDRESS)}"
        pasted = pasted_keys.read(text)
        if pasted is None:
            sheet.tell(say.NO_KEY)
        elif pasted.key in sheet.given.values() and pasted.account_id in ("", *sheet.given.values()):
            sheet.tell(say.KEY_KNOWN)
        else:
            return pasted
    return None


async def _cloud(sheet: Sheet, pasted: Pasted) -> None:
    """Find out which model, try it out, and write it down."""
    spec = _spec(sheet, pasted)
    models: Sequence[str] = ()
    if not spec.model:
        trial = await _tried(spec)
        if trial.error is not None:
            _told(sheet, pasted.name, trial)
            return
        models = trial.models
    while model := spec.model or await _chosen(sheet, models):
        sheet.tell(sheet.say.ASKING)
        trial = await _tried(replace(spec, model=model))
        if isinstance(trial.error, RateLimited):
            sheet.tell(sheet.say.resting(pasted.name))
        else:
            _told(sheet, pasted.name, trial)
        if isinstance(trial.error, Rejected):
            if not trial.models:
                return  # it is the key that is refused
            spec, models = replace(spec, model=""), trial.models
            continue
        kept = trial.error is None or isinstance(trial.error, RateLimited)
        if kept or await sheet.agrees(sheet.say.KEEP_ANYWAY):
            _write(sheet, pasted, model)
        return


def _spec(sheet: Sheet, pasted: Pasted) -> NodeSpec:
    if pasted.kind != "cloudflare":
        return NodeSpec(pasted.name, pasted.kind, pasted.url, pasted.model, pasted.key)
    url = sheet.given.get("CLOUDFLARE_API_URL", Settings.model_fields["cloudflare_api_url"].default)
    model = pasted.model or sheet.given.get("CLOUDFLARE_MODEL", CLOUDFLARE_MODEL)
    options = MappingProxyType({"account_id": pasted.account_id})
    return NodeSpec(pasted.name, "cloudflare", url, model, pasted.key, options=options)


def _write(sheet: Sheet, pasted: Pasted, model: str) -> None:
    if pasted.kind == "cloudflare":
        number = sheet.free_number("CLOUDFLARE_ACCOUNT")
        start = f"CLOUDFLARE_ACCOUNT_{number}"
        values = {f"{start}_ID": pasted.account_id, f"{start}_TOKEN": pasted.key}
        if model != sheet.given.get("CLOUDFLARE_MODEL", CLOUDFLARE_MODEL):
            values["CLOUDFLARE_MODEL"] = model
    else:
        number = sheet.free_number("OPENAI")
        start = f"OPENAI_{number}"
        values = {f"{start}_URL": pasted.url, f"{start}_KEY": pasted.key, f"{start}_MODEL": model}
        values[f"{start}_NAME"] = _free_name(sheet, pasted.name, number)
    sheet.put(**values)
    sheet.tell(sheet.say.kept(pasted.name))


def _free_name(sheet: Sheet, name: str, number: int) -> str:
    taken = {value.casefold() for key, value in sheet.given.items() if key.endswith("_NAME")}
    return node_name(f"{name}-{number}" if name.casefold() in taken else name)


# ── Trying and choosing ───────────────────────────────────────────────────────────────────────────


async def _checked(spec: NodeSpec) -> Health:
    async with _client(spec) as http:
        return await KINDS[spec.kind](spec, http).check()


async def _tried(spec: NodeSpec) -> Trial:
    async with _client(spec) as http:
        return await tried_out(KINDS[spec.kind](spec, http), spec, time.monotonic)


def _client(spec: NodeSpec) -> httpx.AsyncClient:
    """What is in the house is reached without a proxy."""
    return httpx.AsyncClient(trust_env=not is_in_house(spec.url))


def _told(sheet: Sheet, name: str, trial: Trial) -> None:
    house = sheet.house
    if trial.error is None:
        sheet.tell(house.node_answers(name, trial.first_s))
        return
    remedy = trial.error.remedy if isinstance(trial.error, Rejected) else ""
    sheet.tell(house.node_silent(name, house.failure(kind_of(trial.error)), remedy))


async def _chosen(sheet: Sheet, models: Sequence[str]) -> str:
    """By number or by a part of its name; empty: none of them."""
    say = sheet.say
    if not models:
        return await sheet.ask(say.MODEL_NAME)
    offered = found = sorted(models, key=str.casefold)
    while True:
        sheet.tell(say.choose(len(offered)))
        sheet.tell("\n".join(f"  {number}  {model}" for number, model in enumerate(found[:SHOWN_MAX], 1)))
        if len(found) > SHOWN_MAX:
            sheet.tell(say.more_models(len(found) - SHOWN_MAX))
        word = await sheet.ask(say.MODEL)
        if not word or word in offered:
            return word
        if word.isdecimal() and 1 <= int(word) <= min(len(found), SHOWN_MAX):
            return found[int(word) - 1]
        like = [model for model in offered if word.casefold() in model.casefold()]
        if len(like) == 1:
            return like[0]
        if not like:
            sheet.tell(say.NO_SUCH_MODEL)
        found = like or offered
