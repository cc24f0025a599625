"""Calls to Discord: how they travel, how often they may, and what their failures mean to whoever posts.

discord.py waits inside a call, for seconds, when a rate limit is reached or a server fails. Whoever shows a
growing answer has to know about that; so the calls are made here, each of them once. Discord tells in every
reply how many more calls of this kind fit until when; a call that would not fit is not made, and its wait
is the `FloodWait`. Every failure becomes one of the four that may leave an adapter (core/errors.py), with a
text of its own, because others can hold a token or what people wrote. When to try again is decided above.
"""

import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError, Unclear

PAUSE_UNSTATED_S = 5.0
BANNED_S = 60.0
"""After a 429 that is not from Discord itself but from what stands before it: it counts refused calls."""
PER_SECOND_MAX = 45
"""Discord takes 50, of all kinds together ("Global Rate Limit"), and some travel faster than others."""
OF_INTERACTIONS = ("/interactions/", "/webhooks/")
"""What is called there does not count for that."""
BUCKETS_MAX = 500
NUMBER = re.compile(r"\d+")

UPLOAD_FACTOR = 4
NO_ACCESS = frozenset({50001, 50003, 50013})
"""JSON error codes: "Missing Access", not in a direct chat, "Missing Permissions"."""
NOT_THERE = frozenset({50005, 50027, 50083, 30046, 50008, 50024})
"""JSON error codes that come with a 400: not our post, a token that is over, a thread that is closed, too
many edits of an old post, not a text channel, not possible in this kind of channel."""
TOKEN_OVER = 50027
"""JSON error code of an interaction's token that is over; it comes with a 401."""


class TokenRefused(Unclear):
    """The bot's token is not, or not any more, the right one."""


@dataclass(slots=True)
class _Bucket:
    """How many more calls fit until when, and how many fit into a new span of time."""

    left: int
    until: float
    limit: int
    span_s: float


