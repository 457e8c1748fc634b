"""RandomPerspective."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import at_least, uniform
from augjax.keys import stream
from augjax.transforms.core.factors import SHARE
from augjax.transforms.core.motion import inverted
from augjax.transforms.core.spatial import Resampled
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape


@dataclasses.dataclass(frozen=True)
class RandomPerspective(Switched, Resampled):
    """Shows an image as if it were looked at from an angle: each of its corners moves inwards.

    Draws: `on` (bool), with probability `p`, which `strength` scales; `corners` (float32, four of
    (x, y) in pixels), where the upper left, upper right, lower right and lower left corner of the
    image end up. Unmoved they are (-0.5, -0.5), (width - 0.5, -0.5) and so on; each moves by
    U[0, scale / 2] of the width and of the height.

    As in torchvision, which draws whole pixels from the outermost pixels' centres and fills with a
    constant. Keras moves each corner by a share of its coordinates, so that the upper left one
    stays where it is, and calls `factor` what is `p` here.

    Args:
      scale: how far corners may move, in [0, 1]: at 1 to the centre. Above 2/3 a corner may come to
        lie within the triangle of the others, and the picture folds.
      p: the probability, in [0, 1].
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    References: `torchvision.transforms.v2.RandomPerspective`; Heckbert, Fundamentals of Texture
    Mapping and Image Warping (1989), section 2.2.3, for the matrix;
    `keras.ops.image.perspective_transform`.
    """

    projective: ClassVar[bool] = True

    scale: float = dataclasses.field(default=0.5, metadata=SHARE)

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        corners = []
        for vertical, horizontal in _CORNERS:
            ends = ((horizontal == "right", shape[1], "x"), (vertical == "lower", shape[0], "y"))
            for is_far, size, axis in ends:
                own = stream(key, f"{vertical}_{horizontal}_{axis}")
                inwards = at_least(0.0, uniform(own, 0.0, self.scale * size / 2))
                corners.append(size - 0.5 - inwards if is_far else inwards - 0.5)
        return {"corners": jnp.stack(corners).reshape(4, 2)}

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        height, width = shape[:2]
        # From the unit square to the corners, and back, and on to pixels.
        to_unit = inverted(_from_unit_square(params["corners"]))
        x, y, depth = to_unit
        return jnp.stack([width * x - 0.5 * depth, height * y - 0.5 * depth, depth])


_CORNERS = (("upper", "left"), ("upper", "right"), ("lower", "right"), ("lower", "left"))


def _from_unit_square(corners: Float[Array, "4 2"]) -> Float[Array, "3 3"]:
    """The projective map of (0, 0), (1, 0), (1, 1), (0, 1) to four points, solved by hand."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    right_x, right_y, left_x, left_y = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    skew_x, skew_y = x0 - x1 - left_x, y0 - y1 - left_y
    area = right_x * left_y - left_x * right_y
    g = (skew_x * left_y - left_x * skew_y) / area
    h = (right_x * skew_y - skew_x * right_y) / area
    rows = [
        x1 - x0 + g * x1, x3 - x0 + h * x3, x0,
        y1 - y0 + g * y1, y3 - y0 + h * y3, y0,
        g, h, jnp.ones_like(g),
    ]  # fmt: skip
    return jnp.stack(rows).reshape(3, 3)
