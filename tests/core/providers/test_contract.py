"""Every node kind keeps the `Provider` contract, against every fault its protocol knows.

To add a kind: give it a dialect in tests/servers, add it to `Kind`, and say in `EXPECTED` what it must
raise where that differs. A fault that no row covers fails `test_every_fault_has_its_row`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import get_args

import httpx
import pytest

from core.errors import NodeError, RateLimited, Refused, Rejected, TooLong, Unavailable
from core.providers import End, Piece, Prompt, Provider, Thinking
from core.providers.kinds import KINDS
from core.providers.pauses import DAY_PAUSE_S, OVERLOADED_PAUSE_S
from core.types import Text, Turn
from tests.servers.dialects import RETRY_AFTER_S, Kind
from tests.servers.models import Fault, ModelServer, faults_of

WORDS = "where did grandmother hide the silver spoons"
PROMPT = Prompt((Turn("system", "Be kind."), Turn("user", WORDS)), max_tokens=100)
STUCK_S = 5.0
"""Nothing here waits on purpose: what takes this long hangs."""

Check = Callable[[NodeError], bool]


def limited(pause_s: float | None, *, stated: bool = False, used_up: bool = False) -> Check:
    return lambda error: (
        isinstance(error, RateLimited)
        and (error.pause_s, error.stated, error.used_up) == (pause_s, stated, used_up)
    )


def unavailable(fault: str) -> Check:
    return lambda error: isinstance(error, Unavailable) and error.fault == fault


def rejected(remedy: str) -> Check:
    return lambda error: isinstance(error, Rejected) and remedy in error.remedy


def is_a(kind: type[NodeError]) -> Check:
    return lambda error: type(error) is kind


def until_midnight(error: NodeError) -> bool:
    return isinstance(error, RateLimited) and error.stated and 1 <= (error.pause_s or 0) <= 24 * 3600


WAITS: set[Fault] = {"hang", "stall", "drip"}
"""Here the provider must not decide anything: who reads has the clock."""
WHOLE: set[Fault] = {"no_done"}

EXPECTED: dict[Fault, Check] = {
    "unauthorized": rejected("key"),
    "payment_required": limited(DAY_PAUSE_S, used_up=True),
    "forbidden": rejected("key"),
    "retired_model": rejected("model"),
    "rate_limited": limited(RETRY_AFTER_S, stated=True),
    "rate_limited_silently": limited(None),
    "used_up": limited(DAY_PAUSE_S, used_up=True),
    "server_error": unavailable("server"),
    "overloaded": limited(OVERLOADED_PAUSE_S),
    "too_long": is_a(TooLong),
    "refused": unavailable("unreachable"),
    "reset": unavailable("cut"),
    "no_end": unavailable("cut"),
    "malformed": unavailable("malformed"),
    "error_inside": unavailable("error_inside"),
    "error_as_200": unavailable("error_inside"),
    "plain_json": unavailable("not_a_stream"),
    "html": unavailable("not_a_stream"),
    "empty": unavailable("empty"),
    "content_filter": is_a(Refused),
}
EXPECTED_OF: dict[Kind, dict[Fault, Check]] = {
    "openai": EXPECTED,
    "cloudflare": EXPECTED
    | {
        "forbidden": rejected("free plan"),
        "rate_limited_silently": limited(60.0),
        "used_up": until_midnight,
    },
    "ollama": EXPECTED
    | {"retired_model": rejected("ollama pull stand-in"), "overloaded": unavailable("busy")},
}
ALL = [(kind, fault) for kind in get_args(Kind) for fault in faults_of(kind)]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture(params=get_args(Kind))
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ModelServer]:
    async with ModelServer(request.param) as server:
        yield server


def provider(server: ModelServer, client: httpx.AsyncClient) -> Provider:
    return KINDS[server.kind](server.spec(), client)


async def read(provider: Provider, prompt: Prompt = PROMPT) -> tuple[list[Piece], NodeError | None]:
    """Everything a stream gives, and what it raised in the end."""
    pieces: list[Piece] = []
    try:
        async with asyncio.timeout(STUCK_S), aclosing(provider.stream(prompt)) as stream:
            async for piece in stream:
                pieces.append(piece)  # noqa: PERF401 - a comprehension would lose them to the error
    except NodeError as error:
        return pieces, error
    return pieces, None


def text(pieces: list[Piece]) -> str:
    return "".join(piece.piece for piece in pieces if isinstance(piece, Text))


def test_every_fault_has_its_row() -> None:
    """Every fault a stand-in can show is either expected to raise something or to raise nothing."""
    for kind, fault in ALL:
        assert fault in EXPECTED_OF[kind] or fault in WAITS | WHOLE, (kind, fault)


async def test_a_whole_answer_ends_with_its_end(server: ModelServer, client: httpx.AsyncClient) -> None:
    """A good stream is its text, piece by piece, and then one `End` with the tokens it took."""
    pieces, error = await read(provider(server, client))
    assert error is None
    assert pieces[:-1] == [Text(piece) for piece in server.pieces]
    assert pieces[-1] == End(cut=False, prompt_tokens=11, answer_tokens=len(server.pieces))
    assert server.violations == []


async def test_the_question_arrives_as_it_was_asked(server: ModelServer, client: httpx.AsyncClient) -> None:
    """The turns, their roles and their letters reach the server unchanged."""
    turns = (
        Turn("system", "Sei nett."),
        Turn("user", "Größe?"),
        Turn("assistant", "🦉"),
        Turn("user", "Да?"),
    )
    await read(provider(server, client), Prompt(turns, max_tokens=7))
    assert server.asks[0].body["messages"] == [{"role": turn.role, "content": turn.text} for turn in turns]


async def test_half_a_letter_in_a_question_is_survived(
    server: ModelServer, client: httpx.AsyncClient
) -> None:
    """A lone surrogate, which cannot be sent as UTF-8, does not stop the question."""
    pieces, error = await read(provider(server, client), Prompt((Turn("user", "wh\ud83dy"),), max_tokens=7))
    assert error is None
    assert text(pieces) == "".join(server.pieces)
    assert server.asks[0].question == "wh?y"


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_an_answer_cut_at_its_limit_says_so(kind: Kind, client: httpx.AsyncClient) -> None:
    """A model that stopped at `max_tokens` gives a whole stream whose `End` is cut."""
    async with ModelServer(kind, cut=True) as server:
        pieces, error = await read(provider(server, client))
    assert error is None
    assert isinstance(pieces[-1], End)
    assert pieces[-1].cut


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_thinking_is_not_answer(kind: Kind, client: httpx.AsyncClient) -> None:
    """What a model thinks shows only as `Thinking`, whether it comes in a field or in tags."""
    thoughts = ["The spoons", " are under the bed"]
    tagged = ["<thi", "nk>under", " the bed</th", "ink>", "\n\n", "In", " the", " kitchen."]
    async with ModelServer(kind, thoughts=thoughts, pieces=tagged) as server:
        pieces, error = await read(provider(server, client))
    assert error is None
    assert text(pieces) == "In the kitchen."
    assert pieces[0] == Thinking()


@pytest.mark.parametrize(
    ("kind", "fault"), [(kind, fault) for kind, fault in ALL if fault not in WAITS | WHOLE]
)
async def test_a_fault_is_raised_as_what_it_is(kind: Kind, fault: Fault, client: httpx.AsyncClient) -> None:
    """Each fault raises its own error, gives no `End`, and its text holds neither words nor keys."""
    async with ModelServer(kind) as server:
        server.fail(fault, after=3)
        node = provider(server, client)
        pieces, error = await read(node)
        assert error is not None
        assert EXPECTED_OF[kind][fault](error), repr(error)
        assert not any(isinstance(piece, End) for piece in pieces)
        assert text(pieces) == "".join(server.pieces[: len([p for p in pieces if isinstance(p, Text)])])
        told = f"{error!r} {error.why} {getattr(error, 'remedy', '')} {error.__cause__} {error.__context__}"
        for secret in ("made-up-key", "spoons", "grandmother", "Bearer"):
            assert secret not in told
        pieces, error = await read(node)
        assert error is None, "the next question is a new one"
        assert text(pieces) == "".join(server.pieces)


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_a_closed_port_refuses(kind: Kind, client: httpx.AsyncClient) -> None:
    """Where nobody listens, that is the host's own doing, and once somebody does, it answers."""
    async with ModelServer(kind) as server:
        node = provider(server, client)
        await server.stop_listening()
        assert unavailable("refused")((await read(node))[1] or NodeError("none"))
        await server.listen()
        assert (await read(node))[1] is None


