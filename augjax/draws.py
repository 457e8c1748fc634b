"""Distributions whose draws are the same bits in every program: eager, jitted or vmapped.

What compilers are free to round differently is avoided. Products are rounded before they are added
to something (`augjax.kernels.fusion.unfused`), there are no logarithms or exponentials, and tables
stand in for inverse distribution functions.

Nor do JAX's settings matter: numbers have 32 bits with `jax_enable_x64` too, and bits are those of
`jax_threefry_partitionable`, JAX's default, without it too.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import define_prng_impl, threefry2x32_p, threefry_prng_impl
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt, UInt32

from augjax.kernels.fusion import unfused
from augjax.keys import threefry, wrapped
from augjax.typing import Strength

_CELLS = 4096
"""Cells of the table from which `beta` draws."""
_RAREST = 2.0**-24
"""Half the resolution of a uniform draw: quantiles further out are the same."""


def _hashed(key: UInt32[Array, "2"], shape: tuple[int, ...]) -> list[UInt32[Array, "..."]]:
    """Two words of 32 bits for each place, which Threefry makes of the place's number."""
    place = jnp.zeros(shape, jnp.uint32)
    for axis, size in enumerate(shape):
        place = place * np.uint32(size) + jax.lax.broadcasted_iota(jnp.uint32, shape, axis)
    return threefry2x32_p.bind(key[0], key[1], jnp.zeros(shape, jnp.uint32), place)


def _random_bits(
    key: UInt32[Array, "2"], bit_width: int, shape: tuple[int, ...]
) -> UInt[Array, "..."]:
    first, second = _hashed(key, shape)
    if bit_width == 64:
        return first.astype(jnp.uint64) << 32 | second.astype(jnp.uint64)
    return (first ^ second).astype(f"uint{bit_width}")


_STEADY = define_prng_impl(
    key_shape=(2,),
    seed=threefry_prng_impl.seed,
    split=lambda key, shape: jnp.stack(_hashed(key, shape), axis=-1),
    random_bits=_random_bits,
    fold_in=threefry_prng_impl.fold_in,
    name="augjax_threefry",
    tag="aug",
)


def steady(key: PRNGKeyArray) -> PRNGKeyArray:
    """The same key, from which `jax.random` draws the same bits whatever JAX's settings."""
    return jax.random.wrap_key_data(jax.random.key_data(threefry(key)), impl=_STEADY)


def bits(key: PRNGKeyArray, shape: tuple[int, ...] = ()) -> UInt32[Array, "..."]:
    """Whole numbers of 32 bits."""
    return jax.random.bits(steady(key), shape, jnp.uint32)


