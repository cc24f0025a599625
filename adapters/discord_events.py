"""What Discord tells, one raw event or message at a time, as what it means to us: an `Arrival`, or nothing.

In a direct chat everything is for us; in a server only mentions, replies to posts of ours, and commands:
the words of nothing else are told to us anyway, as we ask for no privileged intent. Other bots, webhooks and
what Discord itself says are nobody. Payloads are read with no trust in their shape: one that cannot be
understood becomes a `Poison` and stands in nobody's way. Nothing here calls Discord, and nothing raises.

A chat in a server is "server:channel": what is decided of the server holds in all its channels, and a
thread is a channel of its own.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from core.types import Arrival, Attachment, Chat, Incoming, Joined, Person, Poison, Removed
from core.words import well_formed

PLATFORM = "discord"
ID_MAX = 2**63
EPOCH_MS = 1_420_070_400_000
"""From which the time in an id is counted: the beginning of 2015. (Discord API, "Snowflakes")"""
TEXT_MAX = 100_000

WRITTEN, REPLY = 0, 19
"""The types of a message that a person wrote; all others Discord says itself."""
TEXT_CHANNEL = 0
LOADING = 128
COMMAND, PRESS, SUBMIT = 2, 3, 5
MENU = 3
ELSEWHERE = 2
"""The context of an interaction in a chat of other people, where we are not."""
ARGUMENT_TYPES = (str, int, float, bool)

MENTION = re.compile(r"<@!?(?P<id>\d{1,20})>")
INTERACTION = "interaction-"
"""What the post of an interaction begins with."""

Raw = Mapping[str, object]


class Me(NamedTuple):
    """The bot as Discord knows it."""

    id: int
    about: str = ""
    """The question that "Ask about this" puts to a message; empty: the message alone."""


class _Bad(Exception):
    """The payload is not what Discord's documentation says it would be; the text is a code."""


def arrival(event: object, payload: object, me: Me) -> Arrival | None:
    """What this event of the gateway means to us."""
    try:
        raw = _raw(payload, "payload")
        match event:
            case "MESSAGE_CREATE":
                return _message(raw, _chat(raw), me)
            case "MESSAGE_UPDATE":
                return _changed(raw, me)
            case "MESSAGE_DELETE":
                return Removed(_chat(raw), str(_id(raw, "id")))
            case "INTERACTION_CREATE":
                return _interaction(raw, me)
            case "GUILD_CREATE":
                return _joined(raw)
        return None
    except _Bad as bad:
        return Poison(f"event-{_any_id(payload)}", str(bad))


def told_later(message: object, chat: Chat, me: Me, seen: int) -> Arrival | None:
    """What this message of a channel's history means to us: it does not say where it stands. Up to `seen` we
    have heard of all, and only what was changed since is news."""
    try:
        raw = _raw(message, "message")
        changed = _text(raw.get("edited_timestamp"))
        if _id(raw, "id") <= seen and (not changed or _at(changed) < _said_at(seen)):
            return None
        return _message(raw, chat, me, edited=bool(changed))
    except _Bad as bad:
        return Poison(f"message-{_any_id(message)}", str(bad))


def id_before(number: int, seconds: float) -> int:
    """What has an id from there on was made so long before this one at most."""
    return max(0, number - (int(seconds * 1000) << 22))


def chat_of(channel_id: int, guild_id: int | None) -> Chat:
    if guild_id is None:
        return Chat(PLATFORM, str(channel_id))
    return Chat(PLATFORM, f"{guild_id}:{channel_id}", "group")


def read_id(raw: object, name: str = "id") -> int | None:
    """The id of that name, if it is there and can be used."""
    try:
        return _id(_raw(raw, "raw"), name)
    except _Bad:
        return None


def _joined(guild: Raw) -> Joined | None:
    """A server that is new to us; nobody tells who put us there. We say hello where Discord itself would."""
    channels = [it for it in _raws(guild, "channels") if it.get("type") == TEXT_CHANNEL]
    system = guild.get("system_channel_id")
    channel = next((it for it in channels if it.get("id") == system), channels[0] if channels else None)
    if channel is None:
        return None
    chat = chat_of(_id(channel, "id"), _id(guild, "id"))
    owner = Person(PLATFORM, str(_id(guild, "owner_id")))
    return Joined(chat, owner, _text(guild.get("name")), by_them=False)


