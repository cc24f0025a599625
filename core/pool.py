"""Many nodes behind one `stream()`: whoever can answer does, and a dead node costs nobody a question.

For each question a `Quest` (core/quest.py) names the node to try next, an `attempt` (core/attempt.py)
reads its stream, and what happened is written on the `Node` (core/node.py). When a node dies in the
middle, the next one starts over: two models' texts are never spliced. `Done` comes if and only if one
node's text is whole; otherwise `NoAnswer` is raised.

The pool keeps no tasks and no files: core/upkeep.py saves its state and warms the reserve.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from random import Random

from core.attempt import ANSWER_S_MAX, attempt
from core.breaker import Lease
from core.errors import NoAnswer, NodeError, Unavailable
from core.node import Node, kind_of
from core.providers import End, Piece, Prompt, Thinking
from core.quest import Place, Quest, RetryBudget, Try, Wait, is_out_of_reach
from core.strategies import STRATEGIES, eligible
from core.types import ANSWERED, Ask, Done, Event, Restart, Status, Text, Tried

log = logging.getLogger(__name__)

EVERYWHERE: tuple[Place, ...] = ("cloud", "local")


class Pool:
    """`routes` says for each task where to look, in order. `answer_s_max` is when it is too late to
    begin at one more cloud node, in seconds after the question."""

    def __init__(
        self,
        nodes: Sequence[Node],
        *,
        strategy: str = "round_robin",
        routes: Mapping[str, Sequence[Place]] | None = None,
        retries_max: int = 3,
        answer_s_max: float = 60.0,
        clock: Callable[[], float],
        random: Random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.nodes = list(nodes)
        self.strategy = strategy
        """A key of `STRATEGIES`; a change takes effect at the next question."""
        self.changed = asyncio.Event()
        """Set whenever a node's books change; core/upkeep.py clears it, and `unsaved`."""
        self.unsaved: set[Node] = set()
        self._routes = routes or {}
        self._retries_max = retries_max
        self._answer_s_max = answer_s_max
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._budget = RetryBudget()
        self._questions = 0

    def add(self, node: Node) -> None:
        """From the next question on."""
        self.nodes.append(node)
        self._note_change(node)

    def remove(self, node: Node) -> None:
        """An answer that is growing there still comes to its end."""
        self.nodes.remove(node)
        self.unsaved.discard(node)

    def reset(self, name: str | None = None) -> list[str]:
        """Forget all grudges against one node, or against all; the names of those that were meant."""
        meant = [node for node in self.nodes if name is None or node.name.lower() == name.lower()]
        for node in meant:
            node.reset()
            self._note_change(node)
        return [node.name for node in meant]

    def ready(self, *, local: bool) -> list[Node]:
        now = self._clock()
        return [node for node in self.nodes if node.spec.local == local and node.is_ready(now)]

    def room_tokens(self, ask: Ask) -> int:
        """What every node that may serve this has room for, besides its answer. Raises `NoAnswer` if there is
        none."""
        _, nodes = self._serving(ask)
        if not nodes:
            raise self._nobody(ask)
        return min(node.room_tokens for node in nodes)

    def _serving(self, ask: Ask) -> tuple[Sequence[Place], list[Node]]:
        """Where to look, in order, and whom to ask there."""
        route: Sequence[Place] = ("local",) if ask.private else self._routes.get(ask.task, EVERYWHERE)
        places = {True: "local", False: "cloud"}
        return route, [node for node in eligible(self.nodes, ask) if places[node.spec.local] in route]

    def _nobody(self, ask: Ask) -> NoAnswer:
        """Why nobody can be asked this at all."""
        if ask.private:
            has_one = any(node.spec.local for node in self.nodes)
            return NoAnswer("no_local_node" if has_one else "no_node_at_home")
        if self._serving(replace(ask, minor=False))[1]:
            return NoAnswer("not_for_minors")
        return NoAnswer("exhausted" if any(node.paused for node in self.nodes) else "no_nodes")

    # ── One question ──────────────────────────────────────────────────────────────────────────────

    async def stream(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The events of one answer. The last is `Done`, with the whole text; or `NoAnswer` is raised.
        Close it (`contextlib.aclosing`) to stop: the node is released, and nobody is charged."""
        route, nodes = self._serving(ask)
        if not nodes:
            raise self._nobody(ask)
        quest = Quest(ask, nodes, route, self._clock() + self._answer_s_max, self._retries_max)
        try:
            while step := quest.next_step(
                self._clock(), STRATEGIES[self.strategy], self._random, self._budget.take
            ):
                if isinstance(step, Wait):
                    self._settle(quest)  # others may be waiting for what we hold
                if step.pause_s:
                    yield Status("retrying")
                    await self._sleep(step.pause_s)
                if isinstance(step, Try):
                    if step.node.spec.local:
                        self._settle(quest)  # the cloud is behind us: it is known now who is to blame
                    async with aclosing(self._try(quest, step)) as events:
                        async for event in events:
                            yield event
                            if isinstance(event, Done):
                                return
            raise quest.given_up(self._clock())
        except NoAnswer as error:
            error.tried = tuple(quest.tried)
            raise
        finally:
            self._settle(quest)

    async def _try(self, quest: Quest, step: Try) -> AsyncGenerator[Event, None]:
        """One attempt. What it ended in is on the quest and on the node afterwards; if it ended in
        mid-answer, its last event is `Restart`."""
        node = step.node
        turns = quest.turns_for(node)
        if turns is None:
            quest.too_small.add(node.name)
            return
        texts: list[str] = []
        try:
            with node.line.ticket() as ticket:
                async with aclosing(node.line.turn(ticket)) as places:
                    async for place in places:
                        yield Status("queued", node.name, place)
                lease = node.lease(self._clock(), early=step.early)
                if lease is None:  # while we waited, it went out of play, or somebody else probes it
                    return
                try:
                    yield Status("asking", node.name)
                except BaseException:  # closed before it began: nobody was asked
                    node.released(lease)
                    raise
                elsewhere = any(other is not node for other in self.ready(local=False))
                prompt = Prompt(turns, node.spec.max_tokens, quest.ask.private, elsewhere)
                async with aclosing(self._ask(quest, node, lease, prompt)) as pieces:
                    async for piece in pieces:
                        match piece:
                            case Text():
                                texts.append(piece.piece)
                                yield piece
                            case Thinking():
                                yield Status("thinking", node.name)
                            case End():
                                text = "".join(texts).strip()
                                yield Done(
                                    *(text, node.name, node.spec.model, node.spec.small, piece.cut),
                                    tried=tuple(quest.tried),
                                )
        except NodeError as error:
            quest.note(node, error)
            if texts:
                yield Restart(node.name)

    async def _ask(
        self, quest: Quest, node: Node, lease: Lease, prompt: Prompt
    ) -> AsyncGenerator[Piece, None]:
        """The pieces, with the node's books kept: the lease is settled exactly once, or handed to
        `quest.unsettled` while it is open whether the node is to blame or our own network."""
        began = self._clock()
        first_text_by = began + ANSWER_S_MAX if node.spec.local else max(quest.cloud_until, began + 1.0)
        self._questions += 1
        node.asked_last = self._questions
        node.asked_often += 1
        node.counters.requests += 1
        if (before := quest.taken_over_by(node)) is not None:
            before.counters.failovers += 1
            self._note_change(before)
        node.in_flight += 1
        first_token_s: float | None = None
        open_lease: Lease | None = lease
        try:
            async with aclosing(
                attempt(
                    node,
                    prompt,
                    first_text_by=first_text_by,
                    another_is_ready=lambda: self._could_take_over(quest, node),
                    clock=self._clock,
                )
            ) as pieces:
                async for piece in pieces:
                    if quest.unsettled and not node.spec.local:
                        for old in quest.answered_by(node):
                            node.released(old)
                        self._settle(quest)  # the network is there: it is known now who is to blame
                    if first_token_s is None and isinstance(piece, Text):
                        first_token_s = self._clock() - began
                    if isinstance(piece, End):
                        node.succeeded(lease, piece, first_token_s or 0.0)
                        took_s = self._clock() - began
                        quest.tried.append(Tried(node.name, node.spec.model, ANSWERED, took_s, first_token_s))
                        self._budget.earn()
                        open_lease = None
                    yield piece
        except NodeError as error:
            open_lease = None
            took_s = self._clock() - began
            quest.tried.append(Tried(node.name, node.spec.model, kind_of(error), took_s, first_token_s))
            cut_short = first_text_by - began < node.spec.first_token_timeout_s
            if is_out_of_reach(error) and not node.spec.local:
                quest.unsettled.append((node, lease, error))
            elif isinstance(error, Unavailable) and error.fault == "slow_start" and cut_short:
                node.released(lease)
            else:
                self._charge(node, lease, error)
            raise
        finally:
            node.in_flight -= 1
            if open_lease is not None:  # stopped: nobody is charged
                node.released(open_lease)
            self._note_change(node)

    def _could_take_over(self, quest: Quest, node: Node) -> bool:
        now = self._clock()
        return any(
            other is not node and other.name not in quest.failed and other.is_ready(now)
            for other in quest.nodes
            if not other.spec.local
        )

    def _settle(self, quest: Quest) -> None:
        """Charge the nodes that could not be reached, unless the fault was our own network's."""
        our_own = quest.network_is_down(self._clock())
        if our_own and quest.unsettled:
            log.warning("No cloud host can be reached: our own network seems to be down")
        charged: set[Node] = set()
        for node, lease, error in quest.unsettled:
            offline = isinstance(error, Unavailable) and error.fault == "offline"
            if our_own or offline or node in charged:  # however often one question tried it, it was down once
                node.released(lease)
            else:
                self._charge(node, lease, error)
                charged.add(node)
        quest.unsettled.clear()

    def _charge(self, node: Node, lease: Lease, error: NodeError) -> None:
        now = self._clock()
        before = node.state(now)
        node.failed(lease, error, now)
        due = f", next try in {_duration(node.due_in_s(now))}" if node.due_in_s(now) else ""
        remedy = f"; {node.remedy}" if node.remedy and before != "out" else ""
        bug = error.__cause__ if isinstance(error, Unavailable) and error.fault == "broken" else None
        log.warning("Node %s: %s%s%s", node.name, error.why, due, remedy, exc_info=bug)
        self._note_change(node)

    def _note_change(self, node: Node) -> None:
        self.unsaved.add(node)
        self.changed.set()


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
