"""Resizing, one axis after the other: the few pixels that each new one shows, weighted and summed.

A product with the matrix of all weights would do the same, but that is nearly all zeros: looking up
what counts takes a CPU a fifth of the time.
"""

import math
from functools import reduce
from operator import add

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, Num, Shaped

from augjax.kernels.fusion import compute_once
from augjax.kernels.varying import varying_with
from augjax.kernels.warp import Interpolation
from augjax.typing import AnyArray

Extent = int | Num[AnyArray, ""]
"""Pixels along an axis, whole or not; may be traced."""


def resize_axis(
    image: Shaped[Array, "height width channels"],
    axis: int,
    canvas: int,
    *,
    start: Extent = 0,
    extent: Extent | None = None,
    resized: Extent | None = None,
    offset: Extent | None = None,
    interpolation: Interpolation = "bilinear",
    antialias: bool = False,
    most_shrink: float | None = None,
) -> Shaped[Array, "_ _ channels"]:
    """Resizes a part of an axis to `resized` pixels, which begin at `offset` on a canvas of
    `canvas` pixels, zero beyond.

    What is traced changes without compiling again. Pixel centres lie at halves, and what is
    outside the part contributes nothing, as if it had been cut out first.

    Args:
      image: the image.
      axis: 0 for the height, 1 for the width.
      canvas: the length of the axis in the result; static.
      start: the first pixel of the part; traced.
      extent: its length, at least 1; all of the axis by default; traced.
      resized: its length when resized, at least 1; by default `canvas`; traced.
      offset: where it begins, in pixels of the canvas, maybe before its first one; by default
        there; traced.
      interpolation: 'nearest' or 'bilinear'.
      antialias: whether 'bilinear' widens its triangle when it shrinks, so that every pixel counts.
      most_shrink: how many times shorter the part becomes at most; with `antialias` and `resized`;
        static.

    References: `tf.image.resize(image, size, interpolation, antialias)`;
    `jax.image.scale_and_translate`.
    """
    size = image.shape[axis]
    extent = size if extent is None else extent
    if antialias and resized is not None and most_shrink is None:
        raise ValueError("antialias reaches as far as `resized` shrinks, so most_shrink is needed")
    shrink = size / canvas if most_shrink is None else most_shrink
    resized = canvas if resized is None else resized
    is_traced = isinstance(extent, jax.Array)
    start, extent, resized = (jnp.asarray(v, jnp.float32) for v in (start, extent, resized))
    # By a constant XLA would not divide, but multiply by its rounded inverse, and 'nearest' take
    # other pixels than where both are known. It leaves a product with 0 alone, for NaN's sake.
    scale = extent / (resized + 0.0 * extent if is_traced else resized)
    column = jnp.arange(canvas, dtype=jnp.float32)
    if offset is not None:
        column = column - jnp.asarray(offset, jnp.float32)
    position = (column + 0.5) * scale
    longest = canvas if offset is None else jnp.maximum(resized, canvas)
    shown = column < resized
    if offset is not None:
        shown &= column >= 0
    if interpolation == "nearest":
        index = start + jnp.clip(jnp.floor(position), 0.0, extent - 1)
        taken = jnp.take(image, index.astype(jnp.int32), axis, mode="clip")
        return jnp.where(_along(shown, axis), taken, jnp.zeros((), image.dtype))
    if antialias and shrink > 1:
        position = position if offset is None else jnp.clip(position, 0.0, extent)
        taps = math.ceil(2 * shrink)
        index, weights = _triangles(start, extent, scale, position, longest, taps)
    else:
        index, weights = _neighbours(start, extent, position, longest)
    index = jnp.clip(index, 0, size - 1).astype(jnp.int32)
    return _weighted_sum(image, axis, index, jnp.where(shown[:, None], weights, 0.0))


Taps = tuple[Float[Array, "canvas taps"], Float[Array, "canvas taps"]]
"""Which pixels of an axis each new one shows, and how much of them."""


def _neighbours(start: Array, extent: Array, position: Array, longest: int | Array) -> Taps:
    """The two pixels of a part between whose centres `position` lies."""
    last = extent - 1.0
    place = jnp.clip(position - 0.5, 0.0, last)
    first = _floor(place, longest)
    share = place - first
    index = jnp.stack([first, jnp.minimum(first + 1.0, last)], axis=1)
    return start + index, jnp.stack([1.0 - share, share], axis=1)


def _triangles(
    start: Array, extent: Array, scale: Array, position: Array, longest: int | Array, taps: int
) -> Taps:
    """The pixels of a part below a triangle about `position`, as wide as the part shrinks."""
    reach = jnp.maximum(scale, 1.0)
    first = _floor(position - 0.5 - reach, longest) + 1.0
    index = first[:, None] + jnp.arange(taps, dtype=jnp.float32)[None, :]
    distance = jnp.abs(index + 0.5 - position[:, None]) / reach
    inside = (index >= 0) & (index < extent)
    weights = jnp.where(inside, jnp.maximum(1.0 - distance, 0.0), 0.0)
    return start + index, weights / weights.sum(axis=1, keepdims=True)


def _floor(place: Float[Array, " canvas"], longest: int | Array) -> Float[Array, " canvas"]:
    # XLA may compute a place twice, rounded to either side of a whole number. Others are at least
    # half of 1 / longest away from one, so that half of this again makes no difference to them.
    return jnp.floor(place + 0.25 / longest)


def _weighted_sum(
    image: Float[Array, "height width channels"],
    axis: int,
    index: Int[Array, "canvas taps"],
    weights: Float[Array, "canvas taps"],
) -> Float[Array, "_ _ channels"]:
    height, width, channels = image.shape
    if axis == 0:
        rows = image.reshape(height, width * channels)
        seen = rows.at[index].get(mode="promise_in_bounds")
        # A reduction: XLA would compute a mere sum anew for each tap of what reads the result.
        return jnp.sum(weights[:, :, None] * seen, axis=1).reshape(-1, width, channels)
    pixels = image.reshape(height * width, channels)
    row = jnp.arange(height, dtype=jnp.int32)[:, None] * width
    index = compute_once(index)
    canvas, taps = weights.shape

    def tap(i: int | Array) -> Float[Array, "height canvas channels"]:
        seen = pixels.at[row + index[None, :, i]].get(mode="promise_in_bounds")
        return weights[None, :, i, None] * seen

    if taps <= _MOST_TAPS:
        return reduce(add, map(tap, range(taps)))
    start = jnp.zeros((height, canvas, channels), jnp.float32)
    start = varying_with(start, image, index, weights)
    return lax.fori_loop(0, taps, lambda i, total: total + tap(i), start)


_MOST_TAPS = 64
"""More are summed by a loop: XLA takes minutes to compile a thousand one by one."""


def _along(values: Array, axis: int) -> Array:
    return values.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
