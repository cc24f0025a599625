"""The OpenAI protocol: how it is asked, and every accent its answers come in."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRequest, NodeError, RateLimited, Refused, Unavailable
from core.providers import End, Piece, Prompt, Thinking
from core.providers.openai import ChatDecoder, OpenAI, base_url, joined
from core.types import NodeSpec, Text, Turn
from tests.servers.models import ModelServer

PROMPT = Prompt((Turn("user", "hello"),), max_tokens=50)
RECORDED = Path(__file__).parents[2] / "data" / "ollama-replies"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


class Inside(NodeError):
    """What the decoder is told to raise for an error object; it keeps the object."""

    def __init__(self, body: object) -> None:
        super().__init__("inside")
        self.body = body


def decoded(*chunks: bytes) -> list[Piece]:
    decoder = ChatDecoder(Inside)
    pieces: list[Piece] = []
    for chunk in chunks:
        pieces += decoder.feed(chunk)
        if decoder.ended:
            return pieces
    return pieces + decoder.end()


def event(delta: object = None, finish_reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta if delta is not None else {}, "finish_reason": finish_reason}
    return b"data: " + json.dumps({"choices": [choice], **more}).encode() + b"\n\n"


HI = event({"role": "assistant", "content": "Hi"})
STOP = event(finish_reason="stop")
DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 7}}\n\n'


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/models"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/models"),
        ("https://api.groq.com/openai", "https://api.groq.com/openai/v1/models"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "https://generativelanguage.googleapis.com/v1beta/openai/models",
        ),
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1/models"),
        ("http://localhost:8080/chat/completions", "http://localhost:8080/models"),
        (" http://[::1]:8080/v1?tenant=a ", "http://[::1]:8080/v1/models?tenant=a"),
    ],
)
def test_an_address_may_be_given_in_any_length(url: str, expected: str) -> None:
    """A host, a base with its version, or the full route: all lead to the same place."""
    assert joined(base_url(url), "models") == expected


async def test_the_request_is_the_plain_form(client: httpx.AsyncClient) -> None:
    """Model, turns, a limit, a stream with its usage, uncompressed: nothing else is sent."""
    async with ModelServer() as server:
        node = OpenAI(server.spec(options={"body": {"temperature": 0, "model": "another"}}), client)
        assert [piece async for piece in node.stream(PROMPT)]
    assert server.violations == []
    assert server.asks[0].body == {
        "temperature": 0,
        "model": "stand-in",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "max_tokens": 50,
        "stream_options": {"include_usage": True},
    }
    assert server.asks[0].headers["accept-encoding"] == "identity"


async def test_without_a_key_none_is_sent(client: httpx.AsyncClient) -> None:
    """A server of the house needs no key, and gets no empty one."""
    async with ModelServer() as server:
        await OpenAI(server.spec(key=" "), client).check()
    assert server.violations == ["wrong or missing key"]
    with respx.mock() as mocked:
        route = mocked.get("http://node/v1/models").respond(json={"data": []})
        await OpenAI(NodeSpec("n", "openai", "http://node", "m"), client).check()
    assert "authorization" not in route.calls[0].request.headers


@pytest.mark.parametrize(
    "refuses", [["stream_options"], ["max_tokens"], ["stream_options", "max_tokens"]], ids=" and ".join
)
async def test_what_a_server_does_not_take_is_said_otherwise(
    client: httpx.AsyncClient, refuses: list[str]
) -> None:
    """A refused field is left out or renamed at once, and from then on, for all who ask at the same time."""
    async with ModelServer(refuses=refuses) as server:
        node = OpenAI(server.spec(), client)

        async def ask() -> Piece:
            return [piece async for piece in node.stream(PROMPT)][-1]

        assert all(isinstance(end, End) for end in await asyncio.gather(*(ask() for _ in range(5))))
        learning = len(server.violations)
        await ask()
    assert len(server.violations) == learning
    assert learning <= 5 * len(refuses)
    assert server.asks[-1].body.get("max_completion_tokens", 50) == 50
    assert ("stream_options" in server.asks[-1].body) == ("stream_options" not in refuses)


async def test_a_server_that_is_never_content_is_not_asked_for_ever(client: httpx.AsyncClient) -> None:
    """A server that names the same fields again and again gets three requests, and then it is an error."""
    with respx.mock() as mocked:
        said = {"error": {"message": "max_completion_tokens and stream_options are bad"}}
        route = mocked.post("http://node/v1/chat/completions")
        route.side_effect = [httpx.Response(400, json=said)] * 3
        body = {"max_tokens": 5, "stream_options": {}}
        node = OpenAI(NodeSpec("n", "openai", "http://node", "m", options={"body": body}), client)
        with pytest.raises(BadRequest):
            await anext(node.stream(PROMPT))
    assert route.call_count == 3


async def test_a_compressed_stream_is_read(client: httpx.AsyncClient) -> None:
    """A proxy that compresses although asked not to is understood."""
    with respx.mock() as mocked:
        mocked.post("http://node/v1/chat/completions").respond(
            headers={"Content-Encoding": "gzip"}, content=gzip.compress(HI + STOP + DONE)
        )
        node = OpenAI(NodeSpec("n", "openai", "http://node", "m"), client)
        assert [piece async for piece in node.stream(PROMPT)] == [Text("Hi"), End()]


async def test_a_broken_compression_is_malformed(client: httpx.AsyncClient) -> None:
    """What cannot be unpacked is no answer."""

    async def nonsense() -> AsyncIterator[bytes]:
        yield b"nonsense"

    with respx.mock() as mocked:
        mocked.post("http://node/v1/chat/completions").mock(
            httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=nonsense())
        )
        with pytest.raises(Unavailable) as raised:
            await anext(OpenAI(NodeSpec("n", "openai", "http://node", "m"), client).stream(PROMPT))
    assert raised.value.fault == "malformed"


async def test_a_server_without_a_list_of_models_is_well(client: httpx.AsyncClient) -> None:
    """Not every server lists its models; being asked for them shows that it is there."""
    with respx.mock() as mocked:
        mocked.get("http://node/v1/models").respond(404)
        health = await OpenAI(NodeSpec("n", "openai", "http://node", "m"), client).check()
    assert health.state == "well"
    assert health.models == ()


async def test_only_the_beginning_of_an_error_is_read(client: httpx.AsyncClient) -> None:
    """An error of endless length is as good as a short one."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    with respx.mock() as mocked:
        mocked.post("http://node/v1/chat/completions").mock(httpx.Response(429, content=endless()))
        with pytest.raises(RateLimited):
            await anext(OpenAI(NodeSpec("n", "openai", "http://node", "m"), client).stream(PROMPT))


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