# ── What somebody wrote ───────────────────────────────────────────────────────────────────────────


def _message(message: Raw, chat: Chat, me: Me, *, edited: bool = False) -> Incoming | None:
    person = _author(message)
    if person is None or message.get("type") not in (WRITTEN, REPLY):
        return None
    written, addressed = _addressed(_text(message.get("content")), _raws(message, "mentions"), me)
    attachment = _attachment(message)
    if not written and attachment is None:
        return None  # only our name, a share of something, or words that are not told to us
    replied = message.get("referenced_message")
    ours = isinstance(replied, dict) and _is(replied.get("author"), me)
    if chat.kind == "group" and not addressed and not ours:
        return None
    number = _id(message, "id")
    return Incoming(
        chat=chat,
        person=person,
        post=str(number),
        text=written,
        said_at=_at(_text(message.get("edited_timestamp"))) if edited else _said_at(number),
        reply_to=_reply_to(message),
        edited=edited,
        attachment=attachment,
    )


def _changed(message: Raw, me: Me) -> Incoming | None:
    """Discord tells a change also when it has found the preview of a link, and then not always all of it."""
    if not message.get("edited_timestamp") or "author" not in message or "content" not in message:
        return None
    return _message(message, _chat(message), me, edited=True)


def _author(message: Raw) -> Person | None:
    """Whoever wrote it; None for a bot, a webhook, and Discord itself."""
    if "author" not in message:
        raise _Bad("author")
    if message.get("webhook_id") is not None:
        return None
    return _person(_raw(message["author"], "author"), message.get("member"), "")


def _addressed(content: str, mentions: Sequence[Raw], me: Me) -> tuple[str, bool]:
    """The words without our name and with that of others, and whether we were spoken to by name. The
    replied-to are mentioned too, without standing in the words."""
    names = {str(one.get("id")): _name(one, None) for one in mentions}

    def shown(mention: re.Match[str]) -> str:
        if int(mention["id"]) == me.id:
            return ""
        name = names.get(mention["id"])
        return f"@{name}" if name else mention[0]

    named = any(_is(one, me) for one in mentions)
    if (first := MENTION.match(content.lstrip())) and int(first["id"]) == me.id:
        content = content.lstrip()[first.end() :].lstrip(",:; ")
    return MENTION.sub(shown, content).strip(), named


def _reply_to(message: Raw) -> str | None:
    """A forwarded message refers to another one, too, and answers nothing."""
    reference = message.get("message_reference")
    if message.get("type") != REPLY or not isinstance(reference, dict):
        return None
    number = read_id(reference, "message_id")
    return str(number) if number is not None else None


def _attachment(message: Raw) -> Attachment | None:
    for one in _raws(message, "attachments"):
        kind = _text(one.get("content_type")).partition("/")[0]
        found: Mapping[str, Attachment] = {"image": "photo", "audio": "voice", "video": "video"}
        return found.get(kind, "file")
    if message.get("sticker_items"):
        return "sticker"
    return "other" if message.get("poll") or message.get("message_snapshots") else None


# ── Commands and buttons ──────────────────────────────────────────────────────────────────────────


def _interaction(raw: Raw, me: Me) -> Incoming | None:
    kind = raw.get("type")
    if kind not in (COMMAND, PRESS, SUBMIT) or raw.get("context") == ELSEWHERE:
        return None
    chat, number = _chat(raw), _id(raw, "id")
    member = raw.get("member")
    user = _raw(member, "member").get("user") if member is not None else raw.get("user")
    person = _person(_raw(user, "user"), member, _text(raw.get("locale")).lower())
    data = _raw(raw.get("data"), "data")
    if not isinstance(raw.get("token"), str):
        raise _Bad("token")
    if person is None:
        return None
    pressed = _id(_raw(raw.get("message"), "message"), "id") if kind == PRESS else None
    return Incoming(
        chat=chat,
        person=person,
        post=f"{INTERACTION}{number}",
        text=_meant(kind, data, me),
        said_at=_said_at(number),
        pressed=str(pressed) if pressed is not None else None,
        attachment=_attachment(_target(data)) if data.get("type") == MENU and kind == COMMAND else None,
        awaited=kind != PRESS,
        secret=kind == SUBMIT,
    )


