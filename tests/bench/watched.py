"""The program, which also notes when it read each piece from its node.

    python -m tests.bench.watched            as it is
    python -m tests.bench.watched --silent   on a platform where no post can be edited

It is built as bot/app.py builds it, from the same `.env`; only what stands between the pool and its node, or
the platform's limits, is another. A line in the file `READS` is one answer: when each piece was read, on the
monotonic clock, which all processes of a machine share. Nothing is written before the answer's end.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot import app, platforms
from bot import settings as settings_file
from core.providers import End, Piece, Prompt, Provider
from core.types import Text

log = logging.getLogger(__name__)

READS = "reads.jsonl"


class Watched:
    """A provider that is looked at."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.check = provider.check
        self.warm_up = provider.warm_up
        self.close = provider.close

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        read_at: list[float] = []
        async with aclosing(self._provider.stream(prompt)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text):
                    read_at.append(time.monotonic())
                elif isinstance(piece, End):
                    note(read_at)
                yield piece


def note(read_at: list[float]) -> None:
    with Path(READS).open("a") as file:
        file.write(json.dumps(read_at) + "\n")


async def main() -> None:
    settings = settings_file.load()
    async with app.opened(settings, partial(platforms.named_in, settings), log.info) as house:
        for node in house.pool.nodes:
            node.provider = Watched(node.provider)
        (adapter,) = house.adapters
        if "--silent" in sys.argv:
            adapter.limits = replace(adapter.limits, edits=False)
        await house.desk.take_up()
        await adapter.run(house.accept_from(adapter))


if __name__ == "__main__":
    asyncio.run(main())
