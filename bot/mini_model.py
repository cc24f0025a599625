"""The built-in model made ready: its weights fetched where they are missing, and said what is so.

Nothing here ever keeps the program from starting. Without an engine for this machine, or without its
weights, the program goes on without, and says what to install instead.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from bot.phrases import operator
from core import weights
from core.pool import Pool
from core.providers.embedded import Embedded, advice, memory_bytes
from core.types import NodeSpec

log = logging.getLogger(__name__)

SMALL_BELOW = 1_000_000_000
"""Parameters. Smaller models need the tiny profile, and their readers a warning."""

FETCH_PAUSES_S = (60.0, 300.0, 1800.0)

Tell = Callable[[str], None]


def usable(specs: Sequence[NodeSpec], tell: Tell) -> list[NodeSpec]:
    """The nodes this machine can run: all, but for a built-in model without an engine or with a file
    that is none. A small model of one's own gets the tiny profile too."""
    return [fitted for spec in specs if (fitted := _fitted(spec, tell)) is not None]


def _fitted(spec: NodeSpec, tell: Tell) -> NodeSpec | None:
    if spec.kind != "embedded":
        return spec
    if not Embedded.available():
        log.info("Node %s: there is no engine for this machine", spec.name)
        return None
    if spec.small:
        return spec
    path = Path(str(spec.options["weights"]))
    try:
        weights.check_file(path)
    except weights.WeightsError as error:
        tell(f"EMBEDDED_MODEL: {error} The program goes on without it.")
        return None
    parameters = weights.parameters(path)
    if parameters is not None and parameters < SMALL_BELOW:
        return replace(spec, small=True, context_tokens=2048, max_tokens=160)
    return spec


async def fetched(pool: Pool, tell: Tell, *, stays: bool) -> list[Coroutine[None, None, None]]:
    """Have somebody who can answer. The built-in model's file is fetched now, with a progress bar, if
    nobody else is there. Otherwise, and where that fails, this returns what is to be run beside all else,
    to fetch it, if the program `stays` long enough for that."""
    mini = next((node.spec for node in pool.nodes if node.spec.kind == "embedded"), None)
    if not pool.nodes:
        why = operator.SWITCHED_OFF if Embedded.available() else operator.NO_ENGINE
        tell(operator.nobody_here(why, advice(memory_bytes())))
    elif mini is not None and _is_missing(mini):
        folder = Path(str(mini.options["weights"])).parent
        if len(pool.nodes) > 1:
            return [_until_fetched(folder, first_pause_s=0.0)] if stays else []
        try:
            with _bar() as progress:
                await weights.fetch(weights.MINI, folder, progress)
        except weights.WeightsError as error:
            log.warning("The built-in model is not here: %s", error)
            tell(operator.nobody_here(str(error), advice(memory_bytes())))
            return [_until_fetched(folder, first_pause_s=FETCH_PAUSES_S[0])] if stays else []
    return []


def _is_missing(spec: NodeSpec) -> bool:
    """Does its file have to be fetched? One of somebody's own never is."""
    path = Path(str(spec.options["weights"]))
    return path.name == weights.MINI.file_name and not weights.is_whole(weights.MINI, path)


async def _until_fetched(folder: Path, first_pause_s: float) -> None:
    """However often it takes: the network may come back, and the disk be cleared."""
    await asyncio.sleep(first_pause_s)
    for pause_s in chain(FETCH_PAUSES_S, repeat(FETCH_PAUSES_S[-1])):
        try:
            await weights.fetch(weights.MINI, folder)
        except weights.WeightsError as error:
            log.warning("The built-in model is not here: %s", error)
            await asyncio.sleep(pause_s)
        else:
            log.info("The built-in model is here")
            return


@contextmanager
def _bar() -> Iterator[weights.Progress]:
    """A progress bar on standard error."""
    from rich.console import Console  # needed once in the life of an installation
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(operator.FETCHING, total=None)
        yield lambda done_bytes, total_bytes: bar.update(task, completed=done_bytes, total=total_bytes)