class Calls:
    """`clock` gives monotonic seconds."""

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = api_url.rstrip("/")
        self._client = httpx.AsyncClient(headers={"Authorization": f"Bot {token}", "User-Agent": AGENT})
        self._timeout_s = timeout_s
        self._clock = clock
        self._names: dict[str, str] = {}
        """Kind of call → the name of the bucket it is counted in, as far as Discord has told."""
        self._buckets: dict[str, _Bucket] = {}
        self._held_until = 0.0
        """The limit over all calls."""
        self._called_at: deque[float] = deque(maxlen=PER_SECOND_MAX)

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | list[Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        file: bytes | None = None,
    ) -> Any:
        """What Discord gives back, as JSON; None where it is nothing. `file` is a picture that goes along.
        Raises nothing but a `PlatformError`."""
        kind = _kind(method, path)
        bucket = self._room(kind, path)
        if bucket is not None:
            bucket.left -= 1
        try:
            reply = await self._client.request(
                method,
                self._url + path,
                params=query,
                timeout=self._timeout_s * (UPLOAD_FACTOR if file else 1),
                **_content(body, file),
            )
        except httpx.TimeoutException:
            raise Unclear("no reply in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unclear(type(error).__name__) from None
        self._count(kind, path, reply)
        return self._meaning(reply)

    # ── Rate limits ───────────────────────────────────────────────────────────────────────────────

    def _room(self, kind: str, path: str) -> _Bucket | None:
        """The bucket of this call, where one is known. Raises `FloodWait` if it has no room."""
        now = self._clock()
        if self._held_until > now and not path.startswith(OF_INTERACTIONS):
            raise FloodWait(self._held_until - now)
        bucket = self._buckets.get(self._key(kind, path))
        if bucket is not None and bucket.until <= now:  # a new span begins with this call
            bucket.left, bucket.until = bucket.limit, now + bucket.span_s
        if bucket is not None and bucket.left <= 0:
            raise FloodWait(bucket.until - now)
        if not path.startswith(OF_INTERACTIONS):
            self._spend_of_the_second(now)
        return bucket

    def _spend_of_the_second(self, now: float) -> None:
        """Of what all kinds of calls have together."""
        if len(self._called_at) == PER_SECOND_MAX and now - self._called_at[0] < 1.0:
            raise FloodWait(self._called_at[0] + 1.0 - now)
        self._called_at.append(now)

    def _count(self, kind: str, path: str, reply: httpx.Response) -> None:
        """Note what the reply tells about the limit. Replies may overtake each other: of one span of time
        the lowest count is the newest."""
        told = reply.headers
        try:
            left, limit = int(told["X-RateLimit-Remaining"]), int(told["X-RateLimit-Limit"])
            until = self._clock() + float(told["X-RateLimit-Reset-After"])
        except (KeyError, ValueError):
            return
        self._names[kind] = told.get("X-RateLimit-Bucket", kind)
        key = self._key(kind, path)
        bucket = self._buckets.get(key)
        if bucket is not None and bucket.until > self._clock():
            left = min(left, bucket.left)
        span_s = max(until - self._clock(), bucket.span_s if bucket else 0.0)
        self._buckets[key] = _Bucket(left, until, max(limit, 1), span_s)
        if len(self._buckets) > BUCKETS_MAX:
            now = self._clock()
            self._buckets = {name: one for name, one in self._buckets.items() if one.until > now}

    def _key(self, kind: str, path: str) -> str:
        """Limits are counted for each channel, server, webhook and interaction apart."""
        parts = path.split("/")[1 : 4 if path.startswith(OF_INTERACTIONS) else 3]
        return f"{self._names.get(kind, kind)} {hash('/'.join(parts))}"

    # ── Replies ───────────────────────────────────────────────────────────────────────────────────

    def _meaning(self, reply: httpx.Response) -> Any:
        found = _parsed(reply)
        if reply.is_success:
            if reply.status_code != 204 and found is None:
                raise Unclear("the reply cannot be read")
            return found
        told = found if isinstance(found, dict) else {}
        code = told.get("code") if isinstance(told.get("code"), int) else 0
        why = f"{reply.status_code} {code}"
        match reply.status_code:
            case 429:
                raise self._pause(reply, told)
            case 401:
                raise Gone(why) if code == TOKEN_OVER else TokenRefused(why)
            case 403:
                raise NoRight(why) if code in NO_ACCESS else Gone(why)
            case 404:
                raise Gone(why)
            case 400:
                raise Gone(why) if code in NOT_THERE or _replies_to_nothing(told) else BadFormat(why)
        raise Unclear(why)

    def _pause(self, reply: httpx.Response, told: Mapping[str, Any]) -> PlatformError:
        match told.get("retry_after"):
            case int() | float() as seconds:
                pause_s = max(float(seconds), 0.1)
            case _:
                stated = reply.headers.get("Retry-After", "")
                pause_s = float(stated) if stated.isdecimal() else PAUSE_UNSTATED_S
        if "Via" not in reply.headers and not told:
            pause_s = max(pause_s, BANNED_S)
        if told.get("global") is True or not told:
            self._held_until = self._clock() + pause_s
        return FloodWait(pause_s)


AGENT = "DiscordBot (porchlight, 1)"
"""Discord turns clients away that do not name themselves so."""


def _kind(method: str, path: str) -> str:
    """The route, with no ids in it, and without the token of an interaction."""
    parts = path.split("/")
    secret = 3 if parts[1] in ("webhooks", "interactions") else -1
    shown = ("{}" if NUMBER.fullmatch(part) or at == secret else part for at, part in enumerate(parts))
    return f"{method} {'/'.join(shown)}"


def _content(body: Mapping[str, Any] | list[Any] | None, file: bytes | None) -> dict[str, Any]:
    if file is None:
        return {} if body is None else {"json": body}
    return {
        "data": {"payload_json": json.dumps(body)},
        "files": {"files[0]": ("picture.png", file, "image/png")},
    }


def _replies_to_nothing(told: Mapping[str, Any]) -> bool:
    """What shall be replied to was taken back, perhaps while we did not hear: it wants no answer."""
    errors = told.get("errors")
    return isinstance(errors, dict) and errors.keys() == {"message_reference"}


def _parsed(reply: httpx.Response) -> Any:
    try:
        return json.loads(reply.content.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
