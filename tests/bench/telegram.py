"""The answer that grows in a chat on Telegram: how soon, how evenly, and whether it gets there whole.

Four houses run side by side, each the real program with stand-ins of its own (telegram_house.py), behind a
simulated round trip of 60 ms and under Telegram's flood limits:

    private   one answer at a time in private chats: short, long, and long enough for two posts
    group     the same in groups
    ten       ten people at once, each in a private chat
    faults    twelve people, short answers, while calls are refused, cut off, hang, or lose their reply

What is measured is the lag between a piece's leaving the model and its standing in the chat (lag.py). A call
counts as seen when the stand-in applies it, half a round trip after it was sent. Under faults only one thing
counts: that the whole answer, once and nothing else, stands there at the end. Beside our figures stand those
of two naive editors, computed from the same pieces and the same flood limits (editors.py).
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Literal

from tests.bench.editors import edits_every
from tests.bench.lag import Lag, Piece, lag
from tests.bench.report import Cell, Report, Table, Target
from tests.bench.telegram_house import PATIENCE_S, ROUND_TRIP_S, Asked, House, house
from tests.bench.writer import Speed
from tests.servers.telegram_flood import GROUP, PRIVATE

Kind = Literal["private", "group"]

FIRST_S_MAX = 0.3
MEAN_S_MAX: dict[Kind, float] = {"private": 1.2, "group": 2.2}

AGAIN = "12 s, right after another"
"""In the same chat, whose budget the answer before has used."""
SPEEDS = {
    "12 s": Speed(12, 0.08, 4),
    "27 s": Speed(27, 0.08, 4),
    "27 s, two posts": Speed(27, 0.05, 9),
    AGAIN: Speed(12, 0.08, 4),
}
"""About 100 and 230 words, and one of more than 4096 characters."""
SHORTLY = Speed(1.5, 0.05, 4)

TEN = 10
FAULTY = 12
FAULTY_ANSWERS, FAULTY_ANSWERS_SHORT = 4, 2
"""Of each person."""
RATES = {"429": 0.05, "502": 0.04, "reset": 0.03, "lost": 0.03}
HANGS = tuple(product(("sendMessage", "editMessageText"), ("timeout", "lost_hang")))
"""One for the first answer of each person: the program waits for a reply that never comes."""
FIRST_GROUP = -1001

NAIVE_PAUSES_S = (1.0, 0.3)
NAIVE_LOOK_S = 10.0
"""What does not stand there by then is not shown."""
NEVER = Lag(PATIENCE_S, PATIENCE_S, PATIENCE_S, PATIENCE_S, 0)

COLUMNS = (
    *("answer", "first text s", "mean lag s", "longest lag s"),
    *("last piece to whole s", "pieces never shown", "calls", "flood answers"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One answer."""

    name: str
    kind: Kind
    asked: Asked
    pieces: Sequence[Piece]

    @property
    def lag(self) -> Lag:
        """What was never said is as bad as can be."""
        return self.asked.lag or NEVER


async def run(*, seed: int, short: bool) -> Report:
    alone = ("12 s", AGAIN) if short else ("12 s", "27 s", "27 s, two posts", AGAIN)
    at_once = ("12 s",) if short else ("12 s", "27 s")
    people = {"private": len(alone), "group": 1, "ten": TEN * len(at_once), "faults": FAULTY}
    async with AsyncExitStack() as stack:
        houses = {
            name: await stack.enter_async_context(house(people=count, random=Random(f"{seed} {name}")))
            for name, count in people.items()
        }
        for one in houses.values():
            await one.hears()
        one_by_one, group, ten, faulty = await asyncio.gather(
            _one_by_one(houses["private"], "private", alone),
            _one_by_one(houses["group"], "group", alone),
            _ten_at_once(houses["ten"], at_once),
            _under_faults(houses["faults"], FAULTY_ANSWERS_SHORT if short else FAULTY_ANSWERS),
        )
        broken = {name: await one.leave() for name, one in houses.items()}
        violations = [f"{name}: {what}" for name, one in houses.items() for what in one.telegram.violations]
    report = Report("telegram")
    report.tables += [
        Table("telegram: one answer at a time", COLUMNS, [_cells([row]) for row in (*one_by_one, *group)]),
        Table(
            "telegram: ten private chats at once, of each figure the worst",
            COLUMNS,
            [_cells([row for row in ten if row.name == name]) for name in at_once],
        ),
        Table(
            "telegram: naive editors, given the same pieces under the same flood limits",
            COLUMNS,
            [
                _naive_cells(row, pause_s)
                for row in (*one_by_one, *group)
                if row.name != AGAIN and row.pieces
                for pause_s in NAIVE_PAUSES_S
            ],
        ),
        _faults_table(houses["faults"].asked, faulty),
    ]
    report.targets += [
        *_targets("one at a time, private", one_by_one, MEAN_S_MAX["private"]),
        *_targets("one at a time, group", group, MEAN_S_MAX["group"]),
        *_targets("ten at once", ten, MEAN_S_MAX["private"]),
        *(
            Target(f"of {len(one.asked)} answers, {name}: not whole", len(broken[name]), 0)
            for name, one in houses.items()
        ),
        Target("kinds of fault that nobody met", sum(not count for count in faulty.values()), 0),
        Target("calls the stand-in found wrong", len(violations), 0),
    ]
    report.notes += violations
    report.notes += [f"{name}, question {it.number} is not whole" for name in broken for it in broken[name]]
    report.notes += [
        f"A round trip takes {ROUND_TRIP_S * 1e3:.0f} ms; calls are sends, edits and deletes of one answer.",
        f"“{AGAIN}” is asked in a chat whose budget is used: its mean lag has no limit.",
    ]
    return report


