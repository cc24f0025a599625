"""The nodes as an admin changes them while the program runs: added, paused, removed, given another model.

    a pasted key ─► on disk, asked nothing ─► tried out ─┬─ it answers ──────► in the pool, from now on
                                                         ├─ no model yet ────► waits for one to be chosen
                                                         └─ it is refused ───► forgotten

What is changed is on disk before it counts (core/node_choices.py). What the settings name can be paused and
given another model, and is removed only there.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.pasted_keys import Pasted
from bot.values import why_not_local
from core.errors import Rejected
from core.node import Node
from core.node_choices import Added, NodeChoices
from core.pool import Pool
from core.trial import Trial, tried_out
from core.types import NodeSpec

HANDLE = "#"
NAMES_MAX = 100


@dataclass(frozen=True, slots=True)
class Patterns:
    """What a node has unless it says otherwise."""

    cloud: NodeSpec
    ollama: NodeSpec
    cloudflare_url: str
    cloudflare_model: str

    def spec_of(self, it: Added) -> NodeSpec:
        pattern = self.ollama if it.kind == "ollama" else self.cloud
        account = {"account_id": it.account_id} if it.account_id else {}
        options = MappingProxyType({**pattern.options, **account})
        spec = replace(pattern, name=it.name, kind=it.kind, url=it.url, key=it.key, options=options)
        return with_model(spec, it.model)


class NodeKeeper:
    """`make` makes a node of what describes it; `keep_out` is told each secret that no log may hold. Every
    coroutine raises `StorageError`, and then nothing was changed."""

    def __init__(
        self,
        pool: Pool,
        choices: NodeChoices,
        make: Callable[[NodeSpec], Node],
        patterns: Patterns,
        named: Iterable[NodeSpec],
        keep_out: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        """`named` are the nodes of the settings, as they stand there."""
        self._pool = pool
        self._choices = choices
        self._make = make
        self._patterns = patterns
        self._named = {spec.name.casefold(): spec for spec in named}
        self._keep_out = keep_out
        self._clock = clock

    async def load(self) -> None:
        """Take up which nodes are paused, and what was added under a name that the settings have by now."""
        chosen = await self._choices.chosen()
        for node in self._pool.nodes:
            node.paused = node.name.casefold() in chosen and chosen[node.name.casefold()].paused
        all_added = await self._choices.added()
        for added in all_added:
            self._keep_out(added.key)
            if self.is_named(added.name):
                await self._give_way(added, self._free(added.name, all_added))

    async def _give_way(self, added: Added, name: str) -> None:
        """It is called `name` from now on; one whose key the settings have, too, is forgotten."""
        await self._choices.rename(added.name, name)
        if _account_of(self._named[added.name.casefold()]) == _account(
            added.key, added.account_id, added.url
        ):
            await self._choices.remove(name)
        elif added.model:
            self._pool.add(self._make(self._patterns.spec_of(replace(added, name=name))))

    # ── Who is there ──────────────────────────────────────────────────────────────────────────────

    def find(self, word: str) -> Node | None:
        """By its name, or by its handle."""
        return next((node for node in self._pool.nodes if is_called(node.name, word)), None)

    async def unfinished(self) -> list[Added]:
        """Those that were added and are not in the pool."""
        there = {node.name.casefold() for node in self._pool.nodes}
        return [it for it in await self._choices.added() if it.name.casefold() not in there]

    async def find_unfinished(self, word: str) -> Added | None:
        return next((it for it in await self.unfinished() if is_called(it.name, word)), None)

    async def added(self) -> list[Added]:
        return await self._choices.added()

    def is_named(self, name: str) -> bool:
        """Whether it stands in the settings."""
        return name.casefold() in self._named

    # ── Adding ────────────────────────────────────────────────────────────────────────────────────

    async def offer(self, pasted: Pasted) -> str:
        """Keep it, and ask nothing of it yet; its name. The same key again is the same node."""
        self._keep_out(pasted.key)
        account = _account(pasted.key, pasted.account_id, pasted.url)
        for node in self._pool.nodes:
            if account == _account_of(node.spec):
                return node.name
        added = await self._choices.added()
        for it in added:
            if account == _account(it.key, it.account_id, it.url):
                return it.name
        is_cloudflare = pasted.kind == "cloudflare"
        name = self._free(pasted.name, added)
        model = pasted.model or (self._patterns.cloudflare_model if is_cloudflare else "")
        url = pasted.url or self._patterns.cloudflare_url
        await self._choices.add(Added(name, pasted.kind, url, model, pasted.key, pasted.account_id))
        return name

    async def finish(self, added: Added) -> Trial:
        """Try it out. If it answers, it is in the pool; if its key is refused, it is forgotten."""
        node = self._make(self._patterns.spec_of(added))
        trial = await tried_out(node.provider, node.spec, self._clock)
        if added.kind == "ollama" and isinstance(trial.error, Rejected) and not added.model:
            usual = with_model(node.spec, self._patterns.ollama.model)  # nothing is there: this could be
            return await tried_out(self._make(usual).provider, usual, self._clock)
        if trial.error is None and added.model and self.find(added.name) is None:
            self._pool.add(node)
        if added.key and isinstance(trial.error, Rejected) and not trial.models:
            await self._choices.remove(added.name)
        return trial

    # ── Changing ──────────────────────────────────────────────────────────────────────────────────

    async def test(self, node: Node) -> Trial:
        """By a real call. If it answers, every grudge against it is forgotten."""
        trial = await tried_out(node.provider, node.spec, self._clock)
        if trial.error is None:
            self._pool.reset(node.name)
        return trial

    async def pause(self, node: Node, paused: bool) -> None:
        await self._choices.pause(node.name, paused)
        node.paused = paused

    async def remove(self, name: str) -> None:
        """With its key. One that the settings name is not removed."""
        await self._choices.remove(name)
        node = self.find(name)
        if node is not None and not self.is_named(name):
            self._pool.remove(node)

    async def models_of(self, name: str) -> Sequence[str]:
        """What its provider lists."""
        node, added = self.find(name), await self.find_unfinished(name)
        spec = node.spec if node else self._patterns.spec_of(added) if added else None
        if spec is None:
            return ()
        spec = replace(spec, model="")  # so that it is only asked what there is
        return (await tried_out(self._make(spec).provider, spec, self._clock)).models

    async def choose_model(self, node: Node, model: str) -> None:
        """From the next question on."""
        named = self._named.get(node.name.casefold())
        await self._choices.choose_model(node.name, model, named.model if named else "")
        made = self._make(with_model(node.spec, model))
        node.spec, node.provider = made.spec, made.provider
        self._pool.reset(node.name)

    async def choose_first_model(self, added: Added, model: str) -> Trial:
        """Of one that has none yet."""
        await self._choices.choose_model(added.name, model, "")
        return await self.finish(replace(added, model=model))

    def _free(self, name: str, added: Sequence[Added]) -> str:
        """The name, with a number behind it if there is one already."""
        taken = {*self._named, *(it.name.casefold() for it in added)}
        numbered = (f"{name}-{number}" for number in range(2, NAMES_MAX))
        return next(it for it in (name, *numbered) if it.casefold() not in taken)


def handle(text: str) -> str:
    """A short word for it, which fits into a button whatever it is called."""
    return HANDLE + hashlib.sha256(text.casefold().encode()).hexdigest()[:8]


def is_called(name: str, word: str) -> bool:
    return word.casefold() in (name.casefold(), handle(name))


def with_model(spec: NodeSpec, model: str) -> NodeSpec:
    """An Ollama is of the house as long as its model runs there."""
    local = not why_not_local(spec.url, model) if spec.kind == "ollama" else spec.local
    return replace(spec, model=model, local=local)


def _account_of(spec: NodeSpec) -> tuple[str, ...]:
    return _account(spec.key, str(spec.options.get("account_id", "")), spec.url)


def _account(key: str, account_id: str, url: str) -> tuple[str, ...]:
    """What makes two the same: who pays, or where it is if nobody does."""
    return (key, account_id) if key else (url.rstrip("/"),)
