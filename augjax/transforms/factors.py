"""Factors, as Keras writes them, and the draws made from them."""

import math
from collections.abc import Callable, Sequence
from numbers import Real

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from augjax.transforms.base import Strength

Factor = float | tuple[float, float]
"""A number f, meaning (-f, f), or a pair (lower, upper)."""
Range = float | tuple[float, float]
"""A number, or a pair (lower, upper) to draw it from."""


def factor_numbers(owner: object, field: str, factor: Factor) -> tuple[float, ...]:
    """The one or two finite numbers of a factor, or a ValueError that names it."""
    numbers = factor if isinstance(factor, tuple) else (factor,)
    valid = all(isinstance(n, Real) and math.isfinite(n) for n in numbers)
    if not valid or len(numbers) != (2 if isinstance(factor, tuple) else 1):
        raise ValueError(
            f"{type(owner).__name__}({field}={factor!r}): "
            "expected a finite number or a tuple (lower, upper) of them"
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


def always(f: float) -> tuple[float, float]:
    """What a number means that is no factor: itself."""
    return f, f


def factor_range(
    owner: object,
    field: str,
    factor: Factor,
    *,
    lowest: float,
    highest: float = math.inf,
    number: Callable[[float], tuple[float, float]] = symmetric,
    unit: str = "",
) -> tuple[float, float]:
    """The (lower, upper) of a factor within [lowest, highest], or a ValueError that names it.

    `number` makes a pair of a single number; `unit` is what the numbers say, for the message.
    """
    numbers = factor_numbers(owner, field, factor)
    where = f"{type(owner).__name__}({field}={factor!r})"
    if len(numbers) == 1 and numbers[0] < 0 and number is not always:
        raise ValueError(f"{where}: a single number cannot be negative; give (lower, upper)")
    lower, upper = numbers if len(numbers) == 2 else number(numbers[0])
    if not lowest <= lower <= upper <= highest:
        either = "a number or (lower, upper) with " if number is always else ""
        limit = f" <= {highest:g}" if math.isfinite(highest) else ""
        told = f", {unit}" if unit else ""
        raise ValueError(f"{where}: expected {either}{lowest:g} <= lower <= upper{limit}{told}")
    return lower, upper


def uniform(
    key: PRNGKeyArray,
    lower: float,
    upper: float,
    strength: Strength = 1.0,
    *,
    shape: tuple[int, ...] = (),
) -> Float[Array, "..."]:
    """A draw from U[lower, upper] times `strength`: the same bits eagerly, jitted and vmapped.

    A compiler may contract a product and the sum that follows it into one operation, rounded once
    instead of twice. The clip between the two, which also holds the draw to its range, leaves it
    nothing to contract.
    """
    centre = (lower + upper) / 2
    half = (upper - lower) / 2
    unit = jax.random.uniform(key, shape, jnp.float32, minval=-1.0, maxval=1.0)
    return jnp.float32(strength) * (centre + jnp.clip(half * unit, -half, half))


def uniform_about(
    identity: float, key: PRNGKeyArray, lower: float, upper: float, strength: Strength
) -> Float[Array, ""]:
    """A draw from U[lower, upper], whose range `strength` scales about `identity`; at least 0."""
    change = uniform(key, lower - identity, upper - identity, strength)
    return identity + at_least(-identity, change)


def whole_number(
    key: PRNGKeyArray,
    lowest: int | Int[Array, ""],
    highest: int | Int[Array, ""],
    *,
    shape: tuple[int, ...] = (),
) -> Int[Array, "..."]:
    """A draw from lowest, lowest + 1, ..., highest, each as likely; fewer than 2^23 of them."""
    count = jnp.asarray(highest - lowest + 1, jnp.int32).astype(jnp.float32)
    place = jnp.floor(jax.random.uniform(key, shape) * count)
    return lowest + jnp.minimum(place, count - 1.0).astype(jnp.int32)


def field_data(key: PRNGKeyArray) -> UInt32[Array, "2"]:
    """What is drawn for a large field: the data of the key that `field_key` makes of it."""
    return jax.random.bits(key, (2,), jnp.uint32)


def field_key(data: UInt32[Array, "2"] | Sequence[int]) -> PRNGKeyArray:
    """The key under which a large field is expanded, from what `field_data` drew."""
    return jax.random.wrap_key_data(jnp.asarray(data, jnp.uint32), impl="threefry2x32")


def at_least(lowest: float, value: Float[Array, "..."]) -> Float[Array, "..."]:
    """`value`, no lower than `lowest`; stands between a product and a sum as in `uniform`."""
    return jnp.maximum(value, lowest)


def check_choice(owner: object, field: str, value: object, choices: tuple[str, ...]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ValueError(f"{type(owner).__name__}({field}={value!r}): expected one of {names}")
