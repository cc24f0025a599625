"""Every fault, in one, two and three of the nodes, and with the reserve too: what did people get?

For each row of the table a small house is built: three nodes of the cloud in three dialects, a local
reserve, and the real pool with the real providers, over real sockets and by the real clock. Four chats ask
at the same time, one question after the other, while some of the nodes have a bad spell (sources.py). All
that is heard is written down and judged (judge.py). Only patience is shorter than in life, so that
a thousand questions take minutes.

As long as one node or the reserve is well, every answer has to be whole and right. When nobody is, an honest
sentence is due before the deadline. A refusal by a content filter and a question that is too long are not
in the table: there the fault is in the question, and nobody is asked again.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

import httpx

from bot.phrases.english import English
from core.errors import NoAnswer
from core.node import Node
from core.pool import Pool
from core.providers.kinds import KINDS
from core.types import Ask, Event, Status, Turn
from tests.bench.judge import Asking, What, asked_too_early, verdict
from tests.bench.naive import NaiveRouter
from tests.bench.report import Cell, Report, Table, Target
from tests.bench.sources import Source, Spell, Trouble, question
from tests.servers.dialects import Kind
from tests.servers.models import faults_of

TROUBLES: tuple[Trouble, ...] = (
    "port_closed",
    *(fault for fault in faults_of("openai") if fault not in ("content_filter", "too_long")),
    "mixed",
)
CLOUD: tuple[tuple[str, Kind, bool], ...] = (
    ("alpha", "openai", False),
    ("bravo", "cloudflare", False),
    ("charlie", "cloudflare", True),
)
"""Name, kind, and whether it speaks the older form of the stream."""
RESERVE = "reserve"
ENGLISH = English()

QUESTIONS, QUESTIONS_SHORT = 12, 3
CHATS = 4
ROWS_AT_ONCE = 10
OPEN_S = 1.0
"""Short, so that a node which recovers is found out within its row."""
CLOUD_PATIENCE_S, RESERVE_PATIENCE_S = 0.4, 1.0
"""For the first token, and between two."""
DRIP_PATIENCE_S = 1.5
ANSWER_S_MAX = 10.0
DRIP_ANSWER_S_MAX = 45.0
"""It takes ten seconds to be sure that a node drips."""
LOST_S = 120.0


class Router(Protocol):
    def stream(self, ask: Ask) -> AsyncGenerator[Event, None]: ...


@dataclass(frozen=True, slots=True)
class Row:
    trouble: Trouble
    hit: int
    """How many of the cloud's nodes have the trouble."""
    reserve_hit: bool
    questions: int

    @property
    def somebody_works(self) -> bool:
        return self.hit < len(CLOUD) or not self.reserve_hit

    @property
    def drips(self) -> bool:
        return self.trouble == "drip"

    @property
    def deadline_s(self) -> float:
        """When it is too late to begin anywhere, and then everybody's turn at the reserve."""
        answer_s = DRIP_ANSWER_S_MAX if self.drips else ANSWER_S_MAX
        return answer_s + CHATS * 2 * RESERVE_PATIENCE_S

    @property
    def name(self) -> str:
        return f"{self.trouble} in {self.hit}{' and the reserve' if self.reserve_hit else ''}"


@dataclass(slots=True)
class Played:
    row: Row
    got: dict[What, int] = field(default_factory=lambda: {"whole": 0, "sentence": 0, "wrong": 0, "lost": 0})
    took_s: list[float] = field(default_factory=list)
    askings: list[Asking] = field(default_factory=list)
    faults: int = 0
    """How often a node was asked in its bad spell."""
    late: int = 0
    too_early: list[str] = field(default_factory=list)
    bad_requests: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def cells(self) -> tuple[Cell, ...]:
        took_s = sorted(self.took_s)
        p95_s = took_s[min(len(took_s) - 1, int(len(took_s) * 0.95))]
        nodes = f"{self.row.hit}{' + reserve' if self.row.reserve_hit else ''}"
        counts = (*self.got.values(), self.late, len(self.too_early))
        return (self.row.trouble, nodes, self.row.questions, self.faults, *counts, p95_s)


COLUMNS = (
    *("fault", "nodes hit", "questions", "faults met", "whole and right", "honest sentence"),
    *("wrong", "lost", "late", "asked early", "p95 s"),
)


async def run(*, seed: int, short: bool, naive: bool = False, only: Sequence[str] = ()) -> Report:
    rows = [row for row in _rows(short) if not only or row.trouble in only]
    at_once = asyncio.Semaphore(ROWS_AT_ONCE)

    async def play(row: Row) -> Played:
        async with at_once:
            return await _play(row, Random(f"{seed} {row.name}"), naive=naive)

    async with asyncio.TaskGroup() as tasks:
        # Those that take longest begin first.
        begun = {row: tasks.create_task(play(row)) for row in sorted(rows, key=lambda row: not row.drips)}
    return _report([begun[row].result() for row in rows], naive=naive)


def _rows(short: bool) -> Iterator[Row]:
    questions = QUESTIONS_SHORT if short else QUESTIONS
    for trouble in TROUBLES:
        for hit, reserve_hit in ((1, False), (2, False), (3, False), (3, True)):
            if short and trouble == "drip" and hit > 1:
                continue  # each node that drips takes ten seconds
            yield Row(trouble, hit, reserve_hit, questions)


