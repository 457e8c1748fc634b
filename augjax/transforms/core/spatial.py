"""Operations that move pixels: their motion also moves masks, boxes and keypoints."""

import abc
import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from augjax.kernels.warp import FillMode, Interpolation
from augjax.transforms.core.factors import COLOR, Color, check_color
from augjax.transforms.core.motion import FieldMotion, MatrixMotion, Motion, Resampling
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.types import Frame, Params, Shape


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spatial(Operation):
    """An operation that moves pixels."""

    keeps_by_centre: ClassVar[bool] = False
    """Whether boxes are gone whose centre leaves the frame, however much of them is in it."""

    def out_frame(self, params: Params, shape: Shape, frame: Frame) -> Frame:
        """The (height, width) in the upper left of the result that are not blank.

        Args:
          params: the draws.
          shape: of the image before.
          frame: what of that is not blank.
        """
        return self.out_shape(shape)[:2]

    @abc.abstractmethod
    def motion(self, params: Params, shape: Shape) -> Motion:
        """How the draws move the pixels of an image of `shape`."""

    @abc.abstractmethod
    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        """The mask of the moved image: no value that was not there before, but `fill` beyond."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Geometric(Spatial):
    """An operation that moves pixels by one matrix, so that a run of them is one resample."""

    projective: ClassVar[bool] = False
    """Whether the last row of the matrix is other than (0, 0, 1)."""
    ends_group: ClassVar[bool] = False
    """Whether what leaves the frame is gone for the operations that follow."""
    adopts_fill: ClassVar[bool] = False
    """Whether it takes the fill of the group that it joins, as it never leaves the image."""

    @property
    def fuses(self) -> bool:
        """Whether a resample by the product of matrices does what this operation does."""
        return True

    @abc.abstractmethod
    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        """Output pixel (x, y, 1) to input pixel, of an image of `shape` (height, width, ...)."""

    @property
    @abc.abstractmethod
    def resampling(self) -> Resampling | None:
        """How it resamples; None if it lands on pixels and never leaves the image."""

    def motion(self, params: Params, shape: Shape) -> MatrixMotion:
        """How the draws move the pixels of an image of `shape`."""
        out = self.out_shape(shape)
        return MatrixMotion(shape[:2], out[:2], self.matrix(params, shape), self.projective)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        return self.motion(params, mask.shape).warp(mask, Resampling("nearest", "nearest", fill))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filled(Spatial):
    """An operation that lands between pixels or leaves the image.

    Attributes:
      fill_mode: 'reflect' (mirrored about the edge), 'constant', 'wrap' or 'nearest'.
      interpolation: 'nearest' or 'bilinear'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each.
    """

    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    fill_value: Color = dataclasses.field(default=0.0, metadata=COLOR)

    @property
    def resampling(self) -> Resampling:
        """How it resamples."""
        return Resampling(self.fill_mode, self.interpolation, self.fill_value)

    def check_channels(self, channels: int) -> None:
        """Raises ValueError unless it can fill images of `channels`."""
        check_color(self.title, "fill_value", self.fill_value, channels)

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        return self.motion(params, image.shape).warp(image, self.resampling)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        nearest = Resampling(self.fill_mode, "nearest", fill)
        return self.motion(params, mask.shape).warp(mask, nearest)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resampled(Filled, Geometric):
    """A geometric operation that lands between pixels or leaves the image."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Displaced(Filled):
    """An operation that moves pixels by a field, each by a way of its own.

    It is a pass of its own. Boxes and keypoints move by the inverse of the field, which is found
    where the field is smooth; where it tears the image there is none.
    """

    @abc.abstractmethod
    def displacement(self, params: Params, shape: Shape) -> Float[Array, "height width 2"]:
        """(dx, dy) of every pixel, in pixels: output pixel p shows input point p + (dx, dy)."""

    def motion(self, params: Params, shape: Shape) -> FieldMotion:
        return FieldMotion(shape[:2], shape[:2], self.displacement(params, shape))


def affine_matrix(
    xx: Array | float, xy: Array | float, x: Array | float,
    yx: Array | float, yy: Array | float, y: Array | float,
) -> Float[Array, "3 3"]:  # fmt: skip
    """The float32 matrix with the rows (xx, xy, x), (yx, yy, y), (0, 0, 1)."""
    entries = [jnp.float32(entry) for entry in (xx, xy, x, yx, yy, y, 0.0, 0.0, 1.0)]
    return jnp.stack(entries).reshape(3, 3)


def about_centre(
    xx: Array | float, xy: Array | float, yx: Array | float, yy: Array | float, shape: Shape
) -> Float[Array, "3 3"]:
    """The matrix of a linear map of (x, y) that leaves the centre of the image where it is."""
    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    return affine_matrix(xx, xy, x - xx * x - xy * y, yx, yy, y - yx * x - yy * y)
