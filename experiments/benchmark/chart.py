"""Charts of ratios, and of how costs grow."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import (
    EngFormatter,
    LogLocator,
    NullFormatter,
    NullLocator,
    StrMethodFormatter,
)

from experiments.benchmark.table import Row, digits

AHEAD, LOST = "#3b7dd8", "#d8553b"
PLAIN = StrMethodFormatter("{x:g}")


def ratio_chart(rows: Sequence[Row], title: str) -> Figure:
    """A bar from 1 for each row that has a value, with its quartiles and its target."""
    shown = [row for row in rows if row.value is not None and row.peer]
    figure = Figure(figsize=(9, 1.2 + 0.32 * max(len(shown), 1)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(shown):
        value = row.value
        assert value
        errors = [[value.median - value.lower], [value.upper - value.median]]
        color = LOST if row.is_loss else AHEAD
        axes.barh(place, value.median - 1, left=1, color=color)
        axes.errorbar(value.median, place, xerr=errors, color="0.2", linewidth=1)
        if row.target is not None:
            axes.plot([row.target] * 2, [place - 0.45, place + 0.45], color="black", linewidth=2)
    labels = [
        f"{' · '.join((row.work, row.size, row.peer))}: {digits(row.value.median)}"
        for row in shown
        if row.value
    ]
    axes.set_yticks(range(len(shown)), labels, fontsize=8)
    axes.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    axes.axvline(1, color="0.3", linewidth=0.8, linestyle=":")
    if shown:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(PLAIN)
        axes.xaxis.set_minor_formatter(PLAIN if axes.get_xlim()[1] < 10 else NullFormatter())
        axes.tick_params(axis="x", which="both", length=3)  # Or their labels are not level.
    axes.set_xlabel(
        "their time or memory by ours, with quartiles:\n"
        "above 1, augjax is ahead; black: the target;\n"
        "red: behind, or short of it",
        fontsize=8,
    )
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def growth_chart(
    series: Mapping[tuple[str, str], Mapping[str, Sequence[tuple[float, float]]]],
    title: str,
) -> Figure:
    """One panel for each title and unit, with a line for each label of its own."""
    columns = min(2, len(series))
    lines = -(-len(series) // columns)
    figure = Figure(figsize=(5.5 * columns, 3.6 * lines), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, ((what, unit), by_label) in zip(panels, series.items(), strict=False):
        for label, points in by_label.items():
            axes.plot(*zip(*points, strict=True), marker="o", label=label)
        axes.set(xscale="log", yscale="log")
        axes.set_title(what, fontsize=10)
        axes.yaxis.set_major_formatter(EngFormatter(unit))
        sizes = sorted({size for points in by_label.values() for size, _ in points})
        axes.set_xticks(sizes, [EngFormatter(sep="", places=0)(size) for size in sizes], fontsize=8)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3, which="both")
        low, high = axes.get_ylim()
        decades = max(1.0, math.log10(high / low))  # What is level should look so.
        middle = math.sqrt(low * high)
        above = 0.07 * len(by_label) * decades  # Room for the legend.
        axes.set_ylim(middle / 10 ** (decades / 2), middle * 10 ** (decades / 2 + above))
        axes.yaxis.set_minor_formatter(NullFormatter())
        if decades < 2:
            axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
            axes.yaxis.set_minor_formatter(EngFormatter(unit))
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    for axes in panels[len(series) :]:
        axes.set_axis_off()
    return figure


def limits_chart(costs: Mapping[str, tuple[float, float]], title: str) -> Figure:
    """A line for each cost from what it is at first to what it becomes, in times of its limit."""
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(costs)), layout="constrained")
    axes = figure.subplots()
    least = min((cost for pair in costs.values() for cost in pair if cost), default=1.0)
    for place, (small, large) in enumerate(costs.values()):
        color = LOST if large >= 1 else AHEAD
        axes.plot([small or least, large or least], [place, place], color=color, linewidth=1)
        for value, marker in ((small, "o"), (large, "s")):
            if value:
                axes.plot(value, place, marker=marker, color=color)
    axes.set_yticks(range(len(costs)), list(costs), fontsize=8)
    axes.set_ylim(max(len(costs), 1) - 0.5, -0.5)
    axes.axvline(1, color="0.3", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_xlabel(
        "in times of the limit: circles on one host, squares on each of many; red: at or beyond it",
        fontsize=8,
    )
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
