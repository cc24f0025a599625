"""The chats the stand-in keeps: who is in them, what stands in them, and what was shown when.

A `ChatLog` is one chat as its members see it. A `World` is all of them together with what belongs to the
bot: its menus, its profile, the updates waiting for it. Message ids are counted as on Telegram: together
for all private chats and basic groups, and for each supergroup (ids that begin with -100) by itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from tests.servers.standing import Button, Standing, Watched
from tests.servers.telegram_calls import Refused, bad
from tests.servers.telegram_entities import Entity
from tests.servers.telegram_flood import GROUP, PRIVATE, Flood
from tests.servers.telegram_updates import Updates

JSON = dict[str, Any]


@dataclass(slots=True)
class Post:
    """Something standing in a chat: one of the bot's posts, or what a person said."""

    id: int
    sender: int
    text: str
    """Of a photo, its caption."""
    at: float
    """By the server's clock."""
    date: int
    """Seconds since 1970, as clients are told."""
    entities: list[Entity] = field(default_factory=list)
    markup: JSON | None = None
    reply_to: int | None = None
    topic: int | None = None
    photo: bytes | None = None
    """The bot's own pictures."""
    extra: JSON = field(default_factory=dict)
    """What else belongs into the message: a person's attachment, a service notice, another sender."""
    edited_at: float | None = None
    deleted_at: float | None = None
    shown: list[tuple[float, str]] = field(default_factory=list)
    """Every text it ever showed, and since when."""
    pressable: set[str] = field(default_factory=set)
    """The data of every button it ever had: a press may arrive when the button is gone."""

    @property
    def buttons(self) -> list[Button]:
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [
            Button(key["text"], key.get("callback_data") or key.get("url", "")) for row in rows for key in row
        ]

    def show(self, at: float, text: str, entities: list[Entity], markup: JSON | None) -> None:
        self.text, self.entities, self.markup = text, entities, markup
        if not self.shown or self.shown[-1][1] != text:
            self.shown.append((at, text))
        self.pressable |= {data for _, data in self.buttons}


class Draft(NamedTuple):
    at: float
    id: int
    text: str
    entities: list[Entity]


class ChatLog(Standing[Post]):
    def __init__(self, chat_id: int, kind: str, title: str, members: list[int], *, forum: bool) -> None:
        super().__init__()
        self.id = chat_id
        self.kind = kind
        """private, group, supergroup or channel."""
        self.title = title
        self.members = members
        """The people in it; the first one is its owner."""
        self.forum = forum
        self.topics: dict[int, str] = {}
        self.bot = "member"
        """What the bot is here: member, administrator, left, kicked, or in a private chat blocked."""
        self.migrated_to: int | None = None
        self.drafts: list[Draft] = []
        self.toasts: list[str] = []
        self.actions: list[tuple[float, str]] = []


@dataclass(slots=True)
class Query:
    """A pressed button that waits for its toast."""

    chat_id: int
    at: float


