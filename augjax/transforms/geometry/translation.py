"""RandomTranslation."""

import dataclasses

from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform
from augjax.keys import stream
from augjax.transforms.core.factors import Factor, ranged
from augjax.transforms.core.spatial import Resampled, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_SHARES = ranged(lowest=-1, highest=1, unit="shares of the image's size")


@dataclasses.dataclass(frozen=True)
class RandomTranslation(Transform, Resampled):
    """Moves an image.

    Draws: `dy` and `dx` in pixels, ~ height U[lower, upper] and width U[lower, upper]; positive is
    down and to the right.

    Args:
      height_factor: a fraction of the height, a number or a pair within [-1, 1].
      width_factor: a fraction of the width, a number or a pair within [-1, 1].
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    Reference: `keras.layers.RandomTranslation`.
    """

    height_factor: Factor = dataclasses.field(metadata=_SHARES)
    width_factor: Factor = dataclasses.field(metadata=_SHARES)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        height, width, _ = shape
        top, bottom = (height * bound for bound in self.range("height_factor"))
        left, right = (width * bound for bound in self.range("width_factor"))
        return {
            "dy": uniform(stream(key, "dy"), top, bottom, strength),
            "dx": uniform(stream(key, "dx"), left, right, strength),
        }

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        return affine_matrix(1.0, 0.0, -params["dx"], 0.0, 1.0, -params["dy"])
