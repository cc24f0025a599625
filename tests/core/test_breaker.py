"""The circuit breaker, with the clock in hand."""

from core.breaker import Breaker, Lease


def breaker(jitter: float = 0.0) -> Breaker:
    return Breaker(failures_max=3, open_s=30, random=lambda: jitter)


def opened(now: float = 0.0, jitter: float = 0.0) -> Breaker:
    made = breaker(jitter)
    for _ in range(3):
        fail(made, now)
    return made


def fail(made: Breaker, now: float) -> None:
    lease = made.lease(now)
    assert lease is not None
    made.failed(lease, now)


def test_it_opens_at_the_last_failure_in_a_row() -> None:
    """Two failures leave it closed, the third opens it for 30 s."""
    made = breaker()
    fail(made, 0)
    fail(made, 0)
    assert made.state(0) == "closed"
    fail(made, 0)
    assert made.state(0) == "open"
    assert made.lease(29.9) is None
    assert made.state(30) == "half-open"


def test_a_success_between_failures_begins_the_count_anew() -> None:
    """Only failures in a row count."""
    made = breaker()
    for _ in range(5):
        fail(made, 0)
        fail(made, 0)
        made.succeeded(made.lease(0) or Lease(-1))
    assert made.state(0) == "closed"


def test_half_open_leases_exactly_one_probe() -> None:
    """Of fifty who ask when the time is up, one may."""
    made = opened()
    leases = [lease for _ in range(50) if (lease := made.lease(30))]
    assert len(leases) == 1
    assert not made.is_ready(1000)


def test_a_failed_probe_doubles_the_pause_up_to_ten_minutes() -> None:
    """30 s, 60 s, 120 s … and never more than 600 s."""
    made = opened()
    pauses = []
    now = 0.0
    for _ in range(8):
        assert made.open_until is not None
        pauses.append(made.open_until - now)
        now = made.open_until
        fail(made, now)
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]


def test_jitter_shortens_a_pause_by_a_quarter_at_most() -> None:
    """With the random source at its end the first pause is three quarters of 30 s."""
    assert opened(jitter=1.0).open_until == 22.5


def test_a_probe_that_succeeds_closes_it_and_forgets_the_past() -> None:
    """Afterwards it takes all the failures again to open it, for the first pause."""
    made = opened()
    fail(made, 30)
    lease = made.lease(90)
    assert lease is not None
    made.succeeded(lease)
    assert made.state(90) == "closed"
    for _ in range(3):
        fail(made, 100)
    assert made.open_until == 130


def test_the_late_result_of_an_older_lease_changes_nothing() -> None:
    """An answer that began before it opened neither closes it nor takes the probe away."""
    made = breaker()
    old = made.lease(0)
    assert old is not None
    for _ in range(3):
        fail(made, 0)
    made.succeeded(old)
    assert made.state(0) == "open"
    probe = made.lease(30)
    assert probe is not None
    made.failed(old, 30)
    made.released(old)
    made.succeeded(old)
    assert made.state(30) == "half-open"
    assert made.lease(30) is None
    made.succeeded(probe)
    assert made.state(30) == "closed"


def test_a_released_probe_lets_the_next_one_try_at_once() -> None:
    """A probe that was stopped has shown nothing."""
    made = opened()
    probe = made.lease(30)
    assert probe is not None
    made.released(probe)
    assert made.lease(30) is not None


def test_an_early_probe_is_also_the_only_one() -> None:
    """Asked before the time is up, it still leases one probe only."""
    made = opened()
    assert made.lease(1, early=True) is not None
    assert made.lease(1, early=True) is None
