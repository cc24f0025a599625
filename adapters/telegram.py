"""The family's chats on Telegram: private ones, groups, and topics of groups.

    adapters/telegram_poll.py ─► telegram_updates.py ─► accept
    post, edit … ─► telegram_text.py ─► telegram_calls.py ─► Telegram

This file says what each method of a `Messenger` is on Telegram. A chat's id is Telegram's own, and in a
topic "chat:topic". Nothing is tried twice here: when to try again is decided above, where it is known what
became of the first attempt. Telegram has no way to send the same post only once, so `key` is not used for
posts; a post whose fate is unknown is looked for with `strays`.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast
from zlib import crc32

import httpx
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)

from adapters import telegram_text
from adapters.telegram_calls import Moved, NotModified, Request, done
from adapters.telegram_poll import POLL_S, Poll, Trouble
from adapters.telegram_updates import PLATFORM
from core.errors import BadFormat, FloodWait, Gone, PlatformError, Unclear
from core.types import Accept, Arrival, Button, Chat, Incoming, Limits, Part, Person

API_URL = "https://api.telegram.org"
TIMEOUT_S = 15.0
CAPTION_MAX = 1024
"""UTF-16 units under a picture (Bot API, `sendPhoto`)."""
BUTTONS_PER_ROW = 3
BUTTONS_MAX = 25
"""It takes a hundred, but only 10 KB of them with all that is written on them."""
STRAYS_MAX = 100
"""So many ids at most are tried; more posts than these do not come in between."""
PROBE_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
START_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
DESCRIPTION_MAX = 256

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Result = TypeVar("Result")


class Telegram:
    """`cursor` gives the offset that was stored last; `trouble` is told once what only a person can mend.
    `close` when nothing is to be posted any more, which is later than the end of `run`."""

    platform = PLATFORM
    resumes = True
    has_form = False
    limits = Limits(
        first_edits_s=(0.7, 1.0, 1.0, 1.5, 1.5, 2.0, 2.0, 2.5),
        previews_per_minute=30,
        buttons_max=BUTTONS_MAX,
        group=Limits(first_edits_s=(1.5, 2.0, 2.5, 3.0, 3.5, 5.0), previews_per_minute=12),
    )

    def __init__(
        self,
        token: str,
        api_url: str = API_URL,
        *,
        cursor: Callable[[], Awaitable[str | None]],
        trouble: Callable[[Trouble], Awaitable[None]],
        poll_s: float = POLL_S,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`poll_s` and `timeout_s` are how long a poll, and any other call, may take, in seconds."""
        base = f"{api_url.rstrip('/')}/bot"
        self._request = Request(timeout_s)
        self._bot = Bot(token, base_url=base, request=self._request)
        self._polling = httpx.AsyncClient()
        self._poll = Poll(
            f"{base}{token}",
            cursor=cursor,
            trouble=trouble,
            accepted=self._accepted,
            client=self._polling,
            poll_s=poll_s,
            clock=clock,
            now=now,
            sleep=sleep,
        )
        self._sleep = sleep
        self._moved: dict[int, int] = {}
        """Groups that became supergroups: old id → new id."""
        self._toasts: set[asyncio.Task[None]] = set()

    @property
    def heard_at(self) -> float | None:
        """When Telegram last answered a poll, on the monotonic clock: the sign that we hear people."""
        return self._poll.heard_at

    async def run(self, accept: Accept) -> None:
        await self._poll.run(accept)

    async def close(self) -> None:
        for task in self._toasts:
            task.cancel()
        await asyncio.gather(*self._toasts, return_exceptions=True)
        await self._polling.aclose()
        await self._request.shutdown()

    def _accepted(self, arrivals: Sequence[Arrival]) -> None:
        """Let the buttons that were pressed come to rest."""
        for arrival in arrivals:
            if isinstance(arrival, Incoming) and arrival.pressed is not None:
                task = asyncio.create_task(self._rest(arrival.post.removeprefix("press-")))
                self._toasts.add(task)
                task.add_done_callback(self._toasts.discard)

    async def _rest(self, query_id: str) -> None:
        with suppress(PlatformError):  # it rests by itself after a minute
            await done(self._bot.answer_callback_query(query_id))

    # ── Posts ─────────────────────────────────────────────────────────────────────────────────────

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        sent = await self._in(
            chat,
            lambda chat_id, topic: self._bot.send_message(
                chat_id,
                part.text,
                entities=_entities(part),
                reply_markup=_keyboard(part.buttons),
                reply_parameters=_reply(reply_to),
                message_thread_id=topic,
                link_preview_options=NO_PREVIEW,
                disable_notification=part.silent,
            ),
        )
        return str(sent.message_id)

    async def edit(self, chat: Chat, post: str, part: Part) -> None:
        number = _post_id(post)
        with suppress(NotModified):
            await self._in(
                chat,
                lambda chat_id, _: self._bot.edit_message_text(
                    part.text,
                    chat_id,
                    number,
                    entities=_entities(part),
                    reply_markup=_keyboard(part.buttons),
                    link_preview_options=NO_PREVIEW,
                ),
            )

    async def delete(self, chat: Chat, post: str) -> None:
        """What is not there any more needs no deleting; what Telegram will not let us delete is `NoRight`."""
        number = _post_id(post)
        try:
            await self._in(chat, lambda chat_id, _: self._bot.delete_message(chat_id, number))
        except Gone as gone:
            if "to delete not found" not in str(gone):
                raise

    async def typing(self, chat: Chat, note: str) -> None:
        await self._in(
            chat,
            lambda chat_id, topic: self._bot.send_chat_action(chat_id, "typing", message_thread_id=topic),
        )

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        if not png:
            raise BadFormat("an empty picture")
        sent = await self._in(
            chat,
            lambda chat_id, topic: self._bot.send_photo(
                chat_id,
                png,
                _caption(caption),
                message_thread_id=topic,
                filename="picture.png",
                disable_notification=silent,
            ),
        )
        return str(sent.message_id)

    async def draft(self, chat: Chat, part: Part, *, key: str) -> None:
        if chat.kind != "private":
            raise Gone("a group has no drafts")
        await self._in(
            chat,
            lambda chat_id, topic: self._bot.send_message_draft(
                chat_id,
                crc32(key.encode()) or 1,
                part.text,
                message_thread_id=topic,
                entities=_entities(part),
            ),
        )

    def render(self, markdown: str, final: bool) -> list[Part]:
        return telegram_text.render(markdown, final)

    async def strays(self, chat: Chat, *, after: str, before: str, known: Collection[str]) -> list[str]:
        """Only one's own posts can be edited: so each id in between is tried, with an edit that changes
        nothing but takes away the buttons, the newest first."""
        if not before.isdecimal():
            return []
        newest = int(before) - 1
        oldest = max(int(after) + 1 if after.isdecimal() else 1, newest - STRAYS_MAX + 1)
        tried = (str(number) for number in range(newest, oldest - 1, -1))
        return [post for post in tried if post not in known and await self._is_ours(chat, post)]

    async def _is_ours(self, chat: Chat, post: str) -> bool:
        for pause_s in PROBE_PAUSES_S:  # here and not above, where the whole search would begin anew
            try:
                await self._in(
                    chat, lambda chat_id, _: self._bot.edit_message_reply_markup(chat_id, int(post))
                )
            except FloodWait as wait:
                await self._sleep(wait.seconds)
            except Unclear:  # asking again does no harm
                await self._sleep(pause_s)
            except NotModified:
                return True
            except (Gone, BadFormat):
                return False
            else:
                return True
        raise Unclear("whose post that is cannot be found out")

    # ── People and groups ─────────────────────────────────────────────────────────────────────────

    async def direct(self, person: Person) -> Chat:
        """On Telegram it has the person's own id."""
        return Chat(PLATFORM, person.id)

    async def leave(self, chat: Chat) -> None:
        with suppress(Gone):
            await self._in(chat, lambda chat_id, _: self._bot.leave_chat(chat_id))

    async def menu(self, chat: Chat | None, commands: Sequence[tuple[str, str]], language: str) -> None:
        code = language[:2].lower() or None  # Telegram knows ISO 639-1 only
        offered = [BotCommand(name, what[:DESCRIPTION_MAX]) for name, what in commands]

        def offer(scope: BotCommandScope) -> Awaitable[bool]:
            if not offered:
                return self._bot.delete_my_commands(scope=scope, language_code=code)
            return self._bot.set_my_commands(offered, scope=scope, language_code=code)

        if chat is None:
            await done(offer(BotCommandScopeDefault()))
        else:
            await self._in(chat, lambda chat_id, _: offer(BotCommandScopeChat(chat_id)))

    async def pin(self, chat: Chat, post: str) -> None:
        number = _post_id(post)
        await self._in(
            chat,
            lambda chat_id, _: self._bot.pin_chat_message(chat_id, number, disable_notification=True),
        )

    def invite_link(self, code: str) -> str | None:
        if self._poll.me is None or not START_CODE.fullmatch(code):
            return None
        return f"https://t.me/{self._poll.me.username}?start={code}"

    def group_link(self) -> str | None:
        return f"https://t.me/{self._poll.me.username}?startgroup=true" if self._poll.me else None

    # ── Calling ───────────────────────────────────────────────────────────────────────────────────

    async def _in(self, chat: Chat, call: Callable[[int, int | None], Awaitable[Result]]) -> Result:
        """The call, made with the numbers of chat and topic; under its new id where a group has moved."""
        chat_id, topic = _place(chat)
        try:
            return await done(call(self._moved.get(chat_id, chat_id), topic))
        except Moved as moved:
            self._moved[chat_id] = moved.chat_id
        try:
            return await done(call(self._moved[chat_id], topic))
        except Moved:
            raise Gone("the group has moved twice") from None


