"""RandomSolarize."""

import dataclasses

import dm_pix as pix
import jax.numpy as jnp
from jaxtyping import Array, Float

from augjax.transforms.core.factors import LEVEL
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params


@dataclasses.dataclass(frozen=True)
class RandomSolarize(Switched, Pointwise):
    """Inverts what is light: y = 1 - x where x >= threshold, in every channel.

    Draws: `on` (bool), with probability `p`.

    Args:
      threshold: in [0, 1], whatever the value range (torchvision's is in the image's own units);
        0.5 is 128 of 255.
      p: the probability, in [0, 1]; by keyword.

    References: `torchvision.transforms.v2.RandomSolarize`, `PIL.ImageOps.solarize`;
    `dm_pix.solarize`, which does the work.
    """

    threshold: float = dataclasses.field(metadata=LEVEL)

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        return jnp.asarray(pix.solarize(image, self.threshold))
