"""RandomEqualize."""

import dataclasses

from jaxtyping import Array, Float

from augjax.kernels.lookup import equalizing_table, histogram, look_up, quantize
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params


@dataclasses.dataclass(frozen=True)
class RandomEqualize(Switched):
    """Spreads the values of each channel evenly over all of the range.

    Needs the histogram of the whole image, of round(255 x). The gradient is zero.

    Draws: `on` (bool), with probability `p`.

    Args:
      p: the probability, in [0, 1]; by keyword.

    References: `PIL.ImageOps.equalize` and `torchvision.transforms.v2.RandomEqualize`, which it
    equals exactly on 8-bit values.
    """

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        levels = quantize(image)
        return look_up(equalizing_table(histogram(levels)), levels)
