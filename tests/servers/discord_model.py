"""What the stand-in for Discord keeps: guilds, channels, and what stands in them, and what was shown when.

A `Channel` is a direct message channel, a guild's text channel or a thread. A `World` is all of them
together with the people, the bot's registered commands and the open interactions. `told_…` gives a thing
as clients are told it; whether the text of a message may be told is decided by `may_read`. Nothing here
knows of HTTP or sockets: who listens is told through `tell`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.servers.discord_calls import JSON, Upload, forbidden, unknown
from tests.servers.standing import Button, Standing, Watched

DISCORD_EPOCH_MS = 1420070400000
PRIVATE, TEXT, THREAD = 1, 0, 11
"""Types of channels."""
SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT = 1 << 2, 1 << 6, 1 << 7, 1 << 12
"""Flags of messages."""
RIGHTS = {
    "VIEW_CHANNEL": 1 << 10,
    "SEND_MESSAGES": 1 << 11,
    "MANAGE_MESSAGES": 1 << 13,
    "EMBED_LINKS": 1 << 14,
    "ATTACH_FILES": 1 << 15,
    "READ_MESSAGE_HISTORY": 1 << 16,
    "USE_APPLICATION_COMMANDS": 1 << 31,
    "SEND_MESSAGES_IN_THREADS": 1 << 38,
}
GIVEN = sum(RIGHTS.values()) - RIGHTS["MANAGE_MESSAGES"]
ADMINISTRATOR = 1 << 3


@dataclass(slots=True)
class Post:
    """Something standing in a channel: one of the bot's posts, or what a person said."""

    id: int
    sender: int
    text: str
    at: float
    """By the server's clock."""
    components: list[JSON] = field(default_factory=list)
    flags: int = 0
    reply_to: int | None = None
    mentions: list[int] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    nonce: str | None = None
    ephemeral_to: int | None = None
    """Only this person sees it; it is in no history."""
    interaction: int | None = None
    """What it answers, if that is an interaction."""
    edited_at: float | None = None
    deleted_at: float | None = None
    shown: list[tuple[float, str]] = field(default_factory=list)
    """Every text it ever showed, and since when."""
    pings: list[str] = field(default_factory=list)
    """Every mention that would have reached somebody."""
    pressable: set[str] = field(default_factory=set)
    """Every custom id it ever had: a press may arrive when the button is gone."""

    @property
    def buttons(self) -> list[Button]:
        keys = [key for row in self.components for key in row["components"]]
        return [Button(key.get("label", ""), key.get("custom_id") or key.get("url", "")) for key in keys]

    @property
    def embeds_suppressed(self) -> bool:
        return bool(self.flags & SUPPRESS_EMBEDS)

    def show(self, at: float, text: str) -> None:
        self.text = text
        if not self.shown or self.shown[-1][1] != text:
            self.shown.append((at, text))
        self.pressable |= {data for _, data in self.buttons}


class Channel(Standing[Post]):
    def __init__(self, channel_id: int, kind: int, name: str, guild: int | None, members: list[int]) -> None:
        super().__init__()
        self.id = channel_id
        self.kind = kind
        self.name = name
        self.guild = guild
        self.members = members
        self.parent: int | None = None
        """Of a thread: the channel it was opened in."""
        self.forbidden: set[str] = {"MANAGE_MESSAGES"}
        """What the bot may not do here, by the names in `RIGHTS`."""
        self.blocked = False
        """Of a direct message channel: the person takes no messages from the bot."""
        self.typing: list[float] = []


@dataclass(slots=True)
class Guild:
    id: int
    name: str
    members: list[int]
    """The first one is its owner."""


@dataclass(slots=True)
class Interaction:
    """Something a person did that waits for an answer."""

    id: int
    kind: int
    """2: a command, 3: a button, 5: a modal."""
    token: str
    at: float
    channel: int
    person: int
    message: int | None = None
    """The post the button hangs under."""
    from_menu: bool = False
    """A command of the menu of a message, and none that was typed."""
    acknowledged_at: float | None = None
    deferred: bool = False
    """A thinking post stands in for the answer."""
    ephemeral: bool = False
    response: int | None = None
    """The post that @original means."""
    modal: JSON | None = None
    """The form the bot opened."""


