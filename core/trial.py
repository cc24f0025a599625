"""Trying one node out: what it serves, and whether it answers a tiny question, by a real call.

A list of models proves that the key is right, but not that this model may be asked with it; so a question
of a few words is put to it, and the call is ended with the first sign of an answer, which costs next to
nothing. The node's books know nothing of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass

from core.errors import NodeError, Rejected, Unavailable
from core.providers import Health, Prompt, Provider
from core.types import NodeSpec, Turn

CHECK_S_MAX = 20.0
QUESTION = "Say hello."
ANSWER_TOKENS_MAX = 64


@dataclass(frozen=True, slots=True)
class Trial:
    """`error` says why it cannot answer; None: it can, or it has no model yet."""

    error: NodeError | None
    first_s: float | None = None
    """How long it took to the first sign of an answer."""
    models: tuple[str, ...] = ()
    """What it lists; nothing, where it lists none."""


async def tried_out(provider: Provider, spec: NodeSpec, clock: Callable[[], float]) -> Trial:
    """Never raises. Without a model only the list is asked for."""
    health: Health | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(CHECK_S_MAX):
            health = await provider.check()
    models = health.models if health is not None else ()
    if not spec.model:
        return Trial(None if models else _found(health), models=models)
    began = clock()
    try:
        async with asyncio.timeout(spec.first_token_timeout_s):
            prompt = Prompt((Turn("user", QUESTION),), min(ANSWER_TOKENS_MAX, spec.max_tokens))
            async with aclosing(provider.stream(prompt)) as pieces:
                await anext(pieces, None)
    except NodeError as error:
        return Trial(error, models=models)
    except TimeoutError:
        return Trial(
            Unavailable("slow_start", f"nothing for {spec.first_token_timeout_s:.0f} s"), models=models
        )
    return Trial(None, clock() - began, models)


def _found(health: Health | None) -> NodeError | None:
    if health is None:
        return Unavailable("slow_start", f"nothing for {CHECK_S_MAX:.0f} s")
    if health.state != "ill":
        return None
    return Rejected(health.why, health.remedy) if health.remedy else Unavailable("unreachable", health.why)
