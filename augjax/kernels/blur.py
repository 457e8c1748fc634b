"""Filtering by shifted copies of the image, which is mirrored at its border.

A grouped convolution, which is what a kernel for each image under `vmap` becomes, takes XLA:CPU
tens of times as long. Rows are laid out flat, pixel after pixel, so that a shift by one pixel is a
shift by `channels` numbers and every sum runs over long stretches of memory.

The mirror leaves the outermost pixel single (d c b | a b c d | c b a), again and again where the
image is smaller than the kernel's reach.
"""

from functools import reduce
from operator import add

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from augjax.kernels.fusion import compute_once
from augjax.kernels.varying import varying_with


def gaussian_kernel(sigma: Float[Array, ""], size: int) -> Float[Array, " size"]:
    """A Gaussian of standard deviation `sigma` pixels, cut off at `size` (odd) taps; sums to 1."""
    offset = jnp.arange(size, dtype=jnp.float32) - size // 2
    # The floor changes no weight: it only keeps a sigma of 0 from dividing by 0.
    bell = jnp.exp(-0.5 * jnp.square(offset / jnp.maximum(sigma, 1e-3)))
    return bell / bell.sum()


def line_kernel(
    angle: Float[Array, ""], length: Float[Array, ""], size: int
) -> Float[Array, "size size"]:
    """A line through the centre of `size` (odd) times `size` taps; sums to 1.

    Each tap weighs 1 minus its distance in pixels from a line of `length - 1`, if that is positive:
    at an angle of 0 and an odd length, that is a mean of `length` pixels.

    Args:
      angle: of the line against the x axis, counter-clockwise on screen, in radians.
      length: in pixels; 1 is a single tap, `size` the longest that fits.
      size: taps along each axis.
    """
    offset = jnp.arange(size, dtype=jnp.float32) - size // 2
    x, y = offset[None, :], offset[:, None]
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    beyond = jnp.maximum(jnp.abs(x * cos - y * sin) - (length - 1.0) / 2, 0.0)
    squared = jnp.square(beyond) + jnp.square(x * sin + y * cos)
    # The root has no derivative at 0, where the line's own taps are.
    distance = jnp.where(squared > 0, jnp.sqrt(jnp.where(squared > 0, squared, 1.0)), 0.0)
    line = jnp.maximum(1.0 - distance, 0.0)
    return line / line.sum()


def filter_separable(
    image: Float[Array, "height width channels"], kernel: Float[Array, " size"]
) -> Float[Array, "height width channels"]:
    """Correlates an image with `kernel`, of odd size, along its height and then its width.

    Reference: `scipy.ndimage.correlate1d(mode="mirror")`.
    """
    height, width, channels = image.shape
    (size,) = kernel.shape
    reach, kernel = size // 2, compute_once(kernel)
    # Rows are looked up: of a padded image, a CPU would choose for each number where it is from.
    mirrored = np.pad(np.arange(height), reach, mode="reflect")
    seen = np.stack([mirrored[i : i + height] for i in range(size)])
    terms = kernel[:, None, None] * image.reshape(height, width * channels)[seen]
    # A reduction: XLA would compute a mere sum anew for each tap of what reads the result.
    upright = jnp.sum(terms, axis=0)
    rows = jnp.pad(
        upright.reshape(height, width, channels), ((0, 0), (reach, reach), (0, 0)), mode="reflect"
    )
    rows = rows.reshape(height, (width + 2 * reach) * channels)
    filtered = reduce(add, (kernel[i] * _shifted(rows, i, width, channels) for i in range(size)))
    return filtered.reshape(height, width, channels)


def filter_2d(
    image: Float[Array, "height width channels"], kernel: Float[Array, "size size"]
) -> Float[Array, "height width channels"]:
    """Correlates an image with `kernel`, of odd size.

    Reference: `scipy.ndimage.correlate(mode="mirror")`.
    """
    height, width, channels = image.shape
    size, _ = kernel.shape
    reach = size // 2
    padded = jnp.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    rows = padded.reshape(height + 2 * reach, (width + 2 * reach) * channels)

    # A loop over the kernel's rows: all taps at once would be a program of size * size sums.
    def add_row(i: Array | int, total: Array | float) -> Array:
        shown = lax.dynamic_slice_in_dim(rows, i, height)
        weights = kernel[i]
        terms = (weights[j] * _shifted(shown, j, width, channels) for j in range(size))
        return total + reduce(add, terms)

    like = jax.eval_shape(add_row, 0, 0.0)
    start = varying_with(jnp.zeros(like.shape, like.dtype), rows, kernel)
    return lax.fori_loop(0, size, add_row, start).reshape(height, width, channels)


def _shifted(
    rows: Float[Array, "height flat"], by: int, width: int, channels: int
) -> Float[Array, "height _"]:
    return rows[:, by * channels : (by + width) * channels]
