"""RandomSaturation."""

import dataclasses
from functools import partial

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.kernels.color import adjust_saturation, recolor
from augjax.transforms.base import Params, Pointwise, Shape, Strength
from augjax.transforms.factors import Factor, factor_range, uniform_about, up_to


@dataclasses.dataclass(frozen=True)
class RandomSaturation(Pointwise):
    """Makes an image's colours paler or stronger.

    Multiplies the saturation of each pixel (HSV) by factor / (1 - factor), up to 1. Images without
    three channels stay as they are, and so does a fourth channel.

    Draws: `factor` ~ U[lower, upper]: 0 makes grey, 0.5 changes nothing, 1 is full saturation.

    A single number f means (0, f), as Keras documents it; Keras 3 draws from [-f, f], where all
    that is negative makes grey. In its default value range Keras also lets saturation pass 1.

    Args:
      factor: a number in [0, 1], or a pair (lower, upper) within [0, 1].

    References: `keras.layers.RandomSaturation`; `dm_pix.adjust_saturation`.
    """

    factor: Factor

    @classmethod
    def example(cls) -> "RandomSaturation":
        return cls((0.25, 0.75))

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lower_upper()

    def _lower_upper(self) -> tuple[float, float]:
        return factor_range(self, "factor", self.factor, lowest=0, highest=1, number=up_to)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"factor": uniform_about(0.5, key, *self._lower_upper(), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        factor = params["factor"]
        multiplier = factor / jnp.maximum(1.0 - factor, _ALMOST_NONE)
        return recolor(partial(adjust_saturation, multiplier=multiplier), image)


_ALMOST_NONE = 1e-7
"""Keras's epsilon."""
