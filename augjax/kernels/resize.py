"""Resizing, one axis after the other: two small matrix products and no gather."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Num, Shaped

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
    interpolation: Interpolation = "bilinear",
    antialias: bool = False,
) -> Shaped[Array, "_ _ channels"]:
    """Resizes a part of an axis to `resized` pixels, left-aligned on `canvas` ones, zero beyond.

    What is traced changes without compiling again. Pixel centres lie at halves, and what is
    outside the part contributes nothing, as if it had been cut out first.

    Args:
      image: the image.
      axis: 0 for the height, 1 for the width.
      canvas: the length of the axis in the result; static.
      start: the first pixel of the part; traced.
      extent: its length, at least 1; all of the axis by default; traced.
      resized: its length when resized, at least 1 and at most `canvas`; by default `canvas`.
      interpolation: 'nearest' or 'bilinear'.
      antialias: whether 'bilinear' widens its triangle when it shrinks, so that every pixel counts.

    References: `tf.image.resize(image, size, interpolation, antialias)`;
    `jax.image.scale_and_translate`.
    """
    size = image.shape[axis]
    extent = size if extent is None else extent
    resized = canvas if resized is None else resized
    start, extent, resized = (jnp.asarray(v, jnp.float32) for v in (start, extent, resized))
    scale = extent / resized
    column = jnp.arange(canvas, dtype=jnp.float32)
    position = (column + 0.5) * scale
    shown = column < resized
    if interpolation == "nearest":
        index = start + jnp.clip(jnp.floor(position), 0.0, extent - 1)
        taken = jnp.take(image, index.astype(jnp.int32), axis, mode="clip")
        return jnp.where(_along(shown, axis), taken, jnp.zeros((), image.dtype))
    if not antialias:
        position = jnp.clip(position, 0.5, extent - 0.5)
    reach = jnp.maximum(scale, 1.0) if antialias else jnp.float32(1.0)
    source = jnp.arange(size, dtype=jnp.float32)
    distance = jnp.abs(source[None, :] + 0.5 - start - position[:, None]) / reach
    inside = (source >= start) & (source < start + extent)
    weights = jnp.where(inside[None, :], jnp.maximum(1.0 - distance, 0.0), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    weights = jnp.where(shown[:, None] & (total > 0), weights / jnp.where(total > 0, total, 1.0), 0)
    product = jnp.tensordot(weights, image, ((1,), (axis,)), precision=lax.Precision.HIGHEST)
    return product if axis == 0 else jnp.swapaxes(product, 0, 1)


def _along(values: Array, axis: int) -> Array:
    return values.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
