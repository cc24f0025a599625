"""What the nodes did, hour by hour: counted once, kept for some months, told from hours of not running."""

from core.errors import Unavailable
from core.history import HOUR_S, HOURS_KEPT, Asked, History, NodeHour, Tally, growth, happened, totals_of
from core.inbox import Inbox, Outcome
from core.node import Counters
from core.storage import Database
from tests.core.answers import PLAIN, hear
from tests.core.rows import incoming
from tests.fakes import Clock, Player, node, pool

DAY_S = 24 * HOUR_S
NOON = 100 * HOUR_S
FAILED = Tally(requests=3, answers=1, failovers=2, first_tokens_s=1.5, failures={"stalled": 1, "cut": 1})


async def write(database: Database, at: float, **tallies: Tally) -> None:
    await database.write(*happened(tallies, at))


async def test_what_happened_in_one_hour_is_added_up(database: Database) -> None:
    """However often it is written, each node has one row for an hour, with all that it did in it."""
    history = History(database, Clock(NOON))
    await write(database, NOON + 5, Alpha=FAILED, Beta=Tally(1, 1))
    await write(database, NOON + 3599, Alpha=Tally(2, 1, failures={"cut": 1}))
    await write(database, NOON + 3600, Alpha=Tally(1, 1))
    both = Tally(5, 2, 2, 1.5, {"stalled": 1, "cut": 2})
    assert await history.hours(0) == [
        NodeHour(NOON, "Alpha", both),
        NodeHour(NOON, "Beta", Tally(1, 1)),
    ]
    assert await history.totals(0, NOON + 7200) == {"Alpha": both + Tally(1, 1), "Beta": Tally(1, 1)}


async def test_only_hours_that_begin_in_that_time_are_given(database: Database) -> None:
    """So that two stretches side by side have each hour once."""
    history = History(database, Clock(NOON))
    for hour in range(4):
        await write(database, NOON + hour * HOUR_S, Alpha=Tally(1, 1))
    begun = [hour.at for hour in await history.hours(NOON + 1, NOON + 3 * HOUR_S)]
    assert begun == [NOON + HOUR_S, NOON + 2 * HOUR_S]


async def test_an_hour_without_questions_is_told_from_one_without_the_program(database: Database) -> None:
    """The program leaves a sign of life in every hour, whether anybody asks or not."""
    clock = Clock(NOON)
    history = History(database, clock)
    assert await history.began() is None
    for hour in (0, 0.5, 1, 5):
        clock.now = NOON + hour * HOUR_S
        await history.beat()
    await write(database, NOON + 7 * HOUR_S, Alpha=Tally(1, 1))
    running = await history.running(NOON, NOON + 9 * HOUR_S)
    assert sorted((at - NOON) / HOUR_S for at in running) == [0, 1, 5, 7]
    assert await history.began() == NOON


