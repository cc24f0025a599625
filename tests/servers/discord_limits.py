"""How often a bot may call Discord, as a pure model: buckets of calls, and the ceiling over all of them.

A bucket belongs to a route and what Discord calls its major parameter (a channel, a guild, a webhook).
Its window opens with the first call and is full again at its end; every answer tells in headers what is
left (https://docs.discord.com/developers/topics/rate-limits). Discord publishes no figures but the 50 a
second over everything; those in `ROUTES` are what clients see in the headers. The clock is an argument.
"""

import hashlib
import math
from collections import deque
from dataclasses import dataclass

Window = tuple[int, float]
"""So many calls, in so many seconds."""

ROUTES: dict[str, Window] = {
    "create_message": (5, 5.0),
    "edit_message": (5, 5.0),
    "delete_message": (5, 1.0),
    "history": (5, 1.0),
    "typing": (5, 5.0),
    "follow_up": (5, 2.0),
    "edit_response": (5, 2.0),
}
OTHERS: Window = (10, 5.0)
EVERYWHERE: Window = (50, 1.0)


@dataclass(slots=True)
class Bucket:
    key: str
    """What clients are told to know it by: the same for every channel."""
    limit: int
    window_s: float
    remaining: int = 0
    reset_at: float = -math.inf
    forgiven_until: float = -math.inf
    """Up to then the client cannot know of the bucket: it has been restarted."""

    def spend(self, now: float) -> bool:
        """One call: whether it may pass."""
        if now >= self.reset_at:
            self.remaining, self.reset_at = self.limit, now + self.window_s
        if self.remaining == 0:
            return False
        self.remaining -= 1
        return True

    def headers(self, now: float, epoch: float) -> dict[str, str]:
        """`epoch` is what the clock showed 0 at, in seconds since 1970."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{epoch + self.reset_at:.3f}",
            "X-RateLimit-Reset-After": f"{max(self.reset_at - now, 0.0):.3f}",
            "X-RateLimit-Bucket": self.key,
        }


class Limits:
    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._everywhere: deque[float] = deque()
        self.forgiven_until = -math.inf
        """Of what all routes together allow."""

    def bucket(self, route: str, major: str) -> Bucket:
        if (route, major) not in self._buckets:
            limit, window_s = ROUTES.get(route, OTHERS)
            key = hashlib.blake2s(route.encode(), digest_size=16).hexdigest()
            self._buckets[route, major] = Bucket(key, limit, window_s)
        return self._buckets[route, major]

    def everywhere(self, now: float) -> float:
        """One call of any route: 0 if it may pass, else in how many seconds to retry."""
        count, seconds = EVERYWHERE
        while self._everywhere and self._everywhere[0] <= now - seconds:
            self._everywhere.popleft()
        if len(self._everywhere) >= count:
            return self._everywhere[0] + seconds - now
        self._everywhere.append(now)
        return 0.0

    def forgive(self, now: float) -> None:
        """The client was restarted: what was spent still counts, but it is not held against it."""
        for bucket in self._buckets.values():
            bucket.forgiven_until = max(bucket.reset_at, now)
        self.forgiven_until = now + EVERYWHERE[1]
