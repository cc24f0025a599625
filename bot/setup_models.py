"""The step of the set-up about models: an Ollama at home first, then keys for the cloud.

    paste ─► what is it? ─► which model? ─► one real, tiny question ─► into `.env`

A key is told by its look (bot/pasted_keys.py). Nothing is written down before the model has answered, or
the person says that it shall be kept all the same.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from bot import pasted_keys
from bot.model_names import for_chat, suggested
from bot.pasted_keys import Pasted
from bot.settings import CLOUDFLARE_MODEL, OLLAMA_ENDPOINT, OLLAMA_MODEL, Settings
from bot.setup_sheet import Sheet, client
from bot.values import node_name, why_not_local
from core.errors import RateLimited, Rejected
from core.node import kind_of
from core.providers import Health
from core.providers.kinds import KINDS
from core.trial import Trial, tried_out
from core.types import NodeSpec

SHOWN_MAX = 12
LOCAL_FIRST_TOKEN_S = 120.0
NONE_OF_THEM = "0"
BESIDE_CONTAINER = ("http://ollama:11434", "http://host.docker.internal:11434")
"""The one in compose.yaml, and the one of the machine itself."""


def shown(sheet: Sheet) -> str:
    """What is set; empty if nothing is."""
    given = sheet.given
    cloud = sum(
        name.endswith(("_URL", "_ID")) for name in given if name.startswith(("OPENAI_", "CLOUDFLARE_ACC"))
    )
    home = int(_has_ollama(sheet))
    return sheet.say.models(cloud, home) if cloud or home else ""


async def ask(sheet: Sheet) -> None:
    await _home(sheet)
    sheet.tell(f"\n{sheet.say.KEYS_HOW}")
    while pasted := await _pasted(sheet):
        if pasted.kind == "ollama":
            await _home(sheet, pasted.url)
        else:
            await _cloud(sheet, pasted)
    if not shown(sheet):
        sheet.tell(sheet.say.ONLY_MINI)


# ── At home ───────────────────────────────────────────────────────────────────────────────────────


def _has_ollama(sheet: Sheet) -> bool:
    wanted = sheet.given.get("OLLAMA_ENABLED", "true").lower() not in ("false", "no", "off", "0")
    return wanted and "OLLAMA_MODEL" in sheet.given


async def _home(sheet: Sheet, named: str = "") -> None:
    """An Ollama: the one that is `named`, that is set, or that can be found."""
    say = sheet.say
    sheet.tell(say.OLLAMA_LOOKING)
    for url in [named] if named else _addresses(sheet):
        found = await _checked(_ollama(sheet, url, ""))
        if found.models or found.remedy:
            break
    while not (models := _at_home(found.models)) and found.remedy:  # it answers, and has none
        sheet.tell(say.ollama_empty(OLLAMA_MODEL))
        if not await sheet.agrees(say.OLLAMA_AGAIN):
            return
        found = await _checked(_ollama(sheet, url, ""))
    if not models:
        sheet.tell(say.OLLAMA_NONE)
        return
    sheet.tell(say.ollama_found(len(models)))
    set_urls = sheet.given.get("OLLAMA_ENDPOINT", OLLAMA_ENDPOINT)
    is_set = _has_ollama(sheet) and url in set_urls.replace(",", " ").split()
    known = sheet.given["OLLAMA_MODEL"] if is_set else ""
    wanted = next((it for it in (known, OLLAMA_MODEL) if it in models), models[0])
    while models and (model := await _chosen(sheet, models, wanted)) and model != known:
        sheet.tell(say.LOADING)
        trial = await _tried(_ollama(sheet, url, model))
        _told(sheet, "Ollama", trial)
        if trial.error is None or await sheet.agrees(say.KEEP_ANYWAY):
            if url not in set_urls.replace(",", " ").split():
                beside = f"{set_urls}," if _has_ollama(sheet) else ""
                sheet.put(OLLAMA_ENDPOINT=beside + url)
            sheet.put(OLLAMA_ENABLED="true", OLLAMA_MODEL=model)
            return
        models, wanted = [it for it in models if it != model], ""


def _addresses(sheet: Sheet) -> list[str]:
    """Where one may be."""
    if given := sheet.given.get("OLLAMA_ENDPOINT"):
        return given.replace(",", " ").split()[:1]
    return [OLLAMA_ENDPOINT, *(BESIDE_CONTAINER if sheet.in_container else ())]


def _at_home(models: Sequence[str]) -> list[str]:
    """Without those that Ollama hands on to its own cloud, wherever it is itself."""
    return [model for model in for_chat(models) if not why_not_local(OLLAMA_ENDPOINT, model)]


def _ollama(sheet: Sheet, url: str, model: str) -> NodeSpec:
    """With the options that the program will use: others would make it load the model twice."""
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
        word = pasted_keys.only_word(text)
        if pasted_keys.ACCOUNT_ID.fullmatch(word):
            text += f" {await sheet.ask(say.CLOUDFLARE_KEY, secret=True)}"
        elif pasted_keys.read(text) is None and pasted_keys.CLOUDFLARE_TOKEN.fullmatch(word):
            text += f" {await sheet.ask(say.CLOUDFLARE_ID, secret=True)}"
        word = pasted_keys.only_word(text)
        if pasted_keys.read(text) is None and pasted_keys.KEY.fullmatch(word):
            text += f" {await sheet.ask(say.ADDRESS)}"
        pasted = pasted_keys.read(text) or pasted_keys.read_server(text)
        if pasted is None:
            sheet.tell(say.NO_KEY)
        elif (
            pasted.key
            and pasted.key in sheet.given.values()
            and pasted.account_id in ("", *sheet.given.values())
        ):
            sheet.tell(say.KEY_KNOWN)
        else:
            return pasted
    return None


async def _cloud(sheet: Sheet, pasted: Pasted) -> None:
    """Find out which model, try it out, and write it down."""
    place = await _place(sheet, pasted)
    spec = _spec(sheet, pasted, place)
    models: Sequence[str] = ()
    refused: set[str] = set()
    if not spec.model:
        trial = await _tried(spec)
        if isinstance(trial.error, Rejected):
            _told(sheet, pasted.name, trial)
            return
        if trial.error is not None:
            sheet.tell(sheet.say.unreached(pasted.name))
            return
        models = trial.models
    while model := spec.model or await _chosen(sheet, models, suggested(models), again=bool(refused)):
        sheet.tell(sheet.say.ASKING)
        trial = await _tried(replace(spec, model=model))
        if isinstance(trial.error, RateLimited):
            sheet.tell(sheet.say.resting(pasted.name))
        else:
            _told(sheet, pasted.name, trial)
        if isinstance(trial.error, Rejected):
            refused.add(model)
            spec, models = replace(spec, model=""), [it for it in trial.models if it not in refused]
            if not models:
                return  # it is the key that is refused, or all there is
            continue
        kept = trial.error is None or isinstance(trial.error, RateLimited)
        if kept or await sheet.agrees(sheet.say.KEEP_ANYWAY):
            _write(sheet, pasted, model, place)
        return


async def _place(sheet: Sheet, pasted: Pasted) -> str:
    """How the names of its settings begin: those of a key that it shall replace, or new ones."""
    kind, same = ("CLOUDFLARE_ACCOUNT", "ID") if pasted.kind == "cloudflare" else ("OPENAI", "URL")
    wanted = (pasted.account_id or pasted.url).rstrip("/")
    for name, value in sorted(sheet.given.items()):
        found = re.fullmatch(rf"({kind}_\d+)_{same}", name)
        if found and value.rstrip("/") == wanted:
            sheet.tell(sheet.say.is_there(sheet.given.get(f"{found[1]}_NAME", pasted.name)))
            if not await sheet.declines(sheet.say.IN_ITS_PLACE):
                return found[1]
    return f"{kind}_{sheet.free_number(kind)}"


def _spec(sheet: Sheet, pasted: Pasted, place: str) -> NodeSpec:
    if pasted.kind != "cloudflare":
        model = pasted.model or sheet.given.get(f"{place}_MODEL", "")
        return NodeSpec(pasted.name, pasted.kind, pasted.url, model, pasted.key)
    url = sheet.given.get("CLOUDFLARE_API_URL", Settings.model_fields["cloudflare_api_url"].default)
    model = pasted.model or sheet.given.get("CLOUDFLARE_MODEL", CLOUDFLARE_MODEL)
    options = MappingProxyType({"account_id": pasted.account_id})
    return NodeSpec(pasted.name, "cloudflare", url, model, pasted.key, options=options)


def _write(sheet: Sheet, pasted: Pasted, model: str, place: str) -> None:
    if pasted.kind == "cloudflare":
        values = {f"{place}_ID": pasted.account_id, f"{place}_TOKEN": pasted.key}
        if model != sheet.given.get("CLOUDFLARE_MODEL", CLOUDFLARE_MODEL):
            values["CLOUDFLARE_MODEL"] = model
    else:
        values = {f"{place}_URL": pasted.url, f"{place}_KEY": pasted.key, f"{place}_MODEL": model}
        if f"{place}_URL" not in sheet.given:  # one that keeps its place is called as it was
            values[f"{place}_NAME"] = _free_name(sheet, pasted.name, place.rpartition("_")[2])
    sheet.put(**values)
    sheet.tell(sheet.say.kept(pasted.name))


def _free_name(sheet: Sheet, name: str, number: str) -> str:
    taken = {value.casefold() for key, value in sheet.given.items() if key.endswith("_NAME")}
    return node_name(f"{name}-{number}" if name.casefold() in taken else name)


# ── Trying and choosing ───────────────────────────────────────────────────────────────────────────


async def _checked(spec: NodeSpec) -> Health:
    async with client(spec.url) as http:
        return await KINDS[spec.kind](spec, http).check()


async def _tried(spec: NodeSpec) -> Trial:
    async with client(spec.url) as http:
        return await tried_out(KINDS[spec.kind](spec, http), spec, time.monotonic)


def _told(sheet: Sheet, name: str, trial: Trial) -> None:
    house = sheet.house
    if trial.error is None:
        sheet.tell(house.node_answers(name, trial.first_s))
        return
    remedy = trial.error.remedy if isinstance(trial.error, Rejected) else ""
    sheet.tell(house.node_silent(name, house.failure(kind_of(trial.error)), remedy))


async def _chosen(sheet: Sheet, models: Sequence[str], wanted: str = "", *, again: bool = False) -> str:
    """By number or by a part of its name; Enter is the one that is `wanted`. Where there is but one, nobody
    is asked, unless it is chosen `again`, as another was refused. Empty: none of them."""
    say = sheet.say
    if not models:
        return await sheet.ask(say.MODEL_NAME)
    if len(models) == 1 and not again:
        return models[0]
    offered = found = sorted(for_chat(models), key=str.casefold)
    while True:
        sheet.tell(say.choose(len(offered)))
        sheet.tell("\n".join(f"  {number}  {model}" for number, model in enumerate(found[:SHOWN_MAX], 1)))
        if len(found) > SHOWN_MAX:
            sheet.tell(say.more_models(len(found) - SHOWN_MAX))
        word = await sheet.ask(say.MODEL, wanted)
        if not word or word == NONE_OF_THEM:
            return ""
        if word in models:
            return word
        if word.isdecimal() and 1 <= int(word) <= min(len(found), SHOWN_MAX):
            return found[int(word) - 1]
        like = [model for model in offered if word.casefold() in model.casefold()]
        if len(like) == 1:
            return like[0]
        if not like:
            sheet.tell(say.NO_SUCH_MODEL)
        found = like or offered
