"""The benches themselves: they end well for the pool, they fail for a naive router, and say so."""

import json
from pathlib import Path

import pytest

from core.errors import NoAnswer
from core.types import Done, Event, Restart, Text
from tests.bench.__main__ import main
from tests.bench.judge import verdict
from tests.bench.report import Report, Table, Target, as_text
from tests.bench.sources import answer

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


def test_a_figure_above_its_limit_is_a_miss() -> None:
    """And one that just reaches it is none."""
    table = Table("costs", ("what", "ms"), [("ours", 1.5), ("bare", None)])
    report = Report("pool", [table], [Target("added", 1.0, 1.0, "ms"), Target("stall", 100.5, 100, "ms")])
    assert not report.is_met
    added, stall = as_text(report).splitlines()[-2:]
    assert added.split() == ["added", "1", "ms", "≤", "1", "met"]
    assert stall.split() == ["stall", "100.5", "ms", "≤", "100", "MISSED"]
