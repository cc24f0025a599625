"""What people do in the chats, as far as the bot hears of it: they write, edit, press, come and go.

Each act changes the chat and makes the update a real server would make, unless the bot is not there or
did not ask for that kind of update. Telegram's privacy mode is off: in a group everything is heard, and
what is meant for the bot is its own business to find out.
"""

from typing import Any

from tests.servers.telegram_chats import CAPTIONED, JSON, ChatLog, Post, Query, World
from tests.servers.telegram_entities import found_in

ANONYMOUS_ADMIN = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
SPEAKS_AS_CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}

PICTURE = b"\x89PNG\r\n\x1a\n"
"""Stands for what people attach, where a test does not bring its own bytes."""


class People(World):
    # ── Who there is, and where ───────────────────────────────────────────────────────────────────

    def person(self, person_id: int, name: str, *, language: str = "", username: str = "") -> None:
        person: JSON = {"id": person_id, "is_bot": False, "first_name": name}
        more = {"language_code": language, "username": username}
        self.people[person_id] = person | {key: value for key, value in more.items() if value}

    def private(self, person_id: int) -> ChatLog:
        """The person's own chat with the bot, which they have opened."""
        if person_id not in self.people:
            self.person(person_id, f"Person {person_id}")
        if person_id not in self.chats:
            self.chats[person_id] = ChatLog(person_id, "private", "", [person_id], forum=False)
        return self.chats[person_id]

    def group(
        self, chat_id: int, title: str, members: list[int], *, forum: bool = False, joined: bool = True
    ) -> ChatLog:
        """An id that begins with -100 makes it a supergroup, as on Telegram."""
        kind = "supergroup" if forum or str(chat_id).startswith("-100") else "group"
        for member in members:
            if member not in self.people:
                self.person(member, f"Person {member}")
        chat = self.chats[chat_id] = ChatLog(chat_id, kind, title, list(members), forum=forum)
        chat.bot = "member" if joined else "left"
        if forum:
            self.new_id(chat)  # 1 is the General topic
        return chat

    def channel(self, chat_id: int, title: str) -> ChatLog:
        chat = self.chats[chat_id] = ChatLog(chat_id, "channel", title, [], forum=False)
        chat.bot = "administrator"
        return chat

    def topic(self, chat_id: int, name: str, *, by: int) -> int:
        """Open a topic in a forum; its id is that of the notice of it."""
        chat = self.chats[chat_id]
        assert chat.forum, "only a forum has topics"
        post = self._new(chat, by)
        post.topic = post.id
        post.extra["forum_topic_created"] = {"name": name, "icon_color": 7322096}
        chat.topics[post.id] = name
        self._tell("message", chat, post)
        return post.id

    # ── Saying something ──────────────────────────────────────────────────────────────────────────

    def say(
        self,
        chat_id: int,
        person: int,
        text: str = "",
        *,
        reply_to: int | None = None,
        topic: int | None = None,
        photo: object = None,
        voice: object = None,
        document: object = None,
        sender_chat: int | None = None,
        edited: bool = False,
        ago_s: float = 0.0,
        extra: JSON | None = None,
    ) -> int:
        """Returns the message's id. Of an attachment the text is the caption; it is `bytes`, or just True.

        `sender_chat` speaks in the name of a chat: the group itself (an anonymous admin) or a channel.
        `edited` is an edit of what the bot never saw; `ago_s` sets the date back; `extra` is added as it is.
        """
        chat = self.chats[chat_id]
        post = self._new(chat, person, text, ago_s)
        post.entities = found_in(text)
        post.reply_to, post.topic = reply_to, topic
        if topic is not None:
            chat.topics.setdefault(topic, f"Topic {topic}")
        for kind, attached in (("photo", photo), ("voice", voice), ("document", document)):
            if attached:
                file = self.file(attached if isinstance(attached, bytes) else PICTURE)
                post.extra[kind] = _attachment(kind, file)
        if sender_chat is not None:
            post.extra["from"] = ANONYMOUS_ADMIN if sender_chat == chat_id else SPEAKS_AS_CHANNEL
            post.extra["sender_chat"] = (
                self.chat_as_told(self.chats[sender_chat])
                if sender_chat in self.chats
                else {"id": sender_chat, "type": "channel", "title": "A channel"}
            )
        post.extra |= extra or {}
        if edited:
            post.edited_at = post.at
        kind = "channel_post" if chat.kind == "channel" else "message"
        self._tell(f"edited_{kind}" if edited else kind, chat, post)
        return post.id

    def edit(self, chat_id: int, message_id: int, text: str) -> None:
        chat = self.chats[chat_id]
        post = chat.messages[message_id]
        assert post.sender != self.bot_id, "a person edits only what is their own"
        post.text, post.entities, post.edited_at = text, found_in(text), self.clock()
        self._tell("edited_channel_post" if chat.kind == "channel" else "edited_message", chat, post)

    def remove(self, chat_id: int, message_id: int) -> None:
        """A person deletes a message; no bot is told."""
        self.chats[chat_id].remove(message_id, self.clock())
        self.changed()

    def press(self, chat_id: int, message_id: int, button: str, *, person: int) -> str:
        """Press a button by its label or its data, also one that has just gone. Returns the query's id."""
        chat = self.chats[chat_id]
        post = chat.messages[message_id]
        data = dict(post.buttons).get(button, button)
        if data not in post.pressable:
            raise LookupError(f"no button {button!r}; there are {[label for label, _ in post.buttons]}")
        query_id = str(self.random.getrandbits(62))
        self.queries[query_id] = Query(chat_id, self.clock())
        message = self.message(chat, post)
        query = {"id": query_id, "from": self.people[person], "message": message, "data": data}
        self.updates.add("callback_query", {**query, "chat_instance": str(abs(chat_id) + 7)})
        self.changed()
        return query_id

    def react(self, chat_id: int, message_id: int, emoji: str, *, person: int) -> None:
        """A bot that does not ask for reactions hears nothing."""
        reaction: JSON = {"chat": self.chat_as_told(self.chats[chat_id]), "message_id": message_id}
        reaction |= {"user": self.people[person], "date": self.date(self.clock()), "old_reaction": []}
        self.updates.add(
            "message_reaction", {**reaction, "new_reaction": [{"type": "emoji", "emoji": emoji}]}
        )
        self.changed()

    def menu(self, person: int, chat_id: int) -> list[tuple[str, str]]:
        """What this person is offered in this chat: the narrowest menu there is, in their language first.
        https://core.telegram.org/bots/api#determining-list-of-commands"""
        chat = self.chats[chat_id]
        language = self.people[person].get("language_code", "")[:2]
        scopes = [f"chat:{chat_id}", "all_private_chats", "default"]
        if chat.kind != "private":
            narrow = [f"chat_member:{chat_id}:{person}", f"chat_administrators:{chat_id}", f"chat:{chat_id}"]
            scopes = [*narrow, "all_chat_administrators", "all_group_chats", "default"]
            if person not in chat.members[:1]:
                scopes = [scope for scope in scopes if "administrators" not in scope]
        keys = [(scope, spoken) for scope in scopes for spoken in (language, "")]
        return next((self.menus[key] for key in keys if self.menus.get(key)), [])

    def raw(self, update: dict[str, Any]) -> None:
        """An update just as it is; only a missing `update_id` is added."""
        self.updates.put(update)
        self.changed()

    # ── Coming and going ──────────────────────────────────────────────────────────────────────────

    def join(self, chat_id: int, by: int) -> None:
        """Somebody adds the bot to a group."""
        chat = self.chats[chat_id]
        if chat.bot == "member":
            chat.bot = "left"
        self.changed_member(chat, by, "member")
        post = self._new(chat, by)
        post.extra["new_chat_members"] = [self.me]
        self._tell("message", chat, post)

    def kick(self, chat_id: int, by: int) -> None:
        """Somebody removes the bot from a group."""
        self.changed_member(self.chats[chat_id], by, "kicked")
        self.changed()

    def promote(self, chat_id: int, by: int) -> None:
        """Somebody makes the bot an administrator: now it may delete what others said."""
        self.changed_member(self.chats[chat_id], by, "administrator")
        self.changed()

    def block(self, person: int) -> None:
        self.changed_member(self.chats[person], person, "blocked")
        self.changed()

    def unblock(self, person: int) -> None:
        self.changed_member(self.chats[person], person, "member")
        self.changed()

    def migrate(self, chat_id: int, new_id: int) -> ChatLog:
        """A basic group becomes a supergroup, with another id."""
        old = self.chats[chat_id]
        new = self.group(new_id, old.title, old.members)
        post = self._new(old, old.members[0])
        post.extra["migrate_to_chat_id"] = new_id
        self._tell("message", old, post)
        old.migrated_to = new_id
        return new

    # ── The little that all of them need ──────────────────────────────────────────────────────────

    def _new(self, chat: ChatLog, sender: int, text: str = "", ago_s: float = 0.0) -> Post:
        at = self.clock() - ago_s
        post = Post(self.new_id(chat), sender, text, at, self.date(at))
        chat.add(post)
        return post

    def _tell(self, kind: str, chat: ChatLog, post: Post) -> None:
        if chat.bot in ("member", "administrator"):
            self.updates.add(kind, self.message(chat, post))
        self.changed()


def _attachment(kind: str, file: JSON) -> Any:
    match kind:
        case "photo":
            return [{**file, "width": 320, "height": 320}]
        case "voice":
            return {**file, "duration": 3, "mime_type": "audio/ogg"}
    assert kind in CAPTIONED
    return {**file, "file_name": "letter.pdf", "mime_type": "application/pdf"}
