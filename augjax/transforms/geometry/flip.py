"""RandomFlip."""

import dataclasses
from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from augjax.draws import unit
from augjax.keys import stream
from augjax.transforms.core.spatial import Geometric, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

FlipMode = Literal["horizontal", "vertical", "horizontal_and_vertical"]


@dataclasses.dataclass(frozen=True)
class RandomFlip(Transform, Geometric):
    """Mirrors an image left-right, upside down, or both, each with probability 1/2.

    Draws: `horizontal` and `vertical` (bool), those of the mode. `strength` scales the
    probability.

    Keras documents two independent flips for 'horizontal_and_vertical', as here; Keras 3 tosses
    one coin for both, so that it never flips along one axis alone.

    >>> import augjax as aj
    >>> aj.RandomFlip("horizontal").apply({"horizontal": True}, jnp.eye(2)[..., None])[..., 0]
    Array([[0., 1.],
           [1., 0.]], dtype=float32)

    Args:
      mode: 'horizontal', 'vertical' or 'horizontal_and_vertical'.

    Reference: `keras.layers.RandomFlip`.
    """

    mode: FlipMode = "horizontal_and_vertical"

    @property
    def resampling(self) -> None:
        return None

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            axis: unit(stream(key, axis)) < 0.5 * jnp.float32(strength)
            for axis in self.mode.split("_and_")
        }

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        height, width = shape[:2]
        horizontal, vertical = params.get("horizontal", False), params.get("vertical", False)
        return affine_matrix(
            jnp.where(horizontal, -1.0, 1.0), 0.0, jnp.where(horizontal, width - 1.0, 0.0),
            0.0, jnp.where(vertical, -1.0, 1.0), jnp.where(vertical, height - 1.0, 0.0),
        )  # fmt: skip

    def render(
        self, params: Params, image: Shaped[Array, "height width channels"]
    ) -> Shaped[Array, "height width channels"]:
        for axis, dimension in (("horizontal", 1), ("vertical", 0)):
            if axis in params:
                image = jnp.where(params[axis], jnp.flip(image, dimension), image)
        return image

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "height width channels"]:
        return self.render(params, mask)
