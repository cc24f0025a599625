"""The built-in model made ready: its weights fetched where they are missing, and said what is so.

Nothing here ever keeps the program from starting. Without an engine for this machine, or without its
weights, the program goes on without, and says what to install instead.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot import phrases
from core import weights
from core.providers.embedded import Embedded, advice, memory_bytes
from core.types import NodeSpec

log = logging.getLogger(__name__)

SMALL_BELOW = 1_000_000_000
"""Parameters. Smaller models need the tiny profile, and their readers a warning."""

Tell = Callable[[str], None]


def usable(specs: Sequence[NodeSpec]) -> list[NodeSpec]:
    """The nodes this machine can run: all, but for a built-in model without an engine or with a file
    that is none. A small model of one's own gets the tiny profile too."""
    return [fitted for spec in specs if (fitted := _fitted(spec)) is not None]


def _fitted(spec: NodeSpec) -> NodeSpec | None:
    if spec.kind != "embedded":
        return spec
    if not Embedded.available():
        log.info("Node %s: there is no engine for this machine", spec.name)
        return None
    path = Path(str(spec.options["weights"]))
    if spec.small:
        return spec
    parameters = weights.parameters(path)
    if parameters is not None and parameters < SMALL_BELOW:
        return replace(spec, small=True, context_tokens=2048, max_tokens=160)
    return spec


def is_missing(spec: NodeSpec) -> bool:
    """Does its file have to be fetched? One of somebody's own never is."""
    path = Path(str(spec.options["weights"]))
    return path.name == weights.MINI.file_name and not weights.is_whole(weights.MINI, path)


async def fetch(spec: NodeSpec, tell: Tell, progress: weights.Progress) -> None:
    """The file into its folder; if that fails, `tell` says so and what to do."""
    try:
        await weights.fetch(weights.MINI, Path(str(spec.options["weights"])).parent, progress)
    except weights.WeightsError as error:
        log.warning("The built-in model is not here: %s", error)
        tell(str(error))


def without(specs: Sequence[NodeSpec]) -> str:
    """What to say at the start when nobody can answer; empty if somebody can."""
    return "" if specs else phrases.nobody_here(advice(memory_bytes()))
