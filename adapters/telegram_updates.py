"""What Telegram tells, one raw update at a time, as what it means to us: an `Arrival`, or nothing.

In a private chat everything is for us; in a group only commands, replies to posts of ours, and mentions.
Channels, anonymous admins, other bots and whoever cannot be named are nobody. Updates are read as the raw
JSON they came as, with no trust in their shape: one that cannot be understood becomes a `Poison` and stands
in nobody's way. Nothing here calls Telegram, and nothing raises.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

from core.types import Arrival, Attachment, Chat, Incoming, Joined, Moved, Person, Poison
from core.words import well_formed

PLATFORM = "telegram"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What is asked for in `getUpdates`; all else is never sent to us."""
ID_MAX = 2**53
"""Telegram's ids have at most 52 significant bits (Bot API, `User`, `Chat`)."""
TEXT_MAX = 100_000
ANONYMOUS_ADMIN = 1087968824
"""`GroupAnonymousBot`, in whose name admins write who hide themselves."""
SERVICE = 777000
"""Telegram itself; in a group it forwards what was posted in the linked channel."""

ATTACHMENTS: Mapping[str, Attachment] = {
    "photo": "photo",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "document": "file",
    "sticker": "sticker",
    "location": "other",
    "venue": "other",
    "contact": "other",
    "poll": "other",
    "dice": "other",
    "game": "other",
    "story": "other",
    "checklist": "other",
    "paid_media": "other",
    "invoice": "other",
    "giveaway": "other",
}
COMMAND = re.compile(r"/(?P<name>\w+)(?:@(?P<bot>\w+))?(?=\s|$)")

Raw = Mapping[str, object]


class Me(NamedTuple):
    """The bot as Telegram knows it."""

    id: int
    username: str


class _Bad(Exception):
    """The update is not what the Bot API says it would be; the text is a code."""


def arrival(update: object, me: Me, now: float) -> Arrival | None:
    """What this update means to us. `now` is in seconds since 1970: a press does not say when it was."""
    number = update_id(update)
    try:
        return _read(_raw(update, "update"), me, now)
    except _Bad as bad:
        return Poison(f"update-{number if number is not None else 'unknown'}", str(bad))


def update_id(update: object) -> int | None:
    """By which the update is confirmed; None if it has none that can be used."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return (
        number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < ID_MAX else None
    )


def _read(update: Raw, me: Me, now: float) -> Arrival | None:
    for kind in ("message", "edited_message"):
        if kind in update:
            return _message(_raw(update[kind], kind), me, edited=kind == "edited_message")
    if "callback_query" in update:
        return _press(_raw(update["callback_query"], "callback_query"), now)
    if "my_chat_member" in update:
        return _membership(_raw(update["my_chat_member"], "my_chat_member"))
    return None


# ── What somebody wrote ───────────────────────────────────────────────────────────────────────────


def _message(message: Raw, me: Me, *, edited: bool) -> Incoming | Moved | None:
    chat = _chat(message)
    if chat is not None and chat.kind == "group" and "migrate_to_chat_id" in message:
        return Moved(chat, Chat(PLATFORM, str(_id(message, "migrate_to_chat_id", negative=True)), "group"))
    person = _person(message.get("from"))
    if chat is None or person is None or "sender_chat" in message or "is_automatic_forward" in message:
        return None
    attachment = next((what for key, what in ATTACHMENTS.items() if key in message), None)
    text = _text(message.get("text", message.get("caption")))
    if not text and attachment is None:
        return None  # somebody came or left, a title was changed …
    replied = message.get("reply_to_message")
    replied = _raw(replied, "reply_to_message") if replied is not None else None
    text, addressed = _addressed(text, _entities(message), me)
    if "forward_origin" in message:  # the words of somebody else: they are quoted, and never a command
        text = "\n".join(f"> {line}" for line in text.splitlines())
    if chat.kind == "group" and not addressed and not (replied and _is_ours(replied, me)):
        return None
    post = str(_id(message, "message_id"))
    if not text and isinstance(album := message.get("media_group_id"), str):
        post = f"album-{album[:64]}"  # many pictures sent at once are one thing
    return Incoming(
        chat=chat,
        person=person,
        post=post,
        text=text,
        said_at=float(_id(message, "edit_date" if edited and "edit_date" in message else "date")),
        reply_to=_reply_to(replied, chat),
        edited=edited,
        attachment=attachment,
    )


def _reply_to(replied: Raw | None, chat: Chat) -> str | None:
    """In a topic every message that answers nothing is told as a reply to the topic's first one."""
    if replied is None or "forum_topic_created" in replied:
        return None
    return str(_id(replied, "message_id"))


def _is_ours(message: Raw, me: Me) -> bool:
    sender = message.get("from")
    return isinstance(sender, dict) and sender.get("id") == me.id and "forum_topic_created" not in message


