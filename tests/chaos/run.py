"""One run: a family asks, the program is killed again and again and answers, and then the chats are read.

    a street: a stand-in platform ◄── the program, a child that is killed ──► stand-in node
            ▲      │ points                                                     │ points
         family    └─────────────────────► reaper ◄─────────────────────────────┘

The stand-ins and the family live in this process and never stop. After the last kill the program is left in
peace until everything is answered; then the judge looks at the chats alone.
"""

import asyncio
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from random import Random
from statistics import median
from typing import Literal

from tests.chaos import node, points
from tests.chaos.child import Child, Kill, Reaper
from tests.chaos.family import Family
from tests.chaos.judge import WELL, Judgement, Question, judged
from tests.chaos.node import Node
from tests.chaos.points import Gap
from tests.chaos.street import RATES, Street
from tests.chaos.trail import lead_up, trail

Order = Literal["ours", "send-then-mark", "mark-then-send"]

PEACE_S_MAX = 120.0
"""Whatever is not answered by then is lost."""
QUIET_S = 3.5
"""Nothing was sent for so long: it has come to its end. Longer than a first flood wait."""
SILENT_S = 35.0
"""Nothing was sent for so long, and there are open questions: it has forgotten them. Longer than a flood
wait that has grown."""
NAIVE_SILENT_S = 5.0
"""For the naive bots, which send so little that their waits never grow."""
LOOK_S, GLANCE_S = 0.5, 0.05
MEET_S_MAX = 20.0
HEARING_S_MAX = 6.0
GAP_STEPS, GAP_STEP_S = 3, 0.2
"""While the gap lasts the family lives on, at so many times with so much real time between them."""
SILENCE = {"reset": 0.6, "lost": 0.4}


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
    gaps: Counter[str]
    sessions: Counter[str]
    posts: int
    """How many were ever made."""
    calls: int
    floods: int
    violations: list[str]
    token_in: list[str]
    tracebacks: int
    trails: dict[str, list[str]] = field(default_factory=dict)
    """Of each thing that went wrong: what happened in its chat, in order."""


async def run(
    street: Street,
    folder: Path,
    *,
    kills: int,
    gaps: int = 0,
    seed: int,
    order: Order = "ours",
    faults: bool = True,
) -> Found:
    """`folder` is where the program lives; it should be empty."""
    async with street:
        family = Family(street, seed)
        async with Node(seed, lambda point: reaper.passed(point)) as model:
            child = Child(_command(order), folder, {**street.settings(), **_model(model)})
            reaper = Reaper(child, street.clock, street.patience_s)
            street.watch(reaper.passed)
            known = street.points if order == "ours" else street.points_of_any
            random = Random(f"{seed} kills")
            asking: asyncio.Task[None] | None = None
            try:
                if not street.first_words_wait:
                    await _meet(street, child, family)
                rates = RATES if faults else {}
                street.fail(rates)
                asking = asyncio.create_task(family.ask_on())
                happened = Counter[str]()
                for life in points.lives(kills, gaps, (*known, *node.POINTS), street.gaps, random):
                    street.forgive()
                    if life.gap is not None and life.gap.how == "dead":
                        await _gap(life.gap, street, family, random, happened)
                    await child.start()
                    if life.gap is not None and life.gap.how != "dead":
                        await _until(lambda: street.is_heard, HEARING_S_MAX)
                        await _gap(life.gap, street, family, random, happened)
                        street.fail(rates)
                    await reaper.strike(life.doom)
                asking.cancel()
                await _leave_in_peace(street, child, family, SILENT_S if order == "ours" else NAIVE_SILENT_S)
            finally:
                if asking is not None:
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)
                await child.destroy()
            judgement = judged(family.questions, {chat: street.standing(chat) for chat in family.chats})
            found = Found(
                judgement=judgement,
                questions=family.questions,
                kills=reaper.kills,
                in_vain=reaper.in_vain,
                own_ends=reaper.own_ends,
                recovery_s=_recovery_s(reaper.kills, street.heard),
                gaps=happened,
                sessions=street.sessions,
                posts=street.posts,
                calls=street.calls,
                floods=street.floods,
                violations=[*street.violations, *model.violations],
                token_in=child.found_in_files(street.token),
                tracebacks=child.said.count("Traceback"),
            )
            for question in family.questions:
                what = judgement.verdicts[question.number]
                if what not in WELL:
                    name = f"question {question.number}, {what}"
                    found.trails[name] = trail(question, street, reaper.kills)
            for call in street.broken_by:
                found.trails[f"violation at {call.at:.2f}"] = lead_up(call, street, reaper.kills)
            return found


async def _meet(street: Street, child: Child, family: Family) -> None:
    """Everybody has asked something and begins to be answered, before it begins to be killed."""
    await child.start()
    await _until(lambda: street.is_heard, HEARING_S_MAX)
    family.meet()
    await _until(lambda: all(map(street.standing, family.chats)), MEET_S_MAX)
    await child.destroy()


async def _gap(gap: Gap, street: Street, family: Family, random: Random, happened: Counter[str]) -> None:
    """Minutes pass in an instant, and the family lives on in them."""
    happened[gap.how if gap.how == "dead" or street.is_heard else f"{gap.how}, in vain"] += 1
    if gap.silent:
        street.fail(SILENCE)
    street.cut(gap.how)
    for _ in range(GAP_STEPS):
        family.live_on(random)
        if gap.how != "dead":
            await asyncio.sleep(GAP_STEP_S)  # for what the program does meanwhile
        street.go_ahead(60.0 * gap.minutes / GAP_STEPS)
    street.mend()


async def _leave_in_peace(street: Street, child: Child, family: Family, silent_s: float) -> None:
    """No more kills, no more faults, no more questions, until everything is answered and it is quiet."""
    street.fail({})
    street.forgive()
    await child.start()
    began = street.clock()
    while (passed_s := street.clock() - began) < PEACE_S_MAX:  # it is time that has to pass
        quiet_s_min = silent_s if family.waiting() else QUIET_S
        rest_s = quiet_s_min - min(passed_s, street.quiet_s())
        if rest_s <= 0:
            break
        await asyncio.sleep(min(rest_s, LOOK_S))
    await child.leave()


async def _until(happened: Callable[[], bool], seconds: float) -> None:
    """Or until this time is over."""
    for _ in range(int(seconds / GLANCE_S)):
        if happened():
            return
        await asyncio.sleep(GLANCE_S)


def _recovery_s(kills: Sequence[Kill], heard: Sequence[float]) -> float:
    """Without the runs that did not get so far."""
    found = []
    for kill, following in zip_longest(kills, kills[1:]):
        first = bisect(heard, kill.at)
        if first < len(heard) and (following is None or heard[first] < following.at):
            found.append(heard[first] - kill.at)
    return median(found) if found else 0.0


def _command(order: Order) -> list[str]:
    return [sys.executable, "-m", *(["bot"] if order == "ours" else ["tests.chaos.naive", order])]


def _model(model: Node) -> dict[str, str]:
    spec = model.spec()
    return {
        "OPENAI_1_URL": spec.url,
        "OPENAI_1_KEY": spec.key,
        "OPENAI_1_MODEL": spec.model,
        "EMBEDDED_MODEL": "off",
    }
