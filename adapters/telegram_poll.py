"""How updates come in from Telegram, so that none is lost.

    getUpdates(offset) ─► arrivals ─► accept: on disk, with the next offset ─► getUpdates(next offset)

Telegram forgets an update as soon as it is asked with a higher offset; so that offset is not used before
`accept` has returned. Updates are read as raw JSON, and one that cannot be understood holds up no other.
Whatever fails, the loop goes on after a pause; it ends by being cancelled. A refused token, or another
copy of the program that goes on polling with the same one, is told once. Nothing is sent into chats from
here.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import httpx

from adapters.telegram_updates import ALLOWED_UPDATES, Me, arrival, update_id
from core.errors import StorageError
from core.types import Accept, Arrival

log = logging.getLogger(__name__)

Trouble = Literal["conflict", "token"]
"""`conflict`: another copy of the program runs with this token; `token`: Telegram refuses it."""

POLL_S = 50.0
"""How long Telegram may keep a call waiting for news; it allows no more."""
GRACE_S = 10.0
"""How much later than that the reply may come."""
QUIET_S_MAX = 6 * 24 * 3600.0
"""After a week without news Telegram begins its numbers anew, at random, perhaps below our offset (Bot API,
`Update`). Everything was confirmed long before, so nothing comes twice when it is asked without one."""
PAUSE_MAX_S = 30.0
TOKEN_PAUSE_S = 300.0
CONFLICT_LASTS_S = 60.0
"""Before it is told: after a restart the old connection lives on for a moment, and `porchlight doctor` on
another machine reads once or twice. Neither is a second copy."""
LIMIT = 100
DIGITS_MAX = 18

FIRST_ID = re.compile(
    rb'\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[\s*\{\s*"update_id"\s*:\s*(\d{1,16})\s*[,}]'
)


class _Failed(Exception):
    """A call did not work. `status` is 0 where no reply came."""

    def __init__(self, why: str, status: int = 0, pause_s: float | None = None, body: bytes = b"") -> None:
        super().__init__(why)
        self.status = status
        self.pause_s = pause_s
        self.body = body


class Poll:
    """The loop. `cursor` gives the stored offset; `accepted` is called with what was accepted."""

    def __init__(
        self,
        url: str,
        *,
        cursor: Callable[[], Awaitable[str | None]],
        trouble: Callable[[Trouble], Awaitable[None]],
        accepted: Callable[[Sequence[Arrival]], None],
        client: httpx.AsyncClient,
        poll_s: float = POLL_S,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`url` holds the token: it is shown to nobody."""
        self._url = url
        self._cursor = cursor
        self._trouble = trouble
        self._accepted = accepted
        self._client = client
        self._poll_s = poll_s
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._failures = 0
        self._conflict_since: float | None = None
        """Without a good poll in between, on the monotonic clock."""
        self._told: set[Trouble] = set()
        self._limit = LIMIT
        self.me: Me | None = None
        self.heard_at: float | None = None
        """When Telegram last answered a poll, on the monotonic clock."""

    async def run(self, accept: Accept) -> None:
        me = self.me = await self._introduced()
        await self._without_webhook()
        offset, at = await self._stored_offset()
        while True:
            updates = await self._updates(offset if self._now() - at < QUIET_S_MAX else None)
            numbered = [(number, update) for update in updates if (number := update_id(update)) is not None]
            if updates and not numbered:
                await self._pause()  # nothing to confirm; the next good one will take them along
                continue
            if numbered:
                read = (arrival(update, me, self._now()) for _, update in numbered)
                arrivals = [found for found in read if found is not None]
                following = max(number for number, _ in numbered) + 1
                try:
                    at = self._now()
                    await accept(arrivals, f"{following}@{at:.0f}")
                except StorageError as error:
                    log.error("Nothing new is accepted from Telegram: %s", error)
                    await self._pause()  # nothing is confirmed, so Telegram will tell it again
                    continue
                offset = following
                self._accepted(arrivals)
            self._failures = 0

    # ── Before the first poll ─────────────────────────────────────────────────────────────────────

    async def _introduced(self) -> Me:
        while True:
            match await self._insist("getMe"):
                case {"id": int(number), "username": str(username)}:
                    return Me(number, username)
            await self._pause()

    async def _without_webhook(self) -> None:
        """A webhook would keep every update from us; what waits behind it comes to us then."""
        match await self._insist("getWebhookInfo"):
            case {"url": str(url)} if url:
                log.warning("A webhook was set for this bot on Telegram; it is taken away")
                await self._insist("deleteWebhook")

    async def _stored_offset(self) -> tuple[int | None, float]:
        """And when it was stored, in seconds since 1970."""
        while True:
            try:
                stored = await self._cursor()
            except StorageError as error:
                log.error("Where Telegram was left cannot be read: %s", error)
                await self._pause()
            else:
                offset, _, at = (stored or "").partition("@")
                known = offset.isdecimal() and at.isdecimal()
                return (int(offset), float(at)) if known else (None, 0.0)

    # ── Calling ───────────────────────────────────────────────────────────────────────────────────

    async def _updates(self, offset: int | None) -> list[object]:
        """The next updates, or none if there was no news for a while."""
        asked: dict[str, Any] = {
            "timeout": int(self._poll_s),
            "allowed_updates": list(ALLOWED_UPDATES),
            "limit": self._limit,
        }
        if offset is not None:
            asked["offset"] = offset
        result = await self._insist("getUpdates", **asked)
        self.heard_at = self._clock()
        self._conflict_since = None
        self._told.clear()
        self._limit = LIMIT
        return result if isinstance(result, list) else []

    async def _insist(self, method: str, **parameters: Any) -> object:
        """The result, however often it takes."""
        while True:
            try:
                return await self._call(method, parameters)
            except _Failed as failed:
                if method == "getUpdates" and failed.body:
                    # Some update in it cannot even be parsed: one at a time, and that one is skipped.
                    if self._limit == 1 and (first := FIRST_ID.match(failed.body)):
                        return [{"update_id": int(first[1]), "message": "not readable"}]
                    self._limit = parameters["limit"] = 1
                await self._endure(failed)

    async def _call(self, method: str, parameters: dict[str, Any]) -> object:
        try:
            reply = await self._client.post(
                f"{self._url}/{method}",
                json=parameters,
                timeout=httpx.Timeout(GRACE_S, read=parameters.get("timeout", 0) + GRACE_S),
            )
        except httpx.HTTPError as error:
            raise _Failed(type(error).__name__) from None
        found = _parsed(reply.content)
        if reply.status_code == 200 and isinstance(found, dict) and "result" in found:
            return found["result"]
        pause_s = None
        match found:
            case {"parameters": {"retry_after": int(seconds)}}:
                pause_s = float(seconds)
            case {"description": str(description)} if "webhook" in description:
                raise _Failed("a webhook is set", 409)
        raise _Failed(
            f"status {reply.status_code}",
            reply.status_code,
            pause_s,
            reply.content if reply.status_code == 200 else b"",
        )

    async def _endure(self, failed: _Failed) -> None:
        """Wait so long as this failure asks for."""
        match failed.status:
            case 401 | 404:
                log.error("Telegram refuses the token")
                await self._tell("token")
                return await self._sleep(TOKEN_PAUSE_S)
            case 409:
                log.warning("Telegram is polled by another copy of this program, or a webhook is set")
                if self._conflict_since is None:
                    self._conflict_since = self._clock()
                if self._clock() - self._conflict_since >= CONFLICT_LASTS_S:
                    await self._tell("conflict")
                if str(failed) == "a webhook is set":
                    await self._without_webhook()
            case _:
                log.info("Telegram does not answer: %s", failed)
        await self._pause(failed.pause_s)
        return None

    async def _tell(self, trouble: Trouble) -> None:
        if trouble not in self._told:
            self._told.add(trouble)
            await self._trouble(trouble)

    async def _pause(self, stated_s: float | None = None) -> None:
        """Longer with each failure in a row; never shorter than Telegram asks for."""
        self._failures += 1
        own_s = min(2.0 ** (min(self._failures, 10) - 1), PAUSE_MAX_S)
        await self._sleep(max(own_s, stated_s or 0.0))


def _parsed(body: bytes) -> object:
    """The JSON; None if it is none. A number too long for a number is nothing."""
    try:
        return json.loads(
            body.decode("utf-8", "replace"),
            parse_int=lambda digits: int(digits) if len(digits) <= DIGITS_MAX else None,
        )
    except (ValueError, RecursionError):
        return None
