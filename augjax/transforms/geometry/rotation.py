"""RandomRotation."""

import dataclasses
import math

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform
from augjax.transforms.core.factors import Factor, ranged
from augjax.transforms.core.spatial import Resampled, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomRotation(Transform, Resampled):
    """Turns an image about its centre ((width - 1) / 2, (height - 1) / 2).

    Draws: `angle` in radians ~ 2 pi U[lower, upper]; positive is counter-clockwise on screen.

    >>> import augjax as aj
    >>> params = aj.RandomRotation(0.1).sample(aj.key(0), (32, 32, 3))
    >>> abs(params["angle"].item()) <= 0.1 * 2 * math.pi
    True

    Args:
      factor: a fraction of a full turn, a number or a pair within [-1, 1].
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    Reference: `keras.layers.RandomRotation`.
    """

    factor: Factor = dataclasses.field(
        metadata=ranged(
            lowest=-1,
            highest=1,
            unit="shares of a full turn, of which 20 degrees are 20 / 360",
        )
    )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        lower, upper = (2 * math.pi * bound for bound in self.range("factor"))
        return {"angle": uniform(key, lower, upper, strength)}

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        cos, sin = jnp.cos(params["angle"]), jnp.sin(params["angle"])
        return affine_matrix(
            cos, -sin, x * (1.0 - cos) + y * sin,
            sin, cos, y * (1.0 - cos) - x * sin,
        )  # fmt: skip
