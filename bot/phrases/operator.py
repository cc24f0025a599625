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
        f"{why} So there is no model yet that could answer. {advice} Or name a cloud node in .env; "
        "see the README."
    )


def proxy_wrong(why: str) -> str:
    return (
        f"The proxy named in the environment (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY) cannot be used: {why} "
        "Mend it, or unset it."
    )


NO_PLATFORM = (
    "No chat platform is set up. For Telegram, write /newbot to @BotFather and put its key into .env as "
    "TELEGRAM_TOKEN. For Discord, make an application with a bot at "
    "https://discord.com/developers/applications and put its token into .env as DISCORD_TOKEN. Then run this "
    "again."
)
SETUP_NEXT = "Then start it with: make run"


def discord_server(link: str, picture: str) -> str:
    return f"To add the bot to your Discord server, open this link or let a phone read it:\n{link}\n{picture}"


def claim_by_code(platform: str, group_link: str, link: str, code: str) -> str:
    return (
        f"Nobody runs Porchlight yet. On {platform}, add it to a server of yours:\n{group_link}\nThen open "
        f"{link}, press Message, write this, and it is you:\n{code}"
    )


def claim(link: str, picture: str) -> str:
    return (
        "Nobody runs Porchlight yet. Open this link on your phone, or let it read the picture, and it is "
        f"you:\n{link}\n{picture}"
    )
