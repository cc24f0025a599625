"""Error replies are what their code says before what their status says, and hide every sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRequest, NodeError, RateLimited, Refused, Rejected, TooLong, Unavailable
from core.providers.pauses import DAY_PAUSE_S, OVERLOADED_PAUSE_S
from core.providers.refusals import (
    ADDRESS_REMEDY,
    KEY_REMEDY,
    MODEL_REMEDY,
    Refusal,
    parsed,
    read,
    verdict,
)

NOW = 1_773_239_400.0


def judged(
    status: int, body: object, headers: dict[str, str] | None = None, *, inside: bool = False
) -> NodeError:
    return verdict(read(status, body, headers or {}, NOW, inside=inside))


def error(message: str = "", kind: str | None = None, code: object = None) -> dict[str, object]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        # OpenAI
        (401, error("Incorrect API key", "invalid_request_error", "invalid_api_key"), Rejected),
        (404, error("no such model", "invalid_request_error", "model_not_found"), Rejected),
        (400, error("too many", "invalid_request_error", "context_length_exceeded"), TooLong),
        (400, error("filtered", None, "content_filter"), Refused),
        (400, error("bad temperature", "invalid_request_error"), BadRequest),
        (422, {"detail": [{"type": "missing", "loc": ["body", "x"], "msg": "Field required"}]}, BadRequest),
        (500, error("sorry", "server_error"), Unavailable),
        (408, error("timed out"), Unavailable),
        (502, None, Unavailable),
        (301, None, Rejected),
        (404, None, Rejected),
        (405, None, Rejected),
        (413, None, TooLong),
        (418, None, Unavailable),
        # Groq: over the tokens of a minute with one request, and over them in passing
        (413, error("Request too large: TPM limit 6000", "tokens", "rate_limit_exceeded"), TooLong),
        (429, error("Rate limit reached", "tokens", "rate_limit_exceeded"), RateLimited),
        (400, error("gone", "invalid_request_error", "model_decommissioned"), Rejected),
        # vLLM, the older and the newer, and llama.cpp
        (
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 4096 tokens.",
                "type": "BadRequestError",
                "code": 400,
            },
            TooLong,
        ),
        (
            404,
            {"object": "error", "message": "none such", "type": "NotFoundError", "code": 404},
            Rejected,
        ),
        (400, error("request (9412 tokens)", "exceed_context_size_error", 400), TooLong),
        # LM Studio
        (400, {"error": "The model is loaded with context length of only 4096 tokens"}, TooLong),
        # OpenRouter
        (400, {"error": {"code": 400, "message": "gpt-99 is not a valid model ID"}}, Rejected),
        (
            403,
            {
                "error": {
                    "code": 403,
                    "message": "flagged",
                    "metadata": {"reasons": ["x"], "flagged_input": "a person's words"},
                }
            },
            Refused,
        ),
        # Google
        (
            400,
            [
                {
                    "error": {
                        "code": 400,
                        "message": "API key not valid.",
                        "status": "INVALID_ARGUMENT",
                        "details": [{"reason": "API_KEY_INVALID"}],
                    }
                }
            ],
            Rejected,
        ),
        # Mistral
        (401, {"message": "Unauthorized", "request_id": "0"}, Rejected),
    ],
)
def test_an_error_reply_is_the_error_it_means(status: int, body: object, expected: type[NodeError]) -> None:
    """Real replies of many servers become the error that says what to do about them."""
    assert type(judged(status, body)) is expected


@pytest.mark.parametrize(
    ("status", "body", "headers", "pause_s", "stated", "used_up"),
    [
        (429, None, {}, None, False, False),
        (429, None, {"retry-after": "20"}, 20, True, False),
        (429, error("", None, "insufficient_quota"), {"retry-after": "20"}, DAY_PAUSE_S, False, True),
        (429, error("", "exceeded_current_quota_error"), {}, DAY_PAUSE_S, False, True),
        (402, {"error": {"code": 402, "message": "Insufficient credits"}}, {}, DAY_PAUSE_S, False, True),
        (402, {"error": {"code": 402, "message": "in flight"}}, {"retry-after": "3"}, 3, True, False),
        (503, None, {}, OVERLOADED_PAUSE_S, False, False),
        (529, error("", "overloaded_error"), {}, OVERLOADED_PAUSE_S, False, False),
        (498, error("", "capacity_exceeded"), {}, OVERLOADED_PAUSE_S, False, False),
        (503, None, {"retry-after": "3600"}, 3600, True, False),
        (
            429,
            {"error": {"code": 429, "metadata": {"headers": {"X-RateLimit-Reset": "1773239460000"}}}},
            {},
            60,
            True,
            False,
        ),
        (
            429,
            {"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34.5s"}]}},
            {},
            34.5,
            True,
            False,
        ),
    ],
)
def test_a_limit_has_its_pause(
    status: int, body: object, headers: dict[str, str], pause_s: float | None, stated: bool, used_up: bool
) -> None:
    """A stated pause is taken wherever it stands, a credit that is gone is a day, and the rest is open."""
    limited = judged(status, body, headers)
    assert isinstance(limited, RateLimited)
    assert (limited.pause_s, limited.stated, limited.used_up) == (pause_s, stated, used_up)


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (401, None, KEY_REMEDY),
        (403, error("", None, "model_not_found"), MODEL_REMEDY),
        (404, {"detail": "Not Found"}, ADDRESS_REMEDY),
    ],
)
def test_what_only_a_person_can_mend_says_how(status: int, body: object, remedy: str) -> None:
    """A rejection names the key, the model or the address, whichever it is."""
    rejected = judged(status, body)
    assert isinstance(rejected, Rejected)
    assert remedy in rejected.remedy


@pytest.mark.parametrize(
    ("body", "expected", "fault"),
    [
        (error("boom", "server_error"), Unavailable, "error_inside"),
        (error("bad", "invalid_request_error", 400), Unavailable, "error_inside"),
        ({"error": {"code": 502, "message": "upstream"}}, Unavailable, "error_inside"),
        ({"error": "boom"}, Unavailable, "error_inside"),
        ({"error": {"code": 429, "message": "slow down"}}, RateLimited, None),
        (error("", None, "rate_limit_exceeded"), RateLimited, None),
        (error("", None, "context_length_exceeded"), TooLong, None),
        ({"error": "the input length exceeds the context length"}, TooLong, None),
        (error("", None, "content_filter"), Refused, None),
    ],
)
def test_an_error_inside_a_stream_keeps_its_meaning(
    body: object, expected: type[NodeError], fault: str | None
) -> None:
    """Behind a status of 200 the code decides; what says nothing is an error inside."""
    inside = judged(200, body, inside=True)
    assert type(inside) is expected
    assert getattr(inside, "fault", None) == fault


@given(
    words=st.text(st.characters(categories=["L", "P", "Zs", "Nd"]), min_size=12, max_size=60),
    status=st.sampled_from([400, 401, 402, 403, 404, 413, 422, 429, 500, 503]),
    inside=st.booleans(),
)
def test_no_sentence_reaches_an_error(words: str, status: int, inside: bool) -> None:
    """Whatever a server writes into its sentences, and even into its codes, the error does not repeat."""
    words = f"sk-proj-4711 {words}"
    bodies: list[object] = [
        error(words, "some_error", words),
        {"error": words},
        {"error": json.dumps(error(words, words))},
        {"errors": [{"code": 5006, "message": words}]},
        {"message": words, "detail": words, "status": words},
    ]
    for body in bodies:
        told = judged(status, body, inside=inside)
        assert words not in f"{told!r} {told} {told.why} {getattr(told, 'remedy', '')}"
        assert "4711" not in told.why


def test_a_refusal_shows_its_codes_only() -> None:
    """Printed by accident, a refusal holds no sentence either."""
    refusal = read(400, error("a person's words", "some_error", "some_code"), {}, NOW)
    assert refusal == Refusal(400, ("some_code", "some_error"), "a person's words")
    assert "person" not in repr(refusal)
    assert refusal.why == "HTTP 400 some_code some_error"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b'{"a": ', b"\xff\xfe"])
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    """A body that cannot be read says nothing and breaks nothing."""
    assert parsed(body) is None


def test_a_deeply_nested_body_is_not_followed() -> None:
    """However deep an error is wrapped, reading it ends."""
    body: dict[str, object] = {"code": "invalid_api_key"}
    for _ in range(50):
        body = {"error": body}
    assert isinstance(judged(400, body), BadRequest)
