"""RandomContrast."""

import dataclasses

import dm_pix as pix
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import at_least, uniform
from augjax.transforms.core.arguments import given
from augjax.transforms.core.factors import Factor
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_MOST = 100


@dataclasses.dataclass(frozen=True)
class RandomContrast(Transform, Operation):
    """Moves every pixel away from or towards its channel's mean, then clips to the value range.

        y = clip((x - mean) * factor + mean, 0, 1), factor ~ U[1 - lower, 1 + upper]

    with one factor an image and the mean over each channel's pixels.

    Draws: `factor` (float32).

    Keras documents a single number f as lower = upper = f, as here; Keras 3 draws from
    [1, 1 + f] instead and sorts pairs. The Keras of 2021 drew one factor a batch and clipped to
    [0, 255] whatever the range.

    Args:
      factor: a number in [0, 1], or a pair (lower, upper), lower in [0, 1] and upper from 0
        to 100.

    References: `keras.layers.RandomContrast`; `dm_pix.adjust_contrast`, which does the work.
    """

    factor: Factor

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lower_upper()

    def _lower_upper(self) -> tuple[float, float]:
        pair = self.factor if isinstance(self.factor, tuple) else (self.factor, self.factor)
        lower, upper = map(float, pair)
        if not 0 <= lower <= 1 or not 0 <= upper <= _MOST:
            raise ValueError(
                f"{given(self, 'factor', self.factor)}: expected a number in [0, 1], or a pair "
                f"(lower in [0, 1], upper from 0 to {_MOST})"
            )
        return lower, upper

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        lower, upper = self._lower_upper()
        change = at_least(-1.0, uniform(key, -lower, upper, strength))
        return {"factor": 1.0 + change}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        # Contrast is affine: what dm-pix makes of the mean row, and each pixel's distance from it.
        # A mean along columns is a sum of whole rows, which is four times as fast on a CPU.
        row = jnp.mean(image, axis=0, keepdims=True)
        adjusted = pix.adjust_contrast(row, params["factor"]) + params["factor"] * (image - row)
        return jnp.clip(adjusted, 0.0, 1.0)
