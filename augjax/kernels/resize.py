"""Resizing the width of an image to a traced number of columns on a canvas of static size."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from augjax.kernels.warp import Interpolation


def resize_width(
    image: Float[Array, "height width channels"],
    width: Int[Array, ""],
    canvas: int,
    *,
    interpolation: Interpolation = "bilinear",
) -> Float[Array, "height canvas channels"]:
    """Resizes `image` to `width` columns, left-aligned on `canvas` columns, zero beyond.

    `width` (at least 1, at most `canvas`) is traced: one compilation serves every width. Pixel
    centres lie at halves and nothing is smoothed when shrinking, as in
    `tf.image.resize(image, (height, width), method=interpolation, antialias=False)`.
    """
    last = image.shape[1] - 1
    column = jnp.arange(canvas)
    scale = jnp.float32(image.shape[1]) / width.astype(jnp.float32)
    position = (column.astype(jnp.float32) + 0.5) * scale
    if interpolation == "nearest":
        index = jnp.minimum(jnp.floor(position).astype(jnp.int32), last)
        resized = image[:, index]
    else:
        position = jnp.clip(position - 0.5, 0.0, float(last))
        left = jnp.floor(position).astype(jnp.int32)
        weight = (position - left.astype(jnp.float32))[None, :, None]
        right = jnp.minimum(left + 1, last)
        resized = (1.0 - weight) * image[:, left] + weight * image[:, right]
    return jnp.where((column < width)[None, :, None], resized, 0.0)
