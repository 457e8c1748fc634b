"""RandomWidth and RandomHeight: images that grow or shrink along one axis."""

import dataclasses
import math
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from augjax.draws import uniform
from augjax.kernels.resize import resize_axis
from augjax.kernels.warp import Interpolation
from augjax.transforms.core.factors import Factor, ranged
from augjax.transforms.core.motion import Resampling
from augjax.transforms.core.spatial import Geometric, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Frame, Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class _RandomExtent(Transform, Geometric):
    """Of one axis of an image, `axis`, whose length is drawn under the name `drawn`."""

    axis: ClassVar[int]
    drawn: ClassVar[str]
    draws_frame: ClassVar[bool] = True
    reads_frame: ClassVar[bool] = True

    factor: Factor = dataclasses.field(
        metadata=ranged(lowest=-1, highest=100, open_below="lower must lie above -1")
    )
    interpolation: Interpolation = "bilinear"

    def canvas(self, size: int) -> int:
        """The length of the axis in the result, for an image of `size` pixels along it."""
        return max(1, math.floor((1 + self.range("factor")[1]) * size))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        size = shape[self.axis]
        lower, upper = self.range("factor")
        drawn = jnp.floor(uniform(key, (1 + lower) * size, (1 + upper) * size))
        return {self.drawn: jnp.clip(drawn.astype(jnp.int32), 1, self.canvas(size))}

    def out_shape(self, shape: Shape) -> Shape:
        height, width, channels = shape
        sizes = [height, width]
        sizes[self.axis] = self.canvas(sizes[self.axis])
        return (*sizes, channels)

    def out_frame(self, params: Params, shape: Shape, frame: Frame) -> Frame:
        drawn = params[self.drawn]
        return (drawn, frame[1]) if self.axis == 0 else (frame[0], drawn)

    @property
    def fuses(self) -> bool:
        return False

    @property
    def resampling(self) -> Resampling:
        return Resampling("nearest", self.interpolation, 0.0)

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        extent = jnp.float32(self._extent(params, shape))
        scale = extent / params[self.drawn].astype(jnp.float32)
        offset = (scale - 1.0) / 2
        if self.axis == 0:
            return affine_matrix(1.0, 0.0, 0.0, 0.0, scale, offset)
        return affine_matrix(scale, 0.0, offset, 0.0, 1.0, 0.0)

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        return self._resize(params, image, self.interpolation)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        resized = self._resize(params, mask, "nearest")
        shown = jnp.arange(resized.shape[self.axis], dtype=jnp.int32) < params[self.drawn]
        shown = shown[:, None, None] if self.axis == 0 else shown[None, :, None]
        return jnp.where(shown, resized, jnp.asarray(fill, mask.dtype))

    def _resize(self, params: Params, image: Array, interpolation: Interpolation) -> Array:
        return resize_axis(
            image,
            self.axis,
            self.canvas(image.shape[self.axis]),
            extent=self._extent(params, image.shape),
            resized=params[self.drawn],
            interpolation=interpolation,
        )

    def _extent(self, params: Params, shape: Shape) -> Any:
        """The length that is not blank, where another of these came before."""
        return params.get("frame", shape)[self.axis]


@dataclasses.dataclass(frozen=True)
class RandomWidth(_RandomExtent):
    """Makes an image narrower or wider.

    The result stands left-aligned on a canvas of floor((1 + upper) * width) columns, zero beyond
    the drawn width, so that every width shares one shape and one compilation:
    `wide[:, : params["width"]]` is the picture. In a pipeline it stands last, or before Resize.

    Draws: `width` (int32, at least 1) = floor(width * (1 + U[lower, upper])), for each image;
    Keras draws once a batch. `strength` changes nothing.

    Args:
      factor: a fraction of the width, a number below 1 or a pair (lower above -1, upper at most
        100).
      interpolation: 'nearest' or 'bilinear'.

    References: `tf.keras.layers.RandomWidth` (Keras 2);
    `tf.image.resize(image, (height, width), interpolation, antialias=False)`.
    """

    axis: ClassVar[int] = 1
    drawn: ClassVar[str] = "width"


@dataclasses.dataclass(frozen=True)
class RandomHeight(_RandomExtent):
    """Makes an image lower or higher.

    The result stands at the top of a canvas of floor((1 + upper) * height) rows, zero beyond the
    drawn height: see RandomWidth.

    Draws: `height` (int32, at least 1) = floor(height * (1 + U[lower, upper])), for each image;
    Keras draws once a batch. `strength` changes nothing.

    Args:
      factor: a fraction of the height, a number below 1 or a pair (lower above -1, upper at most
        100).
      interpolation: 'nearest' or 'bilinear'.

    Reference: `tf.keras.layers.RandomHeight` (Keras 2).
    """

    axis: ClassVar[int] = 0
    drawn: ClassVar[str] = "height"
