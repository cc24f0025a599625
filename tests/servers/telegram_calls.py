"""A call of the Bot API as it comes in over HTTP, and how it is refused.

A method's parameters are described by a line such as "chat_id:int! text:str! entities:json"; `fields`
takes them out of the query, and of a body that is JSON, a form or multipart, and `typed` holds them
against the description. What a method does is in telegram_methods.py.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.loopback import Request

Params = dict[str, Any]


class Refused(Exception):
    """The answer is an error, in Telegram's own words."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def reply(self) -> dict[str, Any]:
        reply = {"ok": False, "error_code": self.status, "description": self.description}
        return {**reply, "parameters": self.parameters} if self.parameters else reply


def bad(why: str) -> Refused:
    return Refused(400, f"Bad Request: {why}")


class Mistake(Exception):
    """A call no correct client makes; `refusal` is the answer it gets."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.description)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One call as it was answered."""

    at: float
    """When it came in, by the server's clock."""
    method: str
    params: Params
    chat_id: int | None
    status: int = 0
    """0: the answer never left."""
    applied: bool = False
    """Whether it did what it asked for."""


@dataclass(frozen=True, slots=True)
class Parameter:
    kind: str
    required: bool


def schema(line: str) -> dict[str, Parameter]:
    described = {}
    for word in line.split():
        name, _, kind = word.partition(":")
        described[name] = Parameter(kind.rstrip("!"), kind.endswith("!"))
    return described


def fields(request: Request) -> Params:
    """Everything that was sent, still untyped: strings of forms, values of JSON, uploads."""
    found: Params = dict(request.query)
    kind = request.headers.get("content-type", "")
    if not request.body:
        return found
    try:
        if kind.startswith("application/json"):
            body = json.loads(request.body)
            if not isinstance(body, dict):
                raise ValueError
            found |= body
        elif kind.startswith("application/x-www-form-urlencoded"):
            found |= parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
        elif boundary := re.search(r'^multipart/form-data;.*boundary="?([^";]+)', kind):
            found |= _multipart(request.body, boundary[1].encode())
        else:
            raise ValueError
    except ValueError:
        raise Mistake(bad("can't parse the request body")) from None
    return found


def _multipart(body: bytes, boundary: bytes) -> Params:
    found: Params = {}
    first, *parts, last = body.split(b"--" + boundary)
    if first or not last.startswith(b"--"):
        raise ValueError
    for part in parts:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        disposition = head.decode()
        name = re.search(r'\bname="([^"]*)"', disposition)
        filename = re.search(r'filename="([^"]*)"', disposition)
        if name is None:
            raise ValueError
        found[name[1]] = Upload(filename[1], content) if filename else content.decode()
    return found


def typed(found: Params, described: dict[str, Parameter]) -> tuple[Params, list[str]]:
    """The parameters as the method wants them, and the names it does not know. Raises `Mistake`."""
    params: Params = {}
    attached = {
        str(value).removeprefix("attach://")
        for value in found.values()
        if isinstance(value, str) and value.startswith("attach://")
    }
    for name, parameter in described.items():
        if name in found and found[name] is not None:
            params[name] = _value(name, found[name], parameter.kind, found)
        elif parameter.required:
            raise Mistake(bad(f'parameter "{name}" is required'))
    return params, sorted(found.keys() - described.keys() - attached)


def _value(name: str, raw: Any, kind: str, found: Params) -> Any:
    try:
        match kind:
            case "int":
                if isinstance(raw, bool | float):
                    raise ValueError
                return int(raw)
            case "bool":
                return raw if isinstance(raw, bool) else {"true": True, "false": False}[str(raw).lower()]
            case "json":
                return json.loads(raw) if isinstance(raw, str) else raw
            case "file":
                return found[raw[9:]] if isinstance(raw, str) and raw.startswith("attach://") else raw
            case _:
                if not isinstance(raw, str):
                    raise ValueError
                return raw
    except (ValueError, KeyError, TypeError):
        raise Mistake(bad(f'parameter "{name}" must be of type {kind}')) from None
