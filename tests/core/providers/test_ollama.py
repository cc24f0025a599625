"""Ollama's protocol, against what a real server said (tests/data/ollama-replies) and what it must not do."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRequest, NodeError, Rejected, TooLong, Unavailable
from core.providers import End, Piece, Prompt, Thinking
from core.providers.ollama import CLOUD_REMEDY, DIGEST_REMEDY, LineDecoder, Ollama, base_url
from core.types import NodeSpec, Text, Turn
from tests.servers.models import ModelServer
from tests.servers.ollama import DIGEST

REPLIES = Path(__file__).parents[2] / "data" / "ollama-replies"
PROMPT = Prompt((Turn("user", "hello"),), max_tokens=50)
PRIVATE = Prompt((Turn("user", "hello"),), max_tokens=50, private=True)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def recorded(name: str) -> httpx.Response:
    """A real server's reply. Where only the body was kept, its name tells the status."""
    content = (REPLIES / f"{name}.body").read_bytes()
    head = REPLIES / f"{name}.headers"
    if not head.exists():
        return httpx.Response(503 if name.endswith("503") else 200, content=content)
    status, *fields = head.read_text().strip().splitlines()
    kept = [field.split(": ", 1) for field in fields if not field.startswith(("Transfer-", "Content-Length"))]
    return httpx.Response(
        int(status.split()[1]), headers=[(key, value) for key, value in kept], content=content
    )


def decoded(*chunks: bytes) -> list[Piece]:
    decoder = LineDecoder(lambda body: Unavailable("error_inside", "as told"))
    pieces: list[Piece] = []
    for chunk in chunks:
        pieces += decoder.feed(chunk)
        if decoder.ended:
            return pieces
    return pieces + decoder.end()


async def answered(client: httpx.AsyncClient, reply: httpx.Response) -> list[Piece]:
    with respx.mock() as mocked:
        mocked.post("http://node/api/chat").mock(reply)
        node = Ollama(NodeSpec("n", "ollama", "http://node", "smollm2:135m"), client)
        return [piece async for piece in node.stream(PROMPT)]


# ── A real server's replies ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "text", "end"),
    [
        ("chat_stream", "The capital of France is Paris.", End(False, 16, 8)),
        ("chat_length", 'The story of the "Lost City', End(True, 15, 8)),
        ("chat_prefill", "The capital of France is Paris.", End(False, 26, 8)),
        ("chat_nostream", "I'm so glad you're here. I'm so glad you're here.", End(True, 12, 16)),
    ],
)
async def test_a_real_answer_is_read(client: httpx.AsyncClient, name: str, text: str, end: End) -> None:
    """The text, its end and its tokens are those of the recorded answer."""
    pieces = await answered(client, recorded(name))
    assert "".join(piece.piece for piece in pieces if isinstance(piece, Text)) == text
    assert pieces[-1] == end


@pytest.mark.parametrize(
    ("name", "expected", "says"),
    [
        ("midkill", Unavailable, "error_inside"),
        ("load_only", Unavailable, "empty"),
        ("unload", Unavailable, "empty"),
        ("busy_503", Unavailable, "busy"),
        ("chat_missing", Rejected, "HTTP 404"),
        ("chat_badjson", BadRequest, "HTTP 400"),
        ("chat_image", BadRequest, "HTTP 400"),
        ("chat_tools", BadRequest, "HTTP 400"),
        ("chat_think", BadRequest, "HTTP 400"),
        ("midkill_openai", Unavailable, "HTTP 500"),
        ("tags", Unavailable, "cut"),
    ],
)
async def test_a_real_failure_is_what_it_is(
    client: httpx.AsyncClient, name: str, expected: type[NodeError], says: str
) -> None:
    """What a real server said when something went wrong becomes the error that fits, without its words."""
    with pytest.raises(expected) as raised:
        await answered(client, recorded(name))
    assert type(raised.value) is expected
    assert says in raised.value.why
    assert "smollm2" not in raised.value.why


async def test_a_missing_model_comes_with_its_remedy(client: httpx.AsyncClient) -> None:
    """Who does not have the model is told the command that fetches it."""
    with pytest.raises(Rejected) as raised:
        await answered(client, recorded("chat_missing"))
    assert "ollama pull smollm2:135m" in raised.value.remedy


@pytest.mark.parametrize(
    ("ps", "state"), [("ps_loaded", "well"), ("ps_empty", "loading"), ("ps_after_unload", "loading")]
)
async def test_a_check_tells_warm_from_cold(client: httpx.AsyncClient, ps: str, state: str) -> None:
    """A real server's lists show whether the model is there, and whether it is loaded."""
    with respx.mock() as mocked:
        mocked.get("http://node/api/tags").mock(recorded("tags"))
        mocked.get("http://node/api/ps").mock(recorded(ps))
        health = await Ollama(NodeSpec("n", "ollama", "http://node", "smollm2:135m"), client).check()
    assert health.state == state
    assert health.models == ("smollm2:135m",)


