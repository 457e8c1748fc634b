"""A cost at several sizes: whether it is a straight line, in tables and for charts."""

import dataclasses
import itertools
from collections.abc import Sequence
from statistics import median

from rich.table import Table

from experiments.benchmark.table import digits

STRAIGHT = 1.5
"""A line is straight where the cost of a unit is within this factor of the median one; of two, of
the first."""
ONCE = "a fixed cost"
UNEXPLAINED = "not explained by this run: the machine's other work, or its caches"
OF_EACH = "what every process does by itself, and what they exchange"
REPEATED = {
    "time": "what every device does by itself, such as the optimizer's step",
    "memory": "what is on every device, such as gradients",
    "reading": UNEXPLAINED,
}
SPREAD = ("devices", "processes")
"""On any number of these the work is the same."""
FLAT = (*SPREAD, "images streamed")
"""Nor does the cost of all grow with a stream, of which memory holds a few batches."""
RENEWED = "arrays too large for the C library to keep, whose memory is cleared anew for each call"


@dataclasses.dataclass(frozen=True)
class Series:
    """A cost at several sizes.

    Attributes:
      what: whose cost.
      grows: with what: 'files', 'pixels', 'images', 'devices', 'processes' or 'images streamed'.
      measure: 'time' in seconds, 'memory' or 'reading' in bytes, or a 'ratio' of times.
      points: pairs of a size and the total cost there.
      renewed: sizes at which most of the memory is cleared anew for each call.
      is_share: whether the points have the cost of one process, a share of what all do.
      note: to be told in place of the verdict.
    """

    what: str
    grows: str
    measure: str
    points: tuple[tuple[float, float], ...]
    renewed: tuple[float, ...] = ()
    is_share: bool = False
    note: str = ""

    @property
    def unit_costs(self) -> tuple[float, ...]:
        """The cost of a unit at each point; of everything, where that should stay the same."""
        if self.grows in FLAT:
            return tuple(cost for _, cost in self.points)
        return tuple(cost / size for size, cost in self.points)

    @property
    def bends(self) -> dict[float, float]:
        """Where the cost of a unit is not near the median one (of two, the first): its factor."""
        costs = self.unit_costs
        if self.is_share:
            costs = tuple(cost * size for size, cost in self.points)
        middle = median(costs[:1] if len(costs) == 2 else costs)
        if middle <= 0:
            return {}
        factors = {size: cost / middle for (size, _), cost in zip(self.points, costs, strict=True)}
        return {
            size: factor
            for size, factor in factors.items()
            if not 1 / STRAIGHT <= factor <= STRAIGHT
        }

    @property
    def verdict(self) -> str:
        """Whether it is a straight line, or where and why it bends.

        A fixed cost shows as dearer units at the small end, what devices do not share as dearer
        ones at the large end, and either as units that are ever dearer towards that end. Memory
        that is cleared for each call is measured; anything else is not accounted for.
        """
        if self.note:
            return self.note
        if len(self.points) == 1:
            return "one size only"
        if not self.bends:
            return "straight"
        costs = {size: cost for (size, _), cost in zip(self.points, self.unit_costs, strict=True)}
        ends = list(costs)[::-1] if self.grows in SPREAD else list(costs)
        explained = list(itertools.takewhile(lambda size: self.bends.get(size, 0) > 1, ends))
        if ends == sorted(ends, key=lambda size: costs[size], reverse=True):
            explained = [*self.bends]
        if self.grows == "images streamed":
            explained = []  # Nothing is known that would explain them.
        known = {"devices": REPEATED[self.measure], "processes": OF_EACH}.get(self.grows, ONCE)
        others = [size for size in self.bends if size not in explained]
        renewed = [size for size in others if size in self.renewed and self.bends[size] > 1]
        parts = [
            (known, explained),
            (RENEWED, renewed),
            (UNEXPLAINED, [size for size in others if size not in renewed]),
        ]
        return "; ".join(
            f"{', '.join(f'x{digits(self.bends[s])} at {s:,.0f}' for s in sorted(where))}: {why}"
            for why, where in parts
            if where
        )


def panels(
    series: Sequence[Series],
) -> dict[tuple[str, str], dict[str, Sequence[tuple[float, float]]]]:
    """The lines of the chart's panels: costs by what they grow with, and the unit; no ratios."""
    found: dict[tuple[str, str], dict[str, Sequence[tuple[float, float]]]] = {}
    for one in series:
        if one.measure == "ratio":
            continue
        unit = "s" if one.measure == "time" else "B"
        points = [(size, cost) for size, cost in one.points if cost > 0]
        found.setdefault((f"{one.measure} by {one.grows}", unit), {})[one.what] = points
    return found


COLUMNS = ("cost", "grows with", "at", "each costs", "")
LEGEND = (
    f"Straight: at every size, what each costs is within {STRAIGHT:g} times the median of the "
    "costs (of two, the first); x3: three times that. Made-up: a folder of two files whose listing "
    "says that there are as many. Devices: forced ones, which share the cores. Processes: of one "
    "run, on this machine, with a device each, which share the cores too."
)


def cells(one: Series) -> tuple[str, ...]:
    """A series in a line."""
    scale, unit = (1e6, "µs") if one.measure == "time" else (1.0, "bytes")
    if one.grows in FLAT:
        scale, unit = (1e3, "ms") if one.measure == "time" else (2.0**-20, "MiB in all")
    if one.grows == "pixels" and one.measure == "time":
        scale, unit = 1e9, "ns"
    if one.measure == "ratio":
        scale, unit = 1.0, "x"
    elif one.is_share:
        unit = "MiB"
    at = " ".join(f"{size:,.0f}" for size, _ in one.points)
    costs = " ".join(digits(cost * scale) for cost in one.unit_costs)
    return (f"{one.what}: {one.measure}", one.grows, at, f"{costs} {unit}", one.verdict)


def on_screen(series: Sequence[Series]) -> Table:
    """The series as a table of rich."""
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for one in series:
        table.add_row(*cells(one), style="yellow" if one.bends else None)
    return table


def in_markdown(series: Sequence[Series]) -> str:
    """The series as a table in Markdown."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(cells, series)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
