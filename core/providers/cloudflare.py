"""Cloudflare Workers AI: the OpenAI protocol under an account, with error codes of its own.

`spec.url` is the base of Cloudflare's API, `spec.options["account_id"]` the account, `spec.key` its token.
The stream, of the newer form or the older, is read as any OpenAI stream. What is Cloudflare's own: the
codes, of which most mean something for the node as a whole; a free allowance that begins anew at 00:00
UTC; and `rejectIfBusy`, so that a question does not wait in their queue while another node is free.

Sources: https://developers.cloudflare.com/workers-ai/platform/errors/ and …/features/reject-if-busy/.
"""

import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping

import httpx

from core.errors import NodeError, RateLimited, Rejected, TooLong, Unavailable
from core.providers import Health, Piece, Prompt, ill, refusals, wire
from core.providers.openai import ChatDecoder, headers_for, messages
from core.providers.pauses import OVERLOADED_PAUSE_S, to_utc_midnight_s
from core.providers.refusals import KEY_REMEDY, MODEL_REMEDY, Refusal
from core.providers.retired import RETIRED_MODELS
from core.types import NodeSpec

MINUTE_S = 60.0

ACCOUNT_ID = re.compile(r"[0-9a-fA-F]{32}")
ACCOUNT_REMEDY = (
    "Check the account id: 32 digits and letters a–f, as the dashboard shows it under Workers AI."
)

LISTED_MAX = 100

_DAY_USED_UP = {"3036", "4006"}
_MINUTE_USED_UP = {"3021"}
_BUSY = {"3040"}
_NO_MODEL = {"5007", "3042", "5028"}
_TOO_LONG = {"3006", "5021"}
_NO_ROUTE = {"7000", "7003"}
_KEY = {"10000", "10001", "6003", "6111", "9109"}
_REMEDIES = {
    "5016": "Agree to this model's terms in the Cloudflare dashboard, or choose another model.",
    "5018": "This account may not use this model: choose another one.",
    "3041": "This account may not use this model: choose another one.",
    "3023": "Cloudflare has blocked this account from Workers AI: ask its support.",
    "5035": "This model needs the Workers Paid plan: choose one that is on the free plan.",
}


class Cloudflare:
    """One account."""

    def __init__(
        self, spec: NodeSpec, client: httpx.AsyncClient, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._spec = spec
        self._client = client
        self._wall_clock = wall_clock
        self._account_id = str(spec.options.get("account_id", "")).strip()
        self._url = f"{spec.url.strip().rstrip('/')}/accounts/{self._account_id}/ai"
        self._headers = headers_for(spec.key)

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        return wire.pieces(lambda: self._ask(prompt), ChatDecoder(self._refuse_inside))

    async def check(self) -> Health:
        """Without a model of its own it lists all that write text."""
        model = self._spec.model
        wanted = {"search": model} if model else {"task": "Text Generation", "per_page": str(LISTED_MAX)}
        url = f"{self._url}/models/search?{httpx.QueryParams(wanted)}"
        try:
            self._check_account_id()
            reply = await wire.fetched(self._client, "GET", url, self._headers, self._refuse)
        except NodeError as error:
            return ill(error)
        found = reply.get("result") if isinstance(reply, dict) else None
        models = found if isinstance(found, list) else []
        return Health(
            "well", models=tuple(str(model.get("name")) for model in models if isinstance(model, dict))
        )

    async def warm_up(self) -> None:
        return

    async def close(self) -> None:
        return

    async def _ask(self, prompt: Prompt) -> httpx.Response:
        self._check_account_id()
        request: dict[str, object] = {
            "model": self._spec.model,
            "messages": messages(prompt),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": prompt.max_tokens,  # without it they stop after 256
        }
        if prompt.busy_elsewhere:
            request["options"] = {"rejectIfBusy": True}
        url = f"{self._url}/v1/chat/completions"
        body = wire.body_of(request)
        return await wire.opened(self._client, "POST", url, self._headers, self._refuse, body=body)

    def _check_account_id(self) -> None:
        if not ACCOUNT_ID.fullmatch(self._account_id):
            raise Rejected("the account id is malformed", ACCOUNT_REMEDY)

    def _refuse(self, status: int, body: bytes, headers: Mapping[str, str]) -> NodeError:
        now = self._wall_clock()
        return verdict(refusals.read(status, refusals.parsed(body), headers, now), self._spec.model, now)

    def _refuse_inside(self, body: object) -> NodeError:
        now = self._wall_clock()
        return verdict(refusals.read(0, body, {}, now, inside=True), self._spec.model, now)


def verdict(refusal: Refusal, model: str, now: float) -> NodeError:
    """Cloudflare's codes first, then what they mean anywhere. `now` is the wall clock."""
    codes = _codes(refusal)
    why = " ".join((refusal.why, *sorted(codes - set(refusal.codes))))
    if codes & _DAY_USED_UP:
        return RateLimited(why, to_utc_midnight_s(now), stated=True)
    if codes & _MINUTE_USED_UP:
        pause_s = MINUTE_S if refusal.pause_s is None else min(refusal.pause_s, MINUTE_S)
        return RateLimited(why, pause_s, stated=refusal.pause_s is not None)
    if codes & _BUSY:
        return RateLimited(why, OVERLOADED_PAUSE_S)
    if codes & _TOO_LONG:
        return TooLong(why)
    if codes & _NO_MODEL:
        successor = RETIRED_MODELS.get(model)
        return Rejected(why, f"This model is retired: take {successor}." if successor else MODEL_REMEDY)
    for code in codes & _REMEDIES.keys():
        return Rejected(why, _REMEDIES[code])
    if codes & _NO_ROUTE:
        return Rejected(why, ACCOUNT_REMEDY)
    if codes & _KEY:
        return Rejected(why, f"{KEY_REMEDY} It needs the permission Workers AI.")
    error = refusals.verdict(refusal)
    if isinstance(error, Unavailable) and codes:
        return Unavailable(error.fault, why)
    return error


def _codes(refusal: Refusal) -> set[str]:
    """Their codes are four or five digits: a field, or `NNNN:` at the head of a sentence."""
    in_fields = {code for code in refusal.codes if re.fullmatch(r"\d{4,5}", code)}
    # Only at the head, or after the name of an error: further on it may be a person's words.
    in_sentence = re.match(r"(?:[a-z]+error: )*(\d{4,5}):", refusal.sentences)
    return in_fields | ({in_sentence[1]} if in_sentence else set())
