"""How long to wait before the next connection to Discord, which counts them."""

from adapters.discord_sessions import AT_ONCE, PAUSE_MAX_S, STOOD_S_MIN, Sessions
from tests.fakes import Clock

DAY_S = 24 * 3600.0
SESSIONS_A_DAY_MAX = 1000


def test_what_does_not_stand_is_tried_less_and_less_often() -> None:
    """And at once again after it has stood for a while."""
    clock = Clock()
    sessions = Sessions(clock)
    assert [sessions.pause_s() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 64, 90, 90]
    sessions.stands()
    clock.advance(STOOD_S_MIN)
    assert sessions.pause_s() == PAUSE_MAX_S
    sessions.stands()
    clock.advance(STOOD_S_MIN + 1)
    assert sessions.pause_s() == 1


def test_what_only_a_person_can_mend_is_tried_rarely() -> None:
    """Once; what comes after it is judged by itself."""
    sessions = Sessions(Clock())
    sessions.refused()
    assert [sessions.pause_s(), sessions.pause_s()] == [PAUSE_MAX_S, 1]


def test_sessions_of_a_day_stay_below_what_is_allowed() -> None:
    """However soon each of them is ended after it stood."""
    clock = Clock(0)
    sessions = Sessions(clock)
    count = 0
    while clock.now < DAY_S:
        clock.advance(sessions.begun(attempt=1))
        sessions.stands()
        count += 1
    assert AT_ONCE < count < SESSIONS_A_DAY_MAX


def test_a_line_that_breaks_now_and_then_waits_for_nothing() -> None:
    """An hour between two breaks is no reason for a pause."""
    clock = Clock()
    sessions = Sessions(clock)
    for _ in range(100):
        assert sessions.begun(attempt=1) == 0
        clock.advance(3600)


def test_the_library_s_own_attempts_wait_too() -> None:
    """The first at once, then longer."""
    sessions = Sessions(Clock())
    assert [sessions.begun(attempt) for attempt in (1, 2, 3, 9)] == [0, 1, 2, 30]
