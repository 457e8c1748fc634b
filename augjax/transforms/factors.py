"""Factors, as Keras writes them, and the draws made from them."""

import math
from collections.abc import Callable
from numbers import Real

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.transforms.base import Strength

Factor = float | tuple[float, float]
"""A number f, meaning (-f, f), or a pair (lower, upper)."""


def factor_numbers(owner: object, field: str, factor: Factor) -> tuple[float, ...]:
    """The one or two finite numbers of a factor, or a ValueError that names it."""
    numbers = tuple(factor) if isinstance(factor, tuple | list) else (factor,)
    valid = all(isinstance(n, Real) and math.isfinite(n) for n in numbers)
    if not valid or len(numbers) not in ((2,) if numbers != (factor,) else (1,)):
        raise ValueError(
            f"{type(owner).__name__}({field}={factor!r}): "
            "a factor is a finite number or a pair (lower, upper) of them"
        )
    return tuple(float(n) for n in numbers)


def symmetric(f: float) -> tuple[float, float]:
    """What a number means as a factor, unless its transform says otherwise."""
    return -f, f


def up_to(f: float) -> tuple[float, float]:
    """What a number means for many of Keras's layers of colour."""
    return 0.0, f


def around_one(f: float) -> tuple[float, float]:
    """What a number means for torchvision's multipliers."""
    return max(0.0, 1.0 - f), 1.0 + f


def factor_range(
    owner: object,
    field: str,
    factor: Factor,
    *,
    lowest: float,
    highest: float = math.inf,
    number: Callable[[float], tuple[float, float]] = symmetric,
) -> tuple[float, float]:
    """The (lower, upper) of a factor within [lowest, highest], or a ValueError that names it.

    `number` makes a pair of a single number.
    """
    numbers = factor_numbers(owner, field, factor)
    where = f"{type(owner).__name__}({field}={factor!r})"
    if len(numbers) == 1 and numbers[0] < 0:
        raise ValueError(f"{where}: a single number cannot be negative; give (lower, upper)")
    lower, upper = numbers if len(numbers) == 2 else number(numbers[0])
    if not lowest <= lower <= upper <= highest:
        raise ValueError(f"{where}: expected {lowest:g} <= lower <= upper <= {highest:g}")
    return lower, upper


def uniform(
    key: PRNGKeyArray, lower: float, upper: float, strength: Strength = 1.0
) -> Float[Array, ""]:
    """A draw from U[lower, upper] times `strength`: the same bits eagerly, jitted and vmapped.

    A compiler may contract a product and the sum that follows it into one operation, rounded once
    instead of twice. The clip between the two, which also holds the draw to its range, leaves it
    nothing to contract.
    """
    centre = (lower + upper) / 2
    half = (upper - lower) / 2
    unit = jax.random.uniform(key, dtype=jnp.float32, minval=-1.0, maxval=1.0)
    return jnp.float32(strength) * (centre + jnp.clip(half * unit, -half, half))


def uniform_about(
    identity: float, key: PRNGKeyArray, lower: float, upper: float, strength: Strength
) -> Float[Array, ""]:
    """A draw from U[lower, upper], whose range `strength` scales about `identity`; at least 0."""
    change = uniform(key, lower - identity, upper - identity, strength)
    return identity + at_least(-identity, change)


def at_least(lowest: float, value: Float[Array, ""]) -> Float[Array, ""]:
    """`value`, no lower than `lowest`; stands between a product and a sum as in `uniform`."""
    return jnp.maximum(value, lowest)


def check_choice(owner: object, field: str, value: object, choices: tuple[str, ...]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ValueError(f"{type(owner).__name__}({field}={value!r}): expected one of {names}")