async def test_the_past_is_forgotten_after_some_months(database: Database) -> None:
    """The oldest hours go when there are too many, with all that happened in them."""
    clock = Clock(NOON)
    history = History(database, clock)
    await write(database, NOON, Alpha=FAILED)
    await write(database, NOON + HOUR_S, Alpha=Tally(1, 1))
    rows = [(int(NOON // HOUR_S) + hour,) for hour in range(1, HOURS_KEPT)]
    await database.write(*(("INSERT OR IGNORE INTO running_hours VALUES (?)", row) for row in rows))
    clock.now = NOON + HOURS_KEPT * HOUR_S
    await history.beat()
    assert [hour.at for hour in await history.hours(0)] == [NOON + HOUR_S]
    assert await history.began() == NOON + HOUR_S
    assert await database.read("SELECT * FROM node_hour_failures") == []


async def test_a_clock_that_jumps_far_ahead_makes_nothing_old(database: Database) -> None:
    """A machine that believed for a moment it is 2038 keeps its past."""
    clock = Clock(NOON)
    history = History(database, clock)
    await write(database, NOON, Alpha=Tally(1, 1))
    clock.now = 2**31
    await history.beat()
    clock.now = NOON + HOUR_S
    await history.beat()
    assert (await history.totals(0))["Alpha"].requests == 1


def test_growth_is_what_is_new() -> None:
    """Between two moments of the same books."""
    before = Counters(requests=5, successes=3, failures={"cut": 1, "busy": 1}, first_tokens_s=2.0)
    now = Counters(8, 4, {"cut": 2, "busy": 1, "stalled": 1}, failovers=2, first_tokens_s=3.5)
    assert growth(before, now) == Tally(3, 1, 2, 1.5, {"cut": 1, "stalled": 1})
    assert growth(now, now) == Tally()


async def test_nothing_new_is_no_row(database: Database) -> None:
    """A node that was only reset did nothing in this hour."""
    await write(database, NOON, Alpha=Tally())
    assert await History(database, Clock(NOON)).hours(0) == []


def test_shares_and_times_are_of_answers_that_ended() -> None:
    """What a person stopped says nothing about a node; and who never answered has no time."""
    tally = Tally(10, 6, 0, 3.0, {"RateLimited": 2})
    assert (tally.failed, tally.rate_limits, tally.answered, tally.first_token_s) == (2, 2, 0.75, 0.5)
    assert (Tally(1).answered, Tally(1).first_token_s) == (None, None)


def test_the_busiest_node_comes_first() -> None:
    """In totals; names decide between equals."""
    hours = [NodeHour(0, name, Tally(count)) for name, count in (("C", 1), ("B", 2), ("A", 1), ("C", 1))]
    assert list(totals_of(hours)) == ["B", "C", "A"]


async def test_a_question_that_moves_on_is_a_failover_of_the_node_it_left() -> None:
    """Each time it goes to another node, and not when the same one is tried again."""
    clock = Clock()
    stalled, cut = Unavailable("stalled", "no end"), Unavailable("cut", "cut off")
    nodes = [node(name, Player([stalled]), priority=place) for place, name in enumerate(("Alpha", "Beta"))]
    home = node("Home", Player(PLAIN), local=True)
    await hear(pool(*nodes, home, clock=clock))
    assert [it.counters.failovers for it in (*nodes, home)] == [1, 1, 0]
    alone = node("Alone", Player([cut], PLAIN))
    await hear(pool(alone, clock=clock))
    assert (alone.counters.requests, alone.counters.failovers) == (2, 0)


async def test_questions_are_counted_by_what_became_of_them(database: Database) -> None:
    """Commands and what we tell by ourselves are no questions; a sentence of ours is no answer."""
    clock = Clock(NOON)
    inbox = Inbox(database, clock)
    [*rows] = await inbox.accept("stage", [incoming(f"q{number}") for number in range(4)], None)
    outcomes: tuple[Outcome, ...] = ("whole", "sentence", "stopped", "sentence")
    for row, outcome in zip(rows, outcomes, strict=True):
        if row != rows[-1]:
            await inbox.begin(row, "Why?", private=False)
        await inbox.answered(row, "So.", "Alpha", outcome)
    history = History(database, clock)
    assert await history.asked(NOON, NOON + 1) == Asked(3, 1)
    assert await history.asked(NOON + 1, NOON + 2) == Asked()
    await inbox.answered(rows[2], "So.", "Alpha", "whole", supersedes=rows[1])
    assert await history.asked(NOON, NOON + 1) == Asked(3, 0)


async def test_only_days_on_which_the_program_ran_are_counted(database: Database) -> None:
    """From this time on, or from the beginning: neither a holiday nor a clock that jumps is one."""
    clock = Clock(NOON)
    history = History(database, clock)
    assert await history.days_run(None) == 0
    for day in (0, 0.9, 1, 1.5, 2, 9):
        clock.now = NOON + day * DAY_S
        await history.beat()
    assert [await history.days_run(NOON + day * DAY_S) for day in (0, 1, 2, 9, 400)] == [3, 2, 1, 0, 0]
    assert await history.days_run(None) == 3
    clock.now += 365 * DAY_S
    await history.beat()
    assert await history.days_run(NOON + 9 * DAY_S) == 1
    clock.now -= 365 * DAY_S
    assert await history.days_run(NOON + 9 * DAY_S) == 0


async def test_who_waits_for_long_is_counted(database: Database) -> None:
    """Over an hour; commands, and what is answered, are not."""
    clock = Clock(NOON)
    history, inbox = History(database, clock), Inbox(database, clock)
    said = [incoming(1), incoming(2), incoming(3, text="/status")]
    rows = await inbox.accept("stage", said, None)
    await inbox.answered(rows[1], "Because.", "Alpha", "whole")
    assert await history.waiting() == 0
    clock.advance(HOUR_S + 1)
    await inbox.accept("stage", [incoming(4)], None)
    assert await history.waiting() == 1
