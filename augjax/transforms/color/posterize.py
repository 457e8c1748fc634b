"""RandomPosterize."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float

from augjax.kernels.lookup import quantize
from augjax.transforms.core.factors import whole
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params


@dataclasses.dataclass(frozen=True)
class RandomPosterize(Switched, Pointwise):
    """Keeps the first few bits of each value: of round(255 x), in every channel.

    Draws: `on` (bool), with probability `p`.

    Floating images are brought to 8 bits first, so that they come out as uint8 images do;
    torchvision floors 2 ** bits x instead. The gradient is zero.

    Args:
      bits: how many, 1 to 8.
      p: the probability, in [0, 1]; by keyword.

    References: `torchvision.transforms.v2.RandomPosterize`, `PIL.ImageOps.posterize`.
    """

    bits: int = dataclasses.field(metadata=whole(1, 8))

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        step = 2 ** (8 - self.bits)
        return (quantize(image) // step * step).astype(jnp.float32) / 255.0
