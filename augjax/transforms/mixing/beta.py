"""Draws from the beta distribution that are the same bits everywhere."""

import math
from functools import lru_cache
from numbers import Real

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

_CELLS = 4096
_RAREST = 2.0**-24
"""Half the resolution of a uniform draw: quantiles further out are not told apart."""


def beta(key: PRNGKeyArray, alpha: float) -> Float[Array, ""]:
    """A draw from Beta(alpha, alpha): the same bits eagerly, jitted and vmapped.

    `jax.random.beta` rejects, and takes logarithms, whose last bits differ from one compilation to
    the next. This is the inverse of the distribution function, interpolated between 4097 points of
    a table, at which it is exact.
    """
    quantiles, rises = _table(float(alpha))
    place = jax.random.uniform(key) * _CELLS  # Exact, as is its fraction: a power of two.
    cell = jnp.floor(place).astype(jnp.int32)
    rise = jnp.asarray(rises)[cell]
    # The clip stands between product and sum as in `factors.uniform`.
    return jnp.asarray(quantiles)[cell] + jnp.clip((place - jnp.floor(place)) * rise, 0.0, rise)


@lru_cache
def _table(alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The value at the lower end of each cell of probability, and how far it rises within."""
    from scipy.special import betaincinv  # As late as this, since it is slow to import.

    probabilities = np.clip(np.arange(_CELLS + 1) / _CELLS, _RAREST, 1.0 - _RAREST)
    points = betaincinv(alpha, alpha, probabilities).astype(np.float32)
    return points[:-1], np.diff(points)


def check_alpha(owner: object, alpha: float) -> None:
    """Raises ValueError unless there is a Beta(alpha, alpha)."""
    if not isinstance(alpha, Real) or not 0 < alpha < math.inf:
        raise ValueError(
            f"{type(owner).__name__}(alpha={alpha!r}): expected a finite number above 0"
        )
