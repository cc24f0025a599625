"""The platforms named in the settings, each told what it offers to people, in the house's language."""

import sys
from collections.abc import Awaitable, Callable
from functools import partial

from adapters.terminal import Terminal, Words
from bot import commands, pasted_keys, phrases
from bot.calls import Command
from bot.phrases.english import English
from bot.settings import Settings
from core.inbox import Inbox
from core.types import Adapter

Trouble = Callable[[str], Awaitable[None]]
"""Is told what only a person can mend: a key of `TROUBLES` in bot/phrases."""

CHOSEN_TOO = ("ask", "start")
"""Hidden elsewhere, but offered where commands are chosen from a list."""
DISCORD_TAGS = {"en": "en-US"}
"""Languages that Discord knows by another tag than ours."""


def named_in(settings: Settings, inbox: Inbox, trouble: Trouble) -> list[Adapter]:
    """Each library is loaded only where it is used. If a person looks on, there is the terminal, too."""
    adapters: list[Adapter] = []
    if settings.telegram_token:
        adapters.append(_telegram(settings, settings.telegram_token.get_secret_value(), inbox, trouble))
    if settings.discord_token:
        adapters.append(_discord(settings, settings.discord_token.get_secret_value(), inbox, trouble))
    if sys.stdin.isatty():
        adapters.append(terminal(settings))
    return adapters


def terminal(settings: Settings) -> Terminal:
    say = phrases.of(settings.language)
    return Terminal(
        words(settings),
        commands=[(command.name, say.ABOUT[command.name]) for command in commands.shown_to("admin")],
        history=settings.data_dir / "typed",
        secret=pasted_keys.may_hold_one,
    )


def words(settings: Settings) -> Words:
    say = phrases.of(settings.language)
    return Words(say.GREETING, say.STOP_HINT, say.LEAVE_HINT, say.EARLIER, say.NOT_SAVED)


def _telegram(settings: Settings, token: str, inbox: Inbox, trouble: Trouble) -> Adapter:
    from adapters.telegram import Telegram

    return Telegram(
        token,
        settings.telegram_api_url,
        cursor=partial(inbox.cursor, Telegram.platform),
        trouble=lambda kind: trouble(f"{Telegram.platform} {kind}"),
    )


def _discord(settings: Settings, token: str, inbox: Inbox, trouble: Trouble) -> Adapter:
    from adapters.discord import Discord
    from adapters.discord_slash import Slash

    say = phrases.of(settings.language)
    others = {tag: it for tag, it in phrases.LANGUAGES.items() if it is not say}

    def slash(command: Command) -> Slash:
        name = command.name
        argument = say.ARGUMENTS.get(name, "")
        return Slash(
            *(name, say.ABOUT[name], argument.strip("[]<>")),
            needed=argument.startswith("<"),
            admin=command.admin,
            alone=not command.in_turn,
            translations=_translated(others, lambda it: it.ABOUT[name]),
            argument_translations=_translated(others, lambda it: it.ARGUMENTS[name].strip("[]<>"))
            if argument
            else {},
        )

    offered = [it for it in commands.COMMANDS.values() if not it.hidden or it.name in CHOSEN_TOO]
    return Discord(
        token,
        settings.discord_api_url,
        settings.discord_gateway_url,
        cursor=partial(inbox.cursor, Discord.platform),
        trouble=lambda kind: trouble(f"{Discord.platform} {kind}"),
        commands=[slash(command) for command in offered],
        about=(say.ABOUT_THIS, say.ABOUT_THIS_QUESTION),
        form=(say.PASSWORD_BUTTON, say.PASSWORD_LABEL),
    )


def _translated(others: dict[str, English], words_of: Callable[[English], str]) -> dict[str, str]:
    return {DISCORD_TAGS.get(tag, tag): words_of(say) for tag, say in others.items()}
