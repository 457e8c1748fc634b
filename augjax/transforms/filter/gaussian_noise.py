"""RandomGaussianNoise."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import field_data, field_key, normal, uniform
from augjax.keys import stream
from augjax.transforms.core.factors import Range, always, ranged
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomGaussianNoise(Transform, Operation):
    """Adds noise to every value of every pixel, then clips to the value range.

        y = clip(x + stddev * n, 0, 1), n ~ N(0, 1)

    Draws: `stddev` ~ U[lower, upper], scaled by `strength`; `noise` (uint32, two words), the data
    of the key under which the noise is made.

    Args:
      stddev: where 1 is the span from black to white, a number or a pair (lower, upper)
        within [0, 10].

    Reference: `torchvision.transforms.v2.GaussianNoise(sigma=stddev)`.
    """

    stddev: Range = dataclasses.field(metadata=ranged(lowest=0, highest=10, number=always))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            "stddev": uniform(stream(key, "stddev"), *self.range("stddev"), strength),
            "noise": field_data(stream(key, "noise")),
        }

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        noise = normal(field_key(params["noise"]), image.shape)
        return jnp.clip(image + params["stddev"] * noise, 0.0, 1.0)
