"""RandomGrayscale."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from augjax.kernels.color import luma, recolor
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params


@dataclasses.dataclass(frozen=True)
class RandomGrayscale(Switched, Pointwise):
    """Takes the colour out of an image, and keeps its channels.

        y = 0.2989 red + 0.587 green + 0.114 blue, in each of the three channels

    Grey images stay as they are, and so does a fourth channel (alpha); other numbers of channels
    are refused.

    Draws: `on` (bool), with probability `p`.

    Keras's layer calls the probability `factor`.

    Args:
      p: the probability, in [0, 1]; by keyword.

    References: `keras.layers.RandomGrayscale`, `torchvision.transforms.v2.RandomGrayscale`.
    """

    of_colors: ClassVar[bool] = True

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return recolor(lambda rgb: jnp.broadcast_to(luma(rgb), rgb.shape), image)
