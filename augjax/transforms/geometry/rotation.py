"""RandomRotation."""

import dataclasses
import math

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.transforms.base import Params, Shape, Strength
from augjax.transforms.factors import Factor, factor_range, uniform
from augjax.transforms.spatial import Resampled, affine_matrix


@dataclasses.dataclass(frozen=True)
class RandomRotation(Resampled):
    """Turns an image about its centre ((width - 1) / 2, (height - 1) / 2).

    Draws: `angle` in radians ~ 2 pi U[lower, upper]; positive is counter-clockwise on screen.

    Args:
      factor: a fraction of a full turn, a number or a pair within [-1, 1].
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range.

    Reference: `keras.layers.RandomRotation`.
    """

    factor: Factor

    @classmethod
    def example(cls) -> "RandomRotation":
        return cls(0.1)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lower_upper()

    def _lower_upper(self) -> tuple[float, float]:
        unit = "shares of a full turn, of which 20 degrees are 20 / 360"
        return factor_range(self, "factor", self.factor, lowest=-1, highest=1, unit=unit)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        lower, upper = (2 * math.pi * bound for bound in self._lower_upper())
        return {"angle": uniform(key, lower, upper, strength)}

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        cos, sin = jnp.cos(params["angle"]), jnp.sin(params["angle"])
        return affine_matrix(
            cos, -sin, x * (1.0 - cos) + y * sin,
            sin, cos, y * (1.0 - cos) - x * sin,
        )  # fmt: skip
