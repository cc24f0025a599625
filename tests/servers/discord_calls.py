"""A call of Discord's REST API as it comes in, and how it is refused.

`Refused` carries one of Discord's error codes in the body a real server would send
(https://docs.discord.com/developers/topics/opcodes-and-status-codes); `Mistake` wraps the refusal of a call
no correct client makes. A route's body is described by a line such as "content:str nonce:text flags:int";
`typed` holds what was sent against it. What a route does is in discord_rest.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]


class Refused(Exception):
    """The answer is an error, in Discord's own words."""

    def __init__(self, status: int, code: int, message: str, errors: JSON | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def reply(self) -> JSON:
        reply: JSON = {"message": self.message, "code": self.code}
        return reply if self.errors is None else {**reply, "errors": self.errors}


class Mistake(Exception):
    """A call no correct client makes; `refusal` is the answer it gets."""

    def __init__(self, refusal: Refused, why: str = "") -> None:
        super().__init__(why or refusal.message)
        self.refusal = refusal


NOT_FOUND = {
    10002: "Unknown Application",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10008: "Unknown Message",
    10013: "Unknown User",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    10063: "Unknown application command",
}
FORBIDDEN = {
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
}


def unknown(code: int) -> Refused:
    return Refused(404, code, NOT_FOUND[code])


def forbidden(code: int) -> Refused:
    return Refused(403, code, FORBIDDEN[code])


def invalid(where: str, code: str, why: str) -> Mistake:
    """A field of the body is wrong; `where` names it, such as "components.0.label"."""
    errors: JSON = {"_errors": [{"code": code, "message": why}]}
    for name in reversed(where.split(".")):
        errors = {name: errors}
    return Mistake(Refused(400, 50035, "Invalid Form Body", errors), f"{where}: {why}")


def check_length(where: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, str):
        raise invalid(where, "STRING_TYPE_CONVERT", "Could not interpret as string.")
    if not value and least:
        raise invalid(where, "BASE_TYPE_REQUIRED", "This field is required")
    if not least <= len(value) <= most:
        why = f"Must be between {least} and {most} in length."
        raise invalid(where, "BASE_TYPE_BAD_LENGTH", why)


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One call as it was answered."""

    at: float
    """When it came in, by the server's clock."""
    route: str
    """The name of the route: "create_message", "edit_message", …; empty if there is none such."""
    method: str
    path: str
    ids: dict[str, str]
    """What the path names: channel, message, guild, interaction, token."""
    query: dict[str, str] = field(default_factory=dict)
    params: JSON = field(default_factory=dict)
    """The body."""
    items: list[Any] = field(default_factory=list)
    """The body, where it is a list."""
    uploads: list[Upload] = field(default_factory=list)
    status: int = 0
    """0: the answer never left."""
    applied: bool = False
    """Whether it did what it asked for."""

    @property
    def channel_id(self) -> int | None:
        return self.id("channel") if "channel" in self.ids else None

    def id(self, name: str) -> int:
        value = self.ids[name]
        if not value.isdecimal():
            why = f'Value "{value}" is not snowflake.'
            raise invalid(f"{name}_id", "NUMBER_TYPE_COERCE", why)
        return int(value)


KINDS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str | int) and not isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "id": lambda value: str(value).isdecimal(),
    "any": lambda value: True,
}


def typed(found: JSON, line: str, where: str = "") -> tuple[JSON, list[str]]:
    """The fields that are there, and the names that are not described. Raises `Mistake`."""
    described = dict(word.split(":") for word in line.split())
    for name, kind in described.items():
        value = found.get(name)
        if value is None and kind.endswith("!"):
            raise invalid(where + name, "BASE_TYPE_REQUIRED", "This field is required")
        if value is not None and not KINDS[kind.rstrip("!")](value):
            raise invalid(where + name, "BASE_TYPE_CONVERT", f"Could not interpret as {kind.rstrip('!')}.")
    return {name: found[name] for name in described if name in found}, sorted(found.keys() - described.keys())
