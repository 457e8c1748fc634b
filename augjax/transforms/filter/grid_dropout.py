"""RandomGridDropout."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform, whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import LARGEST, Range, always, ranged
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.filter.fill import FILL, Fill, fill_draws, fill_picture


@dataclasses.dataclass(frozen=True)
class RandomGridDropout(Switched):
    """Paints over squares that stand in a grid. Masks, boxes and keypoints stay as they are.

    Draws: `unit` (int32) in whole pixels, from square to square; `hole` (int32), the side of a
    square, the unit times `ratio` in whole pixels, at least 1 and less than the unit; `top` and
    `left` (int32), where the first square starts, each from 0 to unit - 1, so that every pixel is
    as likely to be painted over; `on` (bool), with probability `p`, which `strength` scales; for
    'random', `noise` (uint32, two words), the data of the key under which the noise is made.

    Albumentations draws the start from 0 to unit - hole, and by default takes the unit from the
    image's size.

    Args:
      unit_size: in pixels, a whole number or a pair (lower, upper) of them, from 2 to 32768.
      ratio: of the square's side to the unit, a number or a pair (lower, upper) within [0, 1].
      value: in [0, 1], or a tuple of one for each channel, or 'random'.
      p: the probability that an image is changed, in [0, 1]; `strength` scales it.

    References: `albumentations.GridDropout`; GridMask (https://arxiv.org/abs/2001.04086).
    """

    unit_size: int | tuple[int, int] = dataclasses.field(
        metadata=ranged(lowest=2, highest=LARGEST, number=always)
    )
    ratio: Range = dataclasses.field(
        default=0.5, metadata=ranged(lowest=0, highest=1, number=always)
    )
    value: Fill = dataclasses.field(default=0.0, metadata=FILL)

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        unit = whole_number(stream(key, "unit"), *(int(size) for size in self.range("unit_size")))
        share = uniform(stream(key, "ratio"), *self.range("ratio"))
        hole = jnp.round(unit.astype(jnp.float32) * share).astype(jnp.int32)
        return {
            "unit": unit,
            "hole": jnp.clip(hole, 1, unit - 1),
            "top": whole_number(stream(key, "top"), 0, unit - 1),
            "left": whole_number(stream(key, "left"), 0, unit - 1),
            **fill_draws(self.value, stream(key, "noise")),
        }

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        height, width, _ = image.shape
        row, column = jnp.arange(height, dtype=jnp.int32), jnp.arange(width, dtype=jnp.int32)
        rows = (row - params["top"]) % params["unit"] < params["hole"]
        columns = (column - params["left"]) % params["unit"] < params["hole"]
        hole = (rows[:, None] & columns[None, :])[..., None]
        return jnp.where(hole, fill_picture(self, self.value, params, image), image)
