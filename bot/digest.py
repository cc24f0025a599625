"""The digest: each morning, what an admin should know of the last 24 hours, in a few lines and one picture.

    what is wrong now   ─┐
    the last 24 hours    ├─► the verdict, then only what matters, the worst first ─► once a day, silently
    the same a week ago ─┘

Whoever wants it once a week has a week instead, beside the one before.

Whether one is due is decided by the local dates on disk (core/digests.py), and the date is written in the
same transaction as the digest that is to be shown: whatever is killed, restarted or set to another time, one
day has one digest. It counts, and holds no word of anybody.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from bot import charts
from bot.phrases.english import English
from core.access import Access, Member
from core.digests import Digests, is_due
from core.history import HOUR_S, Asked, History, Span, Tally
from core.notices import Announce, Notice
from core.troubles import Signs, Trouble, troubles_of
from core.types import Button, Person

WEEK_S = 7 * 24 * HOUR_S
SPANS_S: Mapping[Span, float] = MappingProxyType({"day": 24 * HOUR_S, "week": WEEK_S})
LINES_MAX = 12
TRIES_MIN = 5
"""Fewer say nothing about a node."""
WEAK_SHARE = 0.8
SLOW_S, SLOW_TIMES = 3.0, 2.0
"""Slow is what takes that long, and that many times as long as a week before."""
NODES_NAMED_MAX = 5
NOBODY = ("nobody", "no_nodes")
RETRY_S = 300.0
"""Until somebody who cannot be reached is tried again: each time a picture is drawn."""


@dataclass(frozen=True, slots=True)
class Past:
    """What happened in a day or a week."""

    asked: Asked
    nodes: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a digest is made of."""

    past: Past
    before: Past | None
    """The same a week before; None as long as nothing is known of that."""
    span: Span = "day"
    troubles: Sequence[Trouble] = ()
    """What is wrong now."""
    paused: Literal["all", "nodes"] | None = None
    """An admin has paused everything, or every node."""
    waiting: int = 0
    """Questions that should have been answered long ago."""
    off_hours: int = 0
    """In so many of the hours the program was not running."""
    knocked: int = 0
    """So many strangers did; not each of them was shown on a card."""


def digest_text(found: Findings, say: English) -> str:
    """The verdict first, then the worst, at most `LINES_MAX` lines."""
    paused = {"all": say.ALL_PAUSED, "nodes": say.NODES_PAUSED, None: ""}[found.paused]
    is_nobody = bool(paused) or any(trouble.kind in NOBODY for trouble in found.troubles)
    bad = [*([paused] if paused else []), *map(say.trouble, found.troubles), *_worth_a_look(found, say)]
    before = found.before.asked.questions if found.before else None
    end = [say.digest_knocked(found.span, found.knocked)] if found.knocked else []
    end.append(say.digest_questions(found.span, found.past.asked.questions, before))
    if shares := _answers(found.past.nodes):
        end.append(say.digest_nodes(shares))
    if not bad:
        return "\n".join([say.DIGEST_WELL, *(f"- {line}" for line in end)])
    verdict, *bad = bad if is_nobody else [say.digest_look_at(len(bad)), *bad]
    room = LINES_MAX - 1 - len(end)
    if len(bad) > room:
        bad = [*bad[: room - 1], say.digest_more(len(bad) - room + 1)]
    return "\n".join([verdict, *(f"- {line}" for line in (*bad, *end))])


def _worth_a_look(found: Findings, say: English) -> list[str]:
    """The worst first; of a node that is in trouble nothing more is said."""
    lines = []
    asked, before = found.past.asked, found.before
    if found.waiting and not found.paused:
        lines.append(say.digest_waiting(found.waiting))
    if asked.unanswered:
        was = before.asked.unanswered if before else None
        lines.append(say.digest_unanswered(found.span, asked.unanswered, asked.questions, was))
    if found.off_hours:
        lines.append(say.digest_off(found.span, found.off_hours))
    weak, slow = [], []
    told = {trouble.name for trouble in found.troubles if trouble.kind == "node"}
    for name, tally in found.past.nodes.items():
        if name in told:
            continue
        past = before.nodes.get(name, Tally()) if before else Tally()
        share = tally.answered
        if share is not None and share < WEAK_SHARE and tally.answers + tally.failed >= TRIES_MIN:
            kind = max(tally.failures, key=lambda kind: tally.failures[kind])
            words = say.FAILURES.get(kind, kind)
            weak.append((share, say.digest_weak(found.span, name, share, words, past.answered)))
        now_s, was_s = tally.first_token_s or 0.0, past.first_token_s or 0.0
        enough = min(tally.answers, past.answers) >= TRIES_MIN
        if enough and now_s > max(SLOW_S, SLOW_TIMES * was_s):
            slow.append((-now_s, say.digest_slow(found.span, name, now_s, was_s)))
    return [*lines, *(line for _, line in sorted(weak)), *(line for _, line in sorted(slow))]


