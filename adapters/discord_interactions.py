"""Slash commands and buttons on Discord: acknowledged in time, and answered where the person looks.

    expect ─► on disk ─► acknowledge ("… is thinking") ─► the first part takes the place of that
                                                           └─► further parts, where only one may see them

An interaction has a token for a quarter of an hour. The first part of its answer fills the post that the
acknowledgement has made, which is the same post however often it is sent. What everybody may see is an
ordinary post of ours from then on. What only one person may see can only be reached by the token: when
that is over, it stays as it is, and nothing of it is ever said in the open instead. After a restart tokens
are unknown, and answers are posts in the channel. Tokens are in memory only, and no error holds one.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.discord_calls import Calls
from core.errors import Gone, PlatformError, Unclear
from core.types import Incoming

log = logging.getLogger(__name__)

TOKEN_S = 14 * 60.0
"""Discord takes it for 15 minutes."""
ACKNOWLEDGED_S_MAX = 5.0
OPEN_MAX = 500
EPHEMERAL = 64
THINKING, RESTING, FORM = 5, 6, 9
LABEL, SHORT_TEXT = 18, {"type": 4, "style": 1, "custom_id": "entered", "required": True, "max_length": 200}
FORM_COMMAND = "/password"
"""A button with it opens the form; nothing is kept of its being pressed."""
TITLE_MAX = 45


@dataclass(slots=True)
class _Open:
    token: str = field(repr=False)
    until: float
    alone: bool
    """Only the person sees the answer."""
    acknowledged: asyncio.Future[bool]


class Interactions:
    """`alone`: the commands whose answers in a server only the one who asked shall see; `form`: the title of
    the form for the password, and what its field is called."""

    def __init__(
        self,
        calls: Calls,
        alone: Collection[str],
        form: tuple[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._alone = frozenset(alone)
        self._form = form
        self._clock = clock
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._posts: OrderedDict[str, _Open] = OrderedDict()
        """Posts that only one person sees."""
        self._answers: OrderedDict[str, _Open] = OrderedDict()
        """The answer, by what its keys have in common, for the same."""
        self.application_id: int | None = None

    # ── When it comes ─────────────────────────────────────────────────────────────────────────────

    def expect(self, incoming: Incoming, payload: Mapping[str, Any]) -> None:
        """Before anybody can answer it."""
        if incoming.pressed is not None:
            self._renew(incoming.pressed, payload)
            return
        name = incoming.text[1:].partition(" ")[0]
        alone = incoming.chat.kind == "group" and (incoming.secret or name in self._alone)
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        found = _Open(str(payload.get("token")), self._clock() + TOKEN_S, alone, future)
        _remember(self._open, incoming.post, found)

    def _renew(self, post: str, payload: Mapping[str, Any]) -> None:
        """What only one person sees is reached by the token of whatever they do there last."""
        message = payload.get("message")
        flags = message.get("flags") if isinstance(message, dict) else 0
        if isinstance(flags, int) and flags & EPHEMERAL:
            done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            done.set_result(True)
            token = str(payload.get("token"))
            _remember(self._posts, post, _Open(token, self._clock() + TOKEN_S, True, done))

    def forget(self, incoming: Incoming) -> None:
        """It is not answered: Discord will say that it failed."""
        found = self._open.get(incoming.post)
        if found is not None and not found.acknowledged.done():
            found.acknowledged.set_result(False)

    async def acknowledge(self, incoming: Incoming, payload: Mapping[str, Any]) -> None:
        found = self._open.get(incoming.post)
        body: dict[str, Any] = {"type": RESTING if found is None else THINKING}
        if found is not None and found.alone:
            body["data"] = {"flags": EPHEMERAL}
        try:
            await self._calls.call(
                "POST", f"/interactions/{payload.get('id')}/{payload.get('token')}/callback", body
            )
        except Unclear as error:  # it may have been: the token will show
            log.info("Nobody knows whether an interaction was acknowledged: %s", error)
            if found is not None and not found.acknowledged.done():
                found.acknowledged.set_result(True)
        except PlatformError as error:
            log.info("An interaction was not acknowledged: %s", error)
            self.forget(incoming)
        else:
            if found is not None and not found.acknowledged.done():
                found.acknowledged.set_result(True)

    async def show_form(self, payload: Mapping[str, Any]) -> None:
        """As the answer to a button that was pressed."""
        title, label = self._form
        field = {"type": LABEL, "label": label[:TITLE_MAX], "component": SHORT_TEXT}
        data = {"custom_id": FORM_COMMAND, "title": title[:TITLE_MAX], "components": [field]}
        path = f"/interactions/{payload.get('id')}/{payload.get('token')}/callback"
        try:
            await self._calls.call("POST", path, {"type": FORM, "data": data})
        except PlatformError as error:
            log.info("A form was not shown: %s", error)

    # ── Its answer ────────────────────────────────────────────────────────────────────────────────

    async def post(self, reply_to: str | None, key: str, body: Mapping[str, Any]) -> str | None:
        """The id of the post, if this is a part of an answer to an interaction; else None."""
        answer = key.rpartition("-")[0]
        if (found := self._answers.get(answer)) and reply_to is None:
            return await self._further(found, body)
        found = self._open.get(reply_to or "")
        if found is None:
            return None
        if not await self._is_acknowledged(found):
            if found.alone:
                raise Gone("the answer was for one person, and cannot be shown to them alone")
            return None
        if found.until <= self._clock():
            if found.alone:
                raise Gone("the answer was for one person, and its time is over")
            return None
        try:
            reply = await self._calls.call("PATCH", self._path(found, "/messages/@original"), body)
        except Gone:
            if found.alone:
                raise
            return None
        post = str(reply.get("id"))
        if found.alone:
            _remember(self._posts, post, found)
            _remember(self._answers, answer, found)
        return post

    async def _further(self, found: _Open, body: Mapping[str, Any]) -> str:
        flags = int(body.get("flags", 0)) | EPHEMERAL
        reply = await self._calls.call("POST", self._path(found, ""), {**body, "flags": flags})
        post = str(reply.get("id"))
        _remember(self._posts, post, found)
        return post

    async def edit(self, post: str, body: Mapping[str, Any]) -> bool:
        """Whether it is one that only an interaction's token reaches."""
        found = self._posts.get(post)
        if found is not None:
            await self._calls.call("PATCH", self._path(found, f"/messages/{post}"), body)
        return found is not None

    async def delete(self, post: str) -> bool:
        found = self._posts.get(post)
        if found is not None:
            await self._calls.call("DELETE", self._path(found, f"/messages/{post}"))
        return found is not None

    async def _is_acknowledged(self, found: _Open) -> bool:
        try:
            async with asyncio.timeout(ACKNOWLEDGED_S_MAX):
                return await asyncio.shield(found.acknowledged)
        except TimeoutError:
            return False

    def _path(self, found: _Open, rest: str) -> str:
        return f"/webhooks/{self.application_id}/{found.token}{rest}"


def _remember(places: OrderedDict[str, _Open], name: str, found: _Open) -> None:
    places[name] = found
    if len(places) > OPEN_MAX:
        places.popitem(last=False)
