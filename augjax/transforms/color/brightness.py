"""RandomBrightness."""

import dataclasses

import dm_pix as pix
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform
from augjax.transforms.core.factors import Factor, ranged
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomBrightness(Transform, Pointwise):
    """Makes an image lighter or darker.

        y = clip(x + delta, 0, 1)

    with one delta an image, for all its channels.

    Draws: `delta` ~ U[lower, upper], a share of the value range.

    Keras's layer adds to uint8 images modulo 256.

    Args:
      factor: a number or a pair within [-1, 1]; -1 makes an image black, 1 white.

    References: `keras.layers.RandomBrightness`; `dm_pix.adjust_brightness`, which does the work.
    """

    factor: Factor = dataclasses.field(metadata=ranged(lowest=-1, highest=1))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"delta": uniform(key, *self.range("factor"), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return jnp.clip(pix.adjust_brightness(image, params["delta"]), 0.0, 1.0)
