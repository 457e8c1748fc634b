"""A batch a few images at a time, so that what is computed for them stays in a CPU's caches.

A batch that is split over devices stays split: each goes through a share of its own.
"""

from collections.abc import Callable
from math import gcd

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Shaped


def map_few_by_few(
    function: Callable[[Array], Array], images: Shaped[Array, "n ..."], most: int
) -> Shaped[Array, "n ..."]:
    """`function(images)`, computed for at most `most` images of each device at a time.

    Args:
      function: of any number of images, with a result for each that depends on no other.
      images: all of them.
      most: a number that divides the images, and not above this, is taken.
    """
    n, groups = len(images), shares(len(images))
    few = divisor(n // groups, most)
    if few * groups >= n:
        return function(images)
    of_each = images.reshape(groups, n // groups, *images.shape[1:])

    def turn(number: Array) -> Array:
        part = lax.dynamic_slice_in_dim(of_each, number * few, few, axis=1)
        result = function(part.reshape(groups * few, *images.shape[1:]))
        return result.reshape(groups, few, *result.shape[1:])

    results = lax.map(turn, jnp.arange(n // groups // few))
    return results.swapaxes(0, 1).reshape(n, *results.shape[3:])


def shares(n: int) -> int:
    """Into how many groups `n` images fall, of which none is on two devices."""
    return gcd(n, jax.device_count())


def divisor(n: int, most: int) -> int:
    """The largest divisor of `n` that is at most `most`, or 1."""
    return next((d for d in range(min(n, most), 1, -1) if n % d == 0), 1)
