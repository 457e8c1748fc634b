"""RandomInvert."""

import dataclasses

from jaxtyping import Array, Float

from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params


@dataclasses.dataclass(frozen=True)
class RandomInvert(Switched, Pointwise):
    """Turns light to dark and dark to light: y = 1 - x, in every channel.

    Draws: `on` (bool), with probability `p`.

    Keras's layer draws the probability itself anew for each image, from (0, factor).

    Args:
      p: the probability, in [0, 1]; by keyword.

    References: `torchvision.transforms.v2.RandomInvert`, `keras.layers.RandomInvert`.
    """

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return 1.0 - image
