"""One of several, some likelier than others."""

from collections.abc import Sequence
from itertools import accumulate

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray


def checked_weights(
    owner: object, weights: Sequence[float] | None, count: int
) -> tuple[float, ...] | None:
    """Weights of `count` things as numbers, or a ValueError that names them; None is all alike."""
    if weights is None:
        return None
    weights = tuple(float(w) for w in weights)
    if len(weights) != count or min(weights) < 0 or not 0 < sum(weights) < float("inf"):
        raise ValueError(
            f"{type(owner).__name__}(weights={weights}): expected {count} finite numbers that are "
            "not negative and not all 0, one a transform"
        )
    return weights


def choose(key: PRNGKeyArray, weights: Sequence[float] | None, count: int) -> Int[Array, ""]:
    """The place of one of `count` things, drawn by their weights."""
    weights = weights or (1.0,) * count
    bounds = [bound / sum(weights) for bound in accumulate(weights)]
    passed = jnp.asarray(bounds[:-1], jnp.float32) <= jax.random.uniform(key)
    return passed.sum(dtype=jnp.int32)