# ── The scenes ────────────────────────────────────────────────────────────────────────────────────


async def _one_by_one(one: House, kind: Kind, names: Sequence[str]) -> list[Row]:
    """Each in a chat of its own, but for the one that comes right after another."""
    rows: list[Row] = []
    chat = person = 0
    for number, name in enumerate(names):
        if name != AGAIN:
            person = number + 1 if kind == "private" else 1
            chat = person if kind == "private" else await one.group(FIRST_GROUP - number, person)
        rows.append(await _ask(one, name, kind, chat, person))
    return rows


async def _ten_at_once(one: House, names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for number, name in enumerate(names):
        ids = range(number * TEN + 1, (number + 1) * TEN + 1)
        rows += await asyncio.gather(*(_ask(one, name, "private", person, person) for person in ids))
    return rows


async def _ask(one: House, name: str, kind: Kind, chat: int, person: int) -> Row:
    asked = await one.ask(chat, person, SPEEDS[name])
    return Row(name, kind, asked, one.writer.written(asked.number))


async def _under_faults(one: House, answers: int) -> dict[str, int]:
    """Which faults the calls met, each how often."""
    one.telegram.rates = RATES

    async def keep_asking(person: int) -> None:
        method, hang = HANGS[person % len(HANGS)]
        one.telegram.fail(method, hang, chat=person)
        for _ in range(answers):
            await one.ask(person, person, SHORTLY)

    await asyncio.gather(*(keep_asking(person) for person in range(1, FAULTY + 1)))
    one.telegram.rates = {}
    met = Counter((call.status, call.applied) for call in one.telegram.calls if call.chat_id is not None)
    return {
        "429": met[429, False],
        "502": met[502, False],
        "no reply, and nothing done": met[0, False],
        "no reply, but done": met[0, True],
    }


# ── What is told of them ──────────────────────────────────────────────────────────────────────────


def _cells(rows: Sequence[Row]) -> tuple[Cell, ...]:
    """Of several rows, the worst of each figure."""
    lags = [row.lag for row in rows]
    return (
        f"{rows[0].name}, {rows[0].kind}",
        max(lag.first_s for lag in lags),
        max(lag.mean_s for lag in lags),
        max(lag.longest_s for lag in lags),
        max(lag.last_s for lag in lags),
        max(lag.unseen for lag in lags),
        max(row.asked.calls for row in rows),
        max(row.asked.floods for row in rows),
    )


def _naive_cells(row: Row, pause_s: float) -> tuple[Cell, ...]:
    windows = PRIVATE if row.kind == "private" else GROUP
    sights, calls, floods = edits_every(pause_s, row.pieces, windows, ROUND_TRIP_S)
    found = lag(row.pieces, sights, row.pieces[-1].left_at + NAIVE_LOOK_S) or NEVER
    name = f"{row.name}, {row.kind}, every {pause_s:g} s"
    last_s = None if found.unseen else found.last_s
    return (name, found.first_s, found.mean_s, found.longest_s, last_s, found.unseen, calls, floods)


def _faults_table(asked: Sequence[Asked], met: Mapping[str, int]) -> Table:
    slowest_s = max((it.lag or NEVER).last_s for it in asked)
    return Table(
        "telegram: answers under faults, and how often calls met which",
        ("answers", *met, "last piece to whole s, the worst"),
        [(len(asked), *met.values(), slowest_s)],
    )


def _targets(scene: str, rows: Sequence[Row], mean_s_max: float) -> list[Target]:
    return [
        Target(
            f"{scene}: first text after the first piece",
            max(row.lag.first_s for row in rows),
            FIRST_S_MAX,
            "s",
        ),
        Target(
            f"{scene}: mean lag from piece to shown",
            max(row.lag.mean_s for row in rows if row.name != AGAIN),
            mean_s_max,
            "s",
        ),
        Target(f"{scene}: flood answers", sum(row.asked.floods for row in rows), 0),
    ]
