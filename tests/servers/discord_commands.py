"""The bot's application commands: read, replaced all at once, and checked as Discord checks them.

https://docs.discord.com/developers/interactions/application-commands. Only global commands are known; what
is typed at them is made into an interaction in discord_people.py.
"""

import re
from typing import Any

from tests.servers.discord_calls import JSON, Call, check_length, invalid, typed, unknown
from tests.servers.discord_model import World
from tests.servers.discord_rest import route

COMMANDS_MAX = 100
OPTIONS_MAX = 25
SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND, GROUP, STRING = 1, 2, 3
NAME = re.compile(r"[-_'\w]{1,32}")
COMMAND = (
    "name:str! name_localizations:object description:str description_localizations:object options:list"
    " default_member_permissions:text dm_permission:bool contexts:list integration_types:list type:int"
    " nsfw:bool id:id"
)
OPTION = (
    "type:int! name:str! name_localizations:object description:str! description_localizations:object"
    " required:bool choices:list options:list min_length:int max_length:int min_value:any max_value:any"
    " autocomplete:bool channel_types:list"
)
PATH = "/applications/{application}/commands"


@route("GET", PATH, query="with_localizations")
def get_commands(world: World, call: Call) -> list[JSON]:
    _own(world, call)
    return world.commands


@route("PUT", PATH)
def put_commands(world: World, call: Call) -> list[JSON]:
    """Replaces them all; one of the same name and type keeps its id."""
    _own(world, call)
    if len(call.items) > COMMANDS_MAX:
        raise invalid("_errors", "BASE_TYPE_MAX_LENGTH", f"Must be {COMMANDS_MAX} or fewer in length.")
    commands = [_checked(f"{number}.", command) for number, command in enumerate(call.items)]
    keys = [(command["type"], command["name"]) for command in commands]
    if len(set(keys)) < len(keys):
        why = "Application command names must be unique"
        raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", why)
    ids = {(command["type"], command["name"]): command["id"] for command in world.commands}
    version = str(world.new_id())
    for key, command in zip(keys, commands, strict=True):
        command |= {"id": ids.get(key) or str(world.new_id()), "version": version}
        command["application_id"] = str(world.application_id)
    world.commands = commands
    return commands


def _own(world: World, call: Call) -> None:
    if call.id("application") != world.application_id:
        raise unknown(10002)


def _checked(where: str, found: Any) -> JSON:
    if not isinstance(found, dict):
        raise invalid(where + "name", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    command, strange = typed(found, COMMAND, where)
    if strange:
        raise invalid(where + strange[0], "UNKNOWN_FIELD", "no command has it")
    kind = command.setdefault("type", SLASH)
    if kind == SLASH:
        _check_names(where, command)
        _check_described(where, command)
        _check_options(where, command.get("options") or [])
    elif command.get("description") or command.get("options"):
        raise invalid(
            where + "description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", "a menu has none"
        )
    else:
        check_length(where + "name", command["name"], 1, 32)
    if set(command.get("contexts") or []) - {0, 1, 2}:
        raise invalid(where + "contexts", "BASE_TYPE_CHOICES", "Value must be one of {0, 1, 2}.")
    bits = command.get("default_member_permissions")
    if bits is not None and not str(bits).isdecimal():
        raise invalid(where + "default_member_permissions", "BITFIELD_INVALID", "no permissions")
    # An answer always has these, given or not.
    shown = {"default_member_permissions": None if bits is None else str(bits), "nsfw": False}
    return {"description": "", "options": [], "contexts": None, **command, **shown}


def _check_names(where: str, thing: JSON) -> None:
    names = {"": thing["name"], **(thing.get("name_localizations") or {})}
    for language, name in names.items():
        at = f"{where}name_localizations.{language}" if language else where + "name"
        if not NAME.fullmatch(str(name)) or name != name.lower():
            raise invalid(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_described(where: str, thing: JSON) -> None:
    texts = {"": thing.get("description", ""), **(thing.get("description_localizations") or {})}
    for language, text in texts.items():
        at = f"{where}description_localizations.{language}" if language else where + "description"
        check_length(at, text, 1, 100)


def _check_options(where: str, options: list[Any]) -> None:
    if len(options) > OPTIONS_MAX:
        raise invalid(where + "options", "BASE_TYPE_MAX_LENGTH", f"Must be {OPTIONS_MAX} or fewer in length.")
    optional = False
    for number, found in enumerate(options):
        at = f"{where}options.{number}."
        option, strange = typed(found, OPTION, at)
        if strange or not 1 <= option["type"] <= 11:
            raise invalid(at + "type", "BASE_TYPE_CHOICES", "no option is so")
        _check_names(at, option)
        _check_described(at, option)
        _check_options(at, option.get("options") or [])
        if option.get("required") and optional:
            why = "Required options must be placed before non-required options"
            raise invalid(at + "required", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", why)
        optional = optional or not option.get("required")
        if len(option.get("choices") or []) > OPTIONS_MAX:
            raise invalid(
                at + "choices", "BASE_TYPE_MAX_LENGTH", f"Must be {OPTIONS_MAX} or fewer in length."
            )
    names = [option["name"] for option in options]
    if len(set(names)) < len(names):
        raise invalid(
            where + "options", "APPLICATION_COMMAND_OPTIONS_NAME_NOT_UNIQUE", "Option names must be unique"
        )
