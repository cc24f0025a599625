"""The doctor's checks of what is outside this machine: the models, the chat platforms, the search, the time.

A model in the cloud is asked a tiny question, which is ended with the first sign of an answer: only that
shows that this key may ask for this model today. One at home is asked what it has, as loading it may take
minutes. What the platforms are asked changes nothing there.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from bot.doctor_house import groups_on
from bot.findings import Check, Result, broken, warning, well
from bot.nodes import maker_of, patterns_of
from bot.phrases import operator
from bot.settings import Settings
from bot.values import is_in_house
from core import weights
from core.errors import RateLimited, Rejected, StorageError, Unavailable, Unclear
from core.lock import is_running
from core.node_choices import Chosen, NodeChoices, with_choices
from core.providers import Provider
from core.providers.embedded import Embedded
from core.storage import read_database
from core.trial import tried_out
from core.types import NodeSpec

CLOCK_S_MAX = 60.0
"""A clock that is further off spoils codes, pauses and days."""
TIMEOUT_S = 15.0
CLOCKS_ASKED_MAX = 2
STARTS_LEFT_MIN = 20
NODES = "Look at it in .env, or with /nodes in the admin's chat."


@asynccontextmanager
async def of_outside(settings: Settings, now: Callable[[], float]) -> AsyncGenerator[list[Check], None]:
    """The checks, as long as this lasts. Raises `SettingsError` if the proxy named in the environment is
    none. `now` is the wall clock."""
    offsets_s: list[float] = []

    async def note(reply: httpx.Response) -> None:
        if (offset_s := offset_of(reply.headers.get("date", ""), now())) is not None:
            offsets_s.append(offset_s)

    async with (
        maker_of(settings) as make,
        httpx.AsyncClient(event_hooks={"response": [note]}) as http,
        httpx.AsyncClient(trust_env=False) as at_home,
    ):
        specs, paused = await _nodes(settings)
        search = at_home if settings.searxng_url and is_in_house(settings.searxng_url) else http
        checks = [Check("nodes", _told(_any_nodes(specs)), ("settings",))]
        for number, spec in enumerate(specs, 1):
            at_rest = spec.name.casefold() in paused
            asked = partial(_node, spec, make(spec).provider, len(specs) == 1)
            look = _told(well("An admin has paused this one.")) if at_rest else asked
            checks.append(Check(f"node.{number}", look, ("nodes",)))
        checks += _telegram(settings, http, now)
        checks += _discord(settings, http)
        if settings.searxng_url:
            checks.append(Check("search", partial(_search, settings.searxng_url, search), ("settings",)))
        clouds = [spec.url for spec in specs if spec.url and not is_in_house(spec.url)]
        others = tuple(check.code for check in checks)  # whose replies tell the time, too
        checks.append(Check("clock", partial(_clock, offsets_s, clouds, http), ("settings",), others))
        yield checks


def _told(result: Result) -> Callable[[], Awaitable[Result]]:
    async def look() -> Result:
        return result

    return look


# ── The models ────────────────────────────────────────────────────────────────────────────────────


async def _nodes(settings: Settings) -> tuple[list[NodeSpec], set[str]]:
    """All of them, those added in a chat too, and the names, in small letters, of those that are paused."""
    try:
        async with read_database(settings.data_dir / "porchlight.db") as reading:
            choices = NodeChoices(reading)
            added, chosen = await choices.added(), await choices.chosen()
    except StorageError:  # which the check of the database tells
        added, chosen = [], dict[str, Chosen]()
    specs = with_choices(settings.nodes, added, chosen, patterns_of(settings).spec_of)
    return specs, {name for name, choice in chosen.items() if choice.paused}


def _any_nodes(specs: Sequence[NodeSpec]) -> Result:
    if not specs:
        return broken("There is no model that could answer.", "porchlight setup")
    return well(f"{len(specs)} {'model is' if len(specs) == 1 else 'models are'} set up.")


async def _node(spec: NodeSpec, provider: Provider, alone: bool) -> Result:
    if spec.kind == "embedded":
        return await asyncio.to_thread(mini, spec, alone=alone, engine=Embedded.available())
    if spec.local:
        return await _local(provider)
    trial = await tried_out(provider, spec, time.monotonic)
    match trial.error:
        case None:
            return well(
                f"The model ({spec.kind}) answers, with the first sign after {trial.first_s or 0:.1f} s."
            )
        case Rejected() as error if trial.models:
            return broken(f"The key is right, but the model is refused ({error.why}).", error.remedy)
        case Rejected() as error:
            return broken(f"The key, the address or the model is refused ({error.why}).", error.remedy)
        case RateLimited() as error if error.used_up or error.stated:
            return warning(
                f"Its allowance is used up for now ({error.why}).",
                "It comes back by itself. With a second model, nobody notices.",
            )
        case RateLimited() as error:
            return warning(f"It asks for a pause ({error.why}).", "It comes back by itself.")
        case Unavailable() as error:
            return broken(f"It gives no answer ({error.why}).", f"Look at the network. {NODES}")
        case error:
            return broken(f"It does not take a plain question ({error.why}).", NODES)


async def _local(provider: Provider) -> Result:
    found = await provider.check()
    if found.state != "ill":
        return well("The model at home is there.")
    if found.remedy:
        return broken(f"Ollama is there, but not its model ({found.why}).", found.remedy)
    return broken(
        f"Ollama does not answer at OLLAMA_ENDPOINT ({found.why}).",
        "Start Ollama there, or switch it off with OLLAMA_ENABLED=false.",
    )


def mini(spec: NodeSpec, *, alone: bool, engine: bool) -> Result:
    """`alone`: there is no other model; `engine`: it runs on this kind of machine."""
    if not engine:
        if alone:
            return broken(
                "There is no engine for the built-in model on this kind of machine.", "porchlight setup"
            )
        return well("The built-in model does not run on this kind of machine; there are others.")
    path = Path(str(spec.options["weights"]))
    if path.name == weights.MINI.file_name:
        if not path.exists():
            return well("The built-in model is fetched at the first start.")
        whole = weights.is_whole(weights.MINI, path)
        remedy = "Start porchlight anew: it fetches the file again."
    else:
        remedy = "Fetch the file that EMBEDDED_MODEL names again."
        try:
            weights.check_file(path)
            whole = True
        except weights.WeightsError:
            whole = False
    return well("The built-in model is here.") if whole else broken("The model file is not whole.", remedy)


# ── Telegram ──────────────────────────────────────────────────────────────────────────────────────


def _telegram(settings: Settings, http: httpx.AsyncClient, now: Callable[[], float]) -> list[Check]:
    if not settings.telegram_token:
        return []
    from adapters.telegram_account import Account, ReadElsewhere, TokenRefused

    account = Account(http, settings.telegram_api_url, settings.telegram_token.get_secret_value())

    async def token() -> Result:
        try:
            await account.bot()
        except TokenRefused:
            return broken(
                "Telegram refuses TELEGRAM_TOKEN.", "Ask @BotFather for the right one; porchlight setup"
            )
        except Unclear as error:
            return _unreached("Telegram", error)
        return well("Telegram knows the bot.")

    async def webhook() -> Result:
        if await account.has_webhook():
            return broken(
                "A webhook is set for the bot, so what people write goes to another program.",
                "Starting porchlight takes it away. If it comes back, give this program a bot of its own.",
            )
        return well("No webhook is set for the bot.")

    async def reader() -> Result:
        if is_running(settings.data_dir):
            return well("Porchlight reads itself just now, so this is not tried.")
        try:
            await account.listen()
        except ReadElsewhere:
            return broken(operator.TROUBLES["telegram conflict"], "Look for it on other machines of yours.")
        return well("Nobody else reads with this token.")

    async def privacy() -> Result:
        groups = await groups_on(settings, "telegram", now)
        return told_in_groups((await account.bot()).reads_groups, groups)

    return [
        Check("telegram.token", token, ("settings",)),
        Check("telegram.webhook", webhook, ("telegram.token",)),
        Check("telegram.reader", reader, ("telegram.webhook",)),
        Check("telegram.groups", privacy, ("telegram.token",)),
    ]


def told_in_groups(reads_groups: bool, groups: int) -> Result:
    """Whether mentions reach the bot in the groups it talks in."""
    if reads_groups or not groups:
        return well("Mentions in groups reach the bot." if groups else "The bot is in no group.")
    return warning(
        "The bot's privacy mode is on: in groups it may not hear that it is mentioned.",
        "Write /setprivacy to @BotFather and switch it off, then take the bot out of the group and in again.",
    )


# ── Discord ───────────────────────────────────────────────────────────────────────────────────────


def _discord(settings: Settings, http: httpx.AsyncClient) -> list[Check]:
    if not settings.discord_token:
        return []
    from adapters import discord_account as discord
    from adapters.discord_calls import TokenRefused

    account = discord.Account(http, settings.discord_api_url, settings.discord_token.get_secret_value())

    async def token() -> Result:
        try:
            await account.application()
        except TokenRefused:
            return broken(operator.TROUBLES["discord token"], "porchlight setup")
        except Unclear as error:
            return _unreached("Discord", error)
        return well("Discord knows the bot.")

    async def application() -> Result:
        found = await account.application()
        return application_result(told_elsewhere=found.told_elsewhere, needs_code=found.needs_code)

    async def gateway() -> Result:
        try:
            await discord.greeted(settings.discord_gateway_url)
        except Unclear as error:
            return broken(
                f"Discord's gateway cannot be reached ({error}), so nothing is heard.",
                "Look whether the network lets websockets through, and at DISCORD_GATEWAY_URL.",
            )
        if (left := await account.starts_left()) < STARTS_LEFT_MIN:
            return warning(
                f"The bot may begin anew only {left} more times today.",
                "Find out why it is started so often.",
            )
        return well("Discord's gateway answers. The bot needs no privileged intent.")

    return [
        Check("discord.token", token, ("settings",)),
        Check("discord.application", application, ("discord.token",)),
        Check("discord.gateway", gateway, ("discord.token",)),
    ]


def application_result(*, told_elsewhere: bool, needs_code: bool) -> Result:
    portal = "at https://discord.com/developers/applications, under"
    if told_elsewhere:
        return broken(
            "Commands and buttons are told to another address.",
            f"Empty Interactions Endpoint URL {portal} General.",
        )
    if needs_code:
        return broken(
            "No link can add the bot to a server.", f"Switch off Requires OAuth2 Code Grant {portal} Bot."
        )
    return well("The application is set up as it should be.")


def _unreached(platform: str, error: Unclear) -> Result:
    return broken(f"{platform} cannot be reached ({error}).", "Look at the network, and try again.")


# ── The search, and the time ──────────────────────────────────────────────────────────────────────


async def _search(url: str, http: httpx.AsyncClient) -> Result:
    try:
        query = {"q": "weather", "format": "json"}
        reply = await http.get(f"{url.rstrip('/')}/search", params=query, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        return broken(f"SearXNG does not answer ({type(error).__name__}).", "Start it, or empty SEARXNG_URL.")
    try:
        found = reply.json()
    except ValueError:
        found = None
    if reply.status_code == 200 and isinstance(found, dict) and isinstance(found.get("results"), list):
        return well("SearXNG answers.")
    if reply.status_code in (200, 403):
        return broken(
            "SearXNG does not answer in JSON.",
            "Add json to search: formats: in its settings.yml, and restart it.",
        )
    return broken(f"SearXNG answers with status {reply.status_code}.", "Look at its log.")


async def _clock(offsets_s: list[float], clouds: Sequence[str], http: httpx.AsyncClient) -> Result:
    for url in clouds[:CLOCKS_ASKED_MAX]:
        if offsets_s:
            break
        parts = urlsplit(url)
        try:
            await http.head(urlunsplit((parts.scheme, parts.netloc, "/", "", "")), timeout=TIMEOUT_S)
        except httpx.HTTPError:
            continue
    if not offsets_s:
        return Result("skipped", "No server was asked that tells the time.")
    off_s = min(offsets_s, key=abs)
    if abs(off_s) <= CLOCK_S_MAX:
        return well("The clock is right.")
    way = "ahead" if off_s > 0 else "behind"
    return broken(
        f"The clock of this machine is {abs(off_s) / 60:.0f} minutes {way}.",
        "Let it be set from the network (on Linux: timedatectl set-ntp true).",
    )


def offset_of(date: str, now: float) -> float | None:
    """By how many seconds `now` is ahead of the Date header of a reply; None if that says nothing."""
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
