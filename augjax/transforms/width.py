"""RandomWidth."""

import dataclasses
import math
from typing import get_args

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.kernels.resize import resize_width
from augjax.kernels.warp import Interpolation
from augjax.transforms.base import Params, Shape, Strength, Transform
from augjax.transforms.factors import Factor, factor_range, uniform
from augjax.transforms.geometry import check_choice


@dataclasses.dataclass(frozen=True)
class RandomWidth(Transform):
    """Makes an image narrower or wider.

    The result stands left-aligned on a canvas of floor((1 + upper) * width) columns, zero beyond
    the drawn width, so that every width shares one shape and one compilation:
    `wide[:, : params["width"]]` is the picture. In a pipeline it stands last.

    Draws: `width` (int32, at least 1) = floor(width * (1 + U[lower, upper])), for each image;
    Keras draws once a batch. `strength` changes nothing.

    Args:
      factor: a fraction of the width, a number below 1 or a pair (lower above -1, upper).
      interpolation: 'nearest' or 'bilinear'.

    References: `tf.keras.layers.RandomWidth` (Keras 2);
    `tf.image.resize(image, (height, width), interpolation, antialias=False)`.
    """

    factor: Factor
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        check_choice(self, "interpolation", self.interpolation, get_args(Interpolation))
        if self._lower_upper()[0] == -1:
            raise ValueError(f"RandomWidth(factor={self.factor!r}): lower must lie above -1")

    def _lower_upper(self) -> tuple[float, float]:
        return factor_range(self, "factor", self.factor, lowest=-1)

    def canvas(self, width: int) -> int:
        """The columns of the result for an image of `width` columns."""
        return max(1, math.floor((1 + self._lower_upper()[1]) * width))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        width = shape[1]
        lower, upper = self._lower_upper()
        drawn = jnp.floor(uniform(key, (1 + lower) * width, (1 + upper) * width))
        return {"width": jnp.clip(drawn.astype(jnp.int32), 1, self.canvas(width))}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height canvas channels"]:
        canvas = self.canvas(image.shape[1])
        return resize_width(image, params["width"], canvas, interpolation=self.interpolation)
