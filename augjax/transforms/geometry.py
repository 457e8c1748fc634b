"""What geometric transforms share: a matrix each, so that a run of them is one resample."""

import abc
import dataclasses
from typing import NamedTuple, get_args

import jax.numpy as jnp
from jaxtyping import Array, Float

from augjax.kernels.warp import FillMode, Interpolation, affine_warp
from augjax.transforms.base import Params, Shape, Transform


class Resampling(NamedTuple):
    """How a warp reads between pixels and beyond the border."""

    fill_mode: FillMode
    interpolation: Interpolation
    fill_value: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Geometric(Transform):
    """A transform that moves pixels by one affine map and keeps the image's size."""

    @abc.abstractmethod
    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        """Output pixel (x, y, 1) to input pixel, of an image of `shape` (height, width, ...)."""

    @property
    @abc.abstractmethod
    def resampling(self) -> Resampling | None:
        """How this transform resamples; None if it lands on pixels and never leaves the image."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resampled(Geometric):
    """A geometric transform that lands between pixels or leaves the image.

    Attributes:
      fill_mode: 'reflect' (mirrored about the edge), 'constant', 'wrap' or 'nearest'.
      interpolation: 'nearest' or 'bilinear'.
      fill_value: for 'constant', in [0, 1] whatever the pipeline's value range.
    """

    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        check_choice(self, "fill_mode", self.fill_mode, get_args(FillMode))
        check_choice(self, "interpolation", self.interpolation, get_args(Interpolation))
        if not 0 <= self.fill_value <= 1:
            raise ValueError(
                f"{type(self).__name__}(fill_value={self.fill_value!r}): expected a number in "
                "[0, 1], where 1 is white whatever the pipeline's value range"
            )

    @property
    def resampling(self) -> Resampling:
        return Resampling(self.fill_mode, self.interpolation, float(self.fill_value))

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        matrix = self.matrix(params, image.shape)
        return affine_warp(image, matrix, **self.resampling._asdict())


def affine_matrix(
    xx: Array | float, xy: Array | float, x: Array | float,
    yx: Array | float, yy: Array | float, y: Array | float,
) -> Float[Array, "3 3"]:  # fmt: skip
    """The float32 matrix with the rows (xx, xy, x), (yx, yy, y), (0, 0, 1)."""
    entries = [jnp.float32(entry) for entry in (xx, xy, x, yx, yy, y, 0.0, 0.0, 1.0)]
    return jnp.stack(entries).reshape(3, 3)


def check_choice(owner: object, field: str, value: object, choices: tuple[str, ...]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ValueError(f"{type(owner).__name__}({field}={value!r}): expected one of {names}")
