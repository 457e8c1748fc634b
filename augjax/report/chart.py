"""Charts as shapes on a small canvas, which a template draws as SVG in the colours of the page."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool

WIDTH, HEIGHT = 400, 260
"""Of the canvas. A telephone shows it at about this size, so that its letters keep theirs."""
LEFT, RIGHT, TOP, BOTTOM = 58, 388, 12, 218
"""Of what the axes enclose."""
_MOST_POINTS = 1000
_POINTED_AT = 60
"""Of so many points at most, each tells its value."""


class Tick(NamedTuple):
    """A number on an axis, and where it stands on the canvas."""

    place: float
    label: str


class Point(NamedTuple):
    """A place on the canvas, and what is there."""

    x: float
    y: float
    text: str


class Line(NamedTuple):
    """A curve: its name, its class in the page's style sheet, and its path; '' where it has none.

    `points` are those of which the page tells the values.
    """

    name: str
    style: str
    path: str
    points: tuple[Point, ...]


class Bar(NamedTuple):
    """A rectangle on the canvas that stands on the lower axis, and what it says."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclasses.dataclass(frozen=True)
class Axis:
    """Which numbers lie between the two ends of an axis.

    Attributes:
      label: what they are.
      low: the number at the left or lower end.
      high: the number at the other.
      whole: whether only whole numbers are marked.
    """

    label: str
    low: float
    high: float
    whole: bool = False

    def ticks(self) -> list[float]:
        """Round numbers, at most seven."""
        rough = (self.high - self.low) / 6
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
        step = max(step, 1.0) if self.whole else step
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [n * step for n in range(first, last + 1)]

    def share(self, numbers: Any) -> Any:
        """Where between the two ends numbers lie, from 0 to 1."""
        return (numbers - self.low) / (self.high - self.low)


@dataclasses.dataclass(frozen=True)
class Chart:
    """Lines or bars between two axes.

    Attributes:
      title: the name.
      description: what is to be seen, for whom does not see it.
      x: the axis below.
      y: the axis on the left.
      lines: from the lowest to the uppermost.
      bars: below the lines.
      mark: a number of the lower axis that is pointed out.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    mark: float | None = None

    @property
    def x_ticks(self) -> list[Tick]:
        """Those of the axis below."""
        return [Tick(place_x(self.x, n), f"{n:.6g}") for n in self.x.ticks()]

    @property
    def y_ticks(self) -> list[Tick]:
        """Those of the axis on the left."""
        return [Tick(place_y(self.y, n), f"{n:.6g}") for n in self.y.ticks()]

    @property
    def mark_place(self) -> float:
        """Where the mark stands."""
        assert self.mark is not None
        return place_x(self.x, self.mark)


def place_x(axis: Axis, numbers: Any) -> Any:
    """Where numbers of the lower axis stand on the canvas."""
    return LEFT + axis.share(numbers) * (RIGHT - LEFT)


def place_y(axis: Axis, numbers: Any) -> Any:
    """Where numbers of the left axis stand on the canvas."""
    return BOTTOM - axis.share(numbers) * (BOTTOM - TOP)


def enclosing(label: str, numbers: Sequence[float], *, lowest: float, highest: float) -> Axis:
    """An axis for numbers: from 0 if they come near it, else from a little below the least.

    Args:
      label: what they are.
      numbers: those that are not finite are passed over.
      lowest: the least number there can be.
      highest: the greatest.
    """
    finite = [n for n in numbers if math.isfinite(n)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    near_zero = lowest == 0 and low < 0.4 * high
    low, high = (0.0 if near_zero else max(low - margin, lowest)), min(high + margin, highest)
    return Axis(label, low, high) if low < high else Axis(label, low - 0.5, low + 0.5)


def line(name: str, style: str, x: Axis, y: Axis, numbers: Any, heights: Any) -> Line:
    """A curve through points, with gaps where one is not finite."""
    numbers, heights = np.asarray(numbers, np.float64), np.asarray(heights, np.float64)
    if len(numbers) > _MOST_POINTS:
        kept = np.unique(np.linspace(0, len(numbers) - 1, _MOST_POINTS).astype(int))
        numbers, heights = numbers[kept], heights[kept]
    known = np.isfinite(numbers) & np.isfinite(heights)
    across, up = place_x(x, numbers), place_y(y, heights)
    pieces = (
        "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(across[run], up[run], strict=True))
        for run in _runs(known)
    )
    points = ()
    if len(numbers) <= _POINTED_AT:
        points = tuple(
            Point(float(a), float(b), f"{name}, {x.label} {n:.6g}: {h:.4f}")
            for a, b, n, h in zip(
                across[known], up[known], numbers[known], heights[known], strict=True
            )
        )
    return Line(name, style, "".join(pieces), points)


def _runs(known: Bool[np.ndarray, " n"]) -> Iterator[slice]:
    """Slices of neighbours that are all known."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    yield from (slice(start, end) for start, end in edges.reshape(-1, 2).tolist())
