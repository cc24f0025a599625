"""Discord's REST routes about the bot itself, its channels and its messages, as functions over a `World`.

Each is registered with its path, the body it understands and the major parameter of its bucket; what a
route is not registered with, it does not know. A function checks everything before it changes something,
so a refused call has no effect. It raises `Refused` for what can happen to a correct client (the message is
gone, a right was taken away) and `Mistake` for what cannot. Interactions and commands have files of their
own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.servers import discord_messages as messages
from tests.servers.discord_calls import JSON, Call, Refused, forbidden, invalid, typed, unknown
from tests.servers.discord_model import (
    LOADING,
    PRIVATE,
    SILENT,
    SUPPRESS_EMBEDS,
    THREAD,
    Channel,
    Post,
    World,
)

NONCE_S = 180.0
""""The past few minutes" in which a nonce is known again."""
HISTORY_MAX = 100

Function = Callable[[World, Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    method: str
    pattern: re.Pattern[str]
    function: Function
    body: str
    major: tuple[str, ...]
    query: frozenset[str]
    authorized: bool
    """Whether it wants the bot's token; what belongs to an interaction has a token of its own in the path,
    and does not count for the limit over everything."""


ROUTES: dict[str, Route] = {}


def route(
    method: str,
    path: str,
    body: str = "",
    *,
    major: tuple[str, ...] = ("channel", "guild"),
    query: str = "",
    authorized: bool = True,
) -> Callable[[Function], Function]:
    """Register a function under its own name. `{channel}` in the path becomes `call.ids["channel"]`."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(function: Function) -> Function:
        name = function.__name__
        allowed = frozenset(query.split())
        ROUTES[name] = Route(name, method, pattern, function, body, major, allowed, authorized)
        return function

    return register


# ── The bot itself ────────────────────────────────────────────────────────────────────────────────


@route("GET", "/users/@me")
def me(world: World, call: Call) -> JSON:
    return {
        **world.told_user(world.bot_id),
        "flags": 0,
        "verified": True,
        "mfa_enabled": True,
        "locale": "en-US",
    }


@route("GET", "/applications/@me")
def application(world: World, call: Call) -> JSON:
    owner = min(world.people, default=world.bot_id)
    named = {"name": "Porchlight", "icon": None, "description": "", "summary": ""}
    return {
        **named,
        "id": str(world.application_id),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "owner": world.told_user(owner),
        "team": None,
        "approximate_guild_count": len(world.guilds),
    }


@route("GET", "/oauth2/applications/@me")
def oauth2_application(world: World, call: Call) -> JSON:
    return dict(application(world, call))


@route("POST", "/users/@me/channels", "recipient_id:id!")
def create_dm(world: World, call: Call) -> JSON:
    person = int(call.params["recipient_id"])
    found = [c for c in world.channels.values() if c.kind == PRIVATE and c.members == [person]]
    if person not in world.people:
        raise unknown(10013)
    if not found:
        found = [Channel(world.new_id(), PRIVATE, "", None, [person])]
        world.channels[found[0].id] = found[0]
    return world.told_channel(found[0])


@route("GET", "/users/@me/guilds", query="limit before after with_counts")
def guilds(world: World, call: Call) -> list[JSON]:
    there = [guild for guild in world.guilds.values() if guild.id not in world.left]
    return [{"id": str(guild.id), "name": guild.name, "owner": False, "features": []} for guild in there]


@route("DELETE", "/users/@me/guilds/{guild}", "lurking:bool")
def leave_guild(world: World, call: Call) -> None:
    guild = call.id("guild")
    if guild not in world.guilds or guild in world.left:
        raise unknown(10004)
    world.left.append(guild)
    world.tell("GUILD_DELETE", {"id": str(guild)})


@route("GET", "/users/{user}")
def user(world: World, call: Call) -> JSON:
    if call.id("user") not in {*world.people, world.bot_id}:
        raise unknown(10013)
    return world.told_user(call.id("user"))


@route("GET", "/guilds/{guild}", query="with_counts")
def guild(world: World, call: Call) -> JSON:
    if call.id("guild") not in world.guilds:
        raise unknown(10004)
    if call.id("guild") in world.left:
        raise forbidden(50001)
    return world.told_guild(world.guilds[call.id("guild")])


@route("GET", "/gateway/bot")
def gateway_bot(world: World, call: Call) -> JSON:
    starts = {"total": 1000, "remaining": 999, "reset_after": 14400000, "max_concurrency": 1}
    return {"url": world.gateway_url, "shards": 1, "session_start_limit": starts}


# ── Channels ──────────────────────────────────────────────────────────────────────────────────────


@route("GET", "/channels/{channel}")
def channel(world: World, call: Call) -> JSON:
    return world.told_channel(world.reachable(call.id("channel")))