@given(cuts=st.lists(st.integers(min_value=0), max_size=20))
def test_any_cut_of_a_recorded_stream_gives_the_same_pieces(cuts: list[int]) -> None:
    """However the network cuts a real server's stream, the pieces are the same."""
    raw = (REPLIES / "chat_stream.body").read_bytes()
    marks = sorted(mark % (len(raw) + 1) for mark in cuts)
    chunks = [raw[start:stop] for start, stop in zip([0, *marks], [*marks, len(raw)], strict=True)]
    words = ["The", " capital", " of", " France", " is", " Paris", "."]
    assert decoded(*chunks) == [*(Text(word) for word in words), End(False, 16, 8)]


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def line(content: str | None = "", **more: object) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"model": "m", "message": message, "done": False, **more}).encode() + b"\n"


HI = line("Hi")
DONE = line(done=True, done_reason="stop")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (HI + DONE, [Text("Hi"), End()]),
        (HI + DONE.rstrip(), [Text("Hi"), End()]),
        (line("<") + DONE, [Text("<"), End()]),
        (HI + b"\r\n\n" + DONE, [Text("Hi"), End()]),
        (HI + DONE + line("more"), [Text("Hi"), End()]),
        (line(None) + line(message={"thinking": "hm"}) + HI + DONE, [Thinking(), Text("Hi"), End()]),
        (line("<think>hm") + line("</think>\nHi") + DONE, [Thinking(), Text("Hi"), End()]),
        (HI + line(done=True, done_reason="length", eval_count=7), [Text("Hi"), End(True, None, 7)]),
    ],
)
def test_lines_are_read(stream: bytes, expected: list[Piece]) -> None:
    """Text, thinking and the end come out of the lines, and nothing behind the end does."""
    assert decoded(stream) == expected


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (b"", "cut"),
        (HI, "cut"),
        (HI + DONE[:20], "cut"),
        (HI + b"nonsense\n" + DONE, "malformed"),
        (HI + b"[1]\n" + DONE, "malformed"),
        (HI + line(message="x") + DONE, "malformed"),
        (HI + line(message={"content": 5}) + DONE, "malformed"),
        (DONE, "empty"),
        (line(" \n") + DONE, "empty"),
        (HI + b'{"error": "boom"}\n' + DONE, "error_inside"),
        (b'{"error": "boom"}', "error_inside"),
        (b"<html></html>", "not_a_stream"),
        (b"\n<html>\n</html>", "not_a_stream"),
        (b"x" * 1_100_000, "malformed"),
    ],
)
def test_what_is_not_whole_is_not_an_answer(stream: bytes, fault: str) -> None:
    """A stream that is cut, broken, empty or none at all raises, and says in which way."""
    with pytest.raises(Unavailable) as raised:
        decoded(stream)
    assert raised.value.fault == fault


@pytest.mark.parametrize("field", ["remote_host", "remote_model"])
def test_an_answer_from_a_cloud_is_refused(field: str) -> None:
    """An answer that says it was written elsewhere may not pass for one of the house."""
    with pytest.raises(Rejected) as raised:
        decoded(line("Hi", **{field: "elsewhere"}))
    assert raised.value.remedy == CLOUD_REMEDY


# ── Asking ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434",
        "localhost:11434/",
        "http://localhost:11434/api",
        "http://localhost:11434/api/generate",
        " http://localhost:11434/v1/ ",
    ],
)
def test_an_address_may_be_given_in_any_length(url: str) -> None:
    """With a route, without one, with or without a scheme: all lead to the same place."""
    assert base_url(url) == "http://localhost:11434"


async def test_every_request_has_the_same_options(client: httpx.AsyncClient) -> None:
    """Warm-up, a short and a long question go with one set of options, so that nothing is loaded twice."""
    options = {"num_ctx": 4096, "num_thread": 2, "keep_alive": "-1"}
    async with ModelServer("ollama") as server:
        node = Ollama(server.spec(max_tokens=300, options=options), client)
        await node.warm_up()
        for max_tokens in (10, 200):
            assert [piece async for piece in node.stream(Prompt(PROMPT.turns, max_tokens))]
    assert server.violations == []
    assert [asked.body["options"] for asked in server.asks] == [
        {"num_predict": 300, "num_ctx": 4096, "num_thread": 2}
    ] * 3
    assert {asked.body["keep_alive"] for asked in server.asks} == {-1}
    assert server.asks[0].body["messages"] == []


