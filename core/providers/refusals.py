"""What an error reply means: the table of errors, the same for every protocol.

`read` boils a reply down to a `Refusal`: the status, the codes in the body, a pause. `verdict` makes a
`NodeError` of it, from the body's code before the status, because providers agree on the codes far
better than on the statuses. Both are plain functions. A protocol with codes of its own looks at those
first and leaves the rest to `verdict`.

Providers quote the question, and sometimes the key, in the sentences of their errors. So a sentence is
only ever searched, for a few fixed phrases, and forgotten; what an error's text may hold is the status
and codes made of letters and underscores, or of a few digits, which no key and no sentence looks like.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import BadRequest, NodeError, RateLimited, Refused, Rejected, TooLong, Unavailable
from core.providers.pauses import DAY_PAUSE_S, OVERLOADED_PAUSE_S, duration_s, stated_pause_s

_SENTENCES_MAX = 4096
_CODES_MAX = 8

KEY_REMEDY = "Check its key: it is wrong, expired, or not allowed to do this."
MODEL_REMEDY = "Choose another model: the provider does not serve this one (any more)."
ADDRESS_REMEDY = "Check its URL: there is nothing of the kind at this address."

_REFUSED = {
    "content_filter",
    "content_filtered",
    "content_policy_violation",
    "moderation_blocked",
    "responsibleaipolicyviolation",
}
_TOO_LONG = {
    "context_length_exceeded",
    "context_window_exceeded",
    "exceed_context_size_error",
    "prompt_too_long",
    "request_too_large",
    "string_above_max_length",
}
_USED_UP = {
    "billing_hard_limit_reached",
    "billing_not_active",
    "exceeded_current_quota_error",
    "insufficient_balance",
    "insufficient_credits",
    "insufficient_quota",
    "payment_required",
}
_MODEL = {
    "deploymentnotfound",
    "invalid_model",
    "model_decommissioned",
    "model_not_available",
    "model_not_found",
    "not_found_error",
    "notfounderror",
}
_KEY = {
    "access_terminated",
    "account_deactivated",
    "api_key_invalid",
    "authentication_error",
    "incorrect_api_key",
    "invalid_api_key",
    "invalid_authentication",
    "invalid_authentication_error",
    "permission_denied",
    "permission_error",
}
_RATE = {"rate_limit_error", "rate_limit_exceeded", "rate_limited", "resource_exhausted", "too_many_requests"}
_OVERLOADED = {"capacity_exceeded", "engine_overloaded", "model_overloaded", "overloaded", "overloaded_error"}

_SAYS_TOO_LONG = re.compile(
    r"context[ _](length|window|size)|prompt is too long|input is too long|input length exceeds"
    r"|input token count"
)
_SAYS_NO_MODEL = re.compile(r"is not a valid model|no endpoints found|does not support chat")
_CODE = re.compile(r"[A-Za-z_]{2,48}|\d{1,6}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error reply. Of these only `status` and `codes` may be shown."""

    status: int
    codes: tuple[str, ...] = ()
    """In lower case, the most telling first."""
    sentences: str = field(default="", repr=False)
    """In lower case; may hold a person's words, or a key."""
    pause_s: float | None = None
    moderated: bool = False
    """Whoever checks questions on the way to the model stopped this one (OpenRouter)."""
    inside: bool = False
    """It came inside a stream, or inside a reply that began as a success."""

    @property
    def why(self) -> str:
        where = "an error inside the answer" if self.inside else f"HTTP {self.status}"
        return " ".join((where, *self.codes[:2]))


def read(
    status: int, body: object, headers: Mapping[str, str], now: float, *, inside: bool = False
) -> Refusal:
    """`body` as JSON gave it (see `parsed`), `headers` with keys in lower case, `now` the wall clock."""
    codes: list[str] = []
    sentences: list[str] = []
    more_headers: dict[str, str] = {}
    moderated = False
    for part in _parts(body):
        for key in ("code", "internalCode", "type", "status", "reason"):
            code = str(part.get(key))
            if key in part and not isinstance(part[key], bool) and _CODE.fullmatch(code):
                codes.append(code.lower())
        sentences += [str(part[key]) for key in ("message", "detail", "description") if part.get(key)]
        if isinstance(error := part.get("error"), str):
            sentences.append(error)
        if isinstance(delay := part.get("retryDelay"), str):  # Google's RetryInfo
            delay_s = duration_s(delay)
            more_headers["retry-after"] = "" if delay_s is None else f"{delay_s:.3f}"
        metadata = part.get("metadata")
        if isinstance(metadata, dict):  # OpenRouter's
            moderated = moderated or "flagged_input" in metadata
            quoted = metadata.get("headers")
            if isinstance(quoted, dict):
                more_headers |= {str(name).lower(): str(value) for name, value in quoted.items()}
    if inside:
        # Behind a status that is already 200, the real one is told as the code.
        status = next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), 0)
    return Refusal(
        status,
        tuple(dict.fromkeys(code for code in codes if code not in (str(status), "error")))[:_CODES_MAX],
        " ".join(sentences)[:_SENTENCES_MAX].lower(),
        stated_pause_s({**more_headers, **headers}, now),
        moderated,
        inside,
    )


