"""RandomSaltAndPepper."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.keys import stream
from augjax.transforms.base import Params, Shape, Strength, Transform
from augjax.transforms.factors import Range, always, factor_range, field_data, field_key, uniform


@dataclasses.dataclass(frozen=True)
class RandomSaltAndPepper(Transform):
    """Makes scattered pixels white or black, in all channels alike.

    Draws: `amount` ~ U[lower, upper], how likely a pixel is one of them, scaled by `strength`;
    `salt_vs_pepper` ~ U[lower, upper], how likely one of them is white; `noise` (uint32, two
    words), the data of the key under which the pixels are chosen.

    Args:
      amount: a share of the pixels, a number or a pair (lower, upper) within [0, 1].
      salt_vs_pepper: a share of those, likewise.

    Reference: `albumentations.SaltAndPepper`, which draws the positions' number as well.
    """

    amount: Range
    salt_vs_pepper: Range = 0.5

    @classmethod
    def example(cls) -> "RandomSaltAndPepper":
        return cls((0.0, 0.1))

    def __post_init__(self) -> None:
        super().__post_init__()
        self._range("amount")
        self._range("salt_vs_pepper")

    def _range(self, field: str) -> tuple[float, float]:
        return factor_range(self, field, getattr(self, field), lowest=0, highest=1, number=always)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            "amount": uniform(stream(key, "amount"), *self._range("amount"), strength),
            "salt_vs_pepper": uniform(stream(key, "salt"), *self._range("salt_vs_pepper")),
            "noise": field_data(stream(key, "noise")),
        }

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        height, width, _ = image.shape
        number = jax.random.uniform(field_key(params["noise"]), (height, width, 1))
        amount = params["amount"]
        speck = jnp.where(number < amount * params["salt_vs_pepper"], 1.0, 0.0)
        return jnp.where(number < amount, speck, image)
