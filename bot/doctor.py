"""`porchlight doctor`: what is wrong here, and what to do about it.

    program, .env, settings ─┬─► folder ─► log, disk, database ─► copies, admin      bot/doctor_house.py
                             └─► models, Telegram, Discord, search ─► the clock      bot/doctor_outside.py

Nothing is changed, and nothing is sent that anybody would see. What it says may be pasted anywhere: it holds
neither keys nor ids nor names, and of the paths only those inside the data folder. So models have numbers
here, in the order of the settings. It ends with 0 if all is well, with 1 if something should be looked at,
and with 2 if something is broken.
"""

import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from bot.doctor_house import first, of_house
from bot.doctor_outside import of_outside
from bot.findings import Check, Finding, Result, broken, examined, well
from bot.logs import Striker
from bot.phrases import operator
from bot.settings import Settings
from core.errors import SettingsError


async def examine(
    env_file: Path,
    load: Callable[[], Settings],
    *,
    now: Callable[[], float],
    free_bytes: Callable[[Path], int | None],
    tell: Callable[[Finding], None] = lambda finding: None,
) -> list[Finding]:
    """Every finding, in order; `tell` hears each as it is found. `now` is the wall clock. Never raises."""
    async with AsyncExitStack() as stack:
        try:
            loaded: Settings | SettingsError = load()
        except SettingsError as error:
            loaded = error
        checks = first(env_file, loaded)
        if isinstance(loaded, Settings):
            checks += of_house(loaded, now, free_bytes)
            try:
                checks += await stack.enter_async_context(of_outside(loaded, now))
            except SettingsError:
                checks.append(Check("network", _proxy_wrong, ("settings",)))
        else:
            checks.append(Check("everything_else", _nothing_else, ("settings",)))
        return await examined(checks, _strike(loaded), tell)


def _strike(loaded: Settings | SettingsError) -> Callable[[str], str]:
    """Takes out what is secret, and where servers stand: a certificate that is for another name is told with
    that of the server."""
    if isinstance(loaded, SettingsError):
        return Striker([])
    accounts = (str(node.options.get("account_id", "")) for node in loaded.nodes)
    strike = Striker([*loaded.secrets(), *filter(None, accounts)])
    hosts = {host for node in loaded.nodes if (host := urlsplit(node.url).hostname)}
    quoted = re.compile("|".join(f"'{re.escape(host)}'" for host in hosts) or r"(?!)")
    return lambda text: quoted.sub("[server]", strike(text))


async def _nothing_else() -> Result:
    return well("There is nothing else to look at.")


async def _proxy_wrong() -> Result:
    return broken("The proxy named in the environment cannot be used.", operator.PROXY_REMEDY)
