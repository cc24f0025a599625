"""What a bench found: tables for people, JSON for machines, and targets that can be missed.

A bench returns one `Report`. Its targets are limits: a figure that is above its limit is a miss, and
a report with a miss is a failed one. Nothing here measures or judges.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    """None where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Target:
    """`value` may be as high as `limit`."""

    what: str
    value: float
    limit: float
    unit: str = ""

    @property
    def is_met(self) -> bool:
        return self.value <= self.limit


@dataclass(slots=True)
class Report:
    bench: str
    tables: list[Table] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """How to read it, and what went wrong in which question."""

    @property
    def is_met(self) -> bool:
        return all(target.is_met for target in self.targets)


def as_text(report: Report) -> str:
    parts = [_drawn(table) for table in report.tables]
    targets = [
        (target.what, f"{_shown(target.value)} {target.unit}".strip(), f"≤ {_shown(target.limit)}", verdict)
        for target in report.targets
        for verdict in ["met" if target.is_met else "MISSED"]
    ]
    parts.append(_drawn(Table(f"{report.bench}: targets", ("target", "found", "limit", ""), targets)))
    return "\n\n".join(part for part in (*parts, "\n".join(report.notes)) if part)


def as_json(report: Report) -> dict[str, object]:
    return {
        "bench": report.bench,
        "met": report.is_met,
        "targets": [{**asdict(target), "met": target.is_met} for target in report.targets],
        "tables": {
            table.title: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            for table in report.tables
        },
        "notes": report.notes,
    }


def _drawn(table: Table) -> str:
    """Numbers to the right, words to the left, under a line of dashes."""
    lines = [table.columns, *([_shown(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    is_number = [
        all(isinstance(row[i], float | int | None) for row in table.rows) for i in range(len(table.columns))
    ]
    drawn = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([table.title, "", drawn[0], "  ".join("─" * width for width in widths), *drawn[1:]])


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case float():
            return (
                f"{cell:.0f}" if cell.is_integer() else f"{cell:.1f}" if abs(cell) >= 100 else f"{cell:.2f}"
            )
    return str(cell)
