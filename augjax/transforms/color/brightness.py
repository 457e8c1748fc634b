"""RandomBrightness."""

import dataclasses

import dm_pix as pix
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.transforms.base import Params, Pointwise, Shape, Strength
from augjax.transforms.factors import Factor, factor_range, uniform


@dataclasses.dataclass(frozen=True)
class RandomBrightness(Pointwise):
    """Makes an image lighter or darker.

        y = clip(x + delta, 0, 1)

    with one delta an image, for all its channels.

    Draws: `delta` ~ U[lower, upper], a share of the value range.

    Keras's layer adds to uint8 images modulo 256.

    Args:
      factor: a number or a pair within [-1, 1]; -1 makes an image black, 1 white.

    References: `keras.layers.RandomBrightness`; `dm_pix.adjust_brightness`, which does the work.
    """

    factor: Factor

    @classmethod
    def example(cls) -> "RandomBrightness":
        return cls(0.3)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lower_upper()

    def _lower_upper(self) -> tuple[float, float]:
        return factor_range(self, "factor", self.factor, lowest=-1, highest=1)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"delta": uniform(key, *self._lower_upper(), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return jnp.clip(pix.adjust_brightness(image, params["delta"]), 0.0, 1.0)
