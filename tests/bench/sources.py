"""Nodes to put to the test: every answer names its node and its question, and faults come when they may.

A `Source` is a stand-in server that answers question 17 with words like `alpha.17.0 – alpha.17.1 – …`, so
that whoever reads a text can tell whose it is, and of which question. It is healthy until its bad spell
begins at some question, and again after it; meanwhile every request fails, in mid-answer at a random piece.
"""

import re
import time
from copy import copy
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.servers.dialects import Kind
from tests.servers.loopback import Line
from tests.servers.models import Asked, Fault, ModelServer, faults_of

Trouble = Fault | Literal["port_closed", "mixed"]
"""Besides the faults of the stand-ins: nobody listens, and another fault at each request."""

PACE_S = 0.002
DRIP_S = 0.4
"""A letter each time: clearly under a token a second, and no stall."""
MIXED: tuple[Fault, ...] = (
    "refused",
    "stall",
    "reset",
    "no_end",
    "malformed",
    "error_inside",
    "error_as_200",
    "server_error",
    "html",
    "empty",
)
INSTEAD: dict[Fault, Fault] = {"payment_required": "used_up"}
"""What a node does whose protocol has no such fault; a plain server error where nothing is named here."""


def question(number: int) -> str:
    return f"This is question {number}. Who are you?"


def answer(node: str, number: int, length: int) -> tuple[str, ...]:
    """The pieces of this node's one right answer to this question."""
    return tuple(f"{node}.{number}.{place} – " for place in range(length))


@dataclass(frozen=True, slots=True)
class Spell:
    """A node's bad time, from one question to before another one."""

    trouble: Trouble
    begin: int
    end: int

    def is_on(self, number: int) -> bool:
        return self.begin <= number < self.end


class Source(ModelServer):
    """`length` is how many pieces an answer has. `spell` None: always healthy."""

    def __init__(
        self, name: str, kind: Kind, *, length: int, spell: Spell | None, random: Random, older: bool = False
    ) -> None:
        super().__init__(kind, pace_s=PACE_S, drip_s=DRIP_S, older=older)
        self.name = name
        self.reached: list[tuple[int, float]] = []
        """Which question came when, on the monotonic clock."""
        self.faults: dict[int, Fault] = {}
        """What it did to which question."""
        self._length = length
        self._spell = spell
        self._random = random
        self._is_open = True
        if spell is not None and spell.trouble != "port_closed":
            self.failing = "server_error"  # which fault it is, is decided at the request

    def is_bad_at(self, number: int) -> bool:
        return self._spell is not None and self._spell.is_on(number)

    async def move_to(self, number: int) -> None:
        """This question is about to be asked: open or close the port, where that is the trouble."""
        if self._spell is None or self._spell.trouble != "port_closed":
            return
        should_be_open = not self.is_bad_at(number)
        if self._is_open != should_be_open:
            self._is_open = should_be_open
            await (self.listen() if should_be_open else self.stop_listening())

    async def _stream(self, asked: Asked, line: Line, *, end: bool = True) -> bool:
        return await super(Source, self._answering(asked))._stream(asked, line, end=end)

    async def _fail(self, fault: Fault, after: int, asked: Asked, line: Line) -> bool:
        assert self._spell is not None
        number = number_of(asked)
        if not self.is_bad_at(number):
            return await self._stream(asked, line)
        fault = self.faults[number] = self._fault(self._spell.trouble)
        one = self._answering(asked)
        if fault == "drip":
            one.pieces = tuple("".join(one.pieces))
        after = self._random.randrange(1, len(one.pieces))
        return await super(Source, one)._fail(fault, after, asked, line)

    def _answering(self, asked: Asked) -> "Source":
        """This server, as it is for one request: its pieces are the answer to that question."""
        number = number_of(asked)
        self.reached.append((number, time.monotonic()))
        one = copy(self)
        one.pieces = answer(self.name, number, self._length)
        return one

    def _fault(self, trouble: Trouble) -> Fault:
        known = faults_of(self.kind)
        if trouble == "mixed":
            return self._random.choice([fault for fault in MIXED if fault in known])
        assert trouble != "port_closed"
        return next((it for it in (trouble, INSTEAD.get(trouble)) if it in known), "server_error")


def number_of(asked: Asked) -> int:
    found = re.search(r"question (\d+)", asked.question)
    assert found is not None
    return int(found[1])