# ── One row ───────────────────────────────────────────────────────────────────────────────────────


async def _play(row: Row, random: Random, *, naive: bool) -> Played:
    played = Played(row)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(limits=httpx.Limits(max_connections=None), trust_env=False)
        )
        sources = [await stack.enter_async_context(source) for source in _sources(row, random)]
        nodes = [_node(source, row, http, random) for source in sources]
        router: Router = Pool(
            nodes,
            answer_s_max=DRIP_ANSWER_S_MAX if row.drips else ANSWER_S_MAX,
            clock=time.monotonic,
            random=random,
        )
        if naive:
            router = NaiveRouter([node.spec for node in nodes], http)
        numbers = iter(range(row.questions))

        async def chat() -> None:
            for number in numbers:
                for source in sources:
                    await source.move_to(number)
                await _ask(number, router, {node.name: node for node in nodes}, played)

        async with asyncio.TaskGroup() as chats:
            for _ in range(CHATS):
                chats.create_task(chat())
    for source in sources:
        played.faults += sum(
            source.name == asking.node and source.is_bad_at(asking.number) for asking in played.askings
        )
        played.bad_requests += source.violations
        if source.name != RESERVE:  # the reserve may be asked early: it is the last resort
            played.too_early += asked_too_early(source, played.askings)
    played.notes += played.too_early
    return played


async def _ask(number: int, router: Router, nodes: dict[str, Node], played: Played) -> None:
    row = played.row
    events: list[Event] = []
    error: Exception | None = None
    asked: tuple[str, float, float] | None = None
    began = time.monotonic()

    def went_on() -> None:
        if asked is not None:
            played.askings.append(Asking(asked[0], number, asked[1], time.monotonic(), asked[2]))

    try:
        async with (
            asyncio.timeout(LOST_S),
            aclosing(router.stream(Ask((Turn("user", question(number)),)))) as stream,
        ):
            async for event in stream:
                events.append(event)
                if isinstance(event, Status) and event.what == "asking":
                    went_on()
                    now = time.monotonic()
                    asked = event.node, now, nodes[event.node].due_in_s(now)
    except Exception as caught:  # noqa: BLE001 - whatever it is, the judge decides what it is worth
        error = caught
    went_on()
    took_s = time.monotonic() - began
    what, why = verdict(events, error, number, _length(row))
    if isinstance(error, NoAnswer):
        assert ENGLISH.no_answer(error, private=False), "a sentence without words"
    played.got[what] += 1
    played.took_s.append(took_s)
    played.late += took_s > row.deadline_s
    if what in ("wrong", "lost") or (what == "sentence" and row.somebody_works):
        played.notes.append(f"question {number}: {what}: {why}")


def _sources(row: Row, random: Random) -> Iterator[Source]:
    hit = set(random.sample([name for name, _, _ in CLOUD], row.hit))
    for name, kind, older in CLOUD:
        spell = _spell(row, random) if name in hit else None
        yield Source(name, kind, length=_length(row), spell=spell, random=random, older=older)
    spell = _spell(row, random) if row.reserve_hit else None
    yield Source(RESERVE, "ollama", length=_length(row), spell=spell, random=random)


def _spell(row: Row, random: Random) -> Spell:
    """From somewhere in the first third, to the end or to somewhere in the last third."""
    third = row.questions // 3
    end = random.choice([row.questions, row.questions - random.randrange(third)])
    return Spell(row.trouble, random.randrange(third), end)


def _length(row: Row) -> int:
    return 3 if row.drips else 24


def _node(source: Source, row: Row, http: httpx.AsyncClient, random: Random) -> Node:
    patience_s = RESERVE_PATIENCE_S if source.name == RESERVE else CLOUD_PATIENCE_S
    if row.drips:
        patience_s = DRIP_PATIENCE_S
    spec = source.spec(
        source.name,
        parallel=1 if source.name == RESERVE else None,
        first_token_timeout_s=patience_s,
        stall_timeout_s=patience_s,
    )
    return Node(spec, KINDS[spec.kind](spec, http), open_s=OPEN_S, random=random.random)


# ── All rows ──────────────────────────────────────────────────────────────────────────────────────


def _report(all_played: Sequence[Played], *, naive: bool) -> Report:
    who = "a naive router" if naive else "the pool"
    questions = sum(played.row.questions for played in all_played)
    report = Report("faults")
    report.tables.append(Table(f"faults: {who}, fault by fault", COLUMNS, [it.cells for it in all_played]))
    report.targets += [
        Target(
            f"of {questions}: not answered although somebody works",
            sum(it.row.questions - it.got["whole"] for it in all_played if it.row.somebody_works),
            0,
        ),
        Target("wrong, or two texts in one", sum(it.got["wrong"] for it in all_played), 0),
        Target("neither an answer nor a sentence", sum(it.got["lost"] for it in all_played), 0),
        Target("later than the deadline", sum(it.late for it in all_played), 0),
        Target("nodes asked while cooling, open or out", sum(len(it.too_early) for it in all_played), 0),
        Target("rows in which nobody met the fault", sum(not it.faults for it in all_played), 0),
        Target("requests a stand-in found wrong", sum(len(it.bad_requests) for it in all_played), 0),
    ]
    report.notes += [f"{it.row.name}, {note}" for it in all_played for note in (*it.notes, *it.bad_requests)]
    return report
