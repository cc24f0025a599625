"""The answer that grows in a chat on Discord: how soon, how evenly, how fairly, and whether it is whole.

Five houses run side by side, each the real program with stand-ins of its own (house.py), behind a simulated
round trip of 60 ms and under buckets of five calls in five seconds for each channel:

    direct    one answer at a time in direct chats: short, long, and long enough for several posts
    server    the same in the channels of a server, and then an answer full of mentions and links
    ten       ten people at once, five of them in direct chats and five each in a channel
    four      four people at once in one channel, all for the same time
    faults    twelve people, short answers, while calls are refused, cut off, hang, or lose their reply

What is measured is the lag between a piece's leaving the model and its standing in the chat (lag.py). The
four are fair to each other if none is shown half as often again as another, and if on average none lags
behind another by more than one turn: the pause between two edits in one channel. Under faults only one thing
counts: that the whole answer, once and nothing else, stands there at the end. Afterwards it is looked at
whether reading ever waits for showing (reading.py).
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import product
from random import Random

from tests.bench import reading
from tests.bench.discord_house import OnDiscord
from tests.bench.house import ROUND_TRIP_S, House, house
from tests.bench.report import Report, Table, Target
from tests.bench.rows import COLUMNS, Row, cells, faults_table, targets
from tests.bench.writer import Speed

MEAN_S_MAX = 0.7
TURN_S = 1.1
STATES_RATIO_MAX = 1.5

AGAIN = "12 s, right after another"
"""In the same chat, whose bucket the answer before has used."""
LOUD = "mentions and links"
"""A link is not shown before it is whole, so its mean lag has no limit."""
SPEEDS = {
    "12 s": Speed(12, 0.08, 4),
    "27 s": Speed(27, 0.08, 4),
    "27 s, several posts": Speed(27, 0.05, 9),
    AGAIN: Speed(12, 0.08, 4),
    LOUD: Speed(12, 0.08, 4),
}
"""About 100 and 230 words, and one of more than 4000 characters."""
SHORTLY = Speed(1.5, 0.05, 4)
READING, READING_SHORT = Speed(20, 0.08, 4), Speed(8, 0.08, 4)
LOUD_TEXT = (
    "Dear @everyone and @here, <@7> and <@!8> and all of <@&1> know it: look at https://example.org/lake, "
    "at [the map](https://example.org/map.png) or at <https://example.org/ice>.\n\n"
)

TEN, FOUR, FAULTY = 10, 4, 12
FAULTY_ANSWERS, FAULTY_ANSWERS_SHORT = 4, 2
"""Of each person."""
RATES = {"429": 0.05, "global": 0.01, "502": 0.03, "500": 0.01, "reset": 0.03, "lost": 0.03}
HANGS = tuple(product(("create_message", "edit_message"), ("timeout", "lost_hang")))
"""One for the first answer of each person: the program waits for a reply that never comes."""
BANS = ("create_message", "edit_message")
"""At last, each is once met by a 429 that has no `Via`: whoever gets it keeps away for a minute."""
BANNED_PATIENCE_S = 150.0


async def run(*, seed: int, short: bool, naive: bool) -> Report:
    """`naive`: how a bot reads that awaits its edits there, and nothing else."""
    report = Report("discord")
    if not naive:
        await _grow(report, seed, short)
    reads = await reading.measured(seed, READING_SHORT if short or naive else READING)
    report.tables.append(reading.table(reads))
    report.targets += reading.targets(reads, "naive" if naive else "ours")
    return report


async def _grow(report: Report, seed: int, short: bool) -> None:
    alone = ("12 s", AGAIN) if short else ("12 s", "27 s", "27 s, several posts", AGAIN)
    at_once = ("12 s",) if short else ("12 s", "27 s")
    people = {"direct": len(alone), "server": len(alone), "ten": TEN, "four": FOUR, "faults": FAULTY}
    async with AsyncExitStack() as stack:
        houses: dict[str, House[OnDiscord]] = {}
        for name, count in people.items():
            random = Random(f"{seed} {name}")
            started = house(OnDiscord(random), people=count, random=random)
            houses[name] = await stack.enter_async_context(started)
        await asyncio.gather(*(one.hears() for one in houses.values()))
        direct, server, ten, four, faulty = await asyncio.gather(
            _one_by_one(houses["direct"], alone),
            _in_channels(houses["server"], ("12 s", LOUD) if short else (*alone, LOUD)),
            _ten_at_once(houses["ten"], at_once),
            _four_in_one(houses["four"], at_once),
            _under_faults(houses["faults"], short=short),
        )
        broken = {name: await one.leave() for name, one in houses.items()}
        violations = [f"{name}: {what}" for name, one in houses.items() for what in one.platform.violations]
    report.tables += [
        Table("discord: one answer at a time", COLUMNS, [cells([row]) for row in (*direct, *server)]),
        Table(
            "discord: ten channels at once, of each figure the worst",
            COLUMNS,
            [cells([row for row in ten if row.name == name]) for name in at_once],
        ),
        Table(
            "discord: four answers in one channel",
            (*COLUMNS, "states seen"),
            [(*cells([row]), row.asked.states) for row in four],
        ),
        faults_table("discord", houses["faults"].asked, faulty),
    ]
    report.targets += [
        *targets("one at a time, direct", direct, MEAN_S_MAX),
        *targets("one at a time, server", server, MEAN_S_MAX, LOUD),
        *targets("ten at once", ten, MEAN_S_MAX),
        *(target for name in at_once for target in fairness(name, [it for it in four if it.name == name])),
        *_silence(houses["server"]),
        *(
            Target(f"of {len(one.asked)} answers, {name}: not whole", len(broken[name]), 0)
            for name, one in houses.items()
        ),
        Target("kinds of fault that nobody met", sum(not count for count in faulty.values()), 0),
        Target("calls the stand-in found wrong", len(violations), 0),
    ]
    report.notes += violations
    report.notes += [f"{name}, question {it.number} is not whole" for name in broken for it in broken[name]]
    report.notes.append(
        f"A round trip takes {ROUND_TRIP_S * 1e3:.0f} ms; calls are sends, edits and deletes in the channel."
    )
    if not short:
        report.notes.append(
            "After a 429 without Via nothing is called for a minute; two come one after another."
        )


# ── The scenes ────────────────────────────────────────────────────────────────────────────────────


async def _one_by_one(one: House[OnDiscord], names: Sequence[str]) -> list[Row]:
    """Each in a chat of its own, but for the one that comes right after another."""
    rows: list[Row] = []
    person = 0
    for number, name in enumerate(names, start=1):
        person = person if name == AGAIN else number
        rows.append(await _ask(one, name, "direct", one.platform.direct(person), person))
    return rows


async def _in_channels(one: House[OnDiscord], names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    chat = 0
    for name in names:
        chat = chat if name == AGAIN else one.platform.channel(name)
        rows.append(await _ask(one, name, "server", chat, 1))
    return rows


async def _ten_at_once(one: House[OnDiscord], names: Sequence[str]) -> list[Row]:
    people = range(1, TEN + 1)
    places = {
        person: ("server", one.platform.channel(f"room {person}"))
        if person % 2
        else ("direct", one.platform.direct(person))
        for person in people
    }
    rows: list[Row] = []
    for name in names:
        asking = (_ask(one, name, *places[person], person) for person in people)
        rows += await asyncio.gather(*asking)
    return rows


async def _four_in_one(one: House[OnDiscord], names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        chat = one.platform.channel(name)
        asking = (_ask(one, name, "server", chat, person) for person in range(1, FOUR + 1))
        rows += await asyncio.gather(*asking)
    return rows


async def _ask(one: House[OnDiscord], name: str, place: str, chat: int, person: int) -> Row:
    text = LOUD_TEXT if name == LOUD else None
    asked = await one.ask(chat, person, SPEEDS[name], text=text)
    return Row(name, place, asked, one.writer.written(asked.number))


async def _under_faults(one: House[OnDiscord], *, short: bool) -> dict[str, int]:
    """Which faults the calls met, each how often. A ban takes too long for the short form."""
    server = one.platform.server
    server.rates = RATES

    async def keep_asking(person: int) -> None:
        chat = one.platform.direct(person)
        server.fail(*HANGS[person % len(HANGS)], channel=chat)
        for _ in range(FAULTY_ANSWERS_SHORT if short else FAULTY_ANSWERS):
            await one.ask(chat, person, SHORTLY)

    await asyncio.gather(*(keep_asking(person) for person in range(1, FAULTY + 1)))
    server.rates = {}
    met = Counter((call.status, call.applied) for call in server.calls if call.channel_id is not None)
    found = {
        "429": met[429, False],
        "500": met[500, False],
        "502": met[502, False],
        "no reply, and nothing done": met[0, False],
        "no reply, but done": met[0, True],
    }
    return found if short else {**found, "429 without Via": await _banned(one)}


async def _banned(one: House[OnDiscord]) -> int:
    """How often that was met, with no other fault around."""
    calls_before = len(one.platform.calls)
    asking = []
    for person, route in enumerate(BANS, start=1):
        chat = one.platform.direct(person)
        one.platform.server.fail(route, "banned", channel=chat)
        asking.append(one.ask(chat, person, SHORTLY, patience_s=BANNED_PATIENCE_S))
    await asyncio.gather(*asking)
    return sum(status == 429 for _, status in one.platform.calls[calls_before:])


# ── What is told of them ──────────────────────────────────────────────────────────────────────────


def fairness(name: str, rows: Sequence[Row]) -> list[Target]:
    """Of answers that grew side by side."""
    states = [row.asked.states for row in rows]
    means_s = [row.lag.mean_s for row in rows]
    scene = f"four in one channel, {name}"
    return [
        Target(f"{scene}: states seen, most to fewest", max(states) / max(min(states), 1), STATES_RATIO_MAX),
        Target(f"{scene}: mean lags apart", max(means_s) - min(means_s), TURN_S, "s"),
        Target(f"{scene}: flood answers", max(row.asked.floods for row in rows), 0),
    ]


def _silence(one: House[OnDiscord]) -> list[Target]:
    """Of the answer that is full of mentions and links, and of all others there."""
    posts = [post for channel in one.platform.server.channels.values() for post in channel.history]
    previews = sum("embeds" in what for what in one.platform.violations)
    return [
        Target("mentions that reached somebody, at any edit", sum(len(post.pings) for post in posts), 0),
        Target("edits that let a link be previewed", previews, 0),
    ]
