"""Kills the program again and again, at every point of an answer's life, and counts what people lost.

    python -m tests.chaos --kills 200 --seed 1          the program itself
    python -m tests.chaos --platform discord --gaps 50  with gaps of minutes in its connection among the kills
    python -m tests.chaos --order send-then-mark        a naive bot, which answers twice
    python -m tests.chaos --order mark-then-send        a naive bot, which loses answers
    python -m tests.chaos --rates off                   kills alone, no other faults

The verdict comes from the stand-in's chats. The exit code is 1 when a target is missed.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from tests.bench.report import Report, Table, Target, as_json, as_text
from tests.chaos.discord_street import DiscordStreet
from tests.chaos.run import Found, Order, run
from tests.chaos.street import Street
from tests.chaos.telegram_street import TelegramStreet

STREETS: dict[str, Callable[[int], Street]] = {"telegram": TelegramStreet, "discord": DiscordStreet}
KILLS, KILLS_SHORT = 200, 30
GAPS, GAPS_SHORT = 50, 8
TRAILS_MAX = 4


def main(words: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code."""
    call = _call(words)
    kills = call.kills or (KILLS_SHORT if call.short else KILLS)
    street = STREETS[call.platform](call.seed)
    gaps = min(_gaps(call, street), kills)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        found = asyncio.run(
            run(
                street,
                Path(folder),
                kills=kills,
                gaps=gaps,
                seed=call.seed,
                order=call.order,
                faults=call.rates == "on",
            )
        )
    report = reported(found, call.order, street.strays_per_1000_max)
    report.notes.append(f"Took {time.monotonic() - began:.0f} s with seed {call.seed}.")
    print(f"{as_text(report)}\n", flush=True)  # noqa: T201 - the tables are what it is for
    if call.json:
        figures = {
            "seed": call.seed,
            "kills": kills,
            "gaps": gaps,
            "rates": call.rates,
            "platform": call.platform,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            **as_json(report),
        }
        call.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if report.is_met else 1


def reported(found: Found, order: Order, strays_per_1000_max: float) -> Report:
    judgement = found.judgement
    at = Counter(kill.point for kill in found.kills)
    rows = [(point, at[point], found.in_vain[point]) for point in sorted({*at, *found.in_vain})]
    figures = [
        ("questions", len(found.questions)),
        ("whole answers", judgement.count("whole")),
        ("honest sentences", judgement.count("sentence")),
        ("taken back", judgement.count("taken back")),
        ("taken back unheard, and answered still", judgement.count("answered still")),
        ("posts made", found.posts),
        ("strays", len(judgement.strays)),
        ("calls", found.calls),
        ("flood waits", found.floods),
        ("kills", len(found.kills)),
        ("from a kill to hearing again, median s", round(found.recovery_s, 2)),
    ]
    targets = [
        Target("questions lost", judgement.count("lost"), 0),
        Target("questions answered twice", judgement.count("twice"), 0),
        Target("wrong texts", judgement.count("wrong"), 0),
        Target(
            "strays per 1,000 posts", 1000 * len(judgement.strays) / max(1, found.posts), strays_per_1000_max
        ),
        Target("violations", len(found.violations), 0),
        Target("files with the token", len(found.token_in), 0),
        Target("runs that ended by themselves", len(found.own_ends), 0),
        Target("tracebacks on the terminal", found.tracebacks, 0),
    ]
    tables = [
        Table("killed at", ("point", "kills", "waited for in vain"), rows),
        *_gap_tables(found),
        Table(f"what became of the questions ({order})", ("", "count"), figures),
    ]
    return Report(f"chaos {order}", tables, targets, list(_notes(found)))


def _gap_tables(found: Found) -> list[Table]:
    if not found.gaps:
        return []
    rows = [
        *sorted(found.gaps.items()),
        *((f"sessions {how}", n) for how, n in sorted(found.sessions.items())),
    ]
    return [Table("gaps in the connection", ("", "count"), rows)]


def _gaps(call: argparse.Namespace, street: Street) -> int:
    """None where there is no connection that could have them."""
    if not street.gaps:
        return 0
    return int(call.gaps) if call.gaps is not None else GAPS_SHORT if call.short else GAPS


def _notes(found: Found) -> list[str]:
    trails = [*found.trails.items()]
    notes = [f"Went wrong: {', '.join(found.trails)}."] if trails else []
    notes += ["\n  ".join([f"{what}:", *lines]) for what, lines in trails[:TRAILS_MAX]]
    notes += [f"A stray in chat {chat}: {post}" for chat, post in found.judgement.strays[:TRAILS_MAX]]
    notes += [f"Violation, {count} times: {what}" for what, count in Counter(found.violations).items()]
    notes += [f"The token is in {name}." for name in found.token_in]
    notes += [f"A run ended by itself with exit code {code}." for code in found.own_ends]
    return notes


def _call(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=0, help=f"{KILLS} unless told, {KILLS_SHORT} if short")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--gaps", type=int, help=f"in a connection; {GAPS} unless told, {GAPS_SHORT} if short"
    )
    parser.add_argument("--platform", choices=tuple(STREETS), default="telegram")
    parser.add_argument("--order", choices=get_args(Order), default="ours")
    parser.add_argument("--rates", choices=("on", "off"), default="on", help="faults of single calls")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE, too")
    parser.add_argument("--short", action="store_true", help="fewer kills; it ends within a minute")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
