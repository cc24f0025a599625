"""Checks, what they found, and how that is told: the frame of `porchlight doctor`.

A check names those it needs; where one of them found something broken, it is skipped and says so, so that one
fault is told once. What needs nothing of each other is looked at side by side: where nobody answers, it takes
as long as the slowest. Nothing a check does may end the others. What is checked stands in bot/doctor_house.py
and bot/doctor_outside.py.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from core.errors import Unclear

State = Literal["well", "warning", "broken", "skipped"]
SIGNS: dict[State, str] = {"well": "✓", "warning": "!", "broken": "✗", "skipped": "·"}
CHECK_S_MAX = 150.0
"""A model that does not answer is given up before that, by its own limits."""
WELL, WARNINGS, BROKEN = 0, 1, 2
"""The exit codes."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one look found, in one sentence, and what to do about it."""

    state: State
    says: str
    remedy: str = ""


def well(says: str) -> Result:
    return Result("well", says)


def warning(says: str, remedy: str) -> Result:
    """It works, and somebody should look at it."""
    return Result("warning", says, remedy)


def broken(says: str, remedy: str) -> Result:
    return Result("broken", says, remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """`needs` and `after` are codes of checks that come before it; those of `after` only have to be over."""

    code: str
    look: Callable[[], Awaitable[Result]]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    state: State
    says: str
    remedy: str
    needs: tuple[str, ...]


async def examined(
    checks: Iterable[Check],
    strike: Callable[[str], str] = lambda text: text,
    tell: Callable[[Finding], None] = lambda finding: None,
) -> list[Finding]:
    """A finding for every check, in order, in which `tell` hears them, too. `strike` takes out whatever is
    secret. Never raises."""
    looking: dict[str, asyncio.Task[Finding]] = {}
    async with asyncio.TaskGroup() as tasks:
        for check in checks:
            before = {code: looking[code] for code in (*check.needs, *check.after) if code in looking}
            looking[check.code] = tasks.create_task(_finding(check, before, strike))
        for task in looking.values():
            tell(await task)
    return [task.result() for task in looking.values()]


async def _finding(
    check: Check, before: Mapping[str, asyncio.Task[Finding]], strike: Callable[[str], str]
) -> Finding:
    found = {code: await task for code, task in before.items()}
    unwell = (code for code in check.needs if code in found and found[code].state in ("broken", "skipped"))
    missing = next(unwell, "")
    if missing:
        result = Result("skipped", f"Not looked at, because of {missing}.")
    else:
        result = await _looked(check)
    return Finding(check.code, result.state, strike(result.says), strike(result.remedy), check.needs)


async def _looked(check: Check) -> Result:
    try:
        async with asyncio.timeout(CHECK_S_MAX):
            return await check.look()
    except TimeoutError:
        return broken(
            "This could not be found out in time.", "Look whether the network works, and try again."
        )
    except Unclear as error:
        return broken(
            f"There was no clear answer ({error}).", "Look whether the network works, and try again."
        )
    except Exception as error:  # noqa: BLE001 (a doctor who faints helps nobody)
        return broken(
            f"The check itself failed ({type(error).__name__}).",
            "Please report this as a fault of Porchlight.",
        )


# ── The report ────────────────────────────────────────────────────────────────────────────────────


def exit_code(findings: Sequence[Finding]) -> int:
    """0: all is well; 1: it works, with warnings; 2: something is broken."""
    states = {finding.state for finding in findings}
    return BROKEN if "broken" in states else WARNINGS if "warning" in states else WELL


def line(finding: Finding) -> str:
    said = f"{SIGNS[finding.state]} {finding.code:<19} {finding.says}"
    return f"{said}\n{'':<22}→ {finding.remedy}" if finding.remedy else said


def verdict(findings: Sequence[Finding]) -> str:
    counts = {state: sum(finding.state == state for finding in findings) for state in SIGNS}
    if not counts["broken"] and not counts["warning"]:
        return "All well."
    parts = []
    if counts["broken"]:
        parts.append(f"{counts['broken']} {'is' if counts['broken'] == 1 else 'are'} broken")
    if counts["warning"]:
        parts.append(f"{counts['warning']} to look at")
    return f"{', '.join(parts)}; {counts['well']} well."


def as_json(findings: Sequence[Finding], version: str) -> str:
    report = {
        "porchlight": version,
        "verdict": ("well", "warnings", "broken")[exit_code(findings)],
        "checks": [asdict(finding) for finding in findings],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)
