"""What the nodes did, hour by hour: counted, kept for some months, and compared.

    Counters of a node ── what is new since they were last written ──► the row of this hour

A node's own counters only grow; here stands what they grew by in each hour. Both are written in one
transaction (core/node_store.py), so neither is ever ahead. Beside it a row is kept for each hour in which the
program ran: an hour without questions is told from one in which nobody was there to answer them.

Hours begin on the full hour of UTC. Where local time differs from that by half an hour, a local day is cut
half an hour early or late, which nobody sees in a picture.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.inbox import ASKS
from core.node import Counters
from core.storage import Database, Statement

HOUR_S = 3600.0
Span = Literal["day", "week"]
"""For how long one looks back."""
HOURS_KEPT = 120 * 24
"""Four months of running. Counted in hours and not by the calendar: a clock that jumps far ahead must not
make all of the past look old."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one node did in some time."""

    requests: int = 0
    answers: int = 0
    """Whole ones."""
    failovers: int = 0
    """Questions that went on to another node."""
    first_tokens_s: float = 0.0
    """Times to first token, added up over the answers."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """By kind, as in `Counters`."""

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def rate_limits(self) -> int:
        return self.failures.get("RateLimited", 0)

    @property
    def answered(self) -> float | None:
        """The share of whole answers, 0 … 1; an answer that a person stopped says nothing about a node."""
        ended = self.answers + self.failed
        return self.answers / ended if ended else None

    @property
    def first_token_s(self) -> float | None:
        """Time to first token, on average."""
        return self.first_tokens_s / self.answers if self.answers else None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.requests + other.requests,
            self.answers + other.answers,
            self.failovers + other.failovers,
            self.first_tokens_s + other.first_tokens_s,
            dict(Counter(self.failures) + Counter(other.failures)),
        )


@dataclass(frozen=True, slots=True)
class NodeHour:
    """What one node did in the hour that began at `at`, in seconds since 1970."""

    at: float
    node: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of the questions of some time."""

    questions: int = 0
    unanswered: int = 0
    """People got a sentence of the program's own instead of an answer."""


def growth(before: Counters, now: Counters) -> Tally:
    """What happened between the two."""
    failures = Counter(now.failures)
    failures.subtract(before.failures)
    return Tally(
        now.requests - before.requests,
        now.successes - before.successes,
        now.failovers - before.failovers,
        now.first_tokens_s - before.first_tokens_s,
        dict(+failures),
    )


def running_at(now: float) -> Statement:
    """That the program ran in this hour; `now` is the wall clock."""
    return "INSERT INTO running_hours VALUES (?) ON CONFLICT DO NOTHING", (_hour(now),)


def happened(tallies: Mapping[str, Tally], now: float) -> list[Statement]:
    """To be written in the transaction that keeps the counters, from which the tallies were made."""
    hour = _hour(now)
    statements: list[Statement] = []
    for node, tally in tallies.items():
        if tally == Tally():
            continue
        statements.append(running_at(now))
        statements.append(
            (
                "INSERT INTO node_hours VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " requests = requests + excluded.requests, answers = answers + excluded.answers,"
                " failovers = failovers + excluded.failovers,"
                " first_tokens_s = first_tokens_s + excluded.first_tokens_s",
                (hour, node, tally.requests, tally.answers, tally.failovers, tally.first_tokens_s),
            )
        )
        statements += [
            (
                "INSERT INTO node_hour_failures VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET times = times + excluded.times",
                (hour, node, kind, times),
            )
            for kind, times in tally.failures.items()
        ]
    return statements


