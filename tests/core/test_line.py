"""The line in front of a local model."""

import asyncio
from contextlib import ExitStack

import pytest

from core.errors import Unavailable
from core.line import WAITING_MAX, Line


async def stand(line: Line, told: list[int], let_go: asyncio.Event) -> None:
    with line.ticket() as ticket:
        async for place in line.turn(ticket):
            told.append(place)  # noqa: PERF401 # each is looked at while the next is waited for
        told.append(0)
        await let_go.wait()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_others_wait_and_hear_their_place() -> None:
    """With two at once, the fourth hears 2, then 1, then it is its turn."""
    line = Line(2)
    told: list[list[int]] = [[] for _ in range(4)]
    gates = [asyncio.Event() for _ in range(4)]
    async with asyncio.TaskGroup() as group:
        for hears, gate in zip(told, gates, strict=True):
            group.create_task(stand(line, hears, gate))
            await settle()
        assert told == [[0], [0], [1], [2]]
        assert not line.is_free
        gates[1].set()
        await settle()
        assert told == [[0], [0], [1, 0], [2, 1]]
        for gate in gates:
            gate.set()
    assert told[3] == [2, 1, 0]
    assert line.is_free


async def test_somebody_who_leaves_the_line_lets_the_next_move_up() -> None:
    """A cancelled wait gives its place back."""
    line = Line(1)
    told: list[list[int]] = [[], [], []]
    gate = asyncio.Event()
    tasks = [asyncio.create_task(stand(line, hears, gate)) for hears in told]
    await settle()
    tasks[1].cancel()
    await settle()
    assert told[2] == [2, 1]
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert told[2] == [2, 1, 0]


async def test_a_full_line_says_so() -> None:
    """More than `WAITING_MAX` in the line is refused."""
    line = Line(1)
    with ExitStack() as stack:
        for _ in range(1 + WAITING_MAX):
            stack.enter_context(line.ticket())
        with pytest.raises(Unavailable, match="busy"), line.ticket():
            pass
    assert line.is_free


async def test_without_a_limit_nobody_waits() -> None:
    """A cloud node has no line."""
    line = Line(None)
    with ExitStack() as stack:
        for _ in range(100):
            ticket = stack.enter_context(line.ticket())
            assert [place async for place in line.turn(ticket)] == []
