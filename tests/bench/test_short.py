"""The benches themselves: they end well for the program, they fail for naive ones, and say so."""

import json
from pathlib import Path

import pytest

from core.errors import NoAnswer
from core.types import Done, Event, Restart, Text
from tests.bench import reading
from tests.bench.__main__ import main
from tests.bench.discord import fairness
from tests.bench.house import Asked
from tests.bench.judge import verdict
from tests.bench.lag import Lag
from tests.bench.report import Report, Table, Target, as_text
from tests.bench.rows import Row
from tests.bench.sources import answer
from tests.bench.writer import Speed

QUICK = "--only=port_closed,rate_limited,reset,no_end,malformed,error_inside,error_as_200,empty"
"""The faults over which nobody has to wait."""
MINE, OTHER = ("".join(answer(node, 7, 3)) for node in ("alpha", "bravo"))


def bench(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, str, dict[str, float]]:
    """The exit code, what was printed, and the targets by name as the JSON file has them."""
    file = folder / "figures.json"
    code = main(["faults", QUICK, f"--json={file}", *words])
    (report,) = json.loads(file.read_text("utf-8"))["benches"]
    return code, capsys.readouterr().out, {it["what"]: it["value"] for it in report["targets"]}


def test_the_pool_answers_everything_rightly(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No target is missed, each row met its fault, and the table is printed and written."""
    code, printed, targets = bench(capsys, tmp_path, "--short")
    assert code == 0, printed
    assert set(targets.values()) == {0}
    assert "whole and right" in printed
    assert "MISSED" not in printed


def test_a_naive_router_fails_the_same_bench(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It splices, it takes what is cut for whole, and it asks who had asked for a pause."""
    code, printed, targets = bench(capsys, tmp_path, "--naive")
    assert code == 1
    assert targets["wrong, or two texts in one"] > 0
    assert targets["nodes asked while cooling, open or out"] > 0
    assert "MISSED" in printed


@pytest.mark.parametrize(
    ("events", "error", "what"),
    [
        ([Text(MINE), Done(MINE.strip(), "alpha")], None, "whole"),
        ([Text(OTHER[:9]), Restart("bravo"), Text(MINE), Done(MINE.strip(), "alpha")], None, "whole"),
        ([Text(OTHER[:9]), Text(MINE), Done(MINE.strip(), "alpha")], None, "wrong"),
        ([Text(OTHER[:9] + MINE), Done(OTHER[:9] + MINE.strip(), "alpha")], None, "wrong"),
        ([Text(MINE[:9]), Done(MINE[:9], "alpha")], None, "wrong"),
        ([Text(OTHER), Done(OTHER.strip(), "alpha")], None, "wrong"),
        ([Text(MINE), Done(MINE.strip(), "alpha"), Text("more")], None, "wrong"),
        ([Text(MINE), Done(MINE.strip(), "alpha")], NoAnswer("exhausted"), "wrong"),
        ([Text(MINE[:9]), Restart("alpha")], NoAnswer("exhausted"), "sentence"),
        ([Text(MINE)], None, "lost"),
        ([Text(MINE)], TimeoutError(), "lost"),
    ],
)
def test_only_one_nodes_whole_answer_is_right(
    events: list[Event], error: Exception | None, what: str
) -> None:
    """The judge knows a splice, a cut text, another's text and silence from an answer."""
    assert verdict(events, error, 7, 3)[0] == what


def test_an_answer_to_another_question_is_wrong() -> None:
    """However whole it is."""
    assert verdict([Text(MINE), Done(MINE.strip(), "alpha")], None, 8, 3)[0] == "wrong"


async def test_only_a_naive_bot_reads_later_because_of_its_edits() -> None:
    """With discord.py's own `Message.edit` in the loop, the call that empties the bucket holds the stream."""
    reads = await reading.measured(3, Speed(4, 0.08, 4))
    ours, naive = (reading.targets(reads, who) for who in ("ours", "naive"))
    assert [target.what for target in ours if not target.is_met] == []
    assert [target.is_met for target in naive] == [True] + [False] * 4


def test_answers_side_by_side_are_fair_if_all_are_shown_as_often_and_as_soon() -> None:
    """One that is shown half as often, or that lags a turn and more behind, is treated unfairly."""

    def missed(*answers: tuple[int, float]) -> list[bool]:
        rows = [
            Row("12 s", "server", Asked(1, 1, 1, Lag(0.1, mean_s, 5.0, 0.1, 0), states, 9, 0), ())
            for states, mean_s in answers
        ]
        return [not target.is_met for target in fairness("12 s", rows)]

    assert missed((5, 2.0), (4, 2.4), (5, 1.8), (4, 2.2)) == [False, False, False]
    assert missed((6, 2.0), (3, 2.4), (5, 1.8), (4, 2.2)) == [True, False, False]
    assert missed((5, 1.7), (4, 2.9), (5, 1.8), (4, 2.2)) == [False, True, False]


def test_a_figure_above_its_limit_is_a_miss() -> None:
    """And one that just reaches it is none."""
    table = Table("costs", ("what", "ms"), [("ours", 1.5), ("bare", None)])
    report = Report("pool", [table], [Target("added", 1.0, 1.0, "ms"), Target("stall", 100.5, 100, "ms")])
    assert not report.is_met
    added, stall = as_text(report).splitlines()[-2:]
    assert added.split() == ["added", "1", "ms", "≤", "1", "met"]
    assert stall.split() == ["stall", "100.5", "ms", "≤", "100", "MISSED"]
