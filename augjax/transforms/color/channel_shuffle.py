"""RandomChannelShuffle."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import unit
from augjax.kernels.color import COLORS, recolor
from augjax.keys import stream
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape


@dataclasses.dataclass(frozen=True)
class RandomChannelShuffle(Switched, Pointwise):
    """Puts red, green and blue in an order drawn for each image.

    Grey images stay as they are, and so does a fourth channel (alpha); other numbers of channels
    are refused.

    Draws: `on` (bool), with probability `p`; `order` (int32, 3), where each new channel comes
    from, all six permutations with equal probability.

    Args:
      p: the probability, in [0, 1]; by keyword.

    Reference: `torchvision.transforms.v2.RandomChannelPermutation`, which always shuffles.
    """

    of_colors: ClassVar[bool] = True

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        order = jnp.argsort(unit(stream(key, "order"), (COLORS,)))
        return {"order": order.astype(jnp.int32)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return recolor(lambda rgb: rgb[..., params["order"]], image)
