"""Pictures of 256 levels: their histogram, and tables that replace each level by a value."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

LEVELS = 256


def quantize(image: Float[Array, "height width channels"]) -> Int[Array, "height width channels"]:
    """The nearest of 256 levels, round(255 x), of an image in [0, 1]."""
    # Clipped as integers, so that an index made of anything at all, NaN too, lies in the table.
    return jnp.clip(jnp.round(255.0 * image).astype(jnp.int32), 0, LEVELS - 1)


def histogram(levels: Int[Array, "height width channels"]) -> Int[Array, "256 channels"]:
    """How many pixels of each channel have each level.

    A scatter for each channel: on CPU four times as fast as one for all, fifteen times as fast as
    sorting and a hundred times as fast as comparing with every level.
    """
    pixels = levels.reshape(-1, levels.shape[-1])
    none = jnp.zeros(LEVELS, jnp.int32)
    counts = [
        none.at[pixels[:, i]].add(1, mode="promise_in_bounds") for i in range(pixels.shape[1])
    ]
    return jnp.stack(counts, axis=1)


def look_up(
    table: Float[Array, "256 channels"], levels: Int[Array, "height width channels"]
) -> Float[Array, "height width channels"]:
    """Replaces each level of each channel by the table's value for it.

    Args:
      table: a column for each channel.
      levels: 0 to 255, as `quantize` makes them.
    """
    channel = jnp.arange(levels.shape[-1], dtype=jnp.int32)[None, None]
    return table.at[levels, channel].get(mode="promise_in_bounds")


def equalizing_table(counts: Int[Array, "256 channels"]) -> Float[Array, "256 channels"]:
    """The table, in [0, 1], that spreads each channel's levels evenly.

    Level v becomes (darker(v) + step // 2) // step of 255, at most 255, where darker(v) pixels
    are darker than v and step is a 255th of those darker than the brightest. Channels with fewer
    than 255 of these stay as they are.

    Reference: `PIL.ImageOps.equalize`.
    """
    darker = jnp.cumsum(counts, axis=0) - counts
    step = jnp.where(counts > 0, darker, 0).max(axis=0, keepdims=True) // 255
    equalized = jnp.minimum((darker + step // 2) // jnp.maximum(step, 1), LEVELS - 1)
    unchanged = jnp.arange(LEVELS, dtype=jnp.int32)[:, None]
    return jnp.where(step > 0, equalized, unchanged).astype(jnp.float32) / 255.0
