"""One run: a family asks, the program is killed again and again and answers, and then the chats are read.

    stand-in for Telegram ◄── the program, a child that is killed ──► stand-in node
            ▲      │ points                                               │ points
         family    └────────────────────► reaper ◄────────────────────────┘

The stand-ins and the family live in this process and never stop. After the last kill the program is left in
peace until everything is answered; then the judge looks at the chats alone.
"""

import asyncio
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from random import Random
from statistics import median
from typing import Literal

from tests.chaos import points
from tests.chaos.child import Child, Kill, Reaper
from tests.chaos.family import Family, all_standing
from tests.chaos.judge import Judgement, Question, judged
from tests.chaos.node import Node
from tests.chaos.trail import lead_up, trail
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_calls import Call

Order = Literal["ours", "send-then-mark", "mark-then-send"]

TOKEN = "7700123:canary-token-of-the-chaos-run"
LATENCY_S = 0.02
HEARD_S = 0.05
RATES = {"429": 0.05, "502": 0.02, "lost": 0.03}
PEACE_S_MAX = 120.0
"""Whatever is not answered by then is lost."""
QUIET_S = 3.5
"""Nothing was sent for so long: it has come to its end. Longer than a first flood wait."""
SILENT_S = 35.0
"""Nothing was sent for so long, and there are open questions: it has forgotten them. Longer than a flood
wait that has grown."""
NAIVE_SILENT_S = 5.0
"""For the naive bots, which send so little that their waits never grow."""
LOOK_S = 0.5


@dataclass(slots=True)
class Found:
    """What one run came to."""

    judgement: Judgement
    questions: list[Question]
    kills: list[Kill]
    in_vain: Counter[str]
    own_ends: list[int]
    recovery_s: float
    """From a kill until the program hears people again: the median."""
    posts: int
    """How many were ever made."""
    calls: int
    floods: int
    violations: list[str]
    token_in: list[str]
    tracebacks: int
    trails: dict[str, list[str]] = field(default_factory=dict)
    """Of each thing that went wrong: what happened in its chat, in order."""


async def run(folder: Path, *, kills: int, seed: int, order: Order = "ours", faults: bool = True) -> Found:
    """`folder` is where the program lives; it should be empty."""
    async with TelegramServer(TOKEN, latency_s=LATENCY_S, random=Random(f"{seed} faults")) as server:
        family = Family(server, seed)
        async with Node(seed, lambda point: reaper.passed(point)) as node:
            child = Child(_command(order), folder, _settings(server, node, family))
            reaper = Reaper(child, server.clock)
            watch = points.Watch(server, reaper.passed)
            server.rates = RATES if faults else {}
            server.heard_s = HEARD_S
            known = points.OURS if order == "ours" else points.ANY_ORDER
            asking = asyncio.create_task(family.ask_on())
            try:
                for doom in points.plan(kills, known, Random(f"{seed} kills")):
                    server.forgive()
                    await child.start()
                    await reaper.strike(doom)
                asking.cancel()
                await _leave_in_peace(server, child, family, SILENT_S if order == "ours" else NAIVE_SILENT_S)
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                await child.destroy()
            judgement = judged(family.questions, {chat: all_standing(server, chat) for chat in server.chats})
            found = Found(
                judgement=judgement,
                questions=family.questions,
                kills=reaper.kills,
                in_vain=reaper.in_vain,
                own_ends=reaper.own_ends,
                recovery_s=_recovery_s(reaper.kills, server.calls),
                posts=sum(len(chat.history) for chat in server.chats.values()),
                calls=len(server.calls),
                floods=server.floods,
                violations=[*server.violations, *node.violations],
                token_in=child.found_in_files(TOKEN),
                tracebacks=child.said.count("Traceback"),
            )
            for question in family.questions:
                what = judgement.verdicts[question.number]
                if what not in ("whole", "sentence"):
                    name = f"question {question.number}, {what}"
                    found.trails[name] = trail(question, server, reaper.kills)
            for call in watch.violations:
                found.trails[f"violation at {call.at:.2f}"] = lead_up(call, server, reaper.kills)
            return found


async def _leave_in_peace(server: TelegramServer, child: Child, family: Family, silent_s: float) -> None:
    """No more kills, no more faults, no more questions, until everything is answered and it is quiet."""
    server.rates = {}
    server.forgive()
    await child.start()
    ends_at = server.clock() + PEACE_S_MAX
    while server.clock() < ends_at:  # it is time that has to pass
        quiet_s_min = silent_s if family.waiting() else QUIET_S
        rest_s = quiet_s_min - _quiet_s(server)
        if rest_s <= 0:
            break
        await asyncio.sleep(min(rest_s, LOOK_S))
    await child.leave()


def _quiet_s(server: TelegramServer) -> float:
    """How long nothing was called but for news, and no other news came."""
    quiet = (call.at for call in reversed(server.calls) if call.method != "getUpdates")
    return server.clock() - next(quiet, server.calls[0].at)


def _recovery_s(kills: Sequence[Kill], calls: Sequence[Call]) -> float:
    """Without the runs that did not get so far."""
    polls = [call.at for call in calls if call.method == "getUpdates"]
    found = []
    for kill, following in zip_longest(kills, kills[1:]):
        first = bisect(polls, kill.at)
        if first < len(polls) and (following is None or polls[first] < following.at):
            found.append(polls[first] - kill.at)
    return median(found) if found else 0.0


def _command(order: Order) -> list[str]:
    return [sys.executable, "-m", *(["bot"] if order == "ours" else ["tests.chaos.naive", order])]


def _settings(server: TelegramServer, node: Node, family: Family) -> dict[str, str]:
    spec = node.spec()
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": server.url,
        "ADMIN_IDS": ",".join(f"telegram:{person}" for person in family.ids),
        "OPENAI_1_URL": spec.url,
        "OPENAI_1_KEY": spec.key,
        "OPENAI_1_MODEL": spec.model,
        "EMBEDDED_MODEL": "off",
    }
