"""Cloudflare Workers AI: its codes, its day, and both forms of its stream."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import respx

from core.errors import BadRequest, NodeError, RateLimited, Rejected, TooLong, Unavailable
from core.providers import End, Prompt, refusals
from core.providers.cloudflare import ACCOUNT_REMEDY, Cloudflare, verdict
from core.providers.openai import ChatDecoder
from core.providers.pauses import OVERLOADED_PAUSE_S
from core.providers.retired import RETIRED_MODELS
from core.types import Text, Turn
from tests.servers.models import ModelServer

PROMPT = Prompt((Turn("user", "hello"),), max_tokens=50)
MODEL = "@cf/google/gemma-4-26b-a4b-it"
NOW = datetime(2026, 3, 11, 22, 0, tzinfo=UTC).timestamp()
TO_MIDNIGHT_S = 2 * 3600.0


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def judged(status: int, body: object, headers: dict[str, str] | None = None, model: str = MODEL) -> NodeError:
    return verdict(refusals.read(status, body, headers or {}, NOW), model, NOW)


def errors(code: int, message: str = "AiError: no") -> dict[str, object]:
    return {"errors": [{"message": message, "code": code}], "success": False, "result": {}, "messages": []}


def forms(code: int) -> list[object]:
    """Every shape one code comes in."""
    return [
        errors(code),
        {"error": {"message": f"{code}: no", "type": "invalid_request_error", "code": None}},
        {"error": {"message": f"InferenceUpstreamError: {code}: no"}},
        {"error": f"{code}: no"},
        {"name": "AiError", "internalCode": code, "httpCode": 429, "message": "AiError: no"},
    ]


@pytest.mark.parametrize(
    ("code", "status", "pause_s", "stated"),
    [
        (3036, 429, TO_MIDNIGHT_S, True),
        (4006, 429, TO_MIDNIGHT_S, True),
        (3021, 429, 60.0, False),
        (3040, 429, OVERLOADED_PAUSE_S, False),
        (3040, 400, OVERLOADED_PAUSE_S, False),
    ],
)
def test_a_limit_has_the_pause_of_its_kind(code: int, status: int, pause_s: float, stated: bool) -> None:
    """A used-up day ends at 00:00 UTC, a minute within a minute, a lack of room within seconds."""
    for body in forms(code):
        limited = judged(status, body)
        assert isinstance(limited, RateLimited), body
        assert (limited.pause_s, limited.stated, limited.used_up) == (pause_s, stated, False)
        assert str(code) in limited.why


def test_a_minute_is_never_longer_than_a_minute() -> None:
    """The limit per minute is over in a minute, also where the header says an hour."""
    for header, pause_s in (("12", 12.0), ("3600", 60.0)):
        limited = judged(429, errors(3021), {"retry-after": header})
        assert isinstance(limited, RateLimited)
        assert (limited.pause_s, limited.stated) == (pause_s, True)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        (3006, 413, TooLong),
        (5021, 413, TooLong),
        (5007, 400, Rejected),
        (3042, 404, Rejected),
        (5028, 410, Rejected),
        (5016, 403, Rejected),
        (5018, 403, Rejected),
        (3041, 403, Rejected),
        (3023, 403, Rejected),
        (5035, 403, Rejected),
        (10000, 401, Rejected),
        (6003, 400, Rejected),
        (7003, 404, Rejected),
        (3007, 408, Unavailable),
        (7009, 500, Unavailable),
        (3003, 400, BadRequest),
        (5006, 400, BadRequest),
    ],
)
def test_a_code_means_the_same_in_every_form(code: int, status: int, expected: type[NodeError]) -> None:
    """Whether in a list, a field or a sentence, a code becomes the same error."""
    for body in forms(code):
        assert type(judged(status, body)) is expected, body


@pytest.mark.parametrize(
    ("code", "words"),
    [(5016, "terms"), (5035, "Workers Paid"), (3023, "blocked"), (10000, "permission"), (7003, "account id")],
)
def test_a_rejection_says_what_to_do_at_cloudflare(code: int, words: str) -> None:
    """Terms, plan, account and token each have their own remedy."""
    rejected = judged(403, errors(code))
    assert isinstance(rejected, Rejected)
    assert words in rejected.remedy


def test_a_retired_model_names_its_successor() -> None:
    """Whoever still has a model of the past is told the one to take."""
    rejected = judged(410, errors(5028), model="@cf/meta/llama-3.1-8b-instruct")
    assert isinstance(rejected, Rejected)
    assert MODEL in rejected.remedy


def test_no_successor_is_retired_itself() -> None:
    """Following the list once is enough."""
    assert not set(RETIRED_MODELS.values()) & RETIRED_MODELS.keys()
    assert all(re.fullmatch(r"@[ch]f/[\w.-]+/[\w.-]+", model) for model in RETIRED_MODELS)


def test_a_number_in_a_sentence_is_not_a_code() -> None:
    """Only the head of a sentence is a code: further on it may be a person who wrote it."""
    assert type(judged(400, errors(5006, "AiError: bad input: 3036: 4006: hello"))) is BadRequest


def test_the_older_stream_is_read_too() -> None:
    """Pieces named `response`, numbers among them, and an end without a finish reason."""
    decoder = ChatDecoder(lambda body: NodeError("inside"))
    stream = (
        b'data: {"response":"It is ","p":"abc"}\n\ndata: {"response":42,"p":"abc"}\n\n'
        b'data: {"response":null}\n\n'
        b'data: {"response":"","usage":{"prompt_tokens":5,"completion_tokens":7}}\n\ndata: [DONE]\n\n'
    )
    assert decoder.feed(stream) == [Text("It is "), Text("42"), End(False, 5, 7)]


async def test_an_older_server_answers_as_well(client: httpx.AsyncClient) -> None:
    """A whole answer in the older form is an answer like any other."""
    async with ModelServer("cloudflare", older=True) as server:
        pieces = [piece async for piece in Cloudflare(server.spec(), client).stream(PROMPT)]
    assert pieces == [*(Text(piece) for piece in server.pieces), End(False, 11, len(server.pieces))]


async def test_it_may_refuse_at_once_while_another_node_is_free(client: httpx.AsyncClient) -> None:
    """`rejectIfBusy` is sent at the top level, and only where there is somebody else to ask."""
    async with ModelServer("cloudflare") as server:
        node = Cloudflare(server.spec(), client)
        for busy_elsewhere in (True, False):
            prompt = Prompt(PROMPT.turns, 50, busy_elsewhere=busy_elsewhere)
            assert [piece async for piece in node.stream(prompt)]
    assert [asked.body.get("options") for asked in server.asks] == [{"rejectIfBusy": True}, None]
    assert [asked.body["max_tokens"] for asked in server.asks] == [50, 50]
    assert server.violations == []


@pytest.mark.parametrize("account_id", ["", "my-account", "0123456789abcdef0123456789abcdef0", "../x"])
async def test_a_malformed_account_id_is_told_before_anything_is_sent(
    client: httpx.AsyncClient, account_id: str
) -> None:
    """An account id that cannot be one is the admin's business, and no question goes anywhere."""
    async with ModelServer("cloudflare") as server:
        node = Cloudflare(server.spec(options={"account_id": account_id}), client)
        with pytest.raises(Rejected) as raised:
            await anext(node.stream(PROMPT))
        assert raised.value.remedy == ACCOUNT_REMEDY
        assert (await node.check()).state == "ill"
        assert server.connections == 0


