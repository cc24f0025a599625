"""The pool, built from the settings: a node for each that is named there, with the right way to reach it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from random import Random
from types import MappingProxyType

import httpx

from bot.node_keeper import Patterns
from bot.phrases import operator
from bot.settings import Settings, ollama_pattern
from bot.values import is_in_house
from core.errors import SettingsError
from core.node import Node
from core.pool import Pool
from core.providers.kinds import KINDS
from core.types import NodeSpec

KEEPALIVE_S = 60.0
"""So that the next question of a conversation need not shake hands again."""


Clock = Callable[[], float]
Make = Callable[[NodeSpec], Node]


@asynccontextmanager
async def maker_of(settings: Settings) -> AsyncGenerator[Make, None]:
    """Makes a node of what describes it, also while the program runs; on the way out, what the nodes started
    is ended."""
    async with AsyncExitStack() as stack:
        outside, in_house = [await stack.enter_async_context(client) for client in _clients()]

        def make(spec: NodeSpec) -> Node:
            client = in_house if spec.local or is_in_house(spec.url) else outside
            node = _node(spec, settings, client)
            stack.push_async_callback(node.provider.close)
            return node

        yield make


def pool_of(specs: Sequence[NodeSpec], make: Make, settings: Settings, strategy: str, clock: Clock) -> Pool:
    return Pool(
        [make(spec) for spec in specs],
        strategy=strategy,
        routes=settings.routes,
        retries_max=settings.max_retries,
        answer_s_max=settings.request_timeout,
        clock=clock,
        random=Random(),  # noqa: S311 # spreads load, guards nothing
    )


def patterns_of(settings: Settings) -> Patterns:
    """For nodes that are added in a chat."""
    cloud = NodeSpec(
        *("", "", "", ""),
        first_token_timeout_s=settings.first_token_timeout,
        stall_timeout_s=settings.stall_timeout,
    )
    ollama = ollama_pattern(settings)
    unpinned = {
        key: value for key, value in ollama.options.items() if key != "digest"
    }  # it is of another file
    ollama = replace(ollama, options=MappingProxyType(unpinned))
    return Patterns(cloud, ollama, settings.cloudflare_api_url, settings.cloudflare_model)


def _clients() -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """One for what is outside, and one for what is inside the house, which knows of no proxy: what is
    private would go outside that way. Connections are not rationed, as the nodes have limits of their own.
    Raises `SettingsError` if the proxy named in the environment is none."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE_S)
    try:
        outside = httpx.AsyncClient(limits=limits)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise SettingsError([operator.proxy_wrong(str(error))]) from error
    return outside, httpx.AsyncClient(limits=limits, trust_env=False)


def _node(spec: NodeSpec, settings: Settings, http: httpx.AsyncClient) -> Node:
    return Node(
        spec,
        KINDS[spec.kind](spec, http),
        failures_max=settings.breaker_failures,
        open_s=settings.breaker_open_seconds,
        cooldown_s=settings.cooldown_minutes * 60,
        random=Random().random,  # noqa: S311 # as above,
    )