def _answers(nodes: Mapping[str, Tally]) -> dict[str, int]:
    """How many answers each gave; the busiest first."""
    busy = sorted(nodes, key=lambda name: (-nodes[name].answers, name))
    return {name: nodes[name].answers for name in busy[:NODES_NAMED_MAX] if nodes[name].answers}


class Digest:
    """`now` is the wall clock, `local` its time here, `clock` is monotonic; `look_at` says how the house is
    doing, and `knocked` how many strangers came in the last so many seconds. In the folder `cache` is kept
    what drawing needs."""

    def __init__(
        self,
        history: History,
        digests: Digests,
        access: Access,
        look_at: Callable[[], Awaitable[Signs]],
        announce: Announce,
        speaking: Callable[[Person], English],
        *,
        knocked: Callable[[float], Awaitable[int]],
        at: time,
        now: Callable[[], float],
        local: Callable[[float], datetime],
        clock: Callable[[], float],
        cache: Path,
    ) -> None:
        self.digests = digests
        self._history = history
        self._access = access
        self._look_at = look_at
        self._announce = announce
        self._speaking = speaking
        self._knocked = knocked
        self._at = at
        self._now = now
        self._local = local
        self._clock = clock
        self._unreached: dict[int, float] = {}
        """When a member could not be told, on the monotonic clock."""
        self._cache = cache

    async def send(self) -> None:
        """To each admin for whom one is due. Raises `StorageError`."""
        local = self._local(self._now())
        if local.time() < self._at:
            return
        for member in self._access.members():
            tried_at = self._unreached.get(member.id)
            waits = tried_at is not None and self._clock() - tried_at < RETRY_S
            if member.role == "admin" and not waits and not self._is_new(member, local):
                often, had = await self.digests.often(member.id), await self.digests.had(member.id)
                if is_due(often, had, local, self._at):
                    await self._send(member, local, "week" if often == "weekly" else "day")

    def _is_new(self, member: Member, local: datetime) -> bool:
        """Let in today, after the digest of today."""
        added = self._local(member.added_at)
        return added.date() == local.date() and added.time() > self._at

    async def _send(self, member: Member, local: datetime, span: Span) -> None:
        """By the first of their accounts where they can be told anything; one that refused us comes last."""
        key = f"digest {local.date().isoformat()}"
        has = self.digests.has(member.id, local.date())
        mute = (await self._look_at()).mute
        people = [
            Person(platform, account, member.name, member.language)
            for platform, account in member.accounts
            if platform not in mute
        ]
        refused = {person: await self.digests.is_refused(person) for person in people}
        for person in sorted(people, key=lambda it: refused[it]):
            text, png = await self.as_of_now(person, span)
            less = Button(self._speaking(person).LESS_BUTTON, "/less")
            notice = Notice(person, None, key, text, (less,), silent=True, picture=png)
            if await self._announce([notice], has):
                self._unreached.pop(member.id, None)
                return
        self._unreached[member.id] = self._clock()

    async def as_of_now(
        self, person: Person, span: Span = "day", *, pictures: bool = True
    ) -> tuple[str, bytes | None]:
        """The digest as of now; where there are no `pictures`, with the table in the text."""
        say = self._speaking(person)
        text = digest_text(await self._findings(span), say)
        chart = await charts.chart(self._history, span, say, now=self._now(), local=self._local)
        if pictures or chart.is_empty:
            return text, await charts.picture(chart, self._cache)
        return f"{text}\n\n{charts.table(chart, say)}", None

    async def _findings(self, span: Span) -> Findings:
        now, span_s = self._now(), SPANS_S[span]
        signs = await self._look_at()
        began = await self._history.began()
        running = await self._history.running(now - span_s, now)
        over = _hours(now - span_s, now - HOUR_S)  # in this hour we do run, be it written yet or not
        expected = [hour for hour in over if began is not None and hour >= began]
        is_known = began is not None and began <= now - WEEK_S - span_s
        idle = bool(signs.nodes) and all(node.paused for node in signs.nodes)
        return Findings(
            await self._past(now - span_s, now),
            await self._past(now - WEEK_S - span_s, now - WEEK_S) if is_known else None,
            span,
            troubles_of(signs),
            "all" if signs.paused else "nodes" if idle else None,
            await self._history.waiting(),
            sum(hour not in running for hour in expected),
            await self._knocked(span_s),
        )

    async def _past(self, since: float, until: float) -> Past:
        return Past(await self._history.asked(since, until), await self._history.totals(since, until))


def _hours(since: float, until: float) -> list[float]:
    """The beginnings of the hours that begin in that time."""
    first = -int(-since // HOUR_S)
    return [hour * HOUR_S for hour in range(first, -int(-until // HOUR_S))]
