"""Colours of RGB images. Channels after the third (alpha) are left as they are."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

COLORS = 3
"""The first three channels are red, green and blue; an image of fewer has no colours."""


def recolor(
    paint: Callable[[Float[Array, "height width 3"]], Float[Array, "height width 3"]],
    image: Float[Array, "height width channels"],
) -> Float[Array, "height width channels"]:
    """Paints the three colours of an image; one without colours stays as it is."""
    channels = image.shape[-1]
    if channels < COLORS:
        return image
    painted = paint(image[..., :COLORS])
    if channels == COLORS:
        return painted
    return jnp.concatenate([painted, image[..., COLORS:]], axis=-1)


def luma(rgb: Float[Array, "height width 3"]) -> Float[Array, "height width 1"]:
    """The grey of each pixel: 0.2989 red + 0.587 green + 0.114 blue (Rec. 601).

    The weights of `dm_pix.rgb_to_grayscale`, TensorFlow and torchvision. dm-pix multiplies by a
    matrix, which accelerators do in less than float32 by default.
    """
    return 0.2989 * rgb[..., 0:1] + 0.587 * rgb[..., 1:2] + 0.114 * rgb[..., 2:3]


# dm-pix finds the hue by which channel *equals* the greatest. Inside a jitted pipeline XLA may
# compute a channel twice, rounded differently, so that none does: after a rotation every sixth
# pixel takes a wrong hue. Below, a comparison that goes either way leads to the same colour.


def adjust_hue(
    rgb: Float[Array, "height width 3"], turns: float | Float[Array, ""]
) -> Float[Array, "height width 3"]:
    """Turns each pixel's hue, keeping its saturation and value (HSV).

    Args:
      rgb: in [0, 1].
      turns: how far, in full turns; a third of one makes red green, green blue and blue red.

    Reference: `dm_pix.adjust_hue`.
    """
    red, green, blue = (rgb[..., i] for i in range(COLORS))
    value = jnp.maximum(jnp.maximum(red, green), blue)
    chroma = value - jnp.minimum(jnp.minimum(red, green), blue)
    divisor = jnp.where(chroma > 0, chroma, 1.0)
    sextant = jnp.where(
        (red >= green) & (red >= blue),
        (green - blue) / divisor,
        jnp.where(green >= blue, (blue - red) / divisor + 2.0, (red - green) / divisor + 4.0),
    )

    def channel(offset: float) -> Float[Array, "height width"]:
        at = sextant + 6.0 * turns + offset
        at = at - 6.0 * jnp.floor(at / 6.0)
        return value - chroma * jnp.clip(jnp.minimum(at, 4.0 - at), 0.0, 1.0)

    return jnp.stack([channel(5.0), channel(3.0), channel(1.0)], axis=-1)


def adjust_saturation(
    rgb: Float[Array, "height width 3"], multiplier: float | Float[Array, ""]
) -> Float[Array, "height width 3"]:
    """Multiplies each pixel's saturation, up to 1, keeping its hue and value (HSV).

    Args:
      rgb: in [0, 1].
      multiplier: 0 makes grey, 1 changes nothing.

    Reference: `dm_pix.adjust_saturation`.
    """
    red, green, blue = (rgb[..., i] for i in range(COLORS))
    value = jnp.maximum(jnp.maximum(red, green), blue)
    chroma = value - jnp.minimum(jnp.minimum(red, green), blue)
    most = value / jnp.where(chroma > 0, chroma, 1.0)
    scale = jnp.minimum(multiplier, jnp.where(chroma > 0, most, 1.0))
    channels = [value - (value - c) * scale for c in (red, green, blue)]
    return jnp.maximum(jnp.stack(channels, axis=-1), 0.0)
