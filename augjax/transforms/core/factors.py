"""Arguments of transforms: numbers and ranges as Keras writes them, and the bounds of each."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

from augjax.transforms.core.arguments import given

Factor = float | tuple[float, float]
"""A number f, meaning (-f, f), or a pair (lower, upper)."""
Range = float | tuple[float, float]
"""A number, or a pair (lower, upper) to draw it from."""
Color = float | tuple[float, ...]
"""A number for all channels, or one for each."""


def symmetric(f: float) -> tuple[float, float]:
    """What a number means as a factor, unless its transform says otherwise."""
    return -f, f


def up_to(f: float) -> tuple[float, float]:
    """What a number means for many of Keras's layers of colour."""
    return 0.0, f


def around_one(f: float) -> tuple[float, float]:
    """What a number means for torchvision's multipliers."""
    return max(0.0, 1.0 - f), 1.0 + f


def always(f: float) -> tuple[float, float]:
    """What a number means that is no factor: itself."""
    return f, f


@dataclasses.dataclass(frozen=True)
class Limits:
    """What an argument that is a number or a pair (lower, upper) may be.

    Attributes:
      lowest: the least that lower may be.
      highest: the most that upper may be.
      number: makes a pair of a single number; None where only pairs are taken.
      unit: what the numbers say, for the message.
      open_below: what the message says if lower may not be `lowest` itself; empty if it may.
    """

    lowest: float
    highest: float = math.inf
    number: Callable[[float], tuple[float, float]] | None = symmetric
    unit: str = ""
    open_below: str = ""

    def check(self, owner: object, argument: str, value: Factor) -> None:
        """Raises ValueError, with what was expected, unless an argument is within the limits."""
        self.range(owner, argument, value)

    def range(self, owner: object, argument: str, value: Factor) -> tuple[float, float]:
        """(lower, upper) of an argument of `owner`.

        Raises:
          ValueError: if it is not within the limits; the message names it.
        """
        where, pair, means = given(owner, argument, value), value, ""
        if not isinstance(pair, tuple):
            assert self.number is not None
            if self.number is not always and pair < 0:
                raise ValueError(
                    f"{where}: a single number cannot be negative; give (lower, upper)"
                )
            pair = self.number(pair)
            if self.number is not always:
                means = f"; {value:g} means ({pair[0]:g}, {pair[1]:g})"
        lower, upper = map(float, pair)
        if not self.lowest <= lower <= upper <= self.highest:
            either = {always: "a number or (lower, upper) with ", None: "(lower, upper) with "}
            limit = f" <= {self.highest:g}" if math.isfinite(self.highest) else ""
            unit = f", {self.unit}" if self.unit else ""
            raise ValueError(
                f"{where}: expected {either.get(self.number, '')}{self.lowest:g} <= lower <= upper"
                f"{limit}{unit}{means}"
            )
        if self.open_below and lower == self.lowest:
            raise ValueError(f"{where}: {self.open_below}")
        return lower, upper


def ranged(
    *,
    lowest: float,
    highest: float = math.inf,
    number: Callable[[float], tuple[float, float]] | None = symmetric,
    unit: str = "",
    open_below: str = "",
) -> dict[str, Any]:
    """Metadata of a field that is a number or a pair: checked when a transform is made.

        factor: Factor = field(metadata=ranged(lowest=-1, highest=1))

    The transform reads it as `self.range("factor")`. The arguments are those of `Limits`.
    """
    return {"limits": Limits(lowest, highest, number, unit, open_below)}


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What an argument may be that is a number, or a few of them to take as they are.

    Attributes:
      lowest, highest: of each number.
      expected: what the message calls such an argument.
      above: whether `lowest` itself is excluded.
    """

    lowest: float
    highest: float
    expected: str
    above: bool = False

    def check(self, owner: object, argument: str, value: Any) -> None:
        """Raises ValueError, with what was expected, unless an argument is within the bounds."""
        numbers = value if isinstance(value, tuple) else (value,)
        inside = all(self.lowest <= n <= self.highest for n in numbers if not isinstance(n, str))
        if not inside or not numbers or (self.above and self.lowest in numbers):
            raise ValueError(f"{given(owner, argument, value)}: expected {self.expected}")


def bounded(lowest: float, highest: float, expected: str, *, above: bool = False) -> dict[str, Any]:
    """Metadata of a field of numbers: checked when a transform is made.

        p: float = field(default=0.5, metadata=bounded(0, 1, "a number in [0, 1]"))

    The arguments are those of `Bounds`.
    """
    return {"limits": Bounds(lowest, highest, expected, above)}


def whole(lowest: int, highest: int, what: str = "a whole number") -> dict[str, Any]:
    """Metadata of a field that is a whole number."""
    return bounded(lowest, highest, f"{what} from {lowest} to {highest}")


SHARE = bounded(0, 1, "a number in [0, 1]")
"""Of a share or a probability."""
ALPHA = bounded(0, 10**6, "a number above 0, up to a million", above=True)
"""Of the parameter of a symmetric Beta distribution."""
_LEVEL = "a number in [0, 1], where 1 is white whatever the pipeline's value range"
LEVEL = bounded(0, 1, _LEVEL)
"""Of a level between black and white."""
COLOR = bounded(0, 1, f"{_LEVEL}, or a tuple of one for each channel")
"""Of a level, or one for each channel."""
LARGEST = 2**15
"""The most pixels along a side of what a transform makes."""
SIDE = whole(1, LARGEST, "a whole number of pixels")
"""Of a side of an image."""
KERNEL = 1023
"""The most pixels along a side of a kernel."""


def check_color(title: str, argument: str, color: Color, channels: int) -> None:
    """Raises ValueError unless a colour goes with an image of `channels`."""
    if isinstance(color, tuple) and len(color) != channels:
        raise ValueError(
            f"{title}: {argument}={color}: expected one number for each of the image's {channels} "
            "channels"
        )


def checked_weights(
    owner: object, weights: Sequence[float] | None, count: int
) -> tuple[float, ...] | None:
    """Weights of `count` things as numbers, or a ValueError that names them; None if equal."""
    if weights is None:
        return None
    weights = tuple(float(w) for w in weights)
    if len(weights) != count or min(weights) < 0 or not 0 < sum(weights) < math.inf:
        raise ValueError(
            f"{type(owner).__name__}(weights={weights}): expected {count} finite numbers that are "
            "not negative and not all 0, one a transform"
        )
    return weights