@route("POST", "/channels/{channel}/typing")
def typing(world: World, call: Call) -> None:
    channel = world.reachable(call.id("channel"), "SEND_MESSAGES")
    channel.typing.append(world.clock())


@route("GET", "/channels/{channel}/messages", query="limit before after around")
def history(world: World, call: Call) -> list[JSON]:
    """Newest first. Without the right to read the history there is none, and that is no error."""
    channel = world.reachable(call.id("channel"))
    limit = call.query.get("limit", "50")
    if not limit.isdecimal() or not 1 <= int(limit) <= HISTORY_MAX:
        raise invalid("limit", "NUMBER_TYPE_MAX", f"int value should be between 1 and {HISTORY_MAX}.")
    anchors = call.query.keys() & {"before", "after", "around"}
    if len(anchors) > 1:
        raise invalid("before", "BASE_TYPE_EXCLUSIVE", "before, after and around exclude each other")
    if channel.kind != PRIVATE and "READ_MESSAGE_HISTORY" in channel.forbidden:
        return []
    posts = sorted(
        (post for post in channel.messages.values() if post.ephemeral_to is None), key=lambda post: post.id
    )
    chosen = _around(posts, anchors.pop() if anchors else "", call.query, int(limit))
    return [_told(world, channel, post) for post in reversed(chosen)]


def _around(posts: list[Post], anchor: str, query: dict[str, str], limit: int) -> list[Post]:
    if not anchor:
        return posts[-limit:]
    if not query[anchor].isdecimal():
        raise invalid(anchor, "NUMBER_TYPE_COERCE", f'Value "{query[anchor]}" is not snowflake.')
    edge = int(query[anchor])
    older = [post for post in posts if post.id < edge]
    newer = [post for post in posts if post.id > edge]
    if anchor == "before":
        return older[-limit:]
    if anchor == "after":
        return newer[:limit]
    itself = [post for post in posts if post.id == edge]
    half = limit // 2
    return (older[-half:] if half else []) + itself + newer[: limit - half - len(itself)]


@route("GET", "/channels/{channel}/messages/{message}")
def message(world: World, call: Call) -> JSON:
    channel = world.reachable(call.id("channel"), "READ_MESSAGE_HISTORY")
    return _told(world, channel, world.message(channel, call.id("message")))


def _told(world: World, channel: Channel, post: Post) -> JSON:
    return world.told(channel, post, content="MESSAGE_CONTENT" in world.privileged)


# ── Messages ──────────────────────────────────────────────────────────────────────────────────────

WRITING = (
    "content:str tts:bool embeds:list allowed_mentions:object components:list flags:int attachments:list"
)


@route(
    "POST",
    "/channels/{channel}/messages",
    WRITING + " nonce:text enforce_nonce:bool message_reference:object sticker_ids:list",
)
def create_message(world: World, call: Call) -> JSON:
    channel = writable(world, call.id("channel"))
    params = call.params
    post = new_post(world, call, SUPPRESS_EMBEDS | SILENT)
    post.nonce = messages.nonce_of(params)
    if channel.blocked:
        raise forbidden(50007)
    replied = _replied(world, channel, params)
    post.reply_to = None if replied is None else replied.id
    if post.nonce is None or params.get("enforce_nonce") is not True:
        world.violation(call.route, "without a nonce that is enforced")
    elif again := _same_nonce(world, post.nonce):
        place, earlier = again
        if place is not channel:
            world.violation(call.route, "the nonce of a post in another channel")
        return world.told(place, earlier)
    judge(world, call, post, messages.pings_of(post.text, params.get("allowed_mentions"), replied))
    publish(world, channel, post)
    if post.nonce is not None:
        world.nonces[post.nonce] = channel, post
    return world.told(channel, post)


def writable(world: World, channel_id: int) -> Channel:
    channel = world.reachable(channel_id)
    right = "SEND_MESSAGES_IN_THREADS" if channel.kind == THREAD else "SEND_MESSAGES"
    return world.reachable(channel_id, right)


def new_post(world: World, call: Call, allowed_flags: int) -> Post:
    """One that was checked, and stands nowhere yet."""
    params = call.params
    text, components = messages.content_of(params), messages.components_of(params)
    flags = messages.flags_of(params, allowed_flags)
    if not text and not call.uploads and not params.get("embeds") and not params.get("sticker_ids"):
        raise messages.empty()
    now = world.clock()
    return Post(world.new_id(), world.bot_id, text, now, components, flags, uploads=call.uploads)


