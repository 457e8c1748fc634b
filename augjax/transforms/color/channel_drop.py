"""RandomChannelDrop."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import unit
from augjax.kernels.color import COLORS, recolor
from augjax.keys import stream
from augjax.transforms.core.factors import COLOR, Color, check_color, whole
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape


@dataclasses.dataclass(frozen=True)
class RandomChannelDrop(Switched, Pointwise):
    """Replaces one or two of an image's colours, red, green or blue, by a constant.

    Grey images stay as they are, and so does a fourth channel (alpha); other numbers of channels
    are refused.

    Draws: `on` (bool), with probability `p`; `dropped` (bool, 3), which colours,
    with equal probability.

    Args:
      channels: how many, 1 or 2.
      fill_value: what takes their place, in [0, 1] whatever the pipeline's value range; a number,
        or one for each of red, green and blue.
      p: the probability, in [0, 1]; by keyword.

    References: `kornia.augmentation.RandomChannelDropout`, `albumentations.ChannelDropout`.
    """

    of_colors: ClassVar[bool] = True

    channels: int = dataclasses.field(default=1, metadata=whole(1, 2))
    fill_value: Color = dataclasses.field(default=0.0, metadata=COLOR)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_color(self.title, "fill_value", self.fill_value, COLORS)

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        order = jnp.argsort(unit(stream(key, "dropped"), (COLORS,)))
        return {"dropped": order < self.channels}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        dropped = params["dropped"][None, None]
        fill = jnp.float32(self.fill_value).reshape(1, 1, -1)
        return recolor(lambda rgb: jnp.where(dropped, fill, rgb), image)
