"""Arguments of transforms: numbers and ranges as Keras writes them, and checks of others."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, get_args

from augjax.kernels.warp import FillMode, Interpolation

Factor = float | tuple[float, float]
"""A number f, meaning (-f, f), or a pair (lower, upper)."""
Range = float | tuple[float, float]
"""A number, or a pair (lower, upper) to draw it from."""


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
      number: makes a pair of a single number.
      unit: what the numbers say, for the message.
      open_below: what the message says if lower may not be `lowest` itself; empty if it may.
    """

    lowest: float
    highest: float = math.inf
    number: Callable[[float], tuple[float, float]] = symmetric
    unit: str = ""
    open_below: str = ""

    def range(self, owner: object, argument: str, value: Factor) -> tuple[float, float]:
        """(lower, upper) of an argument of `owner`.

        Raises:
          ValueError: if it is not within the limits; the message names it.
        """
        numbers = factor_numbers(owner, argument, value)
        where = f"{type(owner).__name__}({argument}={value!r})"
        if len(numbers) == 1 and numbers[0] < 0 and self.number is not always:
            raise ValueError(f"{where}: a single number cannot be negative; give (lower, upper)")
        lower, upper = numbers if len(numbers) == 2 else self.number(numbers[0])
        if not self.lowest <= lower <= upper <= self.highest:
            either = "a number or (lower, upper) with " if self.number is always else ""
            limit = f" <= {self.highest:g}" if math.isfinite(self.highest) else ""
            unit = f", {self.unit}" if self.unit else ""
            means = ""
            if len(numbers) == 1 and self.number is not always:
                means = f"; {numbers[0]:g} means ({lower:g}, {upper:g})"
            raise ValueError(
                f"{where}: expected {either}{self.lowest:g} <= lower <= upper{limit}{unit}{means}"
            )
        if self.open_below and lower == self.lowest:
            raise ValueError(f"{where}: {self.open_below}")
        return lower, upper


def ranged(
    *,
    lowest: float,
    highest: float = math.inf,
    number: Callable[[float], tuple[float, float]] = symmetric,
    unit: str = "",
    open_below: str = "",
) -> dict[str, Any]:
    """Metadata of a field that is a number or a pair: checked when a transform is made.

        factor: Factor = field(metadata=ranged(lowest=-1, highest=1))

    The transform reads it as `self.range("factor")`. The arguments are those of `Limits`.
    """
    return {"limits": Limits(lowest, highest, number, unit, open_below)}


def factor_numbers(owner: object, argument: str, factor: Factor) -> tuple[float, ...]:
    """The one or two finite numbers of a factor, or a ValueError that names it."""
    numbers = factor if isinstance(factor, tuple) else (factor,)
    valid = all(isinstance(n, Real) and math.isfinite(n) for n in numbers)
    if not valid or len(numbers) != (2 if isinstance(factor, tuple) else 1):
        raise ValueError(
            f"{type(owner).__name__}({argument}={factor!r}): "
            "expected a finite number or a tuple (lower, upper) of them"
        )
    return tuple(float(n) for n in numbers)


def check_choice(owner: object, argument: str, value: object, choices: tuple[str, ...]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ValueError(f"{type(owner).__name__}({argument}={value!r}): expected one of {names}")


def check_share(owner: object, argument: str, value: float, hint: str = "") -> None:
    """Raises ValueError unless `value` lies in [0, 1]."""
    if not 0 <= value <= 1:
        raise ValueError(
            f"{type(owner).__name__}({argument}={value!r}): expected a number in [0, 1]{hint}"
        )


def check_whole(owner: object, argument: str, value: object, lowest: int, highest: int) -> None:
    """Raises ValueError unless `value` is a whole number from `lowest` to `highest`."""
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(
            f"{type(owner).__name__}({argument}={value!r}): expected a whole number from {lowest} "
            f"to {highest}"
        )


def check_size(owner: object, **sizes: int) -> None:
    """Raises ValueError unless each of `sizes` is a positive whole number of pixels."""
    for argument, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(
                f"{type(owner).__name__}({argument}={size!r}): expected a positive number of pixels"
            )


def check_level(owner: object, argument: str, value: float) -> None:
    """Raises ValueError unless `value`, a level between black and white, lies in [0, 1]."""
    check_share(owner, argument, value, ", where 1 is white whatever the pipeline's value range")


def check_filling(owner: object, fill_mode: str, interpolation: str, fill_value: float) -> None:
    """Raises ValueError unless a transform can resample so."""
    check_choice(owner, "fill_mode", fill_mode, get_args(FillMode))
    check_choice(owner, "interpolation", interpolation, get_args(Interpolation))
    check_level(owner, "fill_value", fill_value)


def check_alpha(owner: object, alpha: float) -> None:
    """Raises ValueError unless there is a Beta(alpha, alpha)."""
    if not isinstance(alpha, Real) or not 0 < alpha < math.inf:
        raise ValueError(
            f"{type(owner).__name__}(alpha={alpha!r}): expected a finite number above 0"
        )


def checked_weights(
    owner: object, weights: Sequence[float] | None, count: int
) -> tuple[float, ...] | None:
    """Weights of `count` things as numbers, or a ValueError that names them; None if equal."""
    if weights is None:
        return None
    weights = tuple(float(w) for w in weights)
    if len(weights) != count or min(weights) < 0 or not 0 < sum(weights) < float("inf"):
        raise ValueError(
            f"{type(owner).__name__}(weights={weights}): expected {count} finite numbers that are "
            "not negative and not all 0, one a transform"
        )
    return weights
