"""What may stand in a message: its text, its buttons, its flags, and whom it would ping.

Plain functions over the JSON of a call. They raise what Discord would refuse (`Refused`, `Mistake`) and
return what a post is made of; what is only against our own promises is judged where the post is made.
"""

import re
from typing import Any

from tests.servers.discord_calls import JSON, Mistake, Refused, check_length, invalid, typed
from tests.servers.discord_model import Post

CONTENT_MAX = 2000
ROWS_MAX = 5
ROW_MAX = 5
BUTTON = "type:int! style:int! label:str emoji:object custom_id:str url:str disabled:bool id:int"
LINK = 5
"""The style of a button that opens an address."""
NONCE_MAX = 25

LINKS = re.compile(r"https?://\S")
MENTION = re.compile(r"@everyone|@here|<@!?(\d+)>|<@&(\d+)>")
EMPTY = Refused(400, 50006, "Cannot send an empty message")


def content_of(params: JSON) -> str:
    """As it will stand: Discord trims what surrounds it."""
    content = params.get("content") or ""
    if len(content) > CONTENT_MAX:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", f"Must be {CONTENT_MAX} or fewer in length.")
    return str(content.strip())


def nonce_of(params: JSON) -> str | None:
    nonce = params.get("nonce")
    if nonce is None:
        return None
    if len(str(nonce)) > NONCE_MAX:
        raise invalid("nonce", "NONCE_TYPE_TOO_LONG", f"Must be {NONCE_MAX} or fewer in length.")
    return str(nonce)


def flags_of(params: JSON, allowed: int) -> int:
    flags = int(params.get("flags") or 0)
    if flags & ~allowed:
        raise invalid("flags", "BITFIELD_INVALID", f"flags {flags & ~allowed} are not spoken here")
    return flags


def components_of(params: JSON) -> list[JSON]:
    """Rows of buttons. https://docs.discord.com/developers/components/reference"""
    rows: list[Any] = params.get("components") or []
    if len(rows) > ROWS_MAX:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be {ROWS_MAX} or fewer in length.")
    seen: set[str] = set()
    for number, row in enumerate(rows):
        where = f"components.{number}"
        if not isinstance(row, dict) or row.get("type") != 1 or row.keys() - {"type", "components", "id"}:
            raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", "only rows of buttons are spoken here")
        keys = row.get("components")
        if not isinstance(keys, list) or not 1 <= len(keys) <= ROW_MAX:
            why = f"Must be between 1 and {ROW_MAX} in length."
            raise invalid(f"{where}.components", "BASE_TYPE_BAD_LENGTH", why)
        for place, key in enumerate(keys):
            _check_button(f"{where}.components.{place}.", key, seen)
    return rows


def _check_button(where: str, key: Any, seen: set[str]) -> None:
    if not isinstance(key, dict) or key.get("type") != 2:
        raise invalid(where + "type", "UNION_TYPE_CHOICES", "only buttons are spoken here")
    _, strange = typed(key, BUTTON, where)
    if strange:
        raise invalid(where + strange[0], "UNKNOWN_FIELD", "no button has it")
    if not 1 <= key["style"] <= LINK:
        raise invalid(where + "style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5}.")
    if not key.get("label") and not key.get("emoji"):
        raise invalid(where + "label", "BUTTON_COMPONENT_REQUIRED", "A label or an emoji is required")
    check_length(where + "label", key.get("label") or "", 0, 80)
    if ("url" in key) != (key["style"] == LINK) or ("custom_id" in key) == ("url" in key):
        raise invalid(where + "custom_id", "BASE_TYPE_REQUIRED", "an id, or for a link an address")
    if "url" in key:
        check_length(where + "url", key["url"], 1, 512)
        return
    check_length(where + "custom_id", key["custom_id"], 1, 100)
    if key["custom_id"] in seen:
        raise invalid(
            where + "custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
        )
    seen.add(key["custom_id"])


def pings_of(content: str, allowed: JSON | None, replied: Post | None = None) -> list[str]:
    """The mentions that would reach somebody. Without `allowed_mentions`, all of them.
    https://docs.discord.com/developers/resources/message#allowed-mentions-object"""
    if allowed is None:
        allowed = {"parse": ["everyone", "users", "roles"], "replied_user": True}
    else:
        _check_allowed(allowed)
    parse = allowed.get("parse") or []
    pings = []
    for found in MENTION.finditer(content):
        kind = "users" if found[1] else "roles" if found[2] else "everyone"
        if kind in parse or (found[1] or found[2]) in map(str, allowed.get(kind) or []):
            pings.append(found[0])
    if replied is not None and allowed.get("replied_user"):
        pings.append(f"<@{replied.sender}>")
    return pings


def _check_allowed(allowed: JSON) -> None:
    params, strange = typed(
        allowed, "parse:list users:list roles:list replied_user:bool", "allowed_mentions."
    )
    if strange or set(params.get("parse") or []) - {"everyone", "users", "roles"}:
        raise invalid("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Value must be one of the known kinds.")
    for kind in ("users", "roles"):
        if params.get(kind) and kind in (params.get("parse") or []):
            why = f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive."
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", why)
        if len(params.get(kind) or []) > 100:
            raise invalid(
                f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."
            )


def empty() -> Mistake:
    return Mistake(EMPTY)
