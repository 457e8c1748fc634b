"""RandomSaltAndPepper."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import field_data, field_key, uniform, unit
from augjax.keys import stream
from augjax.transforms.core.factors import Range, always, ranged
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomSaltAndPepper(Transform, Operation):
    """Makes scattered pixels white or black, in all channels.

    Draws: `amount` ~ U[lower, upper], how likely a pixel is one of them, scaled by `strength`;
    `salt_vs_pepper` ~ U[lower, upper], how likely one of them is white; `noise` (uint32, two
    words), the data of the key under which the pixels are chosen.

    Args:
      amount: a share of the pixels, a number or a pair (lower, upper) within [0, 1].
      salt_vs_pepper: the share of those that are white, a number or a pair within [0, 1].

    Reference: `albumentations.SaltAndPepper`, which draws the positions' number as well.
    """

    amount: Range = dataclasses.field(metadata=ranged(lowest=0, highest=1, number=always))
    salt_vs_pepper: Range = dataclasses.field(
        default=0.5, metadata=ranged(lowest=0, highest=1, number=always)
    )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            "amount": uniform(stream(key, "amount"), *self.range("amount"), strength),
            "salt_vs_pepper": uniform(stream(key, "salt"), *self.range("salt_vs_pepper")),
            "noise": field_data(stream(key, "noise")),
        }

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        height, width, _ = image.shape
        number = unit(field_key(params["noise"]), (height, width, 1))
        amount = params["amount"]
        speck = jnp.where(number < amount * params["salt_vs_pepper"], 1.0, 0.0)
        return jnp.where(number < amount, speck, image)
