"""The queue behind getUpdates: what is waiting, what was confirmed, and who is asking.

An update lives until a call names a higher offset; then it is gone for good. Only one may ask at a time:
a second getUpdates ends the first one with a 409, as when two copies of a bot run.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.servers.loopback import HungUp, Line
from tests.servers.telegram_calls import Params, Refused

Update = dict[str, Any]

KINDS = frozenset({"message", "edited_message", "channel_post", "edited_channel_post", "callback_query"})
KINDS |= {"my_chat_member", "chat_member", "message_reaction", "message_reaction_count"}
KINDS |= {"inline_query", "chosen_inline_result", "shipping_query", "pre_checkout_query", "poll"}
KINDS |= {"poll_answer", "chat_join_request", "chat_boost", "removed_chat_boost"}
ONLY_IF_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

LIMIT_MAX = 100
TIMEOUT_MAX_S = 50

ANOTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


class Updates:
    def __init__(self, first_id: int) -> None:
        self._next_id = first_id
        self._waiting: deque[tuple[int, Update]] = deque()
        self._asking: asyncio.Future[bool] | None = None
        """Set to whether the one who asks is to be answered, or ended by another."""
        self.allowed = KINDS - ONLY_IF_ASKED

    def __len__(self) -> int:
        """How many were not confirmed yet."""
        return len(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """What the client has not asked for is never even queued, just as on Telegram."""
        if kind in self.allowed:
            self.put({"update_id": self._next_id, kind: content})

    def put(self, update: Update) -> None:
        """As it is, if need be with the next id; an id that is none is delivered too, in its turn."""
        update = {"update_id": self._next_id, **update}
        known = update["update_id"]
        if isinstance(known, int) and known >= self._next_id:
            self._next_id = known
        self._waiting.append((self._next_id, update))
        self._next_id += 1
        if self._asking is not None and not self._asking.done():
            self._asking.set_result(True)

    async def ask(self, params: Params, line: Line) -> list[Update]:
        """getUpdates. Waits until there is something, no longer than the client does."""
        if self._asking is not None and not self._asking.done():
            self._asking.set_result(False)
        self._allow(params.get("allowed_updates"))
        offset, limit = params.get("offset", 0), params.get("limit", LIMIT_MAX)
        limit = limit if 1 <= limit <= LIMIT_MAX else LIMIT_MAX
        timeout_s = max(0, min(params.get("timeout", 0), TIMEOUT_MAX_S))
        found = self._take(offset, limit)
        if found or not timeout_s:
            return found
        if not await self._wait(timeout_s, line):
            raise Refused(409, ANOTHER)
        return self._take(max(offset, 0), limit)

    async def _wait(self, timeout_s: float, line: Line) -> bool:
        asking = self._asking = asyncio.get_running_loop().create_future()
        leaving = asyncio.ensure_future(line.hang())
        try:
            await asyncio.wait({asking, leaving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise HungUp
            return asking.result() if asking.done() else True
        finally:
            if self._asking is asking:
                self._asking = None
            leaving.cancel()
            with suppress(HungUp, asyncio.CancelledError):
                await leaving

    def _allow(self, kinds: Sequence[str] | None) -> None:
        """Remembered until another call names them; an empty list is the default again."""
        if kinds is not None:
            self.allowed = frozenset(kinds) & KINDS or KINDS - ONLY_IF_ASKED

    def _take(self, offset: int, limit: int) -> list[Update]:
        if offset < 0:
            offset = self._waiting[offset][0] if len(self._waiting) >= -offset else 0
        while self._waiting and self._waiting[0][0] < offset:
            self._waiting.popleft()
        return [update for _, update in list(self._waiting)[:limit]]
