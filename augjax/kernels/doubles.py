"""Sums of doubles of numbers that are traced, rounded to float32 as Python's are."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int


def middle_and_half(
    count: Int[Array, ""], lower: float, upper: float
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The middle and half the width of [count * lower, count * upper], computed in doubles.

    `np.float32((count * lower + count * upper) / 2)`, and likewise with a minus, to the bit where
    a device has doubles, as CPUs and GPUs do; a TPU's stand-in for them may differ in a last bit.
    """
    with jax.enable_x64(True):
        number = lax.convert_element_type(count, np.float64)
        # Not below 0, so that no compiler contracts product and sum.
        low, high = (
            lax.max(lax.mul(number, np.float64(bound)), np.float64(0)) for bound in (lower, upper)
        )
        two = np.float64(2)
        middle, half = lax.div(lax.add(low, high), two), lax.div(lax.sub(high, low), two)
        return (
            lax.convert_element_type(middle, jnp.float32),
            lax.convert_element_type(half, jnp.float32),
        )