async def test_a_question_too_long_is_not_cut_silently(client: httpx.AsyncClient) -> None:
    """The server is told to refuse what does not fit, and its refusal is understood, old form and new."""
    async with ModelServer("ollama") as server:
        node = Ollama(server.spec(), client)
        server.fail("too_long")
        with pytest.raises(TooLong):
            await anext(node.stream(PROMPT))
    assert server.asks[0].body["truncate"] is False
    older = httpx.Response(400, json={"error": "the input length exceeds the context length"})
    with pytest.raises(TooLong):
        await answered(client, older)


async def test_a_private_question_never_reaches_a_cloud_model(client: httpx.AsyncClient) -> None:
    """A model that is passed on to a cloud is found out before the question is sent."""
    async with ModelServer("ollama", cloud=True) as server:
        node = Ollama(server.spec(), client)
        with pytest.raises(Rejected) as raised:
            await anext(node.stream(PRIVATE))
        assert raised.value.remedy == CLOUD_REMEDY
        assert server.asks == []
        with pytest.raises(Rejected):
            await anext(node.stream(PROMPT))
        with pytest.raises(Rejected):
            await node.warm_up()
        assert (await node.check()).state == "ill"


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "qwen3:cloud"])
async def test_a_name_of_the_cloud_is_enough(client: httpx.AsyncClient, model: str) -> None:
    """A server too old to say where a model runs still gives it away by its name."""
    async with ModelServer("ollama", model=model) as server:
        with pytest.raises(Rejected):
            await anext(Ollama(server.spec(), client).stream(PRIVATE))
    assert server.asks == []


async def test_a_private_question_waits_for_a_list_that_can_be_read(client: httpx.AsyncClient) -> None:
    """Where it cannot be known what the model is, nothing private is sent."""
    for reply in (httpx.Response(500), httpx.Response(200, text="hello"), httpx.Response(200, json=[])):
        with respx.mock(assert_all_called=False) as mocked:
            mocked.get("http://node/api/tags").mock(reply)
            chat = mocked.post("http://node/api/chat").mock(recorded("chat_stream"))
            with pytest.raises(Unavailable):
                await anext(Ollama(NodeSpec("n", "ollama", "http://node", "m"), client).stream(PRIVATE))
        assert not chat.called


async def test_a_private_question_is_answered_by_a_model_of_the_house(client: httpx.AsyncClient) -> None:
    """A local model, named with or without its tag, answers in private."""
    for name in ("stand-in", "stand-in:latest"):
        async with ModelServer("ollama") as server:
            spec = NodeSpec("n", "ollama", server.url, name)
            assert isinstance([piece async for piece in Ollama(spec, client).stream(PRIVATE)][-1], End)


@pytest.mark.parametrize(
    ("digest", "fits"),
    [
        (DIGEST, True),
        (f"sha256:{DIGEST}", True),
        (DIGEST[:12].upper(), True),
        (DIGEST[:11], False),
        ("0" * 12, False),
        (f"{DIGEST}0", False),
    ],
)
async def test_a_pinned_model_is_the_only_one_that_answers(
    client: httpx.AsyncClient, digest: str, fits: bool
) -> None:
    """A digest in the settings, in full or from twelve letters on, decides before anything is asked."""
    async with ModelServer("ollama") as server:
        node = Ollama(server.spec(options={"digest": digest}), client)
        if fits:
            assert [piece async for piece in node.stream(PROMPT)]
            assert (await node.check()).state == "well"
        else:
            with pytest.raises(Rejected) as raised:
                await anext(node.stream(PROMPT))
            assert raised.value.remedy == DIGEST_REMEDY
            assert (await node.check()).state == "ill"
            assert server.asks == []


async def test_a_model_that_is_not_installed_is_told_by_a_check(client: httpx.AsyncClient) -> None:
    """The check of a model nobody pulled is ill before anybody asks it something."""
    async with ModelServer("ollama") as server:
        health = await Ollama(NodeSpec("n", "ollama", server.url, "another"), client).check()
    assert health.state == "ill"


async def test_a_warm_up_that_fails_says_why(client: httpx.AsyncClient) -> None:
    """Too little memory is an operator's matter, and is told as what it is."""
    error = {"error": "model requires more system memory (5.6 GiB) than is available (3.1 GiB)"}
    with respx.mock() as mocked:
        mocked.post("http://node/api/chat").respond(500, json=error)
        with pytest.raises(Unavailable, match="not enough memory"):
            await Ollama(NodeSpec("n", "ollama", "http://node", "m"), client).warm_up()


async def test_thinking_is_asked_for_only_if_the_settings_say_so(client: httpx.AsyncClient) -> None:
    """Left alone, Ollama keeps thinking apart from the answer; a setting may turn it off."""
    for options, expected in (({}, None), ({"think": False}, False)):
        async with ModelServer("ollama") as server:
            assert [piece async for piece in Ollama(server.spec(options=options), client).stream(PROMPT)]
        assert server.asks[0].body.get("think") is expected
