"""The model that answers: to question 17 it says `a17w0 a17w1 … a17end`, as long as that question wants.

How long an answer is and how fast it comes depends on the seed and on the question alone, so a question that
is asked again after a kill is answered in the same words. It tells when an answer passes one of its points.
"""

import re
from collections.abc import Callable
from random import Random

from tests.chaos.judge import answer
from tests.servers.loopback import Line, chunk
from tests.servers.models import Asked, ModelServer

ASKED, FIRST, MIDDLE, END = "model: asked", "model: first piece", "model: middle", "model: end mark"
POINTS = (ASKED, FIRST, MIDDLE, END)

LENGTHS = (20, 60, 60, 150, 150, 700, 1400)
"""In words: most answers fit into one post, one in four needs two or three."""
PIECES_MAX = 40
STREAM_S = (0.05, 0.8)


def length_of(seed: int, number: int) -> int:
    return Random(f"{seed} length {number}").choice(LENGTHS)


class Node(ModelServer):
    def __init__(self, seed: int, passed: Callable[[str], object]) -> None:
        super().__init__("openai")
        self._seed = seed
        self._passed = passed

    async def _stream(self, asked: Asked, line: Line, *, end: bool = True) -> bool:
        self._passed(ASKED)
        found = re.search(r"question (\d+)", asked.question)
        assert found is not None, "the model was asked something that nobody asked"
        number = int(found[1])
        pieces = _pieces(answer(number, length_of(self._seed, number)))
        pause_s = Random(f"{self._seed} pace {number}").uniform(*STREAM_S) / len(pieces)
        self._begin(line)
        for place, piece in enumerate(pieces):
            line.write(chunk(self._dialect.piece(piece)))
            await line.flush()
            if place == 0:
                self._passed(FIRST)
            if place == len(pieces) // 2:
                self._passed(MIDDLE)
            await line.pause(pause_s)
        line.write(chunk(self._dialect.finish("stop", len(pieces), asked.body)))
        self._close(line)
        await line.flush()
        self._passed(END)
        return True


def _pieces(text: str) -> list[str]:
    size = max(4, -(-len(text) // PIECES_MAX))
    return [text[at : at + size] for at in range(0, len(text), size)]
