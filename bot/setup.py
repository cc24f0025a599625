"""`porchlight setup`: a parent, ten minutes, and Porchlight runs.

    language ─► time zone ─► models ─► Telegram ─► Discord ─► digest ─► family group ─► start

Each step that is not done yet is asked; what is set already is shown, a secret only as being set. So the same
command sets up, goes on after it was left, and changes something later. What a step writes down is on disk at
once, and nothing else in `.env` is touched.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot import setup_models, setup_platforms, time_zone, values
from bot.settings import Settings
from bot.setup_sheet import LANGUAGES, Form, Sheet
from core.lock import is_running

CHOOSE_LANGUAGE = "Language · Sprache · Ngôn ngữ: " + ", ".join(LANGUAGES)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    """Under which `TITLES` in bot/phrases has its title."""
    shown: Callable[[Sheet], str]
    """What is set, as it may be shown; empty if it is not done yet."""
    ask: Callable[[Sheet], Awaitable[None]]


async def run(form: Form, file: Path, look: Callable[[], dict[str, str]]) -> bool:
    """Whether the program shall be started now. `look` reads what is set, with the environment over `file`.
    Raises `SettingsError` if that cannot be read or written."""
    sheet = Sheet(form, file, look)
    try:
        return await _through(sheet)
    except (EOFError, KeyboardInterrupt):
        sheet.tell(f"\n{sheet.say.LEFT}")
        return False


async def _through(sheet: Sheet) -> bool:
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
    return await _starts(sheet)


async def _starts(sheet: Sheet) -> bool:
    if _runs(sheet):
        sheet.tell(sheet.say.RUNNING)
        return False
    if await sheet.declines(sheet.say.START):
        sheet.tell(sheet.say.START_LATER)
        return False
    return True


def _runs(sheet: Sheet) -> bool:
    folder = sheet.given.get("DATA_DIR", str(Settings.model_fields["data_dir"].default))
    return is_running(Path(folder).expanduser())


# ── The short steps ───────────────────────────────────────────────────────────────────────────────


def _spoken(sheet: Sheet) -> str:
    """What a desktop says to all its programs, such as de_AT:de, is a good guess, but nobody's answer."""
    language = sheet.given.get("LANGUAGE", "")
    return language if language in LANGUAGES else ""


async def _language(sheet: Sheet) -> None:
    answer = ""
    while answer not in LANGUAGES:
        answer = (await sheet.ask(CHOOSE_LANGUAGE, sheet.house.language)).lower()[:2]
    sheet.put(LANGUAGE=answer)


async def _time_zone(sheet: Sheet) -> None:
    sheet.tell(sheet.say.TIME_ZONE_HOW)
    known = sheet.given.get("TIMEZONE") or time_zone.of_machine()
    while (name := time_zone.named(await sheet.ask(sheet.say.TIME_ZONE, known))) not in time_zone.names():
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