async def test_an_end_is_not_waited_beyond(server: ModelServer, client: httpx.AsyncClient) -> None:
    """A finish reason is the end, though the server neither says it is done nor hangs up."""
    server.fail("no_done")
    pieces, error = await read(provider(server, client))
    assert error is None
    assert text(pieces) == "".join(server.pieces)
    assert isinstance(pieces[-1], End)
    async with asyncio.timeout(STUCK_S):
        await server.left()


@pytest.mark.parametrize(("fault", "after"), [("stall", 3), ("drip", 1), ("stall", 0), ("hang", 0)])
async def test_closing_in_mid_answer_ends_the_work(
    server: ModelServer, client: httpx.AsyncClient, fault: Fault, after: int
) -> None:
    """Whoever stops reading takes the connection away, and the server sees it go."""
    server.drip_s = 10 * STUCK_S
    server.fail(fault, after=after)
    stream = provider(server, client).stream(PROMPT)
    for expected in server.pieces[:after]:
        assert await anext(stream) == Text(expected)
    if after == 0:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):  # a reader whose patience ends
                await anext(stream)
    async with asyncio.timeout(STUCK_S):
        await stream.aclose()
        await server.left()
    assert server.streaming == 0


async def test_an_answer_read_to_its_end_leaves_the_connection_for_the_next(
    server: ModelServer, client: httpx.AsyncClient
) -> None:
    """Two questions one after the other share a connection, even if reading stops at the `End`."""
    node = provider(server, client)
    for _ in range(2):
        async with aclosing(node.stream(PROMPT)) as stream:
            async for piece in stream:
                if isinstance(piece, End):
                    break
    assert server.connections == 1


