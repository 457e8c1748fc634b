"""RandomShear."""

import dataclasses

from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform
from augjax.keys import stream
from augjax.transforms.core.factors import Factor, ranged
from augjax.transforms.core.spatial import Resampled, about_centre
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomShear(Transform, Resampled):
    """Slants an image about its centre.

        x_in = x_out + x_shear * y_out,    y_in = y_out + y_shear * x_out,    from the centre

    Draws: `x_shear` and `y_shear` ~ U[lower, upper], in pixels a pixel; a positive `x_shear` moves
    the lower half to the left, a positive `y_shear` the right half up.

    Keras shears about the upper left corner, which also shifts the image. It documents (0, f) for
    a number f but draws from (-f, f), as here, and gives a pair a random sign besides, which both
    axes share; here a pair is drawn from as it stands.

    Args:
      x_factor: the shear along x, a number or a pair within [-1, 1].
      y_factor: the shear along y, of the same form. The product of the two must stay below 1, at
        which the image becomes a line.
      fill_mode: what lies beyond: 'reflect' (mirrored about the edge), 'constant', 'wrap' or
        'nearest'.
      interpolation: 'bilinear' or 'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.

    Reference: `keras.layers.RandomShear`.
    """

    x_factor: Factor = dataclasses.field(default=0.0, metadata=ranged(lowest=-1, highest=1))
    y_factor: Factor = dataclasses.field(default=0.0, metadata=ranged(lowest=-1, highest=1))

    def __post_init__(self) -> None:
        super().__post_init__()
        x, y = (max(map(abs, self.range(field))) for field in ("x_factor", "y_factor"))
        if x * y >= 1:
            raise ValueError(
                f"RandomShear(x_factor={self.x_factor!r}, y_factor={self.y_factor!r}): shears of 1 "
                "along both axes make a line of the image"
            )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            f"{axis}_shear": uniform(
                stream(key, f"{axis}_shear"), *self.range(f"{axis}_factor"), strength
            )
            for axis in ("x", "y")
        }

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        return about_centre(1.0, params["x_shear"], params["y_shear"], 1.0, shape)
