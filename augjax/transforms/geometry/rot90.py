"""RandomRot90."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from augjax.draws import below, unit
from augjax.keys import stream
from augjax.transforms.core.spatial import Geometric, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomRot90(Transform, Geometric):
    """Turns an image by quarter turns, exactly; an image that is not square by half turns only.

    Draws: `k` (int32), how many quarter turns counter-clockwise, each of 0 to 3 with the same
    probability, or each of 0 and 2. `strength` scales the probability of a draw other than 0.

    Reference: `numpy.rot90`.
    """

    @property
    def resampling(self) -> None:
        return None

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        step = 1 if shape[0] == shape[1] else 2
        k = step * below(stream(key, "k"), 4 // step)
        on = unit(stream(key, "on")) < jnp.float32(strength)
        return {"k": jnp.where(on, k, 0)}

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        turns = _turns(params, shape)
        cos, sin = (jnp.float32(table)[turns] for table in ([1, 0, -1, 0], [0, 1, 0, -1]))
        return affine_matrix(
            cos, -sin, x * (1.0 - cos) + y * sin,
            sin, cos, y * (1.0 - cos) - x * sin,
        )  # fmt: skip

    def render(
        self, params: Params, image: Shaped[Array, "height width channels"]
    ) -> Shaped[Array, "height width channels"]:
        k = _turns(params, image.shape)
        if image.shape[0] == image.shape[1]:
            image = jnp.where(k % 2 == 1, jnp.swapaxes(image, 0, 1), image)
        image = jnp.where((k == 1) | (k == 2), jnp.flip(image, 0), image)
        return jnp.where(k >= 2, jnp.flip(image, 1), image)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "height width channels"]:
        return self.render(params, mask)


def _turns(params: Params, shape: Shape) -> Int[Array, ""]:
    k = jnp.asarray(params["k"], jnp.int32) % 4
    return k if shape[0] == shape[1] else k - k % 2
