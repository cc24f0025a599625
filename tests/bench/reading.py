"""Whether the stream of a model is ever read later because of what happens in the chat.

The same answer is given in several houses at once, and each is told when its pieces were read (watched.py):

    never       nothing is edited: the post appears when the answer is whole
    at once     Discord answers as ever
    slowly      Discord takes three seconds over every call
    refused     as soon as the first text stands there, Discord answers every call with 429

A piece that waits in a socket while a call is awaited is read late, by as long as the call takes. What is
counted is the time from a piece's leaving the model to its being read, less the same where nothing is edited.
A bot that awaits its edits where it reads (naive_discord.py) is looked at beside the program.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean

from tests.bench import rows
from tests.bench.discord_house import OnDiscord
from tests.bench.house import STARTS_S_MAX, House, house
from tests.bench.report import Table, Target
from tests.bench.watched import READS
from tests.bench.writer import Speed

LONGEST_LATER_S_MAX = 0.25
"""A busy machine makes anybody this late at times; a call that is waited for takes longer."""
MEAN_LATER_S_MAX = 0.02
LOOKS, LOOK_S = 50, 0.2
"""The answer may be whole while the naive bot still sleeps in its last edit but one."""
UNREAD_S = 60.0
"""What counts for a piece that was never read."""
SLOWLY_S = 3.0
OURS, SILENT, NAIVE = "tests.bench.watched", "tests.bench.watched --silent", "tests.bench.naive_discord"
NEVER, AT_ONCE, SLOWLY, REFUSED = "never", "at once", "slowly", "refused"
HOUSES = (
    ("ours", SILENT, NEVER),
    *(("ours", OURS, edits) for edits in (AT_ONCE, SLOWLY, REFUSED)),
    *(("naive", NAIVE, edits) for edits in (AT_ONCE, SLOWLY)),
)
"""The library gives a call up that is refused five times: a naive answer would end there."""


@dataclass(frozen=True, slots=True)
class Read:
    """How late the pieces of one answer were read, in seconds, and how it was shown."""

    who: str
    edits: str
    mean_s: float
    longest_s: float
    shown_s: float
    """The mean lag of what could be seen."""


async def measured(seed: int, speed: Speed) -> list[Read]:
    async with AsyncExitStack() as stack:
        houses = []
        for _, module, _ in HOUSES:
            random = Random(f"{seed} reading")
            program = ("-m", *module.split())
            started = house(OnDiscord(random), people=1, random=random, program=program)
            houses.append(await stack.enter_async_context(started))
        for one in houses:
            await one.platform.until(one.platform.is_connected, STARTS_S_MAX)
        runs = (_read(one, who, edits, speed) for one, (who, _, edits) in zip(houses, HOUSES, strict=True))
        return list(await asyncio.gather(*runs))


async def _read(one: House[OnDiscord], who: str, edits: str, speed: Speed) -> Read:
    chat = one.platform.direct(1)
    server = one.platform.server
    if edits == SLOWLY:
        server.latency_s = SLOWLY_S
    asking = asyncio.create_task(one.ask(chat, 1, speed))
    if edits == REFUSED:
        await server.until(lambda: server.channels[chat].posts)
        server.rates = {"429": 1.0}
        await asyncio.sleep(speed.seconds)
        server.rates = {}
    asked = await asking
    pieces = one.writer.written(asked.number)
    read_at: list[float] = []
    for _ in range(LOOKS):
        if read_at := _noted(one.folder / READS):
            break
        await asyncio.sleep(LOOK_S)
    late_s = [at - piece.left_at for at, piece in zip(read_at, pieces, strict=False)]
    late_s += [UNREAD_S] * (len(pieces) - len(late_s))
    return Read(who, edits, fmean(late_s), max(late_s), (asked.lag or rows.NEVER).mean_s)


def _noted(reads: Path) -> list[float]:
    """When the pieces were read; nothing as long as that is not told."""
    line, end, _ = (reads.read_text("utf-8") if reads.exists() else "").partition("\n")
    return [float(at) for at in json.loads(line)] if end else []


def table(reads: Sequence[Read]) -> Table:
    return Table(
        "discord: how late each piece was read from the node, while the chat's edits are answered …",
        ("whose", "edits", "mean ms", "the latest piece ms", "mean lag of what was shown s"),
        [(it.who, it.edits, it.mean_s * 1e3, it.longest_s * 1e3, it.shown_s) for it in reads],
    )


def targets(reads: Sequence[Read], who: str) -> list[Target]:
    alone = next(it for it in reads if it.edits == NEVER)
    found = [Target("read, nothing edited: the latest piece", alone.longest_s, LONGEST_LATER_S_MAX, "s")]
    for it in reads:
        if it.who == who and it is not alone:
            scene = f"read later, edits {'answered ' * (it.edits != REFUSED)}{it.edits}"
            longest_s = max(it.longest_s - alone.longest_s, 0.0)
            found += [
                Target(f"{scene}: mean", max(it.mean_s - alone.mean_s, 0.0), MEAN_LATER_S_MAX, "s"),
                Target(f"{scene}: the latest piece", longest_s, LONGEST_LATER_S_MAX, "s"),
            ]
    return found
