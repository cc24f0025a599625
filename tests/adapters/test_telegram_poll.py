"""How updates come in: each once, none lost, whatever fails on the way."""

import json
import logging
from collections.abc import AsyncGenerator, Callable
from random import Random
from typing import Any

import httpx
import pytest

from adapters.telegram_account import Account, ReadElsewhere
from adapters.telegram_poll import CONFLICT_LASTS_S, Poll
from core.types import Arrival, Button, Chat, Incoming, Joined, Part, Poison
from tests.adapters.telegram_stage import FAMILY, HOME, TOKEN, Hall, running
from tests.adapters.test_telegram_updates import ANNA, mutated, written
from tests.servers.telegram import TelegramServer


@pytest.fixture
async def server() -> AsyncGenerator[TelegramServer, None]:
    async with TelegramServer(TOKEN, random=Random(1), flood=False) as server:
        server.person(7, "Anna", language="de")
        server.private(7)
        yield server
        assert server.violations == []


def polls(server: TelegramServer) -> list[dict[str, Any]]:
    return [call.params for call in server.calls if call.method == "getUpdates"]


async def test_what_is_said_comes_in_once_in_order(server: TelegramServer) -> None:
    """Everything comes in once and in order, what was said before the start too; then it is confirmed."""
    texts = [f"question {number}" for number in range(5)]
    for text in texts[:3]:
        server.say(7, 7, text)
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.arrivals) == 3)
        for text in texts[3:]:
            server.say(7, 7, text)
        await server.until(lambda: len(hall.arrivals) == 5 and not len(server.updates))
    assert [found.text for found in hall.arrivals if isinstance(found, Incoming)] == texts
    assert hall.adapter.heard_at is not None


async def test_nothing_is_confirmed_before_it_is_stored(server: TelegramServer) -> None:
    """While the disk is full, Telegram keeps what was said; the pauses grow; then it comes in."""
    hall = Hall(server)
    hall.refusals = 3
    server.say(7, 7, "hello")
    async with running(hall):
        await server.until(lambda: hall.refusals == 1)
        assert len(server.updates) == 1
        assert "offset" not in polls(server)[-1]
        await server.until(lambda: len(server.updates) == 0)
    assert [found.text for found in hall.arrivals if isinstance(found, Incoming)] == ["hello"]
    assert hall.slept[:3] == [1.0, 2.0, 4.0]


async def test_it_goes_on_where_it_was_stored(server: TelegramServer) -> None:
    """What an earlier run had stored is not read again, even if it was never confirmed."""
    server.say(7, 7, "one")
    async with running(Hall(server)) as first:
        await server.until(lambda: bool(first.arrivals))
    server.say(7, 7, "two")
    async with running(Hall(server, cursor=first.cursor)) as second:
        await server.until(lambda: bool(second.arrivals))
    assert [found.text for found in second.arrivals if isinstance(found, Incoming)] == ["two"]


async def test_after_a_quiet_week_the_numbers_may_begin_anew(server: TelegramServer) -> None:
    """An offset that old would tell Telegram to forget what is new: it is asked without one."""
    server.say(7, 7, "we are back from the sea")
    async with running(Hall(server, cursor="900000000@1000")) as hall:
        await server.until(lambda: bool(hall.arrivals))
        await server.until(lambda: "offset" in polls(server)[-1])
    assert "offset" not in polls(server)[0]
    assert [found.text for found in hall.arrivals if isinstance(found, Incoming)] == [
        "we are back from the sea"
    ]


