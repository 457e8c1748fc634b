"""Pillow's arithmetic of 8-bit colours, to the bit: levels are whole numbers 0 to 255 in float32.

Rows are read as vectors of width * channels, along which a CPU computes several values at once.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from augjax.kernels.color import COLORS
from augjax.kernels.fusion import compute_once, unfused
from augjax.kernels.lookup import LEVELS, equalizing_table, histogram


def to_levels(
    image: Float[Array, "height width channels"],
) -> Float[Array, "height width channels"]:
    """The nearest of 256 levels, round(255 x), of an image in [0, 1]."""
    return jnp.clip(jnp.round(255.0 * image), 0.0, 255.0)


def grey(levels: Float[Array, "height width channels"]) -> Float[Array, "height width _"]:
    """(19595 red + 38470 green + 7471 blue + 32768) // 65536; without colours the levels.

    No sum reaches 2^24, so that float32 holds them all.

    Reference: `PIL.Image.Image.convert` to mode L.
    """
    if levels.shape[-1] < COLORS:
        return levels
    red, green, blue = (levels[..., i : i + 1] for i in range(COLORS))
    return jnp.floor((19595.0 * red + 38470.0 * green + 7471.0 * blue + 32768.0) / 65536.0)


def blend(
    other: Float[Array, "*#shape"], levels: Float[Array, "*shape"], factor: Float[Array, ""]
) -> Float[Array, "*shape"]:
    """other + factor (levels - other), cut to whole levels.

    Reference: `PIL.Image.blend`, as `PIL.ImageEnhance` calls it.
    """
    moved = other + unfused(factor * (levels - other), -255.0, 255.0)
    return jnp.floor(jnp.clip(moved, 0.0, 255.0))


def mean_grey(levels: Float[Array, "height width channels"]) -> Float[Array, ""]:
    """The mean of `grey`, rounded, halves up; of images of up to 2^30 pixels.

    Reference: `PIL.ImageEnhance.Contrast`.
    """
    greys = grey(levels)
    height, size = greys.shape[0], greys.size
    row = size // height
    # All in 32 bits: of each row, and then of all, what does not divide is carried over.
    rows = greys.astype(jnp.uint32).reshape(height, row).sum(axis=1, dtype=jnp.uint32)
    means = (rows // row).sum(dtype=jnp.uint32)
    rest = means % height * row + (rows % row).sum(dtype=jnp.uint32)
    return (means // height + (rest + size // 2) // size).astype(jnp.float32)


def stretch(
    levels: Float[Array, "height width channels"],
) -> Float[Array, "height width channels"]:
    """Moves each channel's lowest level to 0 and its highest to 255, and cuts.

    Reference: `PIL.ImageOps.autocontrast`.
    """
    height, width, channels = levels.shape
    rows = levels.reshape(height, width * channels)
    lowest, highest = rows.min(axis=0), rows.max(axis=0)
    lowest = lowest.reshape(1, width, channels).min(axis=1, keepdims=True)
    highest = highest.reshape(1, width, channels).max(axis=1, keepdims=True)
    extent = jnp.where(highest > lowest, highest - lowest, 255.0)
    lowest = jnp.where(highest > lowest, lowest, 0.0)
    # The half keeps a quotient that is whole from falling below itself, and is too little to lift
    # another.
    moved = unfused((255.0 / extent) * (levels - lowest), 0.0, 255.0) + 0.5 / extent
    return jnp.floor(jnp.clip(moved, 0.0, 255.0))


def smooth(levels: Float[Array, "height width channels"]) -> Float[Array, "height width channels"]:
    """Weighs a pixel by 5/13 and each of its eight neighbours by 1/13, and rounds.

    The outermost pixels, which lack neighbours, stay as they are.

    Reference: `PIL.ImageFilter.SMOOTH`.
    """
    height, width, channels = levels.shape
    rows = levels.reshape(height, width * channels)
    # Padded, where slices would have to be put together again: that takes a CPU five times as long.
    padded = jnp.pad(rows, ((1, 1), (channels, channels)))
    columns = padded[:-2] + padded[1:-1] + padded[2:]
    left, middle, right = (columns[:, i * channels : (i + width) * channels] for i in range(3))
    total = (left + middle + right + 4.0 * rows).reshape(levels.shape)
    row = jnp.arange(height, dtype=jnp.int32)[:, None, None]
    column = jnp.arange(width, dtype=jnp.int32)[None, :, None]
    inner = (row > 0) & (row < height - 1) & (column > 0) & (column < width - 1)
    # A thirteenth of a whole number is never within 1/26 of a half.
    return jnp.where(inner, jnp.floor(total / 13.0 + 0.5), levels)


def equalize(
    levels: Float[Array, "height width channels"],
) -> Float[Array, "height width channels"]:
    """Spreads each channel's levels evenly.

    Reference: `PIL.ImageOps.equalize`.
    """
    indices = levels.astype(jnp.int32)
    table = compute_once(jnp.round((LEVELS - 1) * equalizing_table(histogram(indices))))
    # One channel after the other: all at once, a CPU would take twice as long.
    channels = [
        table[:, i].at[indices[..., i]].get(mode="promise_in_bounds")
        for i in range(levels.shape[-1])
    ]
    return jnp.stack(channels, axis=-1)
