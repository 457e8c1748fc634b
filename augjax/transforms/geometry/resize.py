"""Resize, and what it shares with RandomResizedCrop."""

import abc
import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from augjax.kernels.resize import resize_axis
from augjax.kernels.warp import Interpolation
from augjax.transforms.core.factors import SIDE
from augjax.transforms.core.motion import Resampling
from augjax.transforms.core.spatial import Geometric, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class Resized(Geometric):
    """A part of an image, resized to `height` rows and `width` columns.

    Attributes:
      height, width: of the result, in pixels.
      interpolation: 'nearest' or 'bilinear'.
      antialias: whether 'bilinear' weighs every pixel of a part that it shrinks, rather than the
        nearest four only. If not, the resize may share a resample with its neighbours.
    """

    height: int = dataclasses.field(metadata=SIDE)
    width: int = dataclasses.field(metadata=SIDE)
    interpolation: Interpolation = dataclasses.field(default="bilinear", kw_only=True)
    antialias: bool = dataclasses.field(default=True, kw_only=True)

    @abc.abstractmethod
    def part(self, params: Params, shape: Shape) -> tuple[Any, Any, Any, Any]:
        """(top, left, height, width) of the part in an image of `shape`, in whole pixels."""

    @property
    def fuses(self) -> bool:
        return not self.antialias or self.interpolation == "nearest"

    @property
    def resampling(self) -> Resampling:
        # It reaches at most half a pixel beyond the image, where 'reflect' is the border itself.
        return Resampling("reflect", self.interpolation, 0.0)

    def out_shape(self, shape: Shape) -> Shape:
        return (self.height, self.width, *shape[2:])

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        top, left, height, width = map(jnp.float32, self.part(params, shape))
        rows, columns = height / self.height, width / self.width
        return affine_matrix(
            columns, 0.0, left + (columns - 1.0) / 2, 0.0, rows, top + (rows - 1.0) / 2
        )

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        return self._resize(params, image, self.interpolation)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        return self._resize(params, mask, "nearest")

    def _resize(self, params: Params, image: Array, interpolation: Interpolation) -> Array:
        top, left, height, width = self.part(params, image.shape)
        for axis, canvas, start, extent in (
            (0, self.height, top, height),
            (1, self.width, left, width),
        ):
            image = resize_axis(
                image,
                axis,
                canvas,
                start=start,
                extent=extent,
                interpolation=interpolation,
                antialias=self.antialias,
            )
        return image


@dataclasses.dataclass(frozen=True)
class ResizedPart(Resized):
    """A part that is drawn as `top`, `left`, `height` and `width`; what lies outside is gone."""

    ends_group: ClassVar[bool] = True

    def part(self, params: Params, shape: Shape) -> tuple[Any, Any, Any, Any]:
        return params["top"], params["left"], params["height"], params["width"]


@dataclasses.dataclass(frozen=True)
class Resize(Transform, Resized):
    """Resizes an image, whatever its proportions were.

    After RandomWidth or RandomHeight it resizes what they left not blank, and of an image on a
    canvas (`augjax.pad_to_canvas`) what is shown.

    Draws nothing.

    Keras's Resizing never antialiases, which is `antialias=False` here.

    Args:
      height, width: of the result, in pixels, from 1 to 32768.
      interpolation: 'bilinear' or 'nearest'.
      antialias: whether 'bilinear' weighs every pixel of an image that it shrinks, rather than the
        nearest four only. If not, the resize may share a resample with its neighbours.

    References: `tf.image.resize(image, (height, width), interpolation, antialias=antialias)`;
    `keras.layers.Resizing`; `torchvision.transforms.v2.Resize`.
    """

    reads_frame: ClassVar[bool] = True
    reads_size: ClassVar[bool] = True

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {}

    def part(self, params: Params, shape: Shape) -> tuple[Any, Any, Any, Any]:
        height, width = params.get("frame", shape[:2])
        return 0, 0, height, width
