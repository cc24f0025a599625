"""What the program says to whoever starts it, before and beside all chats. In English only: it stands next
to the names of settings and to what other programs say."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

ASK_USAGE = 'What is the question? Try: porchlight ask "What is the capital of France?"'
ALREADY_RUNNING = (
    "Porchlight is already running with this data folder, and two of them would answer everything twice. "
    "Use that one, or end it first. (porchlight ask works beside it.)"
)
NOT_WRITTEN = "The answer could not be written to where it should go."
TROUBLES: Mapping[str, str] = {
    "telegram token": (
        "Telegram refuses TELEGRAM_TOKEN. Ask @BotFather for the right one, and put it into .env."
    ),
    "telegram conflict": (
        "Another program reads from Telegram with the same TELEGRAM_TOKEN, so questions reach it instead. "
        "End that one, or give this one a bot of its own."
    ),
    "discord token": (
        "Discord refuses DISCORD_TOKEN. At https://discord.com/developers/applications, under Bot, Reset "
        "Token gives the right one; put it into .env."
    ),
    "discord intents": (
        "Discord does not let the bot connect (close code 4014, intents that are not allowed), though it "
        "asks for no privileged one. At https://discord.com/developers/applications, look under Bot whether "
        "the app is still in good standing."
    ),
    "discord access": (
        "Somebody on Discord asked where the bot may not write. Give its role there View Channel, Send "
        "Messages, Send Messages in Threads, Attach Files and Read Message History."
    ),
}
FETCHING = "Fetching the built-in mini model, once"


def folder_not_writable(folder: Path, why: str | None) -> str:
    return (
        f"The folder {folder} cannot be written ({why}). Make it writable for this user, or name another "
        "one in DATA_DIR."
    )


def settings_wrong(mistakes: list[str]) -> str:
    lines = "\n".join(f"  {mistake}" for mistake in mistakes)
    return f"Porchlight cannot start with these settings:\n{lines}\nMend them in .env and start again."


NO_ENGINE = "The built-in model does not run on this kind of machine."
SWITCHED_OFF = "The built-in model is switched off (EMBEDDED_MODEL=off)."


def nobody_here(why: str, advice: str) -> str:
    return (
        f"{why} So there is no model yet that could answer. {advice} Or take one in the cloud: "
        "porchlight setup asks for its key."
    )


PROXY_REMEDY = "Mend HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or unset it."


def proxy_wrong(why: str) -> str:
    return f"The proxy named in the environment cannot be used: {why} {PROXY_REMEDY}"


NO_CHAT = (
    "There is nobody to talk to: no chat platform is set up, and there is no terminal here. Run "
    "porchlight setup, or put TELEGRAM_TOKEN or DISCORD_TOKEN into .env, and start again."
)
SETUP_WANTS_A_TERMINAL = "porchlight setup asks questions, so it wants a terminal to ask them in."
NOT_RUNNING = "Porchlight is not running."
NOT_SERVING = "Porchlight is not running, so nobody is answered. Start it."
NOTHING_KEPT = "Porchlight has kept nothing here yet, so there is nothing to copy."
NO_LINES = "Nothing of that kind has been written down."
NO_COPY = "There is no copy of the database to put back."


def runs(heard_s: float | None) -> str:
    sign = "" if heard_s is None else f"; its last sign of life was {heard_s:.0f} s ago"
    return f"Porchlight is running{sign}."


def hangs(heard_s: float | None) -> str:
    sign = "" if heard_s is None else f" for {timedelta(seconds=round(heard_s))}"
    return f"Porchlight is running, but shows no sign of life{sign}. End it, and start it again."


def copied(name: str, size_bytes: int) -> str:
    return f"A copy of {size_bytes / 2**20:.1f} MB was made: {name}"


def put_back(name: str, aside: str | None, damaged: int) -> str:
    kept = f" What stood there before is kept as {aside}." if aside else ""
    lost = f" {damaged} of its rows are damaged; they are left out of what is shown." if damaged else ""
    return f"The copy {name} is in its place.{kept}{lost} Now start Porchlight."


def no_log(why: str | None) -> str:
    return f"The log cannot be read ({why}). There is none before the first start."
