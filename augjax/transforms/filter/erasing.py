"""RandomErasing."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import Range, always, ranged
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.filter.fill import FILL, Fill, fill_draws, fill_picture
from augjax.transforms.filter.rectangles import first_that_fits


@dataclasses.dataclass(frozen=True)
class RandomErasing(Switched):
    """Paints over a rectangle. Masks, boxes and keypoints stay as they are.

    Draws: `top`, `left`, `height` and `width` of the rectangle in whole pixels (int32);
    `on` (bool), with probability `p`, which `strength` scales; for 'random', `noise` (uint32, two
    words), the data of the key under which the noise is made. The rectangle is the first of ten
    that is lower and narrower than the image, each with

        height * width ~ area * U[scale], log(height / width) ~ U[log(ratio)];

    if there is none, nothing is painted. The ratio is one of 1024 values.

    Torchvision's 'random' is noise about 0, here it is uniform in [0, 1]. Keras 3 draws no ratio,
    and calls the value `fill_value`, None for noise, and the probability `factor`.

    Args:
      scale: the share of the image's area, a number or a pair (lower, upper) within [0, 1].
      ratio: height by width, a number or a pair (lower, upper) within [0.001, 1000]. Cutout's
        square of a quarter of the area is `RandomErasing(0.25, 1.0)`.
      value: in [0, 1], or a tuple of one for each channel, or 'random'.
      p: the probability that an image is changed, in [0, 1]; `strength` scales it.

    Reference: `torchvision.transforms.v2.RandomErasing`.
    """

    scale: Range = dataclasses.field(
        default=(0.02, 0.33), metadata=ranged(lowest=0, highest=1, number=always)
    )
    ratio: Range = dataclasses.field(
        default=(0.3, 3.3),
        metadata=ranged(lowest=0.001, highest=1000, number=always),
    )
    value: Fill = dataclasses.field(default=0.0, metadata=FILL)

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        height, width, _ = shape
        smallest, largest = (height * width * share for share in self.range("scale"))
        flattest, tallest = self.range("ratio")
        rows, columns, found = first_that_fits(
            key,
            ((smallest + largest) / 2, (largest - smallest) / 2),
            (1 / tallest, 1 / flattest),
            lambda rows, columns: (rows < height) & (columns < width),
        )
        rows, columns = (jnp.where(found, size, 0) for size in (rows, columns))
        return {
            "top": whole_number(stream(key, "top"), 0, height - rows),
            "left": whole_number(stream(key, "left"), 0, width - columns),
            "height": rows,
            "width": columns,
            **fill_draws(self.value, stream(key, "noise")),
        }

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        height, width, _ = image.shape
        row, column = jnp.arange(height, dtype=jnp.int32), jnp.arange(width, dtype=jnp.int32)
        rows = (row >= params["top"]) & (row < params["top"] + params["height"])
        columns = (column >= params["left"]) & (column < params["left"] + params["width"])
        inside = (rows[:, None] & columns[None, :])[..., None]
        return jnp.where(inside, fill_picture(self, self.value, params, image), image)
