"""What the program says to whoever starts it, before and beside all chats. In English only: it stands next
to the names of settings and to what other programs say."""

from collections.abc import Mapping
from pathlib import Path

ASK_USAGE = 'What is the question? Try: porchlight ask "What is the capital of France?"'
ALREADY_RUNNING = (
    "Porchlight is already running with this data folder, and two of them would answer everything twice. "
    "Use that one, or end it first. (porchlight ask works beside it.)"
)
NOT_WRITTEN = "The answer could not be written to where it should go."
NO_DISCORD_YET = "DISCORD_TOKEN is set, but this version does not speak on Discord yet; it is not used."
TROUBLES: Mapping[str, str] = {
    "token": "Telegram refuses TELEGRAM_TOKEN. Ask @BotFather for the right one, and put it into .env.",
    "conflict": (
        "Another program reads from Telegram with the same TELEGRAM_TOKEN, so questions reach it instead. "
        "End that one, or give this one a bot of its own."
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
        f"{why} So there is no model yet that could answer. {advice} Or name a cloud node in .env; "
        "see the README."
    )


def proxy_wrong(why: str) -> str:
    return (
        f"The proxy named in the environment (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY) cannot be used: {why} "
        "Mend it, or unset it."
    )


def claim(link: str, picture: str) -> str:
    return (
        "Nobody runs Porchlight yet. Open this link on your phone, or let it read the picture, and it is "
        f"you:\n{link}\n{picture}"
    )