@given(cuts=st.lists(st.integers(min_value=0), max_size=20), line_end=st.sampled_from([b"\n", b"\r\n"]))
def test_any_cut_of_a_recorded_stream_gives_the_same_pieces(cuts: list[int], line_end: bytes) -> None:
    """However the network cuts a real server's stream, the pieces are the same."""
    raw = (RECORDED / "openai_stream.body").read_bytes().replace(b"\n", line_end)
    marks = sorted(mark % (len(raw) + 1) for mark in cuts)
    chunks = [raw[start:stop] for start, stop in zip([0, *marks], [*marks, len(raw)], strict=True)]
    words = ["The", " capital", " of", " France", " is", " Paris", "."]
    pieces = decoded(*chunks)
    assert pieces[:-1] == [Text(word) for word in words]
    assert isinstance(pieces[-1], End)


@given(cuts=st.lists(st.integers(min_value=0), max_size=20))
def test_a_letter_cut_in_two_is_whole(cuts: list[int]) -> None:
    """Letters of several bytes survive being cut within."""
    raw = b'data: {"choices":[{"delta":{"content":"\xc3\xa4\xf0\x9f\xa6\x89\xe2\x82\xac"}}]}\n\n' + DONE
    marks = sorted(mark % (len(raw) + 1) for mark in cuts)
    chunks = [raw[start:stop] for start, stop in zip([0, *marks], [*marks, len(raw)], strict=True)]
    assert decoded(*chunks) == [Text("ä🦉€"), End()]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (HI + STOP + USAGE + DONE, [Text("Hi"), End(False, 5, 7)]),
        (HI + STOP, [Text("Hi"), End()]),
        (HI + DONE, [Text("Hi"), End()]),
        (HI + event({"content": "!"}, "stop"), [Text("Hi"), Text("!"), End()]),
        (HI + event(finish_reason="length") + DONE, [Text("Hi"), End(cut=True)]),
        (HI + event(finish_reason="eos_token") + DONE, [Text("Hi"), End()]),
        (HI + b"data: [DONE]", [Text("Hi"), End()]),
        (
            b": ping\n\n" + event({"content": None}) + HI + b'data: {"type": "ping"}\n\n' + DONE,
            [Text("Hi"), End()],
        ),
        (b'data: {"choices": [], "prompt_filter_results": []}\n\n' + HI + DONE, [Text("Hi"), End()]),
        (b'data: {"choices": [{"delta": null, "finish_reason": null}]}\n\n' + HI + DONE, [Text("Hi"), End()]),
        (
            event({"content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]}) + DONE,
            [Text("Hi"), End()],
        ),
        (
            event({"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}]}) + HI + DONE,
            [Thinking(), Text("Hi"), End()],
        ),
        (
            event({"reasoning": "hm"}) + event({"reasoning_content": "hm", "content": ""}) + HI + DONE,
            [Thinking(), Thinking(), Text("Hi"), End()],
        ),
        (
            event({"content": "<think>hm"}) + event({"content": "</think>Hi"}) + DONE,
            [Thinking(), Text("Hi"), End()],
        ),
        (event({"content": "<"}) + DONE, [Text("<"), End()]),
        (HI + b'data: {"choices": [], "usage": {"prompt_tokens": "5"}}\n\n' + DONE, [Text("Hi"), End()]),
    ],
)
def test_every_accent_is_understood(stream: bytes, expected: list[Piece]) -> None:
    """The forms real servers send come out as text, thinking and an end."""
    assert decoded(stream) == expected


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (b"", "cut"),
        (HI, "cut"),
        (HI + b'data: {"choices": [{"del', "cut"),
        (HI + b"data: nonsense\n\n" + DONE, "malformed"),
        (HI + b"data: [1]\n\n" + DONE, "malformed"),
        (HI + b'data: {"choices": {"0": 1}}\n\n' + DONE, "malformed"),
        (HI + b'data: {"choices": [1]}\n\n' + DONE, "malformed"),
        (HI + event({"content": 5}) + DONE, "malformed"),
        (HI + event({"content": ["x"]}) + DONE, "malformed"),
        (HI + event("x") + DONE, "malformed"),
        (HI + b'data: "\xff"\n\n' + DONE, "malformed"),
        (STOP + DONE, "empty"),
        (event({"content": " \n"}) + STOP + DONE, "empty"),
        (event({"content": "<think>on and on"}) + event(finish_reason="length") + DONE, "empty"),
        (event({"tool_calls": [{}]}, "tool_calls") + DONE, "empty"),
        (HI + event(finish_reason="error") + DONE, "error_inside"),
        (HI + event(finish_reason="insufficient_system_resource") + DONE, "error_inside"),
        (b"<!DOCTYPE html><html></html>", "not_a_stream"),
        (b'\n {"object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}', "not_a_stream"),
        (b'{"detail": "what?"}', "not_a_stream"),
        (b"{broken", "not_a_stream"),
        (HI + b'data: {"response": [1]}\n\n' + DONE, "malformed"),
    ],
)
def test_what_is_not_whole_is_not_an_answer(stream: bytes, fault: str) -> None:
    """A stream that is cut, broken, empty or none at all raises, and says in which way."""
    with pytest.raises(Unavailable) as raised:
        decoded(stream)
    assert raised.value.fault == fault