class History:
    """`now` is the wall clock; times are seconds since 1970, and a time that `until` names is not in it.
    Every method raises `StorageError`."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._beaten: int | None = None

    async def beat(self) -> None:
        """The program is running. To be called every now and then; writes once an hour, and forgets then
        what is older than `HOURS_KEPT`."""
        hour = _hour(self._now())
        if hour == self._beaten:
            return
        oldest = "(SELECT hour FROM running_hours ORDER BY hour DESC LIMIT 1 OFFSET ?)"
        await self._database.write(
            running_at(self._now()),
            (f"DELETE FROM node_hours WHERE hour <= {oldest}", (HOURS_KEPT,)),  # noqa: S608
            (f"DELETE FROM node_hour_failures WHERE hour <= {oldest}", (HOURS_KEPT,)),  # noqa: S608
            (f"DELETE FROM running_hours WHERE hour <= {oldest}", (HOURS_KEPT,)),  # noqa: S608
        )
        self._beaten = hour

    async def running(self, since: float, until: float) -> set[float]:
        """The beginnings of the hours in which the program ran."""
        rows = await self._database.read(
            "SELECT hour FROM running_hours WHERE hour >= ? AND hour < ?", _between(since, until)
        )
        return {row["hour"] * HOUR_S for row in rows}

    async def began(self) -> float | None:
        """The first hour that is known at all."""
        row = await self._database.read_one("SELECT min(hour) AS hour FROM running_hours")
        return None if row is None or row["hour"] is None else row["hour"] * HOUR_S

    async def days_run(self, since: float | None) -> int:
        """On how many days the program ran after the 24 hours that begin then, or that began when it first
        ran: neither a holiday nor a clock that jumps counts for more than the day it ends on, and what a
        clock that was ahead called the future counts for nothing."""
        hour = _hour(since) if since is not None else None
        row = await self._database.read_one(
            "SELECT count(DISTINCT (hour - began) / 24) AS days FROM running_hours,"
            " (SELECT coalesce(?, min(hour)) AS began FROM running_hours)"
            " WHERE hour BETWEEN began AND ? AND (hour - began) / 24 > 0",
            (hour, _hour(self._now())),
        )
        return row["days"] if row else 0

    async def hours(self, since: float, until: float | None = None) -> list[NodeHour]:
        """What each node did in each hour in which it did anything, in order. An hour belongs to the time
        if it begins in it."""
        between = _between(since, self._now() + HOUR_S if until is None else until)
        failures: dict[tuple[int, str], dict[str, int]] = {}
        for row in await self._database.read(
            "SELECT * FROM node_hour_failures WHERE hour >= ? AND hour < ?", between
        ):
            failures.setdefault((row["hour"], row["node"]), {})[row["kind"]] = row["times"]
        rows = await self._database.read(
            "SELECT * FROM node_hours WHERE hour >= ? AND hour < ? ORDER BY hour, node", between
        )
        return [
            NodeHour(
                row["hour"] * HOUR_S,
                row["node"],
                Tally(
                    *(row["requests"], row["answers"], row["failovers"], row["first_tokens_s"]),
                    failures.get((row["hour"], row["node"]), {}),
                ),
            )
            for row in rows
        ]

    async def totals(self, since: float, until: float | None = None) -> dict[str, Tally]:
        """What each node did in all of that time; busy ones first."""
        return totals_of(await self.hours(since, until))

    async def waiting(self) -> int:
        """How many questions have waited for an answer for more than an hour."""
        row = await self._database.read_one(
            "SELECT count(*) AS waiting FROM open_inbox WHERE accepted_at < ?"  # noqa: S608
            f" AND (state = 'answering' OR state = 'accepted' AND ({ASKS}))",
            (self._now() - HOUR_S,),
        )
        return row["waiting"] if row else 0

    async def asked(self, since: float, until: float) -> Asked:
        """What became of what people asked in that time; what was answered when it was asked again, or was
        taken back, is not unanswered. Reaches back as far as the inbox does."""
        row = await self._database.read_one(
            "SELECT count(*) AS questions,"
            " coalesce(sum(outcome = 'sentence' AND NOT superseded), 0) AS unanswered FROM inbox"
            " WHERE question IS NOT NULL AND accepted_at >= ? AND accepted_at < ?",
            (since, until),
        )
        return Asked(row["questions"], row["unanswered"]) if row else Asked()


def totals_of(hours: Iterable[NodeHour]) -> dict[str, Tally]:
    """By node; the one that was asked most comes first."""
    totals: dict[str, Tally] = {}
    for hour in hours:
        totals[hour.node] = totals.get(hour.node, Tally()) + hour.tally
    return dict(sorted(totals.items(), key=lambda it: (-it[1].requests, it[0])))


def _hour(at: float) -> int:
    return int(at // HOUR_S)


def _between(since: float, until: float) -> tuple[int, int]:
    """The hours that begin in that time."""
    return -int(-since // HOUR_S), -int(-until // HOUR_S)