async def test_a_check_costs_no_question(server: ModelServer, client: httpx.AsyncClient) -> None:
    """A check finds the model without asking it anything."""
    node = provider(server, client)
    health = await node.check()
    assert health.models == ("stand-in",)
    assert health.state == ("loading" if server.kind == "ollama" else "well")
    await node.warm_up()
    assert (await node.check()).state == "well"
    assert [asked.question for asked in server.asks] == ([""] if server.kind == "ollama" else [])
    assert server.violations == []


async def test_a_check_never_raises(server: ModelServer, client: httpx.AsyncClient) -> None:
    """Where nobody answers, a check says so instead of raising."""
    node = provider(server, client)
    await server.stop_listening()
    health = await node.check()
    assert health.state == "ill"
    assert "refused" in health.why


async def test_a_key_that_is_wrong_is_told_by_a_check(client: httpx.AsyncClient) -> None:
    """A check of an account whose key is refused says which error it was, and not the key."""
    for kind in ("openai", "cloudflare"):
        async with ModelServer(kind) as server:
            health = await KINDS[kind](server.spec(key="another-key"), client).check()
        assert health.state == "ill"
        assert "401" in health.why
        assert "another-key" not in health.why


@pytest.mark.parametrize("kind", ["openai", "cloudflare"])
async def test_a_key_no_header_may_hold_is_refused_before_it_is_sent(
    kind: Kind, client: httpx.AsyncClient
) -> None:
    """A key with a line break in it is a matter for the admin, and is not quoted."""
    async with ModelServer(kind) as server:
        _, error = await read(KINDS[kind](server.spec(key="made-up\r\nkey"), client))
    assert isinstance(error, Rejected)
    assert (
        "made-up"
        not in f"{error!r}{error.__cause__}{error.__context__ if not error.__suppress_context__ else ''}"
    )
    assert server.connections <= 1
    assert server.asks == []
