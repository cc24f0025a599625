"""What the benches of all chat platforms tell of answers that grew: rows of figures, and their targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.house import PATIENCE_S, Asked
from tests.bench.lag import Lag, Piece
from tests.bench.report import Cell, Table, Target

FIRST_S_MAX = 0.3
NEVER = Lag(PATIENCE_S, PATIENCE_S, PATIENCE_S, PATIENCE_S, 0)

COLUMNS = (
    *("answer", "first text s", "mean lag s", "longest lag s"),
    *("last piece to whole s", "pieces never shown", "calls", "flood answers"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One answer."""

    name: str
    place: str
    asked: Asked
    pieces: Sequence[Piece]

    @property
    def lag(self) -> Lag:
        """What was never said is as bad as can be."""
        return self.asked.lag or NEVER


def cells(rows: Sequence[Row]) -> tuple[Cell, ...]:
    """Of several rows, the worst of each figure."""
    lags = [row.lag for row in rows]
    return (
        f"{rows[0].name}, {rows[0].place}",
        max(lag.first_s for lag in lags),
        max(lag.mean_s for lag in lags),
        max(lag.longest_s for lag in lags),
        max(lag.last_s for lag in lags),
        max(lag.unseen for lag in lags),
        max(row.asked.calls for row in rows),
        max(row.asked.floods for row in rows),
    )


def faults_table(platform: str, asked: Sequence[Asked], met: Mapping[str, int]) -> Table:
    slowest_s = max((it.lag or NEVER).last_s for it in asked)
    return Table(
        f"{platform}: answers under faults, and how often calls met which",
        ("answers", *met, "last piece to whole s, the worst"),
        [(len(asked), *met.values(), slowest_s)],
    )


def targets(scene: str, rows: Sequence[Row], mean_s_max: float, unless: str = "") -> list[Target]:
    """The mean lag has no limit for answers of the name `unless`."""
    return [
        Target(
            f"{scene}: first text after the first piece",
            max(row.lag.first_s for row in rows),
            FIRST_S_MAX,
            "s",
        ),
        Target(
            f"{scene}: mean lag from piece to shown",
            max(row.lag.mean_s for row in rows if row.name != unless),
            mean_s_max,
            "s",
        ),
        Target(f"{scene}: flood answers", sum(row.asked.floods for row in rows), 0),
    ]
