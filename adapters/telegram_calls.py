"""Calls into Telegram's chats: how they travel, and what their failures mean to whoever posts.

python-telegram-bot makes the calls; the `Request` it makes them with is ours. Every failure becomes one of
the four that may leave an adapter (core/errors.py), with a text of its own, because the library's texts can
hold the token (it is part of every URL) or what people wrote. When to try again is decided above.
"""

import json
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError, Unclear

Result = TypeVar("Result")

CONNECTIONS_MAX = 64
"""More than one family ever needs at once."""
PAUSE_UNSTATED_S = 5.0
"""When Telegram asks for a pause and does not say how long."""
WHY_MAX = 60

NOT_THERE = (
    "not found",
    "can't be edited",
    "message_id_invalid",
    "no text in the message to edit",
    "deactivated",
    "kicked",
    "not a member",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights",
    "have no rights",
    "topic_closed",
    "topic_deleted",
)
"""What a 400 says, in lower case, when the post or the chat is not there for us. Any other 400 finds fault
with what was sent."""


class NotModified(PlatformError):
    """The post shows just that already."""


class Moved(PlatformError):
    """The group became a supergroup, and has this id now."""

    def __init__(self, chat_id: int) -> None:
        super().__init__("the group has a new id")
        self.chat_id = chat_id


class _Refused(TelegramError):
    """Telegram's answer is no."""

    def __init__(self, status: int, reply: dict[str, Any]) -> None:
        super().__init__("refused")
        self.status = status
        self.description = str(reply.get("description", ""))
        parameters = reply.get("parameters")
        self.parameters: dict[str, Any] = parameters if isinstance(parameters, dict) else {}


class Request(HTTPXRequest):
    """The library's HTTP, which itself would write replies it cannot read into the log, people's words
    included, and make errors out of refusals in which the reason is lost."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(
            connection_pool_size=CONNECTIONS_MAX,
            connect_timeout=timeout_s,
            read_timeout=timeout_s,
            write_timeout=timeout_s,
            pool_timeout=timeout_s,
            media_write_timeout=4 * timeout_s,
        )

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **kwargs)
        if not 200 <= status <= 299:
            raise _Refused(status, _object(body) or {})
        reply = _object(body)
        if reply is None or "result" not in reply:
            raise TelegramError("not readable")
        return status, body


async def done(call: Awaitable[Result]) -> Result:
    """The result of this call. Raises nothing but a `PlatformError`, and never with the library's words."""
    try:
        return await call
    except _Refused as refused:
        raise _meaning(refused) from None
    except TimedOut:
        raise Unclear("no reply in time") from None
    except NetworkError as error:
        # "httpx.ConnectError: …": what follows can hold the URL.
        raise Unclear(str(error).partition(":")[0][:WHY_MAX]) from None
    except TelegramError:
        raise Unclear("the reply cannot be read") from None
    except Exception as error:  # noqa: BLE001 (a reply of another shape than the library knows)
        raise Unclear(f"the reply is not understood: {type(error).__name__}") from None


def _meaning(refused: _Refused) -> PlatformError:
    why = _why(refused)
    match refused.status, refused.parameters:
        case _, {"migrate_to_chat_id": int(chat_id)}:
            return Moved(chat_id)
        case 429, {"retry_after": int() | float() as seconds}:
            return FloodWait(max(float(seconds), 0.1))
        case 429, _:
            return FloodWait(PAUSE_UNSTATED_S)
        case 403, _:
            return Gone(why)
        case 400, _:
            said = refused.description.lower()
            if "message is not modified" in said:
                return NotModified(why)
            if "can't be deleted" in said:
                return NoRight(why)
            return Gone(why) if any(reason in said for reason in NOT_THERE) else BadFormat(why)
    return Unclear(why)


def _why(refused: _Refused) -> str:
    """Status and reason; only so much of the reason as never quotes what was sent."""
    said = re.sub(r"^(Bad Request|Forbidden): ", "", refused.description)
    reason = re.split(r"[:;\"'\n]\s", said)[0][:WHY_MAX]
    return f"{refused.status} {reason}".strip()


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
