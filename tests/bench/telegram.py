"""The answer that grows in a chat on Telegram: how soon, how evenly, and whether it gets there whole.

Four houses run side by side, each the real program with stand-ins of its own (house.py), behind a
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
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import product
from random import Random
from typing import Literal

from tests.bench.editors import edits_every
from tests.bench.house import ROUND_TRIP_S, House, house
from tests.bench.lag import lag
from tests.bench.report import Cell, Report, Table, Target
from tests.bench.rows import COLUMNS, NEVER, Row, cells, faults_table, targets
from tests.bench.telegram_house import OnTelegram
from tests.bench.writer import Speed
from tests.servers.telegram_flood import GROUP, PRIVATE

Kind = Literal["private", "group"]

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

NAIVE_PAUSES_S = (1.0, 0.3)
NAIVE_LOOK_S = 10.0
"""What does not stand there by then is not shown."""


async def run(*, seed: int, short: bool) -> Report:
    alone = ("12 s", AGAIN) if short else ("12 s", "27 s", "27 s, two posts", AGAIN)
    at_once = ("12 s",) if short else ("12 s", "27 s")
    people = {"private": len(alone), "group": 1, "ten": TEN * len(at_once), "faults": FAULTY}
    async with AsyncExitStack() as stack:
        houses = {
            name: await stack.enter_async_context(_house(count, Random(f"{seed} {name}")))
            for name, count in people.items()
        }
        await asyncio.gather(*(one.hears() for one in houses.values()))
        one_by_one, group, ten, faulty = await asyncio.gather(
            _one_by_one(houses["private"], "private", alone),
            _one_by_one(houses["group"], "group", alone),
            _ten_at_once(houses["ten"], at_once),
            _under_faults(houses["faults"], FAULTY_ANSWERS_SHORT if short else FAULTY_ANSWERS),
        )
        broken = {name: await one.leave() for name, one in houses.items()}
        violations = [f"{name}: {what}" for name, one in houses.items() for what in one.platform.violations]
    report = Report("telegram")
    report.tables += [
        Table("telegram: one answer at a time", COLUMNS, [cells([row]) for row in (*one_by_one, *group)]),
        Table(
            "telegram: ten private chats at once, of each figure the worst",
            COLUMNS,
            [cells([row for row in ten if row.name == name]) for name in at_once],
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
        faults_table("telegram", houses["faults"].asked, faulty),
    ]
    report.targets += [
        *targets("one at a time, private", one_by_one, MEAN_S_MAX["private"], AGAIN),
        *targets("one at a time, group", group, MEAN_S_MAX["group"], AGAIN),
        *targets("ten at once", ten, MEAN_S_MAX["private"]),
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


def _house(people: int, random: Random) -> AbstractAsyncContextManager[House[OnTelegram]]:
    return house(OnTelegram(random), people=people, random=random)


async def _one_by_one(one: House[OnTelegram], kind: Kind, names: Sequence[str]) -> list[Row]:
    """Each in a chat of its own, but for the one that comes right after another."""
    rows: list[Row] = []
    chat = person = 0
    for number, name in enumerate(names):
        if name != AGAIN:
            person = number + 1 if kind == "private" else 1
            chat = person if kind == "private" else await one.platform.group(number, person)
        rows.append(await _ask(one, name, kind, chat, person))
    return rows


async def _ten_at_once(one: House[OnTelegram], names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for number, name in enumerate(names):
        ids = range(number * TEN + 1, (number + 1) * TEN + 1)
        rows += await asyncio.gather(*(_ask(one, name, "private", person, person) for person in ids))
    return rows


async def _ask(one: House[OnTelegram], name: str, kind: Kind, chat: int, person: int) -> Row:
    asked = await one.ask(chat, person, SPEEDS[name])
    return Row(name, kind, asked, one.writer.written(asked.number))


async def _under_faults(one: House[OnTelegram], answers: int) -> dict[str, int]:
    """Which faults the calls met, each how often."""
    one.platform.server.rates = RATES

    async def keep_asking(person: int) -> None:
        method, hang = HANGS[person % len(HANGS)]
        one.platform.server.fail(method, hang, chat=person)
        for _ in range(answers):
            await one.ask(person, person, SHORTLY)

    await asyncio.gather(*(keep_asking(person) for person in range(1, FAULTY + 1)))
    one.platform.server.rates = {}
    met = Counter(
        (call.status, call.applied) for call in one.platform.server.calls if call.chat_id is not None
    )
    return {
        "429": met[429, False],
        "502": met[502, False],
        "no reply, and nothing done": met[0, False],
        "no reply, but done": met[0, True],
    }


# ── What is told of them ──────────────────────────────────────────────────────────────────────────


def _naive_cells(row: Row, pause_s: float) -> tuple[Cell, ...]:
    windows = PRIVATE if row.place == "private" else GROUP
    sights, calls, floods = edits_every(pause_s, row.pieces, windows, ROUND_TRIP_S)
    found = lag(row.pieces, sights, row.pieces[-1].left_at + NAIVE_LOOK_S) or NEVER
    name = f"{row.name}, {row.place}, every {pause_s:g} s"
    last_s = None if found.unseen else found.last_s
    return (name, found.first_s, found.mean_s, found.longest_s, last_s, found.unseen, calls, floods)