def parsed(body: bytes) -> object:
    """The JSON in `body`; None if it is something else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def verdict(refusal: Refusal) -> NodeError:
    """The error that `refusal` is."""
    by_code = _by_code(refusal, set(refusal.codes)) or _by_phrase(refusal)
    if by_code is not None:
        return by_code
    by_status = _by_status(refusal)
    if refusal.inside and isinstance(by_status, Unavailable | BadRequest):
        return Unavailable("error_inside", refusal.why)
    return by_status


def _by_code(refusal: Refusal, codes: set[str]) -> NodeError | None:
    why = refusal.why
    if codes & _REFUSED or refusal.moderated:
        return Refused(why)
    if codes & _TOO_LONG:
        return TooLong(why)
    if codes & _USED_UP:
        return RateLimited(why, DAY_PAUSE_S, used_up=True)
    if codes & _MODEL:
        return Rejected(why, MODEL_REMEDY)
    if codes & _KEY:
        return Rejected(why, KEY_REMEDY)
    if codes & _OVERLOADED:
        return _overloaded(refusal)
    if codes & _RATE:
        # Groq's 413: this one request is more than a minute's tokens. Waiting would never help.
        return TooLong(why) if refusal.status == 413 else _limited(refusal)
    return None


def _by_phrase(refusal: Refusal) -> NodeError | None:
    """For servers that put no code to it: vLLM, LM Studio, Ollama, OpenRouter."""
    if refusal.status in (0, 400, 404, 413, 422, 500):
        if _SAYS_TOO_LONG.search(refusal.sentences):
            return TooLong(refusal.why)
        if _SAYS_NO_MODEL.search(refusal.sentences):
            return Rejected(refusal.why, MODEL_REMEDY)
    return None


def _by_status(refusal: Refusal) -> NodeError:
    why = refusal.why
    match refusal.status:
        case 429:
            return _limited(refusal)
        case 402 if refusal.pause_s is not None:  # OpenRouter: a spending limit that is only passing
            return _limited(refusal)
        case 402:
            return RateLimited(why, DAY_PAUSE_S, used_up=True)
        case 498 | 503 | 529:
            return _overloaded(refusal)
        case 401 | 403 | 407:
            return Rejected(why, KEY_REMEDY)
        case 404 | 410:
            return Rejected(why, f"{ADDRESS_REMEDY} If the URL is right, it is the model.")
        case 405:
            return Rejected(why, ADDRESS_REMEDY)
        case status if 300 <= status < 400:
            return Rejected(why, "The address has moved: put the new one into its URL.")
        case 413:
            return TooLong(why)
        case 400 | 422:
            return BadRequest(why)
    return Unavailable("server", why)


def _limited(refusal: Refusal) -> NodeError:
    return RateLimited(refusal.why, refusal.pause_s, stated=refusal.pause_s is not None)


def _overloaded(refusal: Refusal) -> NodeError:
    if refusal.pause_s is not None:
        return _limited(refusal)
    return RateLimited(refusal.why, OVERLOADED_PAUSE_S)


def _parts(body: object, depth: int = 0) -> list[dict[str, object]]:
    """The objects of an error's body that say something, the innermost first: `{"error": {…}}`,
    `[{"error": {…}}]`, `{"errors": […]}`, `{"error": "{\\"error\\": {…}}"}`, with their details."""
    if depth > 4:
        return []
    if isinstance(body, list):
        return [part for item in body[:4] for part in _parts(item, depth + 1)]
    if not isinstance(body, dict):
        return []
    inner: list[dict[str, object]] = []
    for key in ("error", "errors", "details", "innererror"):
        value = body.get(key)
        if isinstance(value, str) and value.lstrip().startswith("{"):
            value = parsed(value.encode("utf-8", "replace"))
        inner += _parts(value, depth + 1)
    return [*inner, body]
