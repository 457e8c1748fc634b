"""RandomGamma."""

import dataclasses

import dm_pix as pix
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.transforms.base import Params, Pointwise, Shape, Strength
from augjax.transforms.factors import Factor, around_one, factor_range, uniform_about


@dataclasses.dataclass(frozen=True)
class RandomGamma(Pointwise):
    """Makes an image's middle tones lighter or darker, and keeps black and white.

        y = x ** gamma

    with one exponent an image, for all its channels; below 1 lightens.

    Draws: `gamma` ~ U[lower, upper].

    Args:
      gamma: a number f below 1, meaning (1 - f, 1 + f), or a pair of exponents above 0.

    References: `torchvision.transforms.v2.functional.adjust_gamma`; `dm_pix.adjust_gamma`, which
    does the work.
    """

    gamma: Factor

    @classmethod
    def example(cls) -> "RandomGamma":
        return cls(0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._lower_upper()[0] == 0:
            raise ValueError(f"RandomGamma(gamma={self.gamma!r}): exponents must lie above 0")

    def _lower_upper(self) -> tuple[float, float]:
        return factor_range(self, "gamma", self.gamma, lowest=0, number=around_one)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {"gamma": uniform_about(1.0, key, *self._lower_upper(), strength)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        # Kept apart from black, whose slope is infinite below 1 and NaN behind a gate.
        light = image > 0
        powers = pix.adjust_gamma(jnp.where(light, image, 1.0), params["gamma"])
        return jnp.where(light, powers, 0.0)
