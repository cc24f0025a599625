"""Menus and the profile are kept, checked and offered as Telegram does it."""

from typing import Any

from tests.servers.conftest import Client
from tests.servers.telegram import TelegramServer

FAMILY = -1001


async def test_menus(server: TelegramServer, api: Client) -> None:
    """Commands are kept per scope and language, and checked as Telegram checks them."""
    server.private(7)
    menu = [{"command": "help", "description": "What I can do"}]
    scope = {"type": "chat", "chat_id": 7}
    assert (await api("setMyCommands", commands=menu, scope=scope, language_code="de")).result is True
    assert server.menus == {("chat:7", "de"): [("help", "What I can do")]}
    assert (await api("getMyCommands", scope=scope, language_code="de")).result == menu
    assert (await api("getMyCommands")).result == []
    assert (await api("deleteMyCommands", scope=scope, language_code="de")).result is True
    assert server.menus == {}
    assert server.violations == []
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"commands": [{"command": "Help", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a" * 33, "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "a", "description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "a", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": menu * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": menu, "language_code": "de-DE"}, "invalid language code specified"),
        ({"commands": menu, "scope": {"type": "family"}}, "can't parse BotCommandScope"),
    ]
    for params, why in wrong:
        assert (await api("setMyCommands", **params)).why.startswith(f"Bad Request: {why}")
    assert len(server.violations) == len(wrong)
    unknown = await api("setMyCommands", commands=menu, scope={"type": "chat", "chat_id": 99})
    assert unknown.why == "Bad Request: chat not found"


async def test_a_person_is_offered_the_narrowest_menu(server: TelegramServer, api: Client) -> None:
    """One's own menu goes before that of all chats of the kind, and one's own language before any."""
    server.private(7)
    server.group(FAMILY, "Family", members=[7, 8])

    async def offer(command: str, scope: dict[str, Any], language: str = "") -> None:
        menu = [{"command": command, "description": "x"}]
        assert (await api("setMyCommands", commands=menu, scope=scope, language_code=language)).status == 200

    def seen(person: int, chat_id: int) -> list[str]:
        return [name for name, _ in server.menu(person, chat_id)]

    assert seen(7, 7) == []
    await offer("any", {"type": "default"})
    await offer("private", {"type": "all_private_chats"})
    assert (seen(7, 7), seen(7, FAMILY)) == (["private"], ["any"])
    await offer("privat", {"type": "all_private_chats"}, "de")
    await offer("chief", {"type": "all_chat_administrators"})
    assert (seen(7, 7), seen(7, FAMILY), seen(8, FAMILY)) == (["privat"], ["chief"], ["any"])
    await offer("own", {"type": "chat", "chat_id": 7})
    await offer("ben", {"type": "chat_member", "chat_id": FAMILY, "user_id": 8})
    assert (seen(7, 7), seen(8, FAMILY)) == (["own"], ["ben"])


async def test_the_profile(server: TelegramServer, api: Client) -> None:
    """Name and descriptions are kept per language and have their lengths."""
    assert (await api("setMyName", name="Porch")).result is True
    assert (await api("setMyDescription", description="Hallo", language_code="de")).result is True
    assert (await api("setMyShortDescription", short_description="x" * 121)).status == 400
    assert server.profile == {"name": "Porch", "description:de": "Hallo"}
    assert (await api("getMe")).result["first_name"] == "Porch"
    assert (await api("getMyName", language_code="de")).result == {"name": "Porch"}
