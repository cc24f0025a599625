"""The Bot API methods about the bot itself: who it is, its menus, its profile, files, the webhook.

See telegram_methods.py for how a method is written. `drop_pending_updates` and a deleteWebhook where no
webhook is set are violations: the first throws questions away, the second is often a guise of the first.
"""

import re
from typing import Any

from tests.servers.telegram_calls import Mistake, Params, bad
from tests.servers.telegram_chats import JSON, World
from tests.servers.telegram_entities import utf16
from tests.servers.telegram_methods import method

COMMANDS_MAX = 100
PROFILE_MAX = {"name": 64, "description": 512, "short_description": 120}
SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


@method("")
def get_me(world: World, params: Params) -> JSON:
    can = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False}
    more = {"can_connect_to_business": False, "has_main_web_app": False}
    return {**world.me, **can, **more}


@method("drop_pending_updates:bool")
def delete_webhook(world: World, params: Params) -> bool:
    if "drop_pending_updates" in params:
        world.violation("deleteWebhook", "drop_pending_updates is never set")
    if not world.webhook:
        world.violation("deleteWebhook", "there is no webhook to delete")
    world.webhook = ""
    if params.get("drop_pending_updates"):
        world.updates.clear()
    return True


@method("")
def get_webhook_info(world: World, params: Params) -> JSON:
    pending = {"pending_update_count": len(world.updates)}
    return {"url": world.webhook, "has_custom_certificate": False, **pending}


@method("file_id:str!")
def get_file(world: World, params: Params) -> JSON:
    file_id = params["file_id"]
    if file_id not in world.files:
        raise Mistake(bad("wrong file_id or the file is temporarily unavailable"))
    size = len(world.files[file_id])
    known = {"file_id": file_id, "file_unique_id": f"unique-{file_id}", "file_size": size}
    return {**known, "file_path": f"files/{file_id}"}


# ── Menus ─────────────────────────────────────────────────────────────────────────────────────────


@method("commands:json! scope:json language_code:str")
def set_my_commands(world: World, params: Params) -> bool:
    commands = params["commands"]
    if not isinstance(commands, list) or not all(isinstance(command, dict) for command in commands):
        raise Mistake(bad("can't parse BotCommand: expected an Array of Object"))
    if len(commands) > COMMANDS_MAX:
        raise Mistake(bad("BOT_COMMANDS_TOO_MUCH"))
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", "")).removeprefix("/")):
            raise Mistake(bad("BOT_COMMAND_INVALID"))
        if not 1 <= utf16(str(command.get("description", "")).strip()) <= 256:
            raise Mistake(bad("BOT_COMMAND_DESCRIPTION_INVALID"))
    known = [(command["command"].removeprefix("/"), command["description"].strip()) for command in commands]
    world.menus[_menu(world, params)] = known
    return True


@method("scope:json language_code:str")
def get_my_commands(world: World, params: Params) -> list[JSON]:
    menu = world.menus.get(_menu(world, params), [])
    return [{"command": name, "description": description} for name, description in menu]


@method("scope:json language_code:str")
def delete_my_commands(world: World, params: Params) -> bool:
    world.menus.pop(_menu(world, params), None)
    return True


def _menu(world: World, params: Params) -> tuple[str, str]:
    """The key of a menu, such as ("chat:7", "de")."""
    scope: Any = params.get("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise Mistake(bad("can't parse BotCommandScope: unsupported type specified"))
    ids = SCOPES[scope["type"]]
    if unknown := scope.keys() - {"type", *ids}:
        raise Mistake(bad(f"BotCommandScope has unknown fields {sorted(unknown)}"))
    if missing := [name for name in ids if name not in scope]:
        raise Mistake(bad(f'parameter "{missing[0]}" is required'))
    if "chat_id" in ids:
        world.chat(int(scope["chat_id"]))
    return ":".join([scope["type"], *(str(scope[name]) for name in ids)]), _language(params)


def _language(params: Params) -> str:
    language = str(params.get("language_code", ""))
    if not re.fullmatch(r"(?:[a-z]{2})?", language):
        raise Mistake(bad("invalid language code specified"))
    return language


# ── The profile ───────────────────────────────────────────────────────────────────────────────────


@method("name:str language_code:str")
def set_my_name(world: World, params: Params) -> bool:
    return _set(world, params, "name")


@method("description:str language_code:str")
def set_my_description(world: World, params: Params) -> bool:
    return _set(world, params, "description")


@method("short_description:str language_code:str")
def set_my_short_description(world: World, params: Params) -> bool:
    return _set(world, params, "short_description")


@method("language_code:str")
def get_my_name(world: World, params: Params) -> JSON:
    return {"name": _get(world, params, "name") or world.me["first_name"]}


@method("language_code:str")
def get_my_description(world: World, params: Params) -> JSON:
    return {"description": _get(world, params, "description")}


@method("language_code:str")
def get_my_short_description(world: World, params: Params) -> JSON:
    return {"short_description": _get(world, params, "short_description")}


def _set(world: World, params: Params, what: str) -> bool:
    value = params.get(what, "")
    if utf16(value) > PROFILE_MAX[what]:
        raise Mistake(bad(f"{what.replace('_', ' ')} is too long"))
    world.profile[_key(params, what)] = value
    return True


def _get(world: World, params: Params, what: str) -> str:
    return world.profile.get(_key(params, what)) or world.profile.get(what, "")


def _key(params: Params, what: str) -> str:
    language = _language(params)
    return f"{what}:{language}" if language else what
