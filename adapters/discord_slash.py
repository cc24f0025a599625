"""The commands as Discord offers them: in its menus, each with what it does in the reader's own language.

Discord keeps what it was told, for all servers at once; so it is compared with what we offer, and told anew
only when they differ. https://docs.discord.com/developers/interactions/application-commands
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CHAT_INPUT, MESSAGE = 1, 3
STRING = 3
NAME_MAX, DESCRIPTION_MAX = 32, 100
IN_SERVERS_AND_DIRECT = [0, 1]
NOBODY_BUT_ADMINISTRATORS = "0"


@dataclass(frozen=True, slots=True)
class Slash:
    """A command. What it is, and what stands behind it, is said in the language of the house, and by other
    languages (as IETF tags, those that Discord has) in `translations` and `argument_translations`."""

    name: str
    about: str
    argument: str = ""
    """What stands behind it, in words; empty: nothing."""
    needed: bool = False
    """It is no use without the argument."""
    admin: bool = False
    """In servers it is shown to those who run the server only."""
    alone: bool = False
    """In servers only the one who asked sees the answer."""
    translations: Mapping[str, str] = field(default_factory=dict)
    argument_translations: Mapping[str, str] = field(default_factory=dict)


def slash(command: Slash) -> dict[str, Any]:
    option = {
        "type": STRING,
        "name": "text",
        "description": command.argument[:DESCRIPTION_MAX],
        "description_localizations": _cut(command.argument_translations),
        "required": command.needed,
    }
    return {
        "type": CHAT_INPUT,
        "name": command.name,
        "description": command.about[:DESCRIPTION_MAX],
        "description_localizations": _cut(command.translations),
        "options": [option] if command.argument else [],
        **_everywhere(command.admin),
    }


def menu_entry(name: str) -> dict[str, Any]:
    """In the menu of each message."""
    return {"type": MESSAGE, "name": name[:NAME_MAX], **_everywhere(admin=False)}


def differ(known: Any, offered: Sequence[dict[str, Any]]) -> bool:
    if not isinstance(known, list) or len(known) != len(offered):
        return True
    by_name = {(one.get("type"), one.get("name")): one for one in known if isinstance(one, dict)}
    return any(not _same(by_name.get((one["type"], one["name"])), one) for one in offered)


def _same(known: dict[str, Any] | None, offered: dict[str, Any]) -> bool:
    """Whether Discord knows the command so; it adds much of its own, and leaves out what is not so."""
    if known is None:
        return False
    return all(_plain(known.get(name)) == _plain(value) for name, value in offered.items())


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one} or None
    return value or None


def _cut(translations: Mapping[str, str]) -> dict[str, str]:
    return {tag: text[:DESCRIPTION_MAX] for tag, text in translations.items()}


def _everywhere(admin: bool) -> dict[str, Any]:
    return {
        "default_member_permissions": NOBODY_BUT_ADMINISTRATORS if admin else None,
        "contexts": IN_SERVERS_AND_DIRECT,
        "integration_types": [0],
    }
