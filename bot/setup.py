"""`porchlight setup`: a parent, ten minutes, and Porchlight runs.

    language ─► time zone ─► models ─► Telegram ─► Discord ─► digest ─► family group ─► start

Each step that is not done yet is asked; what is set already is shown, a secret only as being set, and what is
set wrongly is asked again. So the same command sets up, goes on after it was left, and changes something
later. What a step writes down is on disk at once, and nothing else in `.env` is touched.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot import setup_models, setup_platforms, time_zone, values
from bot.phrases import SETUP
from bot.settings import Settings
from bot.setup_sheet import Form, Sheet

CHOOSE_LANGUAGE = "Language · Sprache · Ngôn ngữ: " + ", ".join(SETUP)
CALLED_TOO = {"ge": "de", "ti": "vi"}
"""By their first two letters: German, tiếng Việt."""
IN_CONTAINER = "docker compose run --rm bot"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    """Under which `TITLES` in bot/phrases has its title."""
    shown: Callable[[Sheet], str]
    """What is set, as it may be shown; empty if it is not done yet."""
    ask: Callable[[Sheet], Awaitable[None]]


async def run(
    form: Form,
    file: Path,
    look: Callable[[], dict[str, str]],
    *,
    program: str = "porchlight",
    in_container: bool = False,
) -> bool:
    """Whether the program shall be started now. `look` reads what is set, with the environment over `file`;
    `program` is what to type to call it. Raises `SettingsError` if that cannot be read or written."""
    sheet = Sheet(form, file, look, in_container=in_container)
    program = IN_CONTAINER if in_container else program
    try:
        return await _through(sheet, program)
    except (EOFError, KeyboardInterrupt):
        sheet.tell(f"\n{sheet.say.left(program)}")
        return False
    except asyncio.CancelledError:  # Ctrl-C while nothing is asked
        sheet.tell(f"\n{sheet.say.left(program)}")
        raise


async def _through(sheet: Sheet, program: str) -> bool:
    again = any(step.shown(sheet) for step in STEPS)
    sheet.tell(f"{sheet.say.WELCOME_BACK if again else sheet.say.WELCOME}\n")
    for number, step in enumerate(STEPS, 1):
        if done := step.shown(sheet):
            sheet.tell(f"✓ {number}  {sheet.say.TITLES[step.name]}: {done}")
            continue
        sheet.tell(f"\n{sheet.say.step(number, len(STEPS), sheet.say.TITLES[step.name])}")
        await step.ask(sheet)
    while again and (chosen := await sheet.ask(f"\n{sheet.say.NEXT}")):
        if chosen.isdecimal() and 1 <= int(chosen) <= len(STEPS):
            await STEPS[int(chosen) - 1].ask(sheet)
    sheet.tell("")
    await setup_platforms.family_group(sheet)
    return await _starts(sheet, program)


async def _starts(sheet: Sheet, program: str) -> bool:
    if sheet.program_runs:
        sheet.tell(sheet.say.RUNNING)
        return False
    if sheet.in_container:
        sheet.tell(sheet.say.START_CONTAINER)
        return False
    if await sheet.declines(sheet.say.START):
        sheet.tell(sheet.say.start_later(program))
        return False
    return True


# ── The short steps ───────────────────────────────────────────────────────────────────────────────


def _spoken(sheet: Sheet) -> str:
    """What a desktop says to all its programs, such as de_AT:de, is a good guess, but nobody's answer."""
    language = sheet.given.get("LANGUAGE", "")
    return language if language in SETUP else ""


async def _language(sheet: Sheet) -> None:
    answer = ""
    while answer not in SETUP:
        answer = (await sheet.ask(CHOOSE_LANGUAGE, sheet.house.language)).lower()[:2]
        answer = CALLED_TOO.get(answer, answer)
    sheet.put(LANGUAGE=answer)


async def _time_zone(sheet: Sheet) -> None:
    sheet.tell(sheet.say.TIME_ZONE_HOW)
    machine = time_zone.of_machine()
    known = sheet.given.get("TIMEZONE") or ("" if time_zone.is_nowhere(machine) else machine)
    while (name := time_zone.named(await sheet.ask(sheet.say.TIME_ZONE, known))) not in time_zone.names():
        if name:
            sheet.tell(sheet.say.no_time_zone(name, time_zone.near(name)))
    sheet.put(TIMEZONE=name)


async def _digest(sheet: Sheet) -> None:
    sheet.tell(sheet.say.DIGEST_HOW)
    known = sheet.given.get("DIGEST_TIME") or f"{Settings.model_fields['digest_time'].default:%H:%M}"
    while True:
        try:
            at = values.time_of_day(await sheet.ask(sheet.say.DIGEST, known))
        except ValueError:
            sheet.tell(sheet.say.NO_TIME)
        else:
            break
    sheet.put(DIGEST_TIME=f"{at:%H:%M}")
    sheet.tell(sheet.say.digest_at(f"{at:%H:%M}"))


def _value(name: str) -> Callable[[Sheet], str]:
    return lambda sheet: sheet.given.get(name, "")


def _secret(name: str) -> Callable[[Sheet], str]:
    return lambda sheet: sheet.say.IS_SET if name in sheet.given else ""


STEPS = (
    Step("language", _spoken, _language),
    Step("time_zone", _value("TIMEZONE"), _time_zone),
    Step("models", setup_models.shown, setup_models.ask),
    Step("telegram", _secret("TELEGRAM_TOKEN"), setup_platforms.telegram),
    Step("discord", _secret("DISCORD_TOKEN"), setup_platforms.discord),
    Step("digest", _value("DIGEST_TIME"), _digest),
)
