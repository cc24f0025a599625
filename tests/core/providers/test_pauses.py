"""A pause is read in every way providers say it, and never shortened below what they say."""

from datetime import UTC, datetime

import pytest

from core.providers.pauses import duration_s, stated_pause_s, to_utc_midnight_s

NOW = datetime(2026, 3, 11, 14, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [
        ({"retry-after": "20"}, 20),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "999999"}, 24 * 3600),
        ({"retry-after": "Wed, 11 Mar 2026 14:31:00 GMT"}, 60),
        ({"retry-after": "Wed, 11 Mar 2026 14:00:00 GMT"}, 1),
        # The clock at home is an hour behind theirs; what counts is the difference on theirs.
        (
            {
                "retry-after": "Wed, 11 Mar 2026 15:30:05 GMT",
                "date": "Wed, 11 Mar 2026 15:30:00 GMT",
            },
            5,
        ),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after-ms": "2500", "retry-after": "60"}, 2.5),
        ({"x-ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": f"{NOW + 90:.0f}"}, 90),
        ({"x-ratelimit-reset": f"{(NOW + 90) * 1000:.0f}"}, 90),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2m59.5s"}, 179.5),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "2m59.5s"}, None),
        (
            {
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "6s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1h",
            },
            3600,
        ),
        ({}, None),
    ],
)
def test_a_stated_pause_is_read(headers: dict[str, str], pause_s: float | None) -> None:
    """Seconds, milliseconds, dates and budgets become seconds between one and a day, or nothing."""
    assert stated_pause_s(headers, NOW) == pytest.approx(pause_s)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6ms", 0.006), ("1h2m3s", 3723), ("2d", 172800), ("34s", 34), ("", None), ("34", None), ("x1s", None)],
)
def test_durations_are_read(text: str, seconds: float | None) -> None:
    """Durations are read as a whole or not at all."""
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (datetime(2026, 3, 11, 14, 30, tzinfo=UTC), 9.5 * 3600),
        (datetime(2026, 3, 11, 0, 0, tzinfo=UTC), 24 * 3600),
        (datetime(2026, 12, 31, 23, 59, 59, 900_000, tzinfo=UTC), 1),
    ],
)
def test_midnight_is_that_of_utc(moment: datetime, seconds: float) -> None:
    """The day ends at 00:00 UTC, and a pause until then is a second at least."""
    assert to_utc_midnight_s(moment.timestamp()) == pytest.approx(seconds)
