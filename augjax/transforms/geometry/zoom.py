"""RandomZoom."""

import dataclasses

from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import at_least, uniform
from augjax.keys import stream
from augjax.transforms.core.factors import Factor, ranged
from augjax.transforms.core.spatial import Resampled, about_centre
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_ZOOM = ranged(
    lowest=-1,
    highest=1,
    unit="where 0 changes nothing and 0.2 shows a fifth more",
    open_below="lower must lie above -1",
)


@dataclasses.dataclass(frozen=True)
class RandomZoom(Transform, Resampled):
    """Zooms an image about its centre; a positive factor zooms out.

        x_in = centre + height_zoom or width_zoom * (x_out - centre)

    Draws: `height_zoom` and `width_zoom` ~ 1 + U[lower, upper]: how many input pixels an output
    pixel spans. They are one number if `width_factor` is None.

    Args:
      height_factor: a number or a pair (lower above -1, upper at most 1); 0.2 shows a fifth more
        rows, -0.2 a fifth fewer.
      width_factor: the same for the columns; by default the image keeps its proportions.
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    Reference: `keras.layers.RandomZoom`.
    """

    height_factor: Factor = dataclasses.field(metadata=_ZOOM)
    width_factor: Factor | None = dataclasses.field(default=None, metadata=_ZOOM)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        height_zoom = self._zoom(stream(key, "height_zoom"), "height_factor", strength)
        if self.width_factor is None:
            return {"height_zoom": height_zoom, "width_zoom": height_zoom}
        width_zoom = self._zoom(stream(key, "width_zoom"), "width_factor", strength)
        return {"height_zoom": height_zoom, "width_zoom": width_zoom}

    def _zoom(self, key: PRNGKeyArray, field: str, strength: Strength) -> Float[Array, ""]:
        lower, upper = self.range(field)
        # A strength above 1 stops short of a zoom of 0.
        return 1.0 + at_least(min(lower, -0.99), uniform(key, lower, upper, strength))

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        return about_centre(params["width_zoom"], 0.0, 0.0, params["height_zoom"], shape)
