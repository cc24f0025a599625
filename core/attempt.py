"""One attempt at one node: its stream, read with every patience it deserves and no more.

Providers keep no clock, so that each wait is timed here, on what is content: the wait for the first
token, the wait between tokens, and the pace. Pings and thinking are not content, but a model that thinks
is alive: it may take the time of a first token, anew each time it shows, until the caller's patience ends.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from core.errors import Fault, NodeError, Unavailable
from core.node import Node
from core.providers import End, Piece, Prompt, Thinking
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
    first_text_by: float,
    another_is_ready: Callable[[], bool],
    clock: Callable[[], float],
) -> AsyncGenerator[Piece, None]:
    """The pieces of one whole answer, the last of them `End`; anything less raises a `NodeError`.

    Thinking may go on until `first_text_by`, on the clock. A node that drips is given up only while
    `another_is_ready()`.
    """
    now = began = clock()
    window_began: float | None = None
    letters = 0
    blank = True
    async with aclosing(node.provider.stream(prompt)) as pieces:
        while True:
            if window_began is None:
                wait_s = min(node.spec.first_token_timeout_s, first_text_by - now)
                piece = await _next(pieces, max(wait_s, 0.0), "slow_start")
            else:
                piece = await _next(pieces, node.spec.stall_timeout_s, "stalled")
            now = clock()
            if now - began > ANSWER_S_MAX and not isinstance(piece, End):
                raise Unavailable("stalled", f"no end after {ANSWER_S_MAX:.0f} s")
            match piece:
                case None:
                    raise Unavailable("cut", "the stream ended without its end mark")
                case Text():
                    window_began = now if window_began is None else window_began
                    letters += len(piece.piece)
                    blank = blank and not piece.piece.strip()
                    window_s = now - window_began
                    if window_s > DRIP_WINDOW_S:
                        if letters < DRIP_LETTERS_PER_S * window_s and another_is_ready():
                            raise Unavailable("dripping", f"{letters} letters in {window_s:.0f} s")
                        window_began, letters = now, 0
                case Thinking() if window_began is not None:
                    window_began, letters = now, 0
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
    except NodeError:
        raise
    except Exception as error:  # a mistake of our own must not cost the question: others are asked
        raise Unavailable("broken", type(error).__name__) from error