def _replied(world: World, channel: Channel, params: JSON) -> Post | None:
    if params.get("message_reference") is None:
        return None
    known = "message_id:id! channel_id:id guild_id:id fail_if_not_exists:bool type:int"
    reference, strange = typed(params["message_reference"], known, "message_reference.")
    if strange:
        raise invalid(f"message_reference.{strange[0]}", "UNKNOWN_FIELD", "no reference has it")
    if int(reference.get("channel_id", channel.id)) != channel.id:
        why = "Cannot reply to a message in a different channel"
        raise invalid("message_reference", "MESSAGE_REFERENCE_CHANNEL", why)
    if channel.kind != PRIVATE and "READ_MESSAGE_HISTORY" in channel.forbidden:
        raise Refused(403, 160002, "Cannot reply without permission to read message history")
    replied = channel.messages.get(int(reference["message_id"]))
    if (replied is None or replied.ephemeral_to is not None) and reference.get("fail_if_not_exists", True):
        # A message that was just deleted happens to everybody: no mistake.
        raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message").refusal
    return replied


def _same_nonce(world: World, nonce: str) -> tuple[Channel, Post] | None:
    channel, post = world.nonces.get(nonce, (None, None))
    if channel is None or post is None or post.deleted_at is not None or post.at <= world.clock() - NONCE_S:
        return None
    return channel, post


@route("PUT", "/channels/{channel}/messages/pins/{message}")
def pin_message(world: World, call: Call) -> None:
    """In a direct chat anybody may; elsewhere it wants a right that we do not ask for."""
    channel = world.reachable(call.id("channel"))
    if channel.kind != PRIVATE:
        raise forbidden(50013)
    post = world.message(channel, call.id("message"))
    if post.ephemeral_to is not None:
        raise unknown(10008)
    if post.id not in channel.pinned:
        channel.pinned.append(post.id)
        world.tell("CHANNEL_PINS_UPDATE", {"channel_id": str(channel.id), "last_pin_timestamp": None})


@route("PATCH", "/channels/{channel}/messages/{message}", WRITING)
def edit_message(world: World, call: Call) -> JSON:
    channel = world.reachable(call.id("channel"))
    post = world.message(channel, call.id("message"))
    if post.sender != world.bot_id:
        raise forbidden(50005)
    change(world, call, channel, post, SUPPRESS_EMBEDS)
    return world.told(channel, post)


@route("DELETE", "/channels/{channel}/messages/{message}")
def delete_message(world: World, call: Call) -> None:
    channel = world.reachable(call.id("channel"))
    post = world.message(channel, call.id("message"))
    if post.sender != world.bot_id:
        if channel.kind == PRIVATE:
            raise Refused(403, 50003, "Cannot execute action on a DM channel")
        world.reachable(channel.id, "MANAGE_MESSAGES")
    retract(world, channel, post)


# ── What messages and the answers to interactions share ───────────────────────────────────────────


def publish(world: World, channel: Channel, post: Post) -> None:
    post.mentions = [int(found[1]) for found in messages.MENTION.finditer(post.text) if found[1]]
    post.mentions = [person for person in post.mentions if person in {*world.people, world.bot_id}]
    post.show(world.clock(), post.text)
    channel.add(post, own=True)
    if post.ephemeral_to is None:
        world.tell("MESSAGE_CREATE", world.told_place(channel, post.sender), channel, post)


def change(world: World, call: Call, channel: Channel, post: Post, allowed_flags: int) -> None:
    """An edit: what it does not name stays, also the flags."""
    params = call.params
    text = messages.content_of(params) if "content" in params else post.text
    components = messages.components_of(params) if "components" in params else post.components
    flags = messages.flags_of(params, allowed_flags) if params.get("flags") is not None else None
    if not text and not post.uploads and not call.uploads:
        raise messages.empty()
    pings = messages.pings_of(text, params.get("allowed_mentions")) if "content" in params else []
    if flags is not None:
        post.flags = post.flags & ~SUPPRESS_EMBEDS | flags
    post.flags &= ~LOADING
    post.components, post.edited_at = components, world.clock()
    post.uploads = post.uploads + call.uploads
    post.show(world.clock(), text)
    judge(world, call, post, pings)
    if post.ephemeral_to is None:
        world.tell("MESSAGE_UPDATE", world.told_place(channel, post.sender), channel, post)


def retract(world: World, channel: Channel, post: Post) -> None:
    channel.remove(post.id, world.clock())
    if post.ephemeral_to is None:
        deleted = {"id": str(post.id), "channel_id": str(channel.id)}
        if channel.guild is not None:
            deleted["guild_id"] = str(channel.guild)
        world.tell("MESSAGE_DELETE", deleted, channel)


def judge(world: World, call: Call, post: Post, pings: list[str]) -> None:
    """What Discord lets pass, and we promised never to do. The library has no way to set the flag when it
    edits the answer to an interaction: there, only a link needs it."""
    for ping in pings:
        post.pings.append(ping)
        world.violation(call.route, f"{ping.strip('<>')} is pinged")
    if not post.embeds_suppressed and ("channel" in call.ids or messages.LINKS.search(post.text)):
        world.violation(call.route, "embeds are not suppressed")
