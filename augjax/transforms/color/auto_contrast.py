"""RandomAutoContrast."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float

from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params


@dataclasses.dataclass(frozen=True)
class RandomAutoContrast(Switched):
    """Stretches each channel so that its darkest value becomes 0 and its lightest 1.

        y = (x - min) / (max - min)

    A channel of one value, up to the rounding of what made it (1e-5), stays as it is. Needs the
    extremes of the whole image.

    Draws: `on` (bool), with probability `p`.

    `PIL.ImageOps.autocontrast` rounds the result down to 8 bits; this does not.

    Args:
      p: the probability, in [0, 1]; by keyword.

    References: `torchvision.transforms.v2.RandomAutocontrast`, `keras.layers.AutoContrast`.
    """

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        lowest = image.min(axis=(0, 1), keepdims=True)
        highest = image.max(axis=(0, 1), keepdims=True)
        width = highest - lowest
        varies = width > 1e-5
        width = jnp.where(varies, width, 1.0)
        return jnp.where(varies, jnp.clip((image - lowest) / width, 0.0, 1.0), image)
