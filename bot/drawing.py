"""Draws a chart: `python -m bot.drawing` reads one as JSON and writes a PNG, by standard input and output.

A process of its own, because drawing takes a second of computing and a hundred megabytes, and neither may
keep anybody's answer waiting: bot/charts.py starts it, and nothing else ever imports it. It decides nothing;
what is in the picture, words and all, comes with the chart.

The picture is made for a phone: 1080 pixels wide, large letters, a background of its own, so that it reads
the same in a light and in a dark chat. Blue and vermilion are told apart by people who cannot tell red from
green (Okabe and Ito's palette), and hatching tells them apart without any colour.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

DPI = 150
WIDTH_IN, LANE_IN, HEAD_IN, FOOT_IN = 7.2, 1.75, 0.6, 1.3
PAPER, INK, PALE = "#ffffff", "#1a1a1a", "#5c5c5c"
ANSWERED, FAILED, OFF = "#0072b2", "#d55e00", "#d9d9d9"
HEIGHT_MIN = 4
"""Of the vertical axis, in questions: a single one should look like one."""


def draw(chart: Mapping[str, Any], out: BinaryIO) -> None:
    """The chart as a PNG."""
    mpl.rcParams.update({"font.size": 13, "hatch.linewidth": 0.8, "text.color": INK, "axes.edgecolor": PALE})
    lanes: Sequence[Mapping[str, Any]] = chart["lanes"]
    height_in = HEAD_IN + LANE_IN * len(lanes) + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    figure.text(0.03, 1 - 0.42 / height_in, chart["title"], size=17, weight="bold", parse_math=False)
    tops = [max(map(sum, zip(lane["answered"], lane["failed"], strict=True)), default=0) for lane in lanes]
    for number, lane in enumerate(lanes):
        bottom_in = FOOT_IN + LANE_IN * (len(lanes) - 1 - number)
        axes = figure.add_axes((0.085, bottom_in / height_in, 0.885, 0.95 / height_in))
        _lane(axes, lane, chart, height=max(HEIGHT_MIN, *tops))
        if number < len(lanes) - 1:
            axes.tick_params(labelbottom=False)
    figure.legend(
        handles=_key(chart),
        loc="lower left",
        bbox_to_anchor=(0.02, 0),
        ncols=2,
        frameon=False,
        handlelength=1.4,
    )
    figure.savefig(out, format="png", metadata={"Software": None})


def _lane(axes: Axes, lane: Mapping[str, Any], chart: Mapping[str, Any], height: int) -> None:
    """What one node did, bin by bin."""
    bins = range(len(lane["answered"]))
    for at in chart["off"]:
        axes.axvspan(
            at - 0.5, at + 0.5, facecolor=OFF, edgecolor="#a6a6a6", hatch="....", linewidth=0, zorder=0
        )
    axes.bar(bins, lane["answered"], width=0.82, color=ANSWERED, zorder=2)
    axes.bar(
        *(bins, lane["failed"]),
        bottom=lane["answered"],
        width=0.82,
        color=FAILED,
        edgecolor=PAPER,
        hatch="////",
        linewidth=0,
        zorder=2,
    )
    passed_on = [at for at in bins if lane["failovers"][at]]
    axes.plot(
        passed_on,
        [lane["answered"][at] + lane["failed"][at] + 0.14 * height for at in passed_on],
        **_MARK,
        zorder=3,
    )
    axes.set_xlim(-0.5, len(bins) - 0.5)
    axes.set_ylim(0, 1.25 * height)
    axes.set_yticks([0, height])
    axes.set_xticks([at for at, _ in chart["ticks"]], [label for _, label in chart["ticks"]])
    axes.tick_params(colors=PALE, length=0, pad=5)
    axes.grid(axis="x", color="#e6e6e6", zorder=1)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.text(0, 1.36, lane["name"], transform=axes.transAxes, size=15, weight="bold", parse_math=False)
    axes.text(0, 1.08, lane["note"], transform=axes.transAxes, size=12, color=PALE, parse_math=False)


_MARK: dict[str, Any] = {"marker": "v", "markersize": 9, "color": INK, "linestyle": "none"}


def _key(chart: Mapping[str, Any]) -> list[Patch | Line2D]:
    """Of what is to be seen in this chart, and of nothing else."""
    words, lanes = chart["words"], chart["lanes"]
    key: list[Patch | Line2D] = [Patch(facecolor=ANSWERED, label=words["answered"])]
    if any(any(lane["failed"]) for lane in lanes):
        key.append(Patch(facecolor=FAILED, edgecolor=PAPER, hatch="////", label=words["failed"]))
    if any(any(lane["failovers"]) for lane in lanes):
        key.append(Line2D([], [], **_MARK, label=words["failover"]))
    if chart["off"]:
        key.append(Patch(facecolor=OFF, edgecolor="#a6a6a6", hatch="....", label=words["off"]))
    return key


if __name__ == "__main__":
    draw(json.load(sys.stdin.buffer), sys.stdout.buffer)
