"""The chart beside the results: CPU seconds and peak memory of each program, once for light pages and once for dark ones."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from ratios import cpu, median, peak

__all__ = ["draw"]

_INK = {"results.svg": ("#1f2328", "#59636e", "#d1d9e0"), "results-dark.svg": ("#f0f6fc", "#9198a1", "#3d444d")}
"""Text, quiet text and lines on a light page and on a dark one; the page itself shows through."""
_OURS, _FLOOR, _OTHERS = "#2f81f7", "#8b949e", "#d29922"
_PRODUCT = ("raw-to-processed", "processed-to-curated")
_BAR_INCHES = 0.36


def draw(results: dict[str, Any], folder: Path = Path(__file__).parent) -> list[Path]:
    """Writes the chart in both inks and returns the files; none where nothing was compared yet. Same results, same bytes."""
    part = results.get("main")
    if part is None:
        return []
    mpl.rcParams.update({"svg.hashsalt": "energy-lake", "svg.fonttype": "none", "font.family": "sans-serif"})
    written = []
    for name, ink in _INK.items():
        figure = _figure(part, ink)
        figure.savefig(folder / name, transparent=True, metadata={"Date": None}, bbox_inches="tight")
        written.append(folder / name)
    return written


def _figure(part: dict[str, Any], ink: tuple[str, str, str]) -> Figure:
    rounds = part["rounds"]
    steps = list(rounds[0])
    colours = [_FLOOR if step == "floor" else _OURS if step.startswith(_PRODUCT) else _OTHERS for step in steps]
    figure = Figure(figsize=(9, 1.1 + _BAR_INCHES * len(steps)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _bars(left, steps, [median(rounds, step, cpu) for step in steps], colours, "CPU seconds", ink)
    _bars(right, steps, [peak(rounds, step) for step in steps], colours, "peak memory, MiB", ink)
    left.invert_yaxis()
    figure.suptitle(f"{part['rows']:,} rows, {part['csv_bytes'] / 1e6:,.0f} MB of CSV", color=ink[0], fontsize=11)
    return figure


def _bars(
    axes: Axes, steps: list[str], values: list[float], colours: list[str], title: str, ink: tuple[str, str, str]
) -> None:
    text, quiet, line = ink
    bars = axes.barh(steps, values, color=colours, height=0.62)
    axes.bar_label(bars, labels=[f"{value:,.0f}" for value in values], padding=4, color=text, fontsize=9)
    axes.set_title(title, color=quiet, fontsize=10, loc="left")
    axes.set_xlim(0, max(values) * 1.16)
    axes.tick_params(axis="y", colors=text, length=0, labelsize=9)
    axes.tick_params(axis="x", colors=quiet, length=0, labelsize=8)
    axes.grid(axis="x", color=line, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
