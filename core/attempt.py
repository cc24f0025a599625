"""One attempt at one node: its stream, read with every patience it deserves and no more.

Providers keep no clock, so that each wait is timed here, on what is content: the wait for the first
token, the wait between tokens, and the pace over all. Pings and thinking are not content, but a model
that thinks is alive: thinking is allowed to take the time of a first token, anew each time it shows.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from core.errors import Fault, Unavailable
from core.node import Node
from core.providers import End, Piece, Prompt
from core.types import Text

DRIP_WINDOW_S = 10.0
DRIP_LETTERS_PER_S = 4.0
"""One token a second."""
ANSWER_S_MAX = 600.0
"""No answer of a chat takes longer, however willingly it flows."""


async def attempt(
    node: Node,
    prompt: Prompt,
    *,
    first_token_s: float,
    another_is_ready: Callable[[], bool],
    clock: Callable[[], float],
) -> AsyncGenerator[Piece, None]:
    """The pieces of one whole answer, the last of them `End`; anything less raises a `NodeError`.

    `first_token_s` is how long the caller can still wait for the first token. A node that drips is
    given up only while `another_is_ready()`.
    """
    began = clock()
    first_text_at: float | None = None
    letters = 0
    blank = True
    wait_s = first_token_s
    async with aclosing(node.provider.stream(prompt)) as pieces:
        while True:
            piece = await _next(pieces, wait_s, "slow_start" if first_text_at is None else "stalled")
            now = clock()
            if now - began > ANSWER_S_MAX:
                raise Unavailable("stalled", f"no end after {ANSWER_S_MAX:.0f} s")
            match piece:
                case None:
                    raise Unavailable("cut", "the stream ended without its end mark")
                case Text():
                    if first_text_at is None:
                        first_text_at = now
                        wait_s = node.spec.stall_timeout_s
                    letters += len(piece.piece)
                    blank = blank and not piece.piece.strip()
                    flowing_s = now - first_text_at
                    drips = flowing_s > DRIP_WINDOW_S and letters < DRIP_LETTERS_PER_S * flowing_s
                    if drips and another_is_ready():
                        raise Unavailable("dripping", f"{letters} letters in {flowing_s:.0f} s")
                case End() if blank:
                    raise Unavailable("empty", "an end mark and no text")
            yield piece
            if isinstance(piece, End):
                return


async def _next(pieces: AsyncGenerator[Piece, None], wait_s: float, fault: Fault) -> Piece | None:
    """The next piece, None at the end. The timeout is around the waiting only, never around a yield."""
    try:
        async with asyncio.timeout(wait_s):
            return await anext(pieces, None)
    except TimeoutError:
        raise Unavailable(fault, f"nothing for {wait_s:.0f} s") from None
