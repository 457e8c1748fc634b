"""RandomGaussianNoise."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.keys import stream
from augjax.transforms.base import Params, Shape, Strength, Transform
from augjax.transforms.factors import Range, always, factor_range, field_data, field_key, uniform


@dataclasses.dataclass(frozen=True)
class RandomGaussianNoise(Transform):
    """Adds noise to every value of every pixel, then clips to the value range.

        y = clip(x + stddev * n, 0, 1), n ~ N(0, 1)

    Draws: `stddev` ~ U[lower, upper], scaled by `strength`; `noise` (uint32, two words), the data
    of the key under which the noise is made.

    Args:
      stddev: where 1 is the span from black to white, a number or a pair (lower, upper).

    Reference: `torchvision.transforms.v2.GaussianNoise(sigma=stddev)`.
    """

    stddev: Range

    @classmethod
    def example(cls) -> "RandomGaussianNoise":
        return cls((0.0, 0.2))

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lower_upper()

    def _lower_upper(self) -> tuple[float, float]:
        return factor_range(self, "stddev", self.stddev, lowest=0, number=always)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            "stddev": uniform(stream(key, "stddev"), *self._lower_upper(), strength),
            "noise": field_data(stream(key, "noise")),
        }

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        noise = jax.random.normal(field_key(params["noise"]), image.shape)
        return jnp.clip(image + params["stddev"] * noise, 0.0, 1.0)
