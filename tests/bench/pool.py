"""What the pool costs: CPU, time to the first piece, evenness under load, memory and start.

Time on one machine is no measure for another, and the machine may be busy. So the pool is measured
beside bare httpx and a raw socket that read the same answers, taking turns in one run (see streams.py),
and what counts is the ratio or the difference. Two figures have no such ratio: how much memory the idle
program takes, and how long it takes to start (see program.py).
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from operator import add, truediv
from random import Random
from statistics import median

from tests.bench import program
from tests.bench.report import Report, Table, Target
from tests.bench.streams import Reader, model_server, readers

CPU_RATIO_MAX = 1.15
FIRST_PIECE_ADDED_MS_MAX = 1.0
STALL_MS_MAX = 100.0
MEMORY_MB_MAX = 80.0
START_S_MAX = 1.5

STREAMS, STREAM_PACE_S = 200, 0.02
BEGIN_WITHIN_S = 0.5
CPU_PACE_S = 0.002
"""Slow enough that each piece is a network read of its own."""

Figures = Mapping[str, list[float]]
"""For each reader (ours, httpx and raw, in this order) one figure a round."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    cpu_rounds: int
    cpu_pieces: int
    first_piece_rounds: int
    load_rounds: int
    load_s: float
    starts: int


FULL = Size(cpu_rounds=30, cpu_pieces=200, first_piece_rounds=300, load_rounds=4, load_s=3.0, starts=5)
SHORT = Size(cpu_rounds=8, cpu_pieces=200, first_piece_rounds=200, load_rounds=2, load_s=1.0, starts=2)


async def run(*, seed: int, short: bool) -> Report:
    size = SHORT if short else FULL
    cpu, pieces_per_read = await cpu_ms_per_1000_pieces(size, seed)
    first = await first_piece_ms(size, seed)
    at_once = await longest_gaps_ms(size, seed, begin_within_s=0.0)
    spread = await longest_gaps_ms(size, seed, begin_within_s=BEGIN_WITHIN_S)
    started = await program.measured(size.starts)
    # Readers of one round ran side by side, so that a slow moment of the machine was slow for both.
    cpu_ratio = median(map(truediv, cpu["ours"], cpu["httpx"]))
    first_added_ms = median(first["ours"]) - median(first["httpx"])
    report = Report("pool")
    report.tables.append(
        Table(
            "pool: the same answers, read in one run",
            ("", "ours", "bare httpx", "raw socket"),
            [
                ("CPU for 1,000 pieces, median ms", *map(median, cpu.values())),
                ("first piece, median ms", *map(median, first.values())),
                (f"longest gap, {STREAMS} streams begun at once, ms", *map(min, at_once.values())),
                (
                    f"longest gap, {STREAMS} streams begun within {BEGIN_WITHIN_S} s, ms",
                    *map(min, spread.values()),
                ),
                ("… and in the worst round, ms", *map(max, map(add, at_once.values(), spread.values()))),
            ],
        ),
    )
    report.targets += [
        Target("CPU for 1,000 pieces beside bare httpx", cpu_ratio, CPU_RATIO_MAX, "×"),
        Target("added to the first piece, median", first_added_ms, FIRST_PIECE_ADDED_MS_MAX, "ms"),
        Target(f"{STREAMS} streams at once: longest gap", min(at_once["ours"]), STALL_MS_MAX, "ms"),
        Target(
            f"{STREAMS} streams within {BEGIN_WITHIN_S} s: longest gap",
            min(spread["ours"]),
            STALL_MS_MAX,
            "ms",
        ),
        Target("idle program, memory", started.memory_mb, MEMORY_MB_MAX, "MB"),
        Target("start to first prompt, median", started.start_s, START_S_MAX, "s"),
    ]
    report.notes += [
        f"While the CPU was measured, {pieces_per_read:.2f} pieces came in one network read.",
        f"A gap lies between two pieces of a stream; {STREAM_PACE_S * 1e3:.0f} ms are the server's pace.",
        "Of all rounds the least disturbed one counts: a stall of our own making comes in every round.",
        "The raw socket makes a new connection for each answer; the others use theirs again.",
    ]
    return report


async def cpu_ms_per_1000_pieces(size: Size, seed: int) -> tuple[Figures, float]:
    """And how many pieces came in one read."""
    pieces = reads = 0

    def on_piece() -> None:
        nonlocal pieces
        pieces += 1

    def on_read() -> None:
        nonlocal reads
        reads += 1

    found = _empty()
    async with (
        model_server(pieces=size.cpu_pieces, pace_s=CPU_PACE_S) as url,
        readers(url, seed, on_read) as by_name,
    ):
        for number in range(size.cpu_rounds + 1):
            for name, read in _in_turn(by_name, number):
                pieces = 0
                began = time.process_time()
                await read(on_piece)
                took_s = time.process_time() - began
                assert pieces == size.cpu_pieces
                if number:  # the first round warms up
                    found[name].append(took_s * 1000 / (pieces / 1000))
    return found, size.cpu_pieces * (size.cpu_rounds + 1) / reads


async def first_piece_ms(size: Size, seed: int) -> Figures:
    """From asking to the first piece."""
    first_at: float | None = None

    def on_piece() -> None:
        nonlocal first_at
        first_at = first_at or time.perf_counter()

    found = _empty()
    async with model_server(pieces=5) as url, readers(url, seed) as by_name:
        for number in range(size.first_piece_rounds):
            for name, read in _in_turn(by_name, number):
                first_at = None
                began = time.perf_counter()
                await read(on_piece)
                assert first_at is not None
                found[name].append((first_at - began) * 1000)
    return found


async def longest_gaps_ms(size: Size, seed: int, *, begin_within_s: float) -> Figures:
    """Between two pieces of one stream, the longest of all streams: the pace of the server, and whatever
    comes on top of it."""
    found = _empty()
    random = Random(seed)
    count = int(size.load_s / STREAM_PACE_S)
    async with model_server(pieces=count, pace_s=STREAM_PACE_S) as url:
        for number in range(size.load_rounds):
            begin_s = [random.uniform(0, begin_within_s) for _ in range(STREAMS)]
            async with readers(url, seed) as by_name:
                for name, read in _in_turn(by_name, number):
                    gaps_s = await asyncio.gather(*(_longest_gap_s(read, pause_s) for pause_s in begin_s))
                    found[name].append(max(gaps_s) * 1000)
    return found


async def _longest_gap_s(read: Reader, pause_s: float) -> float:
    """Of one stream, begun after a pause."""
    longest = 0.0
    last: float | None = None

    def on_piece() -> None:
        nonlocal longest, last
        now = time.perf_counter()
        if last is not None:
            longest = max(longest, now - last)
        last = now

    await asyncio.sleep(pause_s)
    await read(on_piece)
    return longest


def _empty() -> dict[str, list[float]]:
    return {"ours": [], "httpx": [], "raw": []}


def _in_turn(by_name: Mapping[str, Reader], number: int) -> list[tuple[str, Reader]]:
    """Every round begins with another one, so that none always comes first."""
    names = list(by_name)
    first = number % len(names)
    return [(name, by_name[name]) for name in (*names[first:], *names[:first])]
