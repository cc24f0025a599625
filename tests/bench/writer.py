"""A model that writes real-looking answers at the pace of a real one, and notes when each piece left it.

To question 17 it gives the answer that was laid down for question 17: prose in Markdown, cut into pieces as
small as tokens. Some begin with a list, whose first piece is not yet a word. What a bench measures begins
with the moment a piece is handed to the network.
"""

import re
import time
from dataclasses import dataclass
from random import Random

from tests.bench.lag import Piece
from tests.servers.loopback import Line, chunk
from tests.servers.models import Asked, ModelServer

WORDS = (
    *("lake", "water", "winter", "light", "evening", "bridge", "village", "garden", "bread", "window"),
    *("slowly", "often", "deeper", "warmer", "quiet", "narrow", "because", "although", "between", "under"),
    *("the", "a", "of", "and", "in", "is", "it", "that", "with", "from"),
    *("grows", "carries", "remembers", "measures", "freezes", "explains", "children", "temperature"),
)


@dataclass(frozen=True, slots=True)
class Speed:
    """How an answer comes: so long in all, a piece every `piece_s`, of so many characters on average."""

    seconds: float
    piece_s: float
    characters: int


class Writer(ModelServer):
    def __init__(self) -> None:
        super().__init__("openai")
        self._texts: dict[int, tuple[list[str], Speed]] = {}
        self._left_at: dict[int, list[float]] = {}

    def lay_down(self, speed: Speed, random: Random, text: str | None = None) -> int:
        """The number of a question that will be answered at this speed, with this text if one is given, over
        and over."""
        number = len(self._texts) + 1
        self._texts[number] = _pieces(speed, random, text), speed
        return number

    def text(self, number: int) -> str:
        return "".join(self._texts[number][0])

    def written(self, number: int) -> list[Piece]:
        """Those that have left, in the last answer to this question."""
        texts, _ = self._texts[number]
        return [Piece(text, at) for text, at in zip(texts, self._left_at.get(number, ()), strict=False)]

    async def _stream(self, asked: Asked, line: Line, *, end: bool = True) -> bool:
        found = re.search(r"question (\d+)", asked.question)
        assert found is not None, "the model was asked something that nobody asked"
        texts, speed = self._texts[int(found[1])]
        left_at = self._left_at[int(found[1])] = []
        self._begin(line)
        await line.flush()
        due = time.monotonic()
        for text in texts:
            await line.pause(due - time.monotonic())
            due += speed.piece_s
            line.write(chunk(self._dialect.piece(text)))
            left_at.append(time.monotonic())
        await line.flush()
        line.write(chunk(self._dialect.finish("stop", len(texts), asked.body)))
        self._close(line)
        await line.flush()
        return True


def question(number: int) -> str:
    return f"This is question {number}: what is there to say about it?"


def _pieces(speed: Speed, random: Random, text: str | None) -> list[str]:
    count = round(speed.seconds / speed.piece_s) + 1
    length = count * speed.characters * 2
    text = text * (length // len(text) + 1) if text else _prose(length, random)
    pieces, at = [], 0
    for _ in range(count):
        size = random.randint(max(2, speed.characters - 2), speed.characters + 2)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def _prose(length: int, random: Random) -> str:
    """At least so many characters of Markdown: paragraphs, bold words, lists."""
    blocks: list[str] = []
    while sum(map(len, blocks)) < length:
        sentences = [_sentence(random) for _ in range(random.randint(2, 4))]
        if random.random() < 0.3:
            blocks.append("\n".join(f"- **{random.choice(WORDS)}**: {sentence}" for sentence in sentences))
        else:
            blocks.append(" ".join(sentences))
    return "\n\n".join(blocks)


def _sentence(random: Random) -> str:
    words = random.choices(WORDS, k=random.randint(6, 14))
    return f"{' '.join(words).capitalize()}."