async def test_an_unknown_account_is_told(client: httpx.AsyncClient) -> None:
    """An account id that looks right and is not has the same remedy."""
    async with ModelServer("cloudflare") as server:
        node = Cloudflare(server.spec(options={"account_id": "f" * 32}), client)
        with pytest.raises(Rejected) as raised:
            await anext(node.stream(PROMPT))
    assert raised.value.remedy == ACCOUNT_REMEDY


async def test_the_day_ends_by_the_wall_clock_it_is_given(client: httpx.AsyncClient) -> None:
    """At 22:00 UTC a used-up account pauses for two hours."""
    async with ModelServer("cloudflare") as server:
        server.fail("used_up")
        with pytest.raises(RateLimited) as raised:
            await anext(Cloudflare(server.spec(), client, wall_clock=lambda: NOW).stream(PROMPT))
    assert raised.value.pause_s == TO_MIDNIGHT_S


async def test_a_check_of_something_else_is_survived(client: httpx.AsyncClient) -> None:
    """A reply to the check that is no list of models is a list of none."""
    for reply in ({"result": 5}, [1], {"result": [1]}):
        async with ModelServer("cloudflare") as server:
            node = Cloudflare(server.spec(), client)
            with respx.mock() as mocked:
                mocked.get(url__startswith=server.url).respond(json=reply)
                assert (await node.check()).models == ()
