"""How long a provider asks to be left alone, in the many ways they say it.

`stated_pause_s` reads them in the order of how exact they are: `retry-after-ms` (OpenAI, Azure),
`Retry-After` in seconds or as a date (RFC 9110), `x-ratelimit-reset` as seconds or as a point in time
(OpenRouter, in milliseconds), and the reset time of each budget that is used up (OpenAI, Groq:
`x-ratelimit-remaining-tokens: 0`, `x-ratelimit-reset-tokens: 2m59.56s`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

PAUSE_S_MIN = 1.0
PAUSE_S_MAX = 24 * 3600.0

DAY_PAUSE_S = PAUSE_S_MAX
"""For a quota or a credit that is gone: a person may mend it any time, and a day costs nothing."""
OVERLOADED_PAUSE_S = 15.0
"""For an overloaded server that names no time; such a thing is over in seconds, or takes minutes."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def stated_pause_s(headers: Mapping[str, str], now: float) -> float | None:
    """The pause named in `headers` (keys in lower case), 1 s … 24 h; None if there is none that can be
    read. `now` is the wall clock, seconds since 1970."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _clamped(milliseconds / 1000)
    if "retry-after" in headers:
        pause_s = _number(headers["retry-after"])
        if pause_s is None:
            pause_s = _until_date_s(headers["retry-after"], headers.get("date"), now)
        if pause_s is not None:
            return _clamped(pause_s)
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is not None:
        return _clamped(_from_point_in_time_s(reset, now))
    waits_s = [
        duration_s(headers.get(f"x-ratelimit-reset-{budget}", ""))
        for budget in ("requests", "tokens")
        if _number(headers.get(f"x-ratelimit-remaining-{budget}")) == 0
    ]
    known_s = [wait_s for wait_s in waits_s if wait_s is not None]
    return _clamped(max(known_s)) if known_s else None


def duration_s(text: str) -> float | None:
    """`2m59.56s`, `34s`, `6ms`; None if it is nothing of the kind."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


def to_utc_midnight_s(now: float) -> float:
    """Until 00:00 UTC, when a day's free allowance begins anew."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(PAUSE_S_MIN, (today + timedelta(days=1)).timestamp() - now)


def _clamped(pause_s: float) -> float:
    return min(max(pause_s, PAUSE_S_MIN), PAUSE_S_MAX)


def _number(text: str | None) -> float | None:
    # The pattern is narrower than float(), which also takes `nan`, `inf` and `1_0`.
    return float(text) if text is not None and re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text.strip()) else None


def _from_point_in_time_s(reset: float, now: float) -> float:
    if reset > 1e12:
        return reset / 1000 - now
    return reset - now if reset > 1e9 else reset


def _until_date_s(text: str, server_date: str | None, now: float) -> float | None:
    """By the server's own clock where it tells it: the one at home may be wrong."""
    until = _timestamp(text)
    if until is None:
        return None
    server_now = _timestamp(server_date) if server_date is not None else None
    return until - (now if server_now is None else server_now)


def _timestamp(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
