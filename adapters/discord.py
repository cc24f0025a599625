"""The family's chats on Discord: direct ones, channels of servers, and threads.

    adapters/discord_gateway.py ─► discord_events.py ─► accept ─► discord_interactions.py
    post, edit … ─► discord_text.py ─► discord_calls.py ─► Discord

This file says what each method of a `Messenger` is on Discord. A chat's id is that of the channel, and in a
server "server:channel". Nothing is tried twice here: when to try again is decided above. A post is sent
with a nonce made from its `key`, by which Discord knows it again for a few minutes ("Create Message",
`enforce_nonce`); whoever posts anew after longer than that, posts again. Nobody is ever pinged, and no link
is previewed, at no edit.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from adapters import discord_text
from adapters.discord_calls import Calls
from adapters.discord_events import INTERACTION, PLATFORM, chat_of, is_by, is_thinking, read_id
from adapters.discord_gateway import Gateway, Trouble
from adapters.discord_interactions import Interactions
from adapters.discord_library import GATEWAY_URL
from adapters.discord_slash import Slash, differ, menu_entry, slash
from core.errors import BadFormat, Gone, NoRight, PlatformError, Unclear
from core.types import Accept, Button, Chat, Limits, Part, Person

API_URL = "https://discord.com/api/v10"
TIMEOUT_S = 15.0
CAPTION_MAX = 2000
NONCE_MAX = 25
BUTTONS_PER_ROW, ROWS_MAX = 5, 5
LABEL_MAX, COMMAND_MAX = 80, 100
GONE_MAX = 500
SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 4, 4096
"""The second only when a post is created. (Discord API, \"Message Flags\")"""
NOBODY = {"parse": [], "users": [], "roles": [], "replied_user": False}
PAGE, PAGES_MAX = 100, 20
RIGHTS = sum(1 << bit for bit in (10, 11, 15, 16, 38))
"""View Channel, Send Messages, Attach Files, Read Message History, Send Messages in Threads: no more than
answering takes. (Discord API, "Permissions")"""


class Discord:
    """`commands` are offered as slash commands; `about` is the name of the entry in the menu of a message,
    and the question it puts; `form` is the title of the form for the password, and what its field is called.
    `cursor` gives what was stored last; `trouble` is told once what only a person can mend. `close` when
    nothing is to be posted any more, which is later than the end of `run`."""

    platform = PLATFORM
    resumes = True
    has_form = True
    limits = Limits(
        first_edits_s=(0.5, 0.8, 1.1),
        previews_per_minute=55,
        topics_apart=True,
        buttons_max=BUTTONS_PER_ROW * ROWS_MAX,
    )

    def __init__(
        self,
        token: str,
        api_url: str = API_URL,
        gateway_url: str = GATEWAY_URL,
        *,
        cursor: Callable[[], Awaitable[str | None]],
        trouble: Callable[[Trouble], Awaitable[None]],
        commands: Sequence[Slash] = (),
        about: tuple[str, str] = ("Ask about this", "What does this mean?"),
        form: tuple[str, str] = ("Enter the password", "Password"),
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._offered = [*map(slash, commands), menu_entry(about[0])]
        self._calls = Calls(token, api_url, timeout_s=timeout_s, clock=clock)
        alone = [command.name for command in commands if command.alone]
        self._interactions = Interactions(self._calls, alone, form, clock=clock)
        self._gateway = Gateway(
            token,
            gateway_url,
            self._calls,
            self._interactions,
            about=about[1],
            cursor=cursor,
            trouble=trouble,
            clock=clock,
            sleep=sleep,
        )
        self._registered = False
        self._direct: dict[str, Chat] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        """Posts that were found to be gone: their nonces lead nowhere."""

    @property
    def heard_at(self) -> float | None:
        """When Discord last told something, on the monotonic clock: the sign that we hear people."""
        return self._gateway.heard_at

    async def run(self, accept: Accept) -> None:
        await self._gateway.run(accept)

    async def close(self) -> None:
        await self._calls.close()

    # ── Posts ─────────────────────────────────────────────────────────────────────────────────────

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        channel = _channel(chat)
        post = await self._interactions.post(reply_to, key, _body(part))
        if post is not None:
            return post
        if reply_to is not None and reply_to.startswith(INTERACTION):
            await self._stop_thinking(chat, reply_to)
        body = _new(part) | {"enforce_nonce": True}
        if reply_to is not None and reply_to.isdecimal():
            body["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": True}
        for attempt in ("", " again"):
            body["nonce"] = _nonce(chat, key + attempt)
            sent = await self._in(chat, "POST", f"/channels/{channel}/messages", body)
            if (number := read_id(sent)) is None:
                raise Unclear("the reply names no post")
            if str(number) not in self._gone:
                break
        if str(sent.get("content", part.text)).strip() != part.text.strip():
            await self.edit(chat, str(number), part)  # it was sent before, with less in it
        return str(number)

    async def _stop_thinking(self, chat: Chat, interaction: str) -> None:
        """An earlier run has acknowledged it, and its token is gone with that run: where it says "thinking"
        the answer will not stand."""
        number = interaction.removeprefix(INTERACTION)
        with suppress(PlatformError):
            query = {"after": number, "limit": str(PAGE)}
            page = await self._calls.call("GET", f"/channels/{_channel(chat)}/messages", query=query)
            for one in page if isinstance(page, list) else []:
                if is_thinking(one, number):
                    await self._calls.call("DELETE", f"/channels/{_channel(chat)}/messages/{read_id(one)}")

    async def edit(self, chat: Chat, post: str, part: Part) -> None:
        channel = _channel(chat)
        if await self._interactions.edit(post, _body(part)):
            return
        await self._of(chat, post, "PATCH", f"/channels/{channel}/messages/{_post(post)}", _body(part))

    async def delete(self, chat: Chat, post: str) -> None:
        """What is not there any more needs no deleting; what Discord will not delete is `Gone` for us."""
        channel = _channel(chat)
        if not await self._interactions.delete(post):
            await self._of(chat, post, "DELETE", f"/channels/{channel}/messages/{_post(post)}")

    async def typing(self, chat: Chat, note: str) -> None:
        await self._in(chat, "POST", f"/channels/{_channel(chat)}/typing")

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        if not png:
            raise BadFormat("an empty picture")
        body = {
            **_new(Part(caption[:CAPTION_MAX], silent=silent)),
            "attachments": [{"id": 0, "filename": "picture.png"}],
            "nonce": secrets.token_hex(NONCE_MAX // 2),
            "enforce_nonce": True,
        }
        sent = await self._in(chat, "POST", f"/channels/{_channel(chat)}/messages", body, file=png)
        return str(read_id(sent) or "")

    async def draft(self, chat: Chat, part: Part, *, key: str) -> None:
        raise Gone("Discord has no drafts")

    def render(self, markdown: str, final: bool) -> list[Part]:
        return discord_text.render(markdown, final)

    async def strays(self, chat: Chat, *, after: str, before: str, known: Collection[str]) -> list[str]:
        """A post that is sent again under its key soon is the same post, so there is one only after a
        longer time. What Discord shows tells all of ours; all that only one person sees it does not tell."""
        me, first, last = self._gateway.me, _snowflake(after), _snowflake(before)
        if me is None:
            raise Unclear("not connected yet, and so not able to tell which posts are ours")
        found: list[str] = []
        for _ in range(PAGES_MAX):
            query = {"after": str(first), "limit": str(PAGE)}
            page = await self._in(chat, "GET", f"/channels/{_channel(chat)}/messages", query=query)
            posts = {number: one for one in page if (number := read_id(one)) and first < number < last}
            found += [str(number) for number in sorted(posts) if me and is_by(posts[number], me)]
            if len(page) < PAGE or not posts:
                break
            first = max(posts)
        return [post for post in found if post not in known]

    # ── People and servers ────────────────────────────────────────────────────────────────────────

    async def direct(self, person: Person) -> Chat:
        if person.id not in self._direct:
            if not person.id.isdecimal():
                raise Gone("no such person on Discord")
            found = await self._calls.call("POST", "/users/@me/channels", {"recipient_id": person.id})
            number = read_id(found)
            if number is None:
                raise Unclear("the reply names no chat")
            chat = self._direct[person.id] = chat_of(number, None)
            self._gateway.know(chat, number, read_id(found, "last_message_id") or number)
        return self._direct[person.id]

    async def leave(self, chat: Chat) -> None:
        """The whole server."""
        if chat.kind == "group":
            guild = chat.whole_id
            with suppress(Gone):
                await self._calls.call("DELETE", f"/users/@me/guilds/{_number(guild)}")

    async def menu(self, chat: Chat | None, commands: Sequence[tuple[str, str]], language: str) -> None:
        """Discord has one menu for everybody, in which each sees what the server's owners let them see: it
        is told once, and only if it is another than Discord knows."""
        if self._registered:
            return
        if self._gateway.application_id is None:
            raise Unclear("not connected yet")
        path = f"/applications/{self._gateway.application_id}/commands"
        if differ(await self._calls.call("GET", path, query={"with_localizations": "true"}), self._offered):
            await self._calls.call("PUT", path, self._offered)
        self._registered = True

    async def pin(self, chat: Chat, post: str) -> None:
        """In a direct chat both may. (Discord API, "Pin Message")"""
        await self._of(chat, post, "PUT", f"/channels/{_channel(chat)}/messages/pins/{_post(post)}")

    def invite_link(self, code: str) -> str | None:
        """That of our profile. No link on Discord carries a code along: it has to be written."""
        me = self._gateway.application_id
        return f"https://discord.com/users/{me}" if me else None

    def group_link(self) -> str | None:
        me = self._gateway.application_id
        return server_link(me) if me else None

    # ── Calling ───────────────────────────────────────────────────────────────────────────────────

    async def _in(
        self,
        chat: Chat,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        file: bytes | None = None,
    ) -> Any:
        try:
            return await self._calls.call(method, path, body, query=query, file=file)
        except NoRight:
            if chat.kind == "group" and method != "DELETE":
                await self._gateway.tell("access")
            raise

    async def _of(self, chat: Chat, post: str, method: str, path: str, body: Any = None) -> None:
        try:
            await self._in(chat, method, path, body)
        except Gone as gone:
            self._gone[post] = None
            if len(self._gone) > GONE_MAX:
                self._gone.popitem(last=False)
            if method != "DELETE" or not str(gone).startswith("404"):
                raise


def server_link(application_id: int) -> str:
    """What somebody opens to add the bot to a server of theirs, with no more rights than it needs."""
    scope = "bot+applications.commands"
    return (
        f"https://discord.com/oauth2/authorize?client_id={application_id}&scope={scope}&permissions={RIGHTS}"
    )


def _channel(chat: Chat) -> int:
    return _number(chat.id.rpartition(":")[2])


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise Gone("no such chat on Discord")
    return int(text)


def _post(post: str) -> int:
    """An interaction is no post."""
    if not post.isascii() or not post.isdecimal():
        raise Gone("no such post on Discord")
    return int(post)


def _snowflake(post: str) -> int:
    """Ids grow with time, those of interactions among them."""
    number = post.removeprefix(INTERACTION)
    return int(number) if number.isascii() and number.isdecimal() else 0


def _nonce(chat: Chat, key: str) -> str:
    return hashlib.sha256(f"{chat.id} {key}".encode()).hexdigest()[:NONCE_MAX]


def _body(part: Part) -> dict[str, Any]:
    return {
        "content": part.text,
        "flags": SUPPRESS_EMBEDS,
        "allowed_mentions": NOBODY,
        "components": _rows(part.buttons),
    }


def _new(part: Part) -> dict[str, Any]:
    flags = SUPPRESS_EMBEDS | (SUPPRESS_NOTIFICATIONS if part.silent else 0)
    return _body(part) | {"flags": flags}


def _rows(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    keys = [
        {"type": 2, "style": 2, "label": button.label[:LABEL_MAX], "custom_id": button.command[:COMMAND_MAX]}
        for button in buttons[: BUTTONS_PER_ROW * ROWS_MAX]
    ]
    rows = [keys[at : at + BUTTONS_PER_ROW] for at in range(0, len(keys), BUTTONS_PER_ROW)]
    return [{"type": 1, "components": row} for row in rows]