def unit(key: PRNGKeyArray, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
    """Draws from U[0, 1): multiples of 2^-23."""
    return jax.random.uniform(steady(key), shape, jnp.float32)


def below(key: PRNGKeyArray, count: int | Int[Array, ""]) -> Int[Array, ""]:
    """A whole number from 0 to `count` - 1."""
    return jax.random.randint(steady(key), (), 0, count, jnp.int32)


def normal(key: PRNGKeyArray, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
    """Draws from N(0, 1). Unlike the others, they may be rounded otherwise in another program."""
    return jax.random.normal(steady(key), shape, jnp.float32)


def plus_minus_one(key: PRNGKeyArray, shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
    """Draws from U[-1, 1)."""
    return jax.random.uniform(steady(key), shape, jnp.float32, minval=-1.0, maxval=1.0)


def uniform(
    key: PRNGKeyArray,
    lower: float,
    upper: float,
    strength: Strength = 1.0,
    *,
    shape: tuple[int, ...] = (),
) -> Float[Array, "..."]:
    """A draw from U[lower, upper] times `strength`."""
    return uniform_around(key, (lower + upper) / 2, (upper - lower) / 2, strength, shape=shape)


def uniform_around(
    key: PRNGKeyArray,
    middle: float | Float[Array, ""],
    half: float | Float[Array, ""],
    strength: Strength = 1.0,
    *,
    shape: tuple[int, ...] = (),
) -> Float[Array, "..."]:
    """A draw from U[middle - half, middle + half] times `strength`; bounds may be traced."""
    number = plus_minus_one(key, shape)
    return jnp.float32(strength) * (middle + unfused(half * number, -half, half))


def uniform_about(
    identity: float, key: PRNGKeyArray, lower: float, upper: float, strength: Strength
) -> Float[Array, ""]:
    """A draw from U[lower, upper], whose range `strength` scales about `identity`; at least 0."""
    change = uniform(key, lower - identity, upper - identity, strength)
    return identity + at_least(-identity, change)


def at_least(lowest: float, value: Float[Array, "..."]) -> Float[Array, "..."]:
    """`value`, no lower than `lowest`; a draw scaled by `strength` may then be added to another."""
    return unfused(value, lowest)


def whole_number(
    key: PRNGKeyArray,
    lowest: int | Int[Array, ""],
    highest: int | Int[Array, ""],
    *,
    shape: tuple[int, ...] = (),
) -> Int[Array, "..."]:
    """A draw from lowest, lowest + 1, ..., highest with equal probability; fewer than 2^23."""
    count = jnp.asarray(highest - lowest + 1, jnp.int32).astype(jnp.float32)
    place = jnp.floor(unit(key, shape) * count)
    return lowest + jnp.minimum(place, count - 1.0).astype(jnp.int32)


def choose(key: PRNGKeyArray, weights: Sequence[float] | None, count: int) -> Int[Array, ""]:
    """The place of one of `count` things, drawn by their weights; None for equal ones."""
    weights = weights or (1.0,) * count
    bounds = [bound / sum(weights) for bound in accumulate(weights)]
    passed = jnp.asarray(bounds[:-1], jnp.float32) <= unit(key)
    return passed.sum(dtype=jnp.int32)


def beta(key: PRNGKeyArray, alpha: float) -> Float[Array, ""]:
    """A draw from Beta(alpha, alpha).

    `jax.random.beta` rejects, and takes logarithms, whose last bits differ from one compilation to
    the next. This is the inverse of the distribution function, interpolated between 4097 points of
    a table, at which it is exact.
    """
    quantiles, rises = _beta_table(float(alpha))
    place = unit(key) * _CELLS  # Exact, as is its fraction: a power of two.
    cell = jnp.floor(place).astype(jnp.int32)
    rise = jnp.asarray(rises)[cell]
    return jnp.asarray(quantiles)[cell] + unfused((place - jnp.floor(place)) * rise, 0.0, rise)


@lru_cache
def _beta_table(alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The value at the lower end of each cell of probability, and how far it rises within."""
    from scipy.special import betaincinv  # Slow to import, and needed here alone.

    probabilities = np.clip(np.arange(_CELLS + 1) / _CELLS, _RAREST, 1.0 - _RAREST)
    points = betaincinv(alpha, alpha, probabilities).astype(np.float32)
    return points[:-1], np.diff(points)


def dirichlet(key: PRNGKeyArray, alpha: int, parts: int) -> Float[Array, " parts"]:
    """A draw from Dirichlet(alpha, ..., alpha): every alpha-th distance of sorted uniform numbers.

    The i-th lowest of n uniform numbers is Beta(i, n + 1 - i), and distances between them are
    Dirichlet. Only differences are computed.
    """
    numbers = jnp.sort(unit(key, (alpha * parts - 1,)))
    marks = jnp.concatenate(
        [jnp.zeros(1, jnp.float32), numbers[alpha - 1 :: alpha], jnp.ones(1, jnp.float32)]
    )
    return marks[1:] - marks[:-1]


def field_data(key: PRNGKeyArray) -> UInt32[Array, "2"]:
    """What is drawn for a large field, such as noise: the data of the key of `field_key`."""
    return bits(key, (2,))


def field_key(data: Int[Array, "2"] | UInt32[Array, "2"]) -> PRNGKeyArray:
    """The key under which a large field is expanded, from what `field_data` drew."""
    return wrapped(jnp.asarray(data, jnp.uint32))