class World(Watched):
    """Everything Discord knows of one bot."""

    def __init__(self, bot_id: int, *, clock: Callable[[], float], random: Random | None = None) -> None:
        super().__init__()
        self.clock = clock
        self.random = random or Random(1)
        self.bot_id = bot_id
        self.application_id = bot_id
        self.people: dict[int, JSON] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[int, Interaction] = {}
        self.nonces: dict[str, tuple[Channel, Post]] = {}
        """The last post of the bot with each."""
        self.commands: list[JSON] = []
        """The application commands as they are registered."""
        self.privileged: set[str] = set()
        """Privileged intents that are switched on: "MESSAGE_CONTENT", "GUILD_MEMBERS", "GUILD_PRESENCES"."""
        self.left: list[int] = []
        self.violations: list[str] = []
        self.epoch = time.time() - clock()
        self._last_id = 0

    def violation(self, route: str, why: str) -> None:
        self.violations.append(f"{route}: {why}")

    def tell(self, event: str, data: JSON, channel: Channel | None = None, post: Post | None = None) -> None:
        """An event for who listens; with a post, its text is left out for who may not read it."""
        raise NotImplementedError

    @property
    def gateway_url(self) -> str:
        raise NotImplementedError

    def new_id(self) -> int:
        """A snowflake: the time in its upper bits, and greater than all before."""
        milliseconds = int((self.epoch + self.clock()) * 1000) - DISCORD_EPOCH_MS
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return self._last_id

    def reachable(self, channel_id: int, *rights: str) -> Channel:
        """A channel the bot has these rights in."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise unknown(10003)
        if channel.guild in self.left or "VIEW_CHANNEL" in channel.forbidden:
            raise forbidden(50001)
        if channel.kind != PRIVATE and channel.forbidden & set(rights):
            raise forbidden(50013)
        return channel

    def message(self, channel: Channel, message_id: int) -> Post:
        """One the bot finds through the channel: not an ephemeral one."""
        post = channel.messages.get(message_id)
        if post is None or post.ephemeral_to is not None:
            raise unknown(10008)
        return post

    def may_read(self, channel: Channel, post: Post, *, content: bool) -> bool:
        """https://docs.discord.com/developers/events/gateway#message-content-intent"""
        known = channel.kind == PRIVATE or post.sender == self.bot_id or self.bot_id in post.mentions
        return content or known

    # ── Things as clients are told them ───────────────────────────────────────────────────────────

    def time(self, at: float) -> str:
        return datetime.fromtimestamp(self.epoch + at, UTC).isoformat()

    def told_user(self, person: int) -> JSON:
        if person == self.bot_id:
            me = {"username": "porchlight", "global_name": None, "bot": True}
            return {"id": str(person), "discriminator": "0000", "avatar": None, "public_flags": 0, **me}
        named = {"username": self.people[person]["name"].lower(), "global_name": self.people[person]["name"]}
        return {"id": str(person), "discriminator": "0", "avatar": None, "public_flags": 0, **named}

    def told_member(self, guild: Guild, person: int) -> JSON:
        joined: JSON = {"joined_at": self.time(0.0), "premium_since": None, "nick": None, "avatar": None}
        return {**joined, "roles": [], "deaf": False, "mute": False, "flags": 0, "pending": False}

    def told_channel(self, channel: Channel) -> JSON:
        told: JSON = {"id": str(channel.id), "type": channel.kind, "last_message_id": None, "flags": 0}
        if channel.messages:
            told["last_message_id"] = str(max(channel.messages))
        if channel.kind == PRIVATE:
            return {**told, "recipients": [self.told_user(person) for person in channel.members]}
        told |= {"guild_id": str(channel.guild), "name": channel.name, "rate_limit_per_user": 0}
        if channel.kind == THREAD:
            owner: JSON = {"owner_id": str(channel.members[0]), "parent_id": str(channel.parent)}
            opened: JSON = {"archived": False, "auto_archive_duration": 1440, "locked": False}
            opened["archive_timestamp"] = self.time(self.clock())
            return {**told, **owner, "message_count": len(channel.messages), "thread_metadata": opened}
        denied = sum(RIGHTS[right] for right in channel.forbidden)
        overwrite = {"id": str(self.bot_id), "type": 1, "allow": "0", "deny": str(denied)}
        more: JSON = {"position": 0, "topic": None, "nsfw": False, "parent_id": None}
        return {**told, **more, "permission_overwrites": [overwrite]}

    def told_guild(self, guild: Guild) -> JSON:
        everyone: JSON = {"id": str(guild.id), "name": "@everyone", "permissions": str(GIVEN), "position": 0}
        everyone |= {"color": 0, "hoist": False, "managed": False, "mentionable": False, "flags": 0}
        colors = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        mine = [channel for channel in self.channels.values() if channel.guild == guild.id]
        bot = {**self.told_member(guild, self.bot_id), "user": self.told_user(self.bot_id)}
        levels = ("verification_level", "default_message_notifications", "explicit_content_filter")
        numbers: JSON = dict.fromkeys((*levels, "mfa_level", "premium_tier", "nsfw_level"), 0)
        lists: JSON = {key: [] for key in ("emojis", "features", "presences", "stickers", "voice_states")}
        lists |= {key: [] for key in ("stage_instances", "guild_scheduled_events", "soundboard_sounds")}
        return {
            **numbers,
            **lists,
            "id": str(guild.id),
            "name": guild.name,
            "owner_id": str(guild.members[0]),
            "unavailable": False,
            "large": False,
            "member_count": len(guild.members) + 1,
            "preferred_locale": "en-US",
            "afk_timeout": 300,
            "system_channel_flags": 0,
            "joined_at": self.time(0.0),
            "roles": [{**everyone, "colors": colors}],
            "members": [bot],
            "channels": [self.told_channel(channel) for channel in mine if channel.kind == TEXT],
            "threads": [self.told_channel(channel) for channel in mine if channel.kind == THREAD],
        }

    def told_place(self, channel: Channel, person: int) -> JSON:
        """What only the events tell of a message: where it stands, and who its author is there.
        https://docs.discord.com/developers/events/gateway-events#message-create"""
        if channel.guild is None:
            return {}
        member = self.told_member(self.guilds[channel.guild], person)
        return {"guild_id": str(channel.guild), "member": member}

    def told(self, channel: Channel, post: Post, *, content: bool = True, reply: bool = True) -> JSON:
        """A message; without `content`, only what everybody may know of it."""
        readable = self.may_read(channel, post, content=content)
        told: JSON = {
            "id": str(post.id),
            "channel_id": str(channel.id),
            "type": self._kind(post),
            "author": self.told_user(post.sender),
            "content": post.text if readable else "",
            "components": post.components if readable else [],
            "attachments": [_told_upload(post, n) for n in range(len(post.uploads))] if readable else [],
            "embeds": [],
            "timestamp": self.time(post.at),
            "edited_timestamp": None if post.edited_at is None else self.time(post.edited_at),
            "flags": post.flags,
            "mentions": [self.told_user(person) for person in post.mentions],
            "mention_roles": [],
            "mention_everyone": "@everyone" in post.pings,
            "pinned": post.id in channel.pinned,
            "tts": False,
        }
        if post.nonce is not None:
            told["nonce"] = post.nonce
        if post.sender == self.bot_id:
            told["application_id"] = str(self.application_id)
        if post.interaction is not None:
            told["webhook_id"] = str(self.application_id)
            asked = self.interactions[post.interaction]
            user = self.told_user(asked.person)
            told["interaction_metadata"] = {
                "id": str(asked.id),
                "type": asked.kind,
                "user": user,
                "authorizing_integration_owners": {},
            }
        if post.reply_to is not None:
            reference = {"type": 0, "channel_id": str(channel.id), "message_id": str(post.reply_to)}
            if channel.guild is not None:
                reference["guild_id"] = str(channel.guild)
            told["message_reference"] = reference
            replied = channel.messages.get(post.reply_to)
            if reply:
                # Null says that it was deleted.
                told["referenced_message"] = replied and self.told(
                    channel, replied, content=content, reply=False
                )
        return told

    def _kind(self, post: Post) -> int:
        """https://docs.discord.com/developers/resources/message#message-object-message-types"""
        if post.reply_to is not None or post.interaction is None:
            return 0 if post.reply_to is None else 19
        return 23 if self.interactions[post.interaction].from_menu else 20


def _told_upload(post: Post, number: int) -> Any:
    upload = post.uploads[number]
    url = f"https://cdn.example/attachments/{post.id}/{upload.filename}"
    size = {"filename": upload.filename, "size": len(upload.content)}
    return {"id": str(post.id + number + 1), "url": url, "proxy_url": url, **size}
