"""The methods of the Bot API, as plain functions over a `World` of chats.

Each is registered with its parameters, in the notation of telegram_calls.py; what a method is not
registered with, it does not know. A function checks everything, then passes `world.spend`, and only then
changes something, so a refused call has no effect. It raises `Refused` for what can happen to a correct
client (the message is gone, the bot was blocked) and `Mistake` for what cannot. getUpdates is in
telegram_updates.py; what belongs to the bot rather than to a chat is in telegram_profile.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.servers.telegram_calls import Mistake, Parameter, Params, Refused, Upload, bad, schema
from tests.servers.telegram_chats import JSON, ChatLog, Draft, Post, World
from tests.servers.telegram_entities import CAPTION_MAX, TEXT_MAX, Formatted, has_link, is_url, utf16

DELETABLE_S = 48 * 3600.0
QUERY_S = 60.0
"""How long a pressed button waits for its answer."""
TOAST_MAX = 200
DATA_MAX_BYTES = 64
ROW_MAX = 8
KEYS_MAX = 100
GENERAL = 1
"""The topic every forum has; nothing may be sent to it by this id, but one may be typing there."""

ACTIONS = {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"}
ACTIONS |= {"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"}

Function = Callable[[World, Params], Any]


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    function: Function
    parameters: dict[str, Parameter]


METHODS: dict[str, Method] = {}


def method(parameters: str) -> Callable[[Function], Function]:
    """Register a function as the method of its name: `send_photo` is sendPhoto."""

    def register(function: Function) -> Function:
        first, *rest = function.__name__.split("_")
        name = first + "".join(word.capitalize() for word in rest)
        METHODS[name] = Method(name, function, schema(parameters))
        return function

    return register


# ── Sending ───────────────────────────────────────────────────────────────────────────────────────

SENDING = (
    " chat_id:int! message_thread_id:int disable_notification:bool protect_content:bool"
    " reply_parameters:json reply_markup:json parse_mode:str"
)


@method("text:str! entities:json link_preview_options:json" + SENDING)
def send_message(world: World, params: Params) -> JSON:
    chat = world.chat(params["chat_id"])
    formatted = _text(world, "sendMessage", params, "message is too long")
    topic, reply_to = _place(world, "sendMessage", chat, params)
    markup = _markup(params, edit=False)
    world.spend(chat)
    return _send(world, chat, formatted, markup, topic, reply_to)


@method("photo:file! caption:str caption_entities:json" + SENDING)
def send_photo(world: World, params: Params) -> JSON:
    chat = world.chat(params["chat_id"])
    picture = params["photo"]
    content = picture.content if isinstance(picture, Upload) else world.files.get(str(picture))
    if content is None:
        raise Mistake(bad("wrong remote file identifier specified: wrong string length"))
    if not content:
        raise Mistake(bad("file must be non-empty"))
    if not content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        raise Mistake(bad("IMAGE_PROCESS_FAILED"))
    _no_parse_mode(params)
    formatted = Formatted(params.get("caption", ""), params.get("caption_entities"))
    _judge_links(world, "sendPhoto", formatted)
    if utf16(formatted.text) > CAPTION_MAX:
        raise Mistake(bad("message caption is too long"))
    topic, reply_to = _place(world, "sendPhoto", chat, params)
    markup = _markup(params, edit=False)
    world.spend(chat)
    return _send(world, chat, formatted, markup, topic, reply_to, photo=content)


def _send(
    world: World,
    chat: ChatLog,
    formatted: Formatted,
    markup: JSON | None,
    topic: int | None,
    reply_to: int | None,
    photo: bytes | None = None,
) -> JSON:
    now = world.clock()
    post = Post(world.new_id(chat), world.bot_id, "", now, world.date(now), reply_to=reply_to, topic=topic)
    post.show(now, formatted.text, formatted.entities, markup)
    if photo is not None:
        post.photo = photo
        post.extra["photo"] = [{**world.file(photo), "width": 320, "height": 320}]
    chat.add(post, own=True)
    return world.message(chat, post)


@method("chat_id:int! draft_id:int! text:str message_thread_id:int parse_mode:str entities:json")
def send_message_draft(world: World, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    if chat.kind != "private":
        raise Mistake(bad("message drafts can be sent only to private chats"))
    if params["draft_id"] == 0:
        raise Mistake(bad("draft identifier must be non-zero"))
    _no_parse_mode(params)
    formatted = Formatted(params.get("text", ""), params.get("entities"))
    _judge_links(world, "sendMessageDraft", formatted)
    if utf16(formatted.text) > TEXT_MAX:
        raise Mistake(bad("message is too long"))
    _topic(chat, params)
    draft = Draft(world.clock(), params["draft_id"], formatted.text, formatted.entities)
    chat.drafts.append(draft)
    return True


@method("chat_id:int! action:str! message_thread_id:int")
def send_chat_action(world: World, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    if params["action"] not in ACTIONS:
        raise Mistake(bad("wrong parameter action in request"))
    if not (chat.forum and params.get("message_thread_id") == GENERAL):
        _topic(chat, params)
    chat.actions.append((world.clock(), params["action"]))
    return True


# ── Changing and deleting ─────────────────────────────────────────────────────────────────────────


@method(
    "chat_id:int! message_id:int! text:str! parse_mode:str entities:json"
    " link_preview_options:json reply_markup:json"
)
def edit_message_text(world: World, params: Params) -> JSON:
    chat = world.chat(params["chat_id"])
    formatted = _text(world, "editMessageText", params, "MESSAGE_TOO_LONG")
    post = _own_post(world, chat, params)
    if post.photo is not None:
        raise Mistake(bad("there is no text in the message to edit"))
    return _edit(world, chat, post, formatted.text, formatted.entities, _markup(params, edit=True))


@method("chat_id:int! message_id:int! reply_markup:json")
def edit_message_reply_markup(world: World, params: Params) -> JSON:
    chat = world.chat(params["chat_id"])
    post = _own_post(world, chat, params)
    return _edit(world, chat, post, post.text, post.entities, _markup(params, edit=True))


def _edit(
    world: World, chat: ChatLog, post: Post, text: str, entities: list[JSON], markup: JSON | None
) -> JSON:
    """An edit that names no buttons takes them away."""
    world.spend(chat)
    if (text, entities, markup) == (post.text, post.entities, post.markup):
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly the same"
            " as a current content and reply markup of the message"
        )
    now = world.clock()
    post.edited_at = now
    post.show(now, text, entities, markup)
    return world.message(chat, post)


def _own_post(world: World, chat: ChatLog, params: Params) -> Post:
    post = chat.messages.get(params["message_id"])
    if post is None:
        raise bad("message to edit not found")
    if not chat.is_own(post.id):
        raise bad("message can't be edited")
    return post


@method("chat_id:int! message_id:int!")
def delete_message(world: World, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    post = chat.messages.get(params["message_id"])
    if post is None:
        raise bad("message to delete not found")
    may = post.sender == world.bot_id or chat.kind == "private" or chat.bot == "administrator"
    if not may or world.date(world.clock()) - post.date > DELETABLE_S:
        raise bad("message can't be deleted for everyone")
    chat.remove(post.id, world.clock())
    return True


# ── Buttons ───────────────────────────────────────────────────────────────────────────────────────


@method("callback_query_id:str! text:str show_alert:bool url:str cache_time:int")
def answer_callback_query(world: World, params: Params) -> bool:
    text = params.get("text", "")
    if utf16(text) > TOAST_MAX:
        raise Mistake(bad("MESSAGE_TOO_LONG"))
    query = world.queries.pop(params["callback_query_id"], None)
    if query is None or world.clock() - query.at > QUERY_S:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if text:
        world.chats[query.chat_id].toasts.append(text)
    return True


def _markup(params: Params, *, edit: bool) -> JSON | None:
    markup = params.get("reply_markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise Mistake(bad("object expected as reply markup"))
    if "inline_keyboard" not in markup:
        if edit or not markup.keys() & {"keyboard", "remove_keyboard", "force_reply"}:
            raise Mistake(bad("inline keyboard expected"))
        return None  # what hangs under the line one writes in belongs to no message
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Mistake(bad("can't parse inline keyboard: expected an Array of Array"))
    if sum(map(len, rows)) > KEYS_MAX or any(len(row) > ROW_MAX for row in rows):
        raise Mistake(bad("REPLY_MARKUP_TOO_LONG"))
    for key in (key for row in rows for key in row):
        _check_key(key)
    return markup if any(rows) else None


def _check_key(key: Any) -> None:
    if not isinstance(key, dict) or not isinstance(key.get("text"), str):
        raise Mistake(bad("can't parse inline keyboard button: expected an Object with a text"))
    if not key["text"].strip():
        raise Mistake(bad("inline keyboard button text must be non-empty"))
    if unknown := key.keys() - {"text", "callback_data", "url", "style"}:
        raise Mistake(bad(f"inline keyboard button has unknown fields {sorted(unknown)}"))
    if ("url" in key) == ("callback_data" in key):
        raise Mistake(bad("text buttons are unallowed in the inline keyboard"))
    if "url" in key and not is_url(key["url"]):
        raise Mistake(bad("inline keyboard button URL is invalid: wrong HTTP URL"))
    if "callback_data" in key and not 1 <= len(key["callback_data"].encode()) <= DATA_MAX_BYTES:
        raise Mistake(bad("BUTTON_DATA_INVALID"))


# ── Checks that sends and edits share ─────────────────────────────────────────────────────────────


def _text(world: World, name: str, params: Params, too_long: str) -> Formatted:
    _no_parse_mode(params)
    if not params["text"]:
        raise Mistake(bad("message text is empty"))
    formatted = Formatted(params["text"], params.get("entities"))
    if not formatted.text:
        raise Mistake(bad("text must be non-empty"))
    if utf16(formatted.text) > TEXT_MAX:
        raise Mistake(bad(too_long))
    _judge_links(world, name, formatted)
    options = params.get("link_preview_options") or {}
    if options.get("is_disabled") is not True and has_link(formatted.text, formatted.entities):
        world.violation(name, "a link, and its preview is not switched off")
    return formatted


def _judge_links(world: World, name: str, formatted: Formatted) -> None:
    if formatted.lost_links:
        world.violation(name, "text_link with an address that is none: Telegram drops it silently")


def _no_parse_mode(params: Params) -> None:
    if params.get("parse_mode"):
        raise Mistake(bad("can't parse entities: parse_mode is not spoken here, send entities"))


def _place(world: World, name: str, chat: ChatLog, params: Params) -> tuple[int | None, int | None]:
    """(topic, what is replied to). A reply stands in the topic of what it replies to."""
    topic = _topic(chat, params)
    reply = params.get("reply_parameters")
    if reply is None:
        return topic, None
    if not isinstance(reply, dict) or not isinstance(reply.get("message_id"), int):
        raise Mistake(bad("can't parse reply parameters: field message_id must be an Integer"))
    if unknown := reply.keys() - {"message_id", "chat_id", "allow_sending_without_reply"}:
        world.violation(name, f"unknown fields in reply_parameters: {sorted(unknown)}")
    if reply.get("chat_id", chat.id) != chat.id:
        raise Mistake(bad("replies to another chat are not spoken here"))
    replied = chat.messages.get(reply["message_id"])
    if replied is None:
        if not reply.get("allow_sending_without_reply", False):
            raise bad("message to be replied not found")
        return topic, None
    if topic is not None and topic != replied.topic:
        world.violation(name, "a reply in another topic than what it replies to")
    return topic or replied.topic, replied.id


def _topic(chat: ChatLog, params: Params) -> int | None:
    topic: int | None = params.get("message_thread_id")
    if topic is not None and topic not in chat.topics:
        raise bad("message thread not found")
    return topic


# ── Chats ─────────────────────────────────────────────────────────────────────────────────────────


@method("chat_id:int!")
def leave_chat(world: World, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    if chat.kind == "private":
        raise Mistake(bad("chat member status can't be changed in private chats"))
    world.changed_member(chat, world.bot_id, "left")
    world.left.append(chat.id)
    return True


@method("chat_id:int!")
def get_chat(world: World, params: Params) -> JSON:
    told = world.chat_as_told(world.chat(params["chat_id"]))
    gifts = dict.fromkeys(("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), True)
    more = {"accent_color_id": 0, "max_reaction_count": 11}
    return {**told, **more, "accepted_gift_types": {**gifts, "gifts_from_channels": True}}


@method("chat_id:int! user_id:int!")
def get_chat_member(world: World, params: Params) -> JSON:
    chat = world.chat(params["chat_id"])
    person = params["user_id"]
    if person == world.bot_id:
        return world.member_as_told(person, chat.bot)
    if person not in world.people:
        raise bad("user not found")
    if person not in chat.members:
        return world.member_as_told(person, "left")
    return world.member_as_told(person, "creator" if person == chat.members[0] else "member")


@method("chat_id:int! message_id:int! disable_notification:bool")
def pin_chat_message(world: World, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    post = chat.messages.get(params["message_id"])
    _may_pin(chat)
    if post is None:
        raise bad("message to pin not found")
    if post.id in chat.pinned:
        return True
    chat.pinned.append(post.id)
    now = world.clock()
    notice = Post(world.new_id(chat), world.bot_id, "", now, world.date(now))
    notice.extra["pinned_message"] = world.message(chat, post, reply=False)
    chat.add(notice)
    world.updates.add("message", world.message(chat, notice))
    return True


@method("chat_id:int! message_id:int")
def unpin_chat_message(world: World, params: Params) -> bool:
    chat = world.chat(params["chat_id"])
    _may_pin(chat)
    wanted = params.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if wanted not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(wanted)
    return True


def _may_pin(chat: ChatLog) -> None:
    if chat.kind in ("supergroup", "channel") and chat.bot != "administrator":
        raise Refused(400, "Bad Request: not enough rights to manage pinned messages in the chat")
