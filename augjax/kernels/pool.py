"""Max pooling whose gradient is cheap on a CPU.

XLA differentiates `flax.linen.max_pool` by select-and-scatter, which on a CPU takes thirty times as
long as pooling itself. Windows that do not overlap need no scatter: cut the map into one view for
each place in the window and keep the larger of two views, again and again. The gradient of a
comparison is a selection and the gradient of a cut is a join, so nothing else has to be written.
"""

import functools

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def max_pool(x: Float[Array, "*batch h w c"], window: int = 2) -> Float[Array, "*batch y x c"]:
    """Returns the largest value of each `window` x `window` square of pixels, channel by channel.

    Squares do not overlap, and rows or columns left over at the bottom or right are dropped
    (`padding="VALID"`), so (..., h, w, c) becomes (..., h // window, w // window, c). Among equal
    values the first in reading order gets the whole gradient, as with `flax.linen.max_pool` and
    Keras on TensorFlow. A NaN in the square is the result.

    References: `flax.linen.max_pool`; `keras.layers.MaxPool2D`.
    """
    if window < 1:
        raise ValueError(f"window must be at least 1, not {window}")
    *batch, height, width, channels = x.shape
    rows, columns = height // window, width // window
    x = x[..., : rows * window, : columns * window, :]
    x = x.reshape(*batch, rows, window, columns, window, channels)
    views = [
        view
        for row in lax.split(x, (1,) * window, axis=x.ndim - 4)
        for view in lax.split(row, (1,) * window, axis=x.ndim - 2)
    ]
    return functools.reduce(_first_largest, views).reshape(*batch, rows, columns, channels)


def _first_largest(first: Array, second: Array) -> Array:
    # Not jnp.maximum: that would halve the gradient of a tie. Only NaN differs from itself.
    return jnp.where((first >= second) | (first != first), first, second)
