"""RandomChannelDrop."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import unit
from augjax.kernels.color import COLORS, recolor
from augjax.keys import stream
from augjax.transforms.core.factors import check_level
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape


@dataclasses.dataclass(frozen=True)
class RandomChannelDrop(Switched, Pointwise):
    """Replaces one or two of an image's colours, red, green or blue, by a constant.

    Images without three channels stay as they are, and so does a fourth channel.

    Draws: `on` (bool), with probability `p`; `dropped` (bool, 3), which colours,
    with equal probability.

    Args:
      channels: how many, 1 or 2.
      fill_value: what takes their place, in [0, 1] whatever the pipeline's value range.
      p: the probability, in [0, 1]; by keyword.

    References: `kornia.augmentation.RandomChannelDropout`, `albumentations.ChannelDropout`.
    """

    channels: int = 1
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels not in (1, 2):
            raise ValueError(f"RandomChannelDrop(channels={self.channels!r}): expected 1 or 2")
        check_level(self, "fill_value", self.fill_value)

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        order = jnp.argsort(unit(stream(key, "dropped"), (COLORS,)))
        return {"dropped": order < self.channels}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        dropped = params["dropped"][None, None]
        return recolor(lambda rgb: jnp.where(dropped, self.fill_value, rgb), image)