async def test_only_what_is_used_is_asked_for(server: TelegramServer) -> None:
    """Telegram is asked for four kinds of updates, with a long poll."""
    async with running(Hall(server)):
        await server.until(lambda: bool(polls(server)))
    assert polls(server)[0]["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]
    assert polls(server)[0]["timeout"] == 1


async def test_a_pressed_button_comes_to_rest(server: TelegramServer) -> None:
    """A press comes in as the command, and the button is answered once it is stored."""
    async with running(Hall(server)) as hall:
        stop = (Button("Stop", "/stop"),)
        post = await hall.adapter.post(HOME, Part("Growing", buttons=stop), reply_to=None, key="1-0")
        server.fail("answerCallbackQuery", "500")
        server.press(7, int(post), "Stop", person=7)
        server.press(7, int(post), "Stop", person=7)
        await server.until(lambda: [one.method for one in server.calls].count("answerCallbackQuery") == 2)
        await server.until(lambda: len(server.queries) == 1)
    pressed = [found for found in hall.arrivals if isinstance(found, Incoming)]
    assert [(one.text, one.pressed) for one in pressed] == [("/stop", post)] * 2


async def test_joining_a_group_is_told(server: TelegramServer) -> None:
    """Being added to a group comes in with who did it."""
    server.group(-1001, "Family", [7, 8], joined=False)
    async with running(Hall(server)) as hall:
        await server.until(lambda: bool(polls(server)))
        server.join(-1001, by=7)
        await server.until(lambda: bool(hall.arrivals))
    [joined] = [found for found in hall.arrivals if isinstance(found, Joined)]
    assert (joined.chat, joined.person.id, joined.title) == (FAMILY, "7", "Family")


async def test_the_invitation_is_a_link(server: TelegramServer) -> None:
    """Once the bot knows its name there is a link to it; a code that fits in none has no link."""
    hall = Hall(server)
    assert hall.adapter.invite_link("abc") is None
    async with running(hall):
        await server.until(lambda: bool(polls(server)))
    assert hall.adapter.invite_link("ab-C_1") == "https://t.me/porchlight_bot?start=ab-C_1"
    assert hall.adapter.invite_link("a b") is None


# ── Failures ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["500", "502", "html", "reset", "lost", "429"])
@pytest.mark.parametrize("method", ["getMe", "getWebhookInfo", "getUpdates"])
async def test_failures_are_waited_out(server: TelegramServer, method: str, fault: str) -> None:
    """Whatever fails, and wherever, is tried again after a growing pause; nothing is lost."""
    server.fail(method, fault, times=3, retry_after=9)
    server.say(7, 7, "hello")
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.arrivals) == 1)
    assert hall.slept == ([9.0, 9.0, 9.0] if fault == "429" else [1.0, 2.0, 4.0])
    assert hall.troubles == []


async def test_pauses_do_not_grow_for_ever(server: TelegramServer) -> None:
    """Half a minute is the longest pause while Telegram cannot be reached."""
    server.fail("getUpdates", "500", times=9)
    server.say(7, 7, "hello")
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.arrivals) == 1)
    assert hall.slept[-3:] == [30.0, 30.0, 30.0]


async def test_a_second_copy_is_told_once(server: TelegramServer) -> None:
    """A conflict that lasts is told, once; after a good poll a new one is told again."""

    async def conflict(troubles: int) -> None:
        server.conflict = True
        server.say(7, 7, "wakes the waiting poll")
        await server.until(lambda: len(hall.troubles) == troubles)
        told_after = len(polls(server))
        await server.until(lambda: len(polls(server)) > told_after + 3)
        assert hall.troubles == ["conflict"] * troubles
        server.conflict = False
        heard = len(hall.accepted)
        server.say(7, 7, "hello")
        await server.until(lambda: len(hall.accepted) > heard)

    async with running(Hall(server)) as hall:
        await conflict(1)
        await conflict(2)
    refused = [call.status for call in server.calls[: hall.told_after[0]]].count(409)
    assert sum(hall.slept[: refused - 2]) < CONFLICT_LASTS_S <= sum(hall.slept[: refused - 1])


async def test_whoever_reads_for_a_moment_is_no_second_copy(server: TelegramServer) -> None:
    """As `porchlight doctor` does on another machine, be it three times in a row."""
    async with running(Hall(server)) as hall, httpx.AsyncClient() as http:
        await server.until(lambda: bool(polls(server)))
        for _ in range(3):
            with pytest.raises(ReadElsewhere):
                await Account(http, server.url, TOKEN).listen()
        server.say(7, 7, "hello")
        await server.until(lambda: bool(hall.arrivals))
    assert len(hall.slept) == 3
    assert hall.troubles == []