def _addressed(text: str, entities: list[Raw], me: Me) -> tuple[str, bool]:
    """The text without our name, and whether it speaks to us by name or by a command."""
    if command := COMMAND.match(text):
        bot = command["bot"]
        if bot is None or bot.lower() == me.username.lower():
            return f"/{command['name']}{text[command.end() :]}", True
    units = text.encode("utf-16-le")
    for entity in entities:
        start, end = (
            2 * _number(entity, "offset"),
            2 * (_number(entity, "offset") + _number(entity, "length")),
        )
        if entity.get("type") == "mention":
            named = units[start:end].decode("utf-16-le", "replace").lower() == f"@{me.username}".lower()
        else:
            user = entity.get("user")
            named = (
                entity.get("type") == "text_mention" and isinstance(user, dict) and user.get("id") == me.id
            )
        if named:
            before, after = (part.decode("utf-16-le", "replace") for part in (units[:start], units[end:]))
            return _joined(before, after), True
    return text, False


def _joined(before: str, after: str) -> str:
    after = after.lstrip(",:; ") if not before.strip() else after
    return (before.rstrip() + " " + after.lstrip(" ")).strip() if before.strip() else after.strip()


def _entities(message: Raw) -> list[Raw]:
    found = message.get("entities", message.get("caption_entities", []))
    if not isinstance(found, list):
        raise _Bad("entities")
    return [_raw(entity, "entity") for entity in found]


# ── Buttons and groups ────────────────────────────────────────────────────────────────────────────


def _press(query: Raw, now: float) -> Incoming | None:
    """A button under a post of ours. The post may be too old for Telegram to show: then it has a date of
    0, and still its id."""
    message, data = query.get("message"), query.get("data")
    person = _person(query.get("from"))
    if message is None or data is None or person is None:
        return None
    message = _raw(message, "message")
    chat = _chat(message)
    if chat is None:
        return None
    text = _text(data)
    query_id = query.get("id")
    if not isinstance(query_id, str) or not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", query_id):
        raise _Bad("callback_query.id")
    return Incoming(
        chat=chat,
        person=person,
        post=f"press-{query_id}",
        text=text if text.startswith("/") else f"/{text}",
        said_at=now,
        pressed=str(_id(message, "message_id")),
    )


def _membership(change: Raw) -> Joined | None:
    chat = _chat(change)
    person = _person(change.get("from"))
    was, now = (_raw(change.get(key), key) for key in ("old_chat_member", "new_chat_member"))
    if chat is None or chat.kind != "group" or _is_in(was) or not _is_in(now):
        return None
    person = person or Person(PLATFORM, "")  # somebody hidden put us there: a stranger
    return Joined(chat, person, _text(_raw(change.get("chat"), "chat").get("title")))


def _is_in(member: Raw) -> bool:
    status = member.get("status")
    return status in ("member", "administrator", "creator") or (
        status == "restricted" and member.get("is_member") is True
    )


# ── Who and where ─────────────────────────────────────────────────────────────────────────────────


def _chat(message: Raw) -> Chat | None:
    """The chat, and in a group with topics the topic; None for a channel."""
    chat = _raw(message.get("chat"), "chat")
    number, kind = _id(chat, "id", negative=True), chat.get("type")
    kinds: Mapping[object, Literal["private", "group"]] = {
        "private": "private",
        "group": "group",
        "supergroup": "group",
    }
    if not isinstance(kind, str):
        raise _Bad("chat.type")
    if kind not in kinds:
        return None
    topic = f":{_id(message, 'message_thread_id')}" if message.get("is_topic_message") is True else ""
    return Chat(PLATFORM, f"{number}{topic}", kinds[kind])


def _person(user: object) -> Person | None:
    """Whoever wrote it; None for a bot, and for somebody without a name of their own."""
    if user is None:
        return None
    user = _raw(user, "from")
    number = _id(user, "id")
    if user.get("is_bot") is True or number in (ANONYMOUS_ADMIN, SERVICE):
        return None
    names = (_text(user.get("first_name")), _text(user.get("last_name")))
    return Person(
        PLATFORM, str(number), " ".join(filter(None, names)), _text(user.get("language_code")).lower()
    )


# ── Values of JSON, as they should be ─────────────────────────────────────────────────────────────


def _raw(value: object, name: str) -> Raw:
    if not isinstance(value, dict):
        raise _Bad(name)
    return cast("Raw", value)


def _number(raw: Raw, name: str) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < ID_MAX:
        raise _Bad(name)
    return value


def _id(raw: Raw, name: str, *, negative: bool = False) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not -ID_MAX < value < ID_MAX:
        raise _Bad(name)
    if value == 0 or (value < 0 and not negative):
        raise _Bad(name)
    return value


def _text(value: object) -> str:
    """The words; empty where there are none."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise _Bad("text")
    return well_formed(value)
