"""The steps of the set-up about the chat platforms: the key, whose it is, and the link that leads to the bot.

A key is written down when the platform has said whose it is. The menus of commands are set by the program
itself whenever it runs (bot/menus.py).
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from bot.claim import qr_text
from bot.settings import Settings
from bot.setup_sheet import Sheet, client
from core.errors import Unclear

if TYPE_CHECKING:
    from adapters.discord_account import Application
    from adapters.telegram_account import Account, Bot

Found = TypeVar("Found")


async def telegram(sheet: Sheet) -> None:
    from adapters.telegram_account import Account, ReadElsewhere, TokenRefused, token_in

    say = sheet.say
    sheet.tell(say.TELEGRAM_HOW)
    url, set_before = _url(sheet, "telegram_api_url"), sheet.given.get("TELEGRAM_TOKEN")
    question = say.KEY_STAYS if set_before else say.TELEGRAM_KEY
    async with client() as http:
        while pasted := await sheet.ask(question, secret=True):
            token = token_in(pasted)
            if token is None:
                sheet.tell(say.NOT_A_TELEGRAM_KEY)
                continue
            account = Account(http, url, token)
            bot = await _asked(sheet, "Telegram", account.bot, TokenRefused, say.TELEGRAM_REFUSES)
            if bot is None:
                continue
            sheet.put(TELEGRAM_TOKEN=token)
            sheet.tell(say.telegram_bot(bot.name, bot.username))
            try:
                if not sheet.program_runs:  # which would be the one that reads
                    await account.listen()
            except ReadElsewhere:
                sheet.tell(say.TELEGRAM_READ_ELSEWHERE)
            except Unclear:
                pass  # it said a moment ago whose key it is, and that is enough
            await _called(sheet, account, bot)
            return
        if set_before:  # whoever was interrupted, or came here to call it something else, does
            account = Account(http, url, set_before)
            with suppress(Unclear):
                await _called(sheet, account, await account.bot())


async def _called(sheet: Sheet, account: "Account", bot: "Bot") -> None:
    """What stands in its profile."""
    name = await sheet.ask(sheet.say.TELEGRAM_NAME, bot.name)
    try:
        if name != bot.name:
            await account.rename(name)
    except Unclear:
        sheet.tell(sheet.say.NOT_NAMED)
    with suppress(Unclear):
        await account.describe(sheet.say.TELEGRAM_ABOUT)


async def discord(sheet: Sheet) -> None:
    from adapters.discord_account import Account, token_in
    from adapters.discord_calls import TokenRefused

    say = sheet.say
    sheet.tell(say.DISCORD_HOW)
    url, set_before = _url(sheet, "discord_api_url"), sheet.given.get("DISCORD_TOKEN")
    question = say.KEY_STAYS if set_before else say.DISCORD_KEY
    async with client() as http:
        while pasted := await sheet.ask(question, secret=True):
            token = token_in(pasted)
            if token is None:
                sheet.tell(say.NOT_A_DISCORD_KEY)
                continue
            account = Account(http, url, token)
            found = await _asked(sheet, "Discord", account.application, TokenRefused, say.DISCORD_REFUSES)
            if found is None:
                continue
            sheet.put(DISCORD_TOKEN=token)
            _tell_of(sheet, found)
            return
        if set_before:  # whoever came here to see the link once more does
            with suppress(Unclear):
                _tell_of(sheet, await Account(http, url, set_before).application())


def _tell_of(sheet: Sheet, found: "Application") -> None:
    from adapters.discord import server_link

    if found.told_elsewhere:
        sheet.tell(sheet.say.DISCORD_ELSEWHERE)
    if found.needs_code:
        sheet.tell(sheet.say.DISCORD_NEEDS_CODE)
    link = server_link(found.id)
    sheet.tell(f"{sheet.say.discord_server(link)}\n{qr_text(link)}")


async def family_group(sheet: Sheet) -> None:
    """How the bot comes into it; on Discord, that is the link to the server."""
    from adapters.telegram_account import Account

    token = sheet.given.get("TELEGRAM_TOKEN")
    if not token:
        return
    async with client() as http:
        try:
            bot = await Account(http, _url(sheet, "telegram_api_url"), token).bot()
        except Unclear:
            return
    sheet.tell(sheet.say.family_group(bot.group_link))


async def _asked(
    sheet: Sheet, platform: str, call: Callable[[], Awaitable[Found]], refused: type[Unclear], says: str
) -> Found | None:
    """What the platform says to the key; None if that is no, or nothing."""
    try:
        return await call()
    except refused:
        sheet.tell(says)
    except Unclear:
        sheet.tell(sheet.say.unreached(platform))
    return None


def _url(sheet: Sheet, field: str) -> str:
    default = str(Settings.model_fields[field].default)
    return sheet.given.get(field.upper(), default)
