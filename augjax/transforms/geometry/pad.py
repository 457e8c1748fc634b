"""Pad."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from augjax.kernels.warp import FillMode
from augjax.transforms.core.factors import LARGEST, Color, bounded
from augjax.transforms.core.spatial import Resampled, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

_NUMPY_NAMES = {"reflect": "symmetric", "wrap": "wrap", "nearest": "edge"}

_SIDES = (
    "a number of pixels, (left and right, top and bottom) or (left, top, right, bottom), each from "
    f"0 to {LARGEST}"
)


@dataclasses.dataclass(frozen=True)
class Pad(Transform, Resampled):
    """Adds pixels around an image.

    Draws nothing.

    torchvision's `padding_mode` is `fill_mode` here, with Keras's names: its 'symmetric' is
    'reflect', its 'edge' is 'nearest', and there is no mirror that leaves the outermost pixel out.

    Args:
      padding: in pixels, from 0 to 32768: one number for all sides; (left and right, top and
        bottom); or (left, top, right, bottom).
      fill_mode: 'constant' (by default, black), 'reflect' (mirrored about the edge), 'wrap' or
        'nearest'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.
      interpolation: that of the neighbours with which it is to share a resample.

    References: `torchvision.transforms.v2.Pad`; `numpy.pad`.
    """

    padding: int | tuple[int, int] | tuple[int, int, int, int] = dataclasses.field(
        metadata=bounded(0, LARGEST, _SIDES)
    )
    fill_mode: FillMode = dataclasses.field(default="constant", kw_only=True)

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Pixels to the left, above, to the right and below."""
        padding = self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)
        return (*padding, *padding) if len(padding) == 2 else padding

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {}

    def out_shape(self, shape: Shape) -> Shape:
        left, top, right, bottom = self.sides
        return (shape[0] + top + bottom, shape[1] + left + right, *shape[2:])

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        left, top, _, _ = self.sides
        return affine_matrix(1.0, 0.0, -left, 0.0, 1.0, -top)

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        return self._pad(image, self.fill_value)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        return self._pad(mask, fill)

    def _pad(self, image: Array, fill: Color) -> Array:
        left, top, right, bottom = self.sides
        widths = ((top, bottom), (left, right), (0, 0))
        if self.fill_mode == "constant":
            if not isinstance(fill, tuple):
                return jnp.pad(image, widths, constant_values=jnp.asarray(fill, image.dtype))
            inside = np.pad(np.ones((*image.shape[:2], 1), bool), widths)
            return jnp.where(inside, jnp.pad(image, widths), jnp.float32(fill).reshape(1, 1, -1))
        return jnp.pad(image, widths, mode=_NUMPY_NAMES[self.fill_mode])
