"""Calls to Discord, one by one: what fits into a bucket is known before it is refused."""

import asyncio

import httpx
import respx

from adapters.discord_calls import Calls
from core.errors import FloodWait
from tests.fakes import Clock

API = "https://discord.example/api"
FITS = 5
PATH = "/channels/1/messages/2"


def told(left: int) -> httpx.Response:
    headers = {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset-After": "5.0",
        "X-RateLimit-Bucket": "b",
    }
    return httpx.Response(200, json={}, headers=headers)


async def sent(calls: Calls, count: int) -> int:
    """How many of so many at once were sent."""
    found = await asyncio.gather(
        *(calls.call("PATCH", PATH, {}) for _ in range(count)), return_exceptions=True
    )
    assert all(isinstance(it, FloodWait) for it in found if isinstance(it, BaseException))
    return sum(not isinstance(it, BaseException) for it in found)


@respx.mock
async def test_a_new_span_of_time_holds_no_more_than_the_last_one() -> None:
    """Also before the first reply in it has said so."""
    clock = Clock()
    calls = Calls("canary.token", API, timeout_s=1.0, clock=clock)
    route = respx.patch(API + PATH).mock(return_value=told(4))
    assert await sent(calls, 1) == 1
    clock.advance(6)
    go_on = asyncio.Event()
    arrived = 0

    async def later(request: httpx.Request) -> httpx.Response:
        nonlocal arrived
        arrived += 1
        if arrived == FITS:
            go_on.set()
        await go_on.wait()
        return told(0)

    route.mock(side_effect=later)
    assert await sent(calls, 8) == FITS
    assert await sent(calls, 1) == 0
    clock.advance(5)
    route.mock(return_value=told(4))
    assert await sent(calls, 1) == 1
    await calls.close()
