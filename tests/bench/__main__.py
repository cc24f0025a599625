"""Measures what the program promises, and says so when it does not keep it.

    python -m tests.bench                    every bench
    python -m tests.bench pool               what the pool costs beside a bare httpx stream
    python -m tests.bench faults             every fault in every number of nodes, and what people got
    python -m tests.bench faults --naive     the same faults against a naive router, which fails
    python -m tests.bench telegram           how far an answer growing in a chat lags behind the model
    python -m tests.bench pages              what hostile pages cost: memory, and how long they hold the loop
    python -m tests.bench research           what a researched answer is worth, and how soon it comes
    python -m tests.bench research --naive   the same without gate and verification, which fails
    python -m tests.bench discord            the same there, and whether reading ever waits for showing
    python -m tests.bench discord --naive    a bot that awaits its edits where it reads, which fails

Every figure comes from servers of our own on the loopback. The exit code is 1 when a target is missed.
"""

import argparse
import asyncio
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import discord, faults, pages, pool, research, telegram
from tests.bench.report import Report, as_json, as_text

BENCHES = ("pool", "faults", "telegram", "discord", "pages", "research")
UNHEARD = logging.NullHandler()
"""The nodes fail on purpose here: what the program has to say about it would bury the tables."""


def main(words: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code."""
    call = _call(words)
    logging.getLogger("core").addHandler(UNHEARD)
    reports: list[Report] = []
    for name in call.bench or BENCHES:
        began = time.monotonic()
        report = asyncio.run(_run(name, call))
        report.notes.append(f"Took {time.monotonic() - began:.0f} s with seed {call.seed}.")
        print(f"{as_text(report)}\n", flush=True)  # noqa: T201 - the tables are what it is for
        reports.append(report)
    met = all(report.is_met for report in reports)
    if call.json:
        run = {
            "seed": call.seed,
            "short": call.short,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "met": met,
            "benches": [as_json(report) for report in reports],
        }
        call.json.write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if met else 1


async def _run(name: str, call: argparse.Namespace) -> Report:
    if name == "pool":
        return await pool.run(seed=call.seed, short=call.short)
    if name == "telegram":
        return await telegram.run(seed=call.seed, short=call.short)
    if name == "pages":
        return await pages.run(seed=call.seed, short=call.short)
    if name == "research":
        return await research.run(
            seed=call.seed, short=call.short, naive=call.naive, searxng=call.searxng, weights=call.model
        )
    if name == "discord":
        return await discord.run(seed=call.seed, short=call.short, naive=call.naive)
    return await faults.run(seed=call.seed, short=call.short, naive=call.naive, only=call.only)


def _call(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.split("\n")[0])
    parser.add_argument("bench", nargs="*", metavar="|".join(BENCHES), help="all of them if none is named")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="fewer rounds; it ends within a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE, too")
    parser.add_argument(
        "--naive", action="store_true", help="what one writes first instead of ours, which fails (not pool)"
    )
    parser.add_argument(
        "--only",
        type=lambda names: names.split(","),
        default=(),
        metavar="FAULT,…",
        help="faults: only these",
    )
    parser.add_argument("--model", type=Path, metavar="GGUF", help="research: ask this real model, too")
    parser.add_argument(
        "--searxng",
        type=Path,
        metavar="PYTHON",
        help="research: search through a real SearXNG, too; the Python of an environment that has `searx`",
    )
    call = parser.parse_args(words)
    if unknown := {*call.bench} - {*BENCHES} | {*call.only} - {*faults.TROUBLES}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; faults are {', '.join(faults.TROUBLES)}")
    return call


if __name__ == "__main__":
    sys.exit(main())
