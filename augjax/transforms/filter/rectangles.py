"""Rectangles of a random area and random proportions, as torchvision draws them."""

import math
from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from augjax.draws import at_least, uniform_around, whole_number
from augjax.keys import stream

Sizes = Int[Array, " attempts"]

_ATTEMPTS = 10
_DRAWN = 16
"""XLA:CPU compiles a draw of a power of two in half the time that it takes for ten."""
_RATIOS = 1024


def first_that_fits(
    key: PRNGKeyArray,
    areas: tuple[float | Float[Array, ""], float | Float[Array, ""]],
    ratios: tuple[float, float],
    fits: Callable[[Sizes, Sizes], Bool[Array, " attempts"]],
) -> tuple[Int[Array, ""], Int[Array, ""], Bool[Array, ""]]:
    """Height and width, in whole pixels, of the first of ten rectangles that fits, if one does.

    Args:
      key: of all that is drawn.
      areas: (middle, half) of the area in pixels, which is uniform from middle - half to
        middle + half; may be traced.
      ratios: (lower, upper) of width over height, whose logarithm is uniform; it takes 1024 values.
      fits: which of some heights and widths do.

    Returns:
      Height, width and whether they fit.
    """
    area = uniform_around(stream(key, "area"), *areas, shape=(_DRAWN,))[:_ATTEMPTS]
    # Exponentials differ in their last bits from one compilation to the next; a table does not.
    low, high = (math.log(ratio) / 2 for ratio in ratios)
    roots = [math.exp(low + (i + 0.5) / _RATIOS * (high - low)) for i in range(_RATIOS)]
    place = whole_number(stream(key, "ratio"), 0, _RATIOS - 1, shape=(_DRAWN,))[:_ATTEMPTS]
    side = jnp.sqrt(at_least(0.0, area))
    wider = jnp.array(roots, jnp.float32)[place]
    lower = jnp.array([1 / root for root in roots], jnp.float32)[place]
    heights, widths = (jnp.round(side * by).astype(jnp.int32) for by in (lower, wider))
    fitting = fits(heights, widths)
    first = jnp.argmax(fitting)
    return heights[first], widths[first], fitting.any()