async def test_a_refused_token_is_told_and_not_shown(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused token is told once and tried again rarely; no log holds it."""
    caplog.set_level(logging.DEBUG, logger="adapters")
    caplog.set_level(logging.WARNING, logger="httpx")
    server.fail("getUpdates", "401", times=3)
    server.say(7, 7, "hello")
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.arrivals) == 1)
    assert hall.troubles == ["token"]
    assert hall.slept == [300.0] * 3
    assert "canary" not in caplog.text


async def test_a_webhook_is_taken_away(server: TelegramServer) -> None:
    """A webhook that was set, before the start or during it, is deleted, and nothing waiting is dropped."""
    server.webhook = "https://a.example/hook"
    server.say(7, 7, "one")
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.arrivals) == 1)
        server.webhook = "https://a.example/hook"
        server.say(7, 7, "two")
        server.say(7, 7, "three")
        await server.until(lambda: len(hall.arrivals) == 3)
    deleted = [call.params for call in server.calls if call.method == "deleteWebhook"]
    assert deleted == [{}, {}]


# ── Malformed updates ─────────────────────────────────────────────────────────────────────────────


async def test_poison_holds_nobody_up(server: TelegramServer) -> None:
    """Between two questions an update that cannot be understood is told as such, and confirmed."""
    server.say(7, 7, "one")
    server.raw({"message": {"message_id": "x"}})
    server.raw({"update_id": "none", "message": {}})
    server.say(7, 7, "two")
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.arrivals) == 3 and not len(server.updates))
    first, poison, second = hall.arrivals
    assert isinstance(first, Incoming)
    assert isinstance(second, Incoming)
    assert (first.text, second.text) == ("one", "two")
    assert isinstance(poison, Poison)
    assert poison.post.startswith("update-")


async def test_an_update_without_a_number_is_passed_over(server: TelegramServer) -> None:
    """Alone it cannot be confirmed, and is asked for at a calm pace; the next good one takes it along."""
    server.raw({"update_id": "none", "message": {}})
    async with running(Hall(server)) as hall:
        await server.until(lambda: len(hall.slept) >= 3)
        assert min(hall.slept) >= 1.0
        server.say(7, 7, "hello")
        await server.until(lambda: len(hall.arrivals) == 1 and not len(server.updates))


async def test_mutated_updates_stall_nothing(server: TelegramServer) -> None:
    """Of 2,000 updates with something wrong in them none keeps the good ones behind it from coming in."""
    random = Random(2)
    good = 0
    for number in range(2000):
        server.raw({"message": _sendable(mutated(random, written()["message"]))})
        if number % 20 == 0:
            good += 1
            server.say(7, 7, f"good {number}")
    async with running(Hall(server)) as hall:
        await server.until(lambda: not len(server.updates), timeout_s=30)
    said = [found.text for found in hall.arrivals if isinstance(found, Incoming)]
    assert len([text for text in said if text.startswith("good ")]) == good
    assert any(isinstance(found, Poison) for found in hall.arrivals)


def _sendable(value: Any) -> Any:
    """Python writes no JSON with a number this long, or with half a character."""
    match value:
        case dict():
            return {str(key): _sendable(one) for key, one in value.items()}
        case list():
            return [_sendable(one) for one in value]
        case int() if abs(value) > 2**70:
            return 2**70
        case str():
            return value.encode("utf-8", "replace").decode()
    return value


Reply = Callable[[dict[str, Any]], bytes]


async def scripted(reply: Reply, enough: Callable[[list[Arrival]], bool]) -> list[Arrival]:
    """What comes in from a server that answers getUpdates with these bytes."""
    found: list[Arrival] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/getUpdates"):
            return httpx.Response(200, content=reply(json.loads(request.content)))
        return httpx.Response(
            200, json={"ok": True, "result": {"id": 99, "username": "porchlight_bot", "url": ""}}
        )

    class Enough(Exception):
        pass

    async def accept(arrivals: Any, cursor: str | None) -> None:
        found.extend(arrivals)
        if enough(found):
            raise Enough

    async def nothing(*_: object) -> None:
        return None

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        poll = Poll(
            "http://stand-in/bot",
            cursor=nothing,
            trouble=nothing,
            accepted=lambda _: None,
            client=client,
            sleep=nothing,
        )
        with pytest.raises(Enough):
            await poll.run(accept)
    return found


@pytest.mark.parametrize(
    "odd",
    [
        b'{"update_id":5,"message":{"x":%s}}' % (b"[" * 100_000 + b"]" * 100_000),
        b'{"update_id":5,"message":{"x":"\\uZZZZ"}}',
        b'{"update_id":5,"message":{"message_id":%s}}' % (b"9" * 10_000),
    ],
    ids=["nested", "no JSON", "a long number"],
)
async def test_what_is_no_json_for_us_is_passed_over(odd: bytes) -> None:
    """An update that spoils the whole reply is found, told as poison, and passed over."""
    good = [json.dumps({**written("one"), "update_id": 4}), json.dumps({**written("two"), "update_id": 6})]
    waiting = {4: good[0].encode(), 5: odd, 6: good[1].encode()}

    def reply(asked: dict[str, Any]) -> bytes:
        rest = [update for number, update in waiting.items() if number >= asked.get("offset", 0)]
        return b'{"ok":true,"result":[%s]}' % b",".join(rest[: asked["limit"]])

    found = await scripted(reply, lambda found: len(found) == 3)
    assert [type(one) for one in found] == [Incoming, Poison, Incoming]


async def test_who_is_named_in_a_private_chat_is_known() -> None:
    """The person behind an update is told with the language of their client."""

    def reply(asked: dict[str, Any]) -> bytes:
        return json.dumps({"ok": True, "result": [written("hello", sender=ANNA)]}).encode()

    [found] = await scripted(reply, bool)
    assert isinstance(found, Incoming)
    assert (found.chat, found.person.language) == (Chat("telegram", "7"), "de")