class World(Watched):
    """Everything Telegram knows of one bot."""

    def __init__(
        self,
        bot_id: int,
        *,
        bot_username: str = "porchlight_bot",
        clock: Callable[[], float] = time.monotonic,
        flood: bool = True,
        random: Random | None = None,
    ) -> None:
        super().__init__()
        self.clock = clock
        self.bot_id = bot_id
        self.bot_username = bot_username
        self.random = random or Random(1)
        self.people: dict[int, JSON] = {}
        self.chats: dict[int, ChatLog] = {}
        self.menus: dict[tuple[str, str], list[tuple[str, str]]] = {}
        """(scope, language) → (name, description); a scope is "default", "chat:7", …"""
        self.profile: dict[str, str] = {}
        """"name", "description", "short_description"; with a language "name:de"."""
        self.left: list[int] = []
        self.floods = 0
        self.violations: list[str] = []
        self.webhook = ""
        """Its address, if one is set: then nothing can be polled."""
        self.updates = Updates(self.random.randrange(10**8, 9 * 10**8))
        self.queries: dict[str, Query] = {}
        self.files: dict[str, bytes] = {}
        self._flood = Flood() if flood else None
        self._message_ids: dict[int | None, int] = {}
        self._epoch = time.time() - clock()

    @property
    def me(self) -> JSON:
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": self.profile.get("name", "Porchlight"),
            "username": self.bot_username,
        }

    def date(self, at: float) -> int:
        return int(self._epoch + at)

    # ── For the methods ───────────────────────────────────────────────────────────────────────────

    def chat(self, chat_id: int) -> ChatLog:
        """A chat the bot can speak in."""
        chat = self.chats.get(chat_id)
        if chat is None:
            raise bad("chat not found")
        if chat.migrated_to is not None:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, upgraded, migrate_to_chat_id=chat.migrated_to)
        where = f"{chat.kind} chat"
        match chat.bot:
            case "blocked":
                raise Refused(403, "Forbidden: bot was blocked by the user")
            case "kicked":
                raise Refused(403, f"Forbidden: bot was kicked from the {where}")
            case "left":
                raise Refused(403, f"Forbidden: bot is not a member of the {where}")
        return chat

    def spend(self, chat: ChatLog) -> None:
        """A send or an edit passes here once it is known to be a good one."""
        if self._flood is None:
            return
        windows = PRIVATE if chat.kind == "private" else GROUP
        retry_after = self._flood.spend(chat.id, windows, self.clock())
        if retry_after is not None:
            self.floods += 1
            raise flooded(retry_after)

    def new_id(self, chat: ChatLog) -> int:
        counter = chat.id if chat.kind in ("supergroup", "channel") else None
        self._message_ids[counter] = self._message_ids.get(counter, 0) + 1
        return self._message_ids[counter]

    def violation(self, method: str, why: str) -> None:
        self.violations.append(f"{method}: {why}")

    # ── Things as clients are told them ───────────────────────────────────────────────────────────

    def user(self, person_id: int) -> JSON:
        return self.me if person_id == self.bot_id else self.people[person_id]

    def chat_as_told(self, chat: ChatLog) -> JSON:
        if chat.kind == "private":
            person = self.people[chat.id]
            named: JSON = {name: person[name] for name in ("first_name", "username") if name in person}
            return {"id": chat.id, "type": "private", **named}
        told: JSON = {"id": chat.id, "type": chat.kind, "title": chat.title}
        return {**told, "is_forum": True} if chat.forum else told

    def message(self, chat: ChatLog, post: Post, *, reply: bool = True) -> JSON:
        told: JSON = {"message_id": post.id, "date": post.date, "chat": self.chat_as_told(chat)}
        if chat.kind != "channel":
            told["from"] = self.user(post.sender)
        if post.topic is not None:
            told |= {"message_thread_id": post.topic, "is_topic_message": True}
        if reply and post.reply_to in chat.messages:
            told["reply_to_message"] = self.message(chat, chat.messages[post.reply_to], reply=False)
        elif reply and post.topic in chat.messages:
            # In a topic, what replies to nothing is told as a reply to the notice that opened it.
            told["reply_to_message"] = self.message(chat, chat.messages[post.topic], reply=False)
        captioned = any(kind in post.extra for kind in CAPTIONED)
        if post.text:
            told["caption" if captioned else "text"] = post.text
        if post.entities:
            told["caption_entities" if captioned else "entities"] = post.entities
        if post.markup:
            told["reply_markup"] = post.markup
        if post.edited_at is not None:
            told["edit_date"] = self.date(post.edited_at)
        return {**told, **post.extra}

    def changed_member(self, chat: ChatLog, by: int, status: str) -> None:
        """What the bot is in a chat changes: it is told so."""
        old, chat.bot = chat.bot, status
        change: JSON = {
            "chat": self.chat_as_told(chat),
            "from": self.user(by),
            "date": self.date(self.clock()),
        }
        for name, what in (("old_chat_member", old), ("new_chat_member", status)):
            change[name] = self.member_as_told(self.bot_id, "kicked" if what == "blocked" else what)
        self.updates.add("my_chat_member", change)

    def member_as_told(self, person_id: int, status: str) -> JSON:
        told: JSON = {"user": self.user(person_id), "status": status}
        match status:
            case "creator":
                told["is_anonymous"] = False
            case "kicked":
                told["until_date"] = 0
            case "administrator":
                told |= dict.fromkeys(RIGHTS, True) | {"is_anonymous": False, "can_be_edited": False}
        return told

    def file(self, content: bytes) -> JSON:
        file_id = f"file{len(self.files)}"
        self.files[file_id] = content
        return {"file_id": file_id, "file_unique_id": f"unique-{file_id}", "file_size": len(content)}


RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
CAPTIONED = ("photo", "voice", "document", "video", "audio")


def flooded(retry_after: int) -> Refused:
    why = f"Too Many Requests: retry after {retry_after}"
    return Refused(429, why, retry_after=retry_after)
