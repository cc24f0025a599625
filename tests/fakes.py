"""Fakes to talk to: a clock that is set, a node that plays what it is told."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from random import Random

from core.errors import NodeError
from core.node import Node
from core.pool import Pool
from core.providers import End, Health, Piece, Prompt, Thinking
from core.types import Ask, NodeSpec, Text, Turn


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


Beat = str | Thinking | End | NodeError | float | asyncio.Event
"""A string is a piece of text; an error is raised; a number moves the clock; an event is waited for."""


class Player:
    """A provider that plays one script after the other, and the last one for ever."""

    def __init__(self, *scripts: Sequence[Beat], clock: Clock | None = None) -> None:
        self.scripts = list(scripts) or [["hello", End()]]
        self.clock = clock
        self.asked: list[Prompt] = []
        self.playing = 0
        self.playing_max = 0
        self.warmed = 0

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.asked.append(prompt)
        self.playing += 1
        self.playing_max = max(self.playing_max, self.playing)
        try:
            for beat in script:
                await asyncio.sleep(0)
                match beat:
                    case str():
                        yield Text(beat)
                    case NodeError():
                        raise beat
                    case asyncio.Event():
                        await beat.wait()
                    case float() | int():
                        assert self.clock is not None
                        self.clock.advance(beat)
                    case _:
                        yield beat
        finally:
            self.playing -= 1

    async def check(self) -> Health:
        return Health("well")

    async def warm_up(self) -> None:
        self.warmed += 1

    async def close(self) -> None:
        pass


def spec(name: str, **facts: object) -> NodeSpec:
    """A node's description; a host of its own unless told otherwise."""
    plain = NodeSpec(name, "openai", f"http://{name.lower()}.example/v1", f"{name.lower()}-model")
    return replace(plain, **facts)  # type: ignore[arg-type] # a wrong name raises TypeError


def node(name: str, player: Player, **facts: object) -> Node:
    return Node(spec(name, **facts), player, random=lambda: 0.0)


def pool(*nodes: Node, clock: Clock, strategy: str = "round_robin", **facts: object) -> Pool:
    return Pool(
        nodes,
        strategy=strategy,
        clock=clock,
        random=Random(1),
        sleep=clock.sleep,
        **facts,  # type: ignore[arg-type] # a wrong name raises TypeError
    )


def ask(question: str = "Why is the sky blue?", **facts: object) -> Ask:
    return Ask((Turn("user", question),), **facts)  # type: ignore[arg-type] # as above
