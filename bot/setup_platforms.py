"""The steps of the set-up about the chat platforms: the key, whose it is, and the link that leads to the bot.

A key is written down when the platform has said whose it is. The menus of commands are set by the program
itself whenever it runs (bot/menus.py).
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from bot.claim import qr_text
from bot.settings import Settings
from bot.setup_sheet import Sheet
from core.errors import Unclear

Found = TypeVar("Found")


async def telegram(sheet: Sheet) -> None:
    from adapters.telegram_account import Account, TokenRefused, token_in

    say = sheet.say
    sheet.tell(say.TELEGRAM_HOW)
    async with httpx.AsyncClient() as http:
        while pasted := await sheet.ask(say.TELEGRAM_KEY, secret=True):
            token = token_in(pasted)
            if token is None:
                sheet.tell(say.NOT_A_TELEGRAM_KEY)
                continue
            account = Account(http, _url(sheet, "telegram_api_url"), token)
            bot = await _asked(sheet, "Telegram", account.bot, TokenRefused, say.TELEGRAM_REFUSES)
            if bot is None:
                continue
            sheet.put(TELEGRAM_TOKEN=token)
            sheet.tell(say.telegram_bot(bot.name, bot.username))
            name = await sheet.ask(say.TELEGRAM_NAME, bot.name)
            try:
                if name != bot.name:
                    await account.introduce(name, say.TELEGRAM_ABOUT)
            except Unclear:
                sheet.tell(say.NOT_NAMED)
            return


async def discord(sheet: Sheet) -> None:
    from adapters.discord import server_link
    from adapters.discord_account import Account, token_in
    from adapters.discord_calls import TokenRefused

    say = sheet.say
    sheet.tell(say.DISCORD_HOW)
    async with httpx.AsyncClient() as http:
        while pasted := await sheet.ask(say.DISCORD_KEY, secret=True):
            token = token_in(pasted)
            if token is None:
                sheet.tell(say.NOT_A_DISCORD_KEY)
                continue
            account = Account(http, _url(sheet, "discord_api_url"), token)
            found = await _asked(sheet, "Discord", account.application, TokenRefused, say.DISCORD_REFUSES)
            if found is None:
                continue
            sheet.put(DISCORD_TOKEN=token)
            if found.told_elsewhere:
                sheet.tell(say.DISCORD_ELSEWHERE)
            if found.needs_code:
                sheet.tell(say.DISCORD_NEEDS_CODE)
            link = server_link(found.id)
            sheet.tell(f"{say.discord_server(link)}\n{qr_text(link)}")
            return


async def family_group(sheet: Sheet) -> None:
    """How the bot comes into it; on Discord, that is the link to the server."""
    from adapters.telegram_account import Account

    token = sheet.given.get("TELEGRAM_TOKEN")
    if not token:
        return
    async with httpx.AsyncClient() as http:
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
    except Unclear as error:
        sheet.tell(sheet.say.unreached(platform, str(error)))
    return None


def _url(sheet: Sheet, field: str) -> str:
    default = str(Settings.model_fields[field].default)
    return sheet.given.get(field.upper(), default)
