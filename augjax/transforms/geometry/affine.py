"""RandomAffine."""

import dataclasses
import math

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import at_least, uniform
from augjax.keys import stream
from augjax.transforms.core.factors import Factor, Limits, bounded, ranged
from augjax.transforms.core.spatial import Resampled, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_NONE = (0.0, 0.0)
_SHARES = "(a, b), fractions of the width and of the height in [0, 1]"
_SHEARS = Limits(lowest=-89, highest=89)


@dataclasses.dataclass(frozen=True)
class RandomAffine(Transform, Resampled):
    """Shears, scales and turns an image about its centre, then moves it.

        p_out = centre + move + scale * turn(angle) shear_y shear_x (p_in - centre)

    with turn(a) = [[cos a, -sin a], [sin a, cos a]], shear_x = [[1, -tan x], [0, 1]] and
    shear_y = [[1, 0], [-tan y, 1]].

    Draws: `angle` in radians, where positive is clockwise on screen (in RandomRotation, which is
    Keras's, counter-clockwise); `dx` and `dy` in pixels, to the right and down; `scale`, where
    above 1 enlarges; `shear_x` and `shear_y` in radians. All are uniform.

    torchvision rounds dx and dy to whole pixels, and fills with a constant by default.

    Args:
      degrees: the range of the angle, a number or a pair.
      translate: (a, b), the largest move as fractions in [0, 1] of the width and of the height.
      scale: (lower, upper) within [0.001, 1000].
      shear: in degrees, within [-89, 89]: a number or a pair for x, or four numbers, the ranges
        for x and for y.
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    Reference: `torchvision.transforms.v2.RandomAffine`.
    """

    degrees: Factor = dataclasses.field(metadata=ranged(lowest=-360, highest=360))
    translate: tuple[float, float] | None = dataclasses.field(
        default=None, metadata=bounded(0, 1, _SHARES)
    )
    scale: tuple[float, float] | None = dataclasses.field(
        default=None, metadata=ranged(lowest=0.001, highest=1000, number=None)
    )
    shear: Factor | tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._shears()

    def _shears(self) -> tuple[tuple[float, float], tuple[float, float]]:
        if self.shear is None:
            return _NONE, _NONE
        if isinstance(self.shear, tuple) and len(self.shear) == 4:
            both = self.shear[:2], self.shear[2:]
        else:
            both = self.shear, 0.0
        x, y = (_SHEARS.range(self, "shear", one) for one in both)
        return x, y

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        height, width, _ = shape
        right, down = self.translate or _NONE
        lower, upper = self.scale or (1.0, 1.0)
        shear_x, shear_y = self._shears()
        ranges = {
            "angle": _radians(self.range("degrees")),
            "dx": (-width * right, width * right),
            "dy": (-height * down, height * down),
            "scale": (lower - 1, upper - 1),
            "shear_x": _radians(shear_x),
            "shear_y": _radians(shear_y),
        }
        draws = {
            name: uniform(stream(key, name), *bounds, strength) for name, bounds in ranges.items()
        }
        # A strength above 1 stops short of a scale of 0.
        draws["scale"] = 1.0 + at_least(min(lower - 1, -0.99), draws["scale"])
        return draws

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        cos, sin = jnp.cos(params["angle"]), jnp.sin(params["angle"])
        tan_x, tan_y = jnp.tan(params["shear_x"]), jnp.tan(params["shear_y"])
        # The columns of turn shear_y shear_x, whose determinant is 1.
        first_x, first_y = cos + sin * tan_y, sin - cos * tan_y
        second_x, second_y = -first_x * tan_x - sin, -first_y * tan_x + cos
        xx, xy = second_y / params["scale"], -second_x / params["scale"]
        yx, yy = -first_y / params["scale"], first_x / params["scale"]
        from_x, from_y = x + params["dx"], y + params["dy"]
        return affine_matrix(
            xx, xy, x - xx * from_x - xy * from_y,
            yx, yy, y - yx * from_x - yy * from_y,
        )  # fmt: skip


def _radians(degrees: tuple[float, float]) -> tuple[float, float]:
    return math.radians(degrees[0]), math.radians(degrees[1])