def _meant(kind: int, data: Raw, me: Me) -> str:
    match kind:
        case 3:
            return _slashed(_text(data.get("custom_id")))
        case 5:
            return _entered(data)
    return _called(data, me)


def _entered(data: Raw) -> str:
    """The text in the one field of our form, which stands in a label, or in a row as of old."""
    for row in _raws(data, "components"):
        for field in (row.get("component"), *_raws(row, "components")):
            if field is not None:
                return _text(_raw(field, "field").get("value"))
    raise _Bad("form")


def _called(data: Raw, me: Me) -> str:
    """The command as it would have been typed."""
    match data.get("type"):
        case 3:
            return _about(data, me)
        case 1:
            values = [one.get("value") for one in _raws(data, "options")]
            if not all(isinstance(value, ARGUMENT_TYPES) for value in values):
                raise _Bad("option")
            return " ".join((_slashed(_text(data.get("name"))), *(_text(str(value)) for value in values)))
    raise _Bad("command")


def _about(data: Raw, me: Me) -> str:
    """The question about a message that somebody pointed at, with its words."""
    message = _target(data)
    words, _ = _addressed(_text(message.get("content")), _raws(message, "mentions"), me)
    if not words:
        return ""
    quoted = "\n".join(f"> {line}" for line in words.splitlines())
    return f"{me.about}\n\n{quoted}".strip()


def _target(data: Raw) -> Raw:
    messages = _raw(_raw(data.get("resolved"), "resolved").get("messages"), "messages")
    return _raw(messages.get(str(_id(data, "target_id"))), "target")


def _slashed(command: str) -> str:
    if not command.strip("/ "):
        raise _Bad("command")
    return command if command.startswith("/") else f"/{command}"


# ── Who, where and when ───────────────────────────────────────────────────────────────────────────


def _chat(raw: Raw) -> Chat:
    guild_id = _id(raw, "guild_id") if raw.get("guild_id") is not None else None
    return chat_of(_id(raw, "channel_id"), guild_id)


def _person(user: Raw, member: object, language: str) -> Person | None:
    number = _id(user, "id")
    if user.get("bot") is True or user.get("system") is True:
        return None
    return Person(PLATFORM, str(number), _name(user, member), language)


def _name(user: Raw, member: object) -> str:
    """The name in this server, else the one shown everywhere, else that of the account."""
    nick = _text(member.get("nick")) if isinstance(member, dict) else ""
    return nick or _text(user.get("global_name")) or _text(user.get("username"))


def is_by(message: object, me: Me) -> bool:
    """Whether we wrote it ourselves."""
    return isinstance(message, dict) and _is(message.get("author"), me)


def is_thinking(message: object, interaction: str) -> bool:
    """Whether it is what Discord shows of an interaction until its answer comes."""
    if not isinstance(message, dict) or not isinstance(message.get("flags"), int):
        return False
    asked = message.get("interaction_metadata")
    return bool(message["flags"] & LOADING) and isinstance(asked, dict) and asked.get("id") == interaction


def _is(user: object, me: Me) -> bool:
    return isinstance(user, dict) and user.get("id") == str(me.id)


def _said_at(number: int) -> float:
    """When what has this id was made."""
    return ((number >> 22) + EPOCH_MS) / 1000.0


def _at(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except (ValueError, OverflowError, OSError):
        raise _Bad("edited_timestamp") from None


# ── Values of JSON, as they should be ─────────────────────────────────────────────────────────────


def _raw(value: object, name: str) -> Raw:
    if not isinstance(value, dict):
        raise _Bad(name)
    return cast("Raw", value)


def _raws(raw: Raw, name: str) -> list[Raw]:
    found = raw.get(name) or []
    if not isinstance(found, list):
        raise _Bad(name)
    return [_raw(one, name) for one in found]


def _id(raw: Raw, name: str) -> int:
    """Ids come as text, since no number of JSON need hold 64 bits."""
    value = raw.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,19}", value) or not 0 < int(value) < ID_MAX:
        raise _Bad(name)
    return int(value)


def _any_id(payload: object) -> str:
    number = read_id(payload)
    return str(number) if number is not None else "unknown"


def _text(value: object) -> str:
    """The words; empty where there are none."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise _Bad("text")
    return well_formed(value)
