"""RandomSaturation."""

import dataclasses
from functools import partial
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform_about
from augjax.kernels.color import adjust_saturation, recolor
from augjax.transforms.core.factors import Factor, ranged, up_to
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomSaturation(Transform, Pointwise):
    """Makes an image's colours paler or stronger.

    Multiplies the saturation of each pixel (HSV) by factor / (1 - factor), up to 1. Grey images
    stay as they are, and so does a fourth channel (alpha); other numbers of channels are refused.

    Draws: `factor` ~ U[lower, upper]: 0 makes grey, 0.5 changes nothing, 1 is full saturation.

    A single number f means (0, f), as Keras documents it; Keras 3 draws from [-f, f], where all
    that is negative makes grey. In its default value range Keras also lets saturation pass 1.

    Args:
      factor: a number in [0, 1], or a pair (lower, upper) within [0, 1]. A number up to 0.5 only
        makes colours paler; (0.25, 0.75) does either.

    References: `keras.layers.RandomSaturation`; `dm_pix.adjust_saturation`.
    """

    of_colors: ClassVar[bool] = True

    factor: Factor = dataclasses.field(metadata=ranged(lowest=0, highest=1, number=up_to))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"factor": uniform_about(0.5, key, *self.range("factor"), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        factor = params["factor"]
        multiplier = factor / jnp.maximum(1.0 - factor, _ALMOST_NONE)
        return recolor(partial(adjust_saturation, multiplier=multiplier), image)


_ALMOST_NONE = 1e-7
"""Keras's epsilon."""