def _place(chat: Chat) -> tuple[int, int | None]:
    """The numbers of a chat and, where it is one, of the topic."""
    number, _, topic = chat.id.partition(":")
    try:
        return int(number), int(topic) if topic else None
    except ValueError:
        raise Gone("no such chat on Telegram") from None


def _post_id(post: str) -> int:
    if not post.isdecimal():
        raise Gone("no such post on Telegram")
    return int(post)


def _reply(reply_to: str | None) -> ReplyParameters | None:
    """A button that was pressed is no post, and what is gone cannot be replied to."""
    if reply_to is None or not reply_to.isdecimal():
        return None
    return ReplyParameters(int(reply_to), allow_sending_without_reply=True)


def _caption(markdown: str) -> str:
    """With the signs of a post, such as those of a list, and without its formatting."""
    text = telegram_text.render(markdown, final=True)[0].text if markdown else ""
    return text.encode("utf-16-le", "replace")[: 2 * CAPTION_MAX].decode("utf-16-le", "ignore")


def _entities(part: Part) -> list[MessageEntity] | None:
    found = cast("Sequence[Any]", part.body or ())
    return [MessageEntity(**entity.to_dict()) for entity in found] or None


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    keys = [InlineKeyboardButton(button.label, callback_data=button.command) for button in buttons]
    rows = [keys[at : at + BUTTONS_PER_ROW] for at in range(0, len(keys), BUTTONS_PER_ROW)]
    return InlineKeyboardMarkup(rows) if rows else None
