"""RandomGamma."""

import dataclasses

import dm_pix as pix
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform_about
from augjax.transforms.core.factors import Factor, around_one, ranged
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomGamma(Transform, Pointwise):
    """Makes an image's middle tones lighter or darker, and keeps black and white.

        y = x ** gamma

    with one exponent an image, for all its channels; below 1 lightens.

    Draws: `gamma` ~ U[lower, upper].

    Args:
      gamma: a number f below 1, meaning (1 - f, 1 + f), or a pair of exponents above 0,
        up to 100.

    References: `torchvision.transforms.v2.functional.adjust_gamma`; `dm_pix.adjust_gamma`, which
    does the work.
    """

    gamma: Factor = dataclasses.field(
        metadata=ranged(
            lowest=0, highest=100, number=around_one, open_below="exponents must lie above 0"
        )
    )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"gamma": uniform_about(1.0, key, *self.range("gamma"), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        # Kept apart from black, whose slope is infinite below 1 and NaN behind a gate.
        light = image > 0
        powers = pix.adjust_gamma(jnp.where(light, image, 1.0), params["gamma"])
        return jnp.where(light, powers, 0.0)