@pytest.mark.parametrize(
    "stream",
    [
        HI + b'data: {"error": {"code": 429, "message": "slow down"}}\n\n' + DONE,
        HI + event({"content": ""}, "error", error={"code": "server_error"}),
        HI + b'event: error\ndata: {"message": "boom", "code": 500}\n\n' + DONE,
        HI + b'data: {"object": "error", "message": "boom", "code": 500}\n\n' + DONE,
        HI + b'data: {"errors": [{"code": 3040}], "success": false}\n\n' + DONE,
        b'{"error": {"code": "insufficient_quota"}}',
        b'[{"error": {"code": 429}}]',
        b'{"errors": [{"code": 3040}], "success": false}',
    ],
)
def test_an_error_object_is_found_wherever_it_is(stream: bytes) -> None:
    """In a stream, as a named event, or as the whole body: an error is judged, never passed over."""
    with pytest.raises(Inside):
        decoded(stream)


def test_white_space_before_an_error_does_not_hide_it() -> None:
    """Some servers send blanks to keep the line open until they know that it will be an error."""
    with pytest.raises(Inside):
        decoded(b"\n", b" ", b'{"error": {"code": 429}}')


def test_a_filtered_answer_is_refused() -> None:
    """A content filter in mid-answer is a refusal, whatever was said before."""
    with pytest.raises(Refused):
        decoded(HI + event(finish_reason="content_filter") + DONE)


def test_after_the_end_nothing_counts_but_the_usage() -> None:
    """What a server sends behind its finish reason cannot spoil a whole answer."""
    spoilt = event({"content": "more"}) + b'data: {"error": {"message": "late"}}\n\n'
    assert decoded(HI + STOP + spoilt + USAGE) == [Text("Hi"), End(False, 5, 7)]
