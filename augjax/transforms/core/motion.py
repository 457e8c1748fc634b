"""Where each pixel of an image comes from: by this, images, boxes and keypoints are moved."""

import abc
import dataclasses
from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Shaped

from augjax.kernels.warp import HORIZON, FillMode, Interpolation, sample_at, warp
from augjax.transforms.core.factors import Color
from augjax.transforms.core.types import Gate, Points, Size


class Resampling(NamedTuple):
    """How a warp reads between pixels and beyond the border."""

    fill_mode: FillMode
    interpolation: Interpolation
    fill_value: Color


BLANK = Resampling("constant", "bilinear", 0.0)
"""Zero beyond the border."""


@dataclasses.dataclass(frozen=True)
class Motion(abc.ABC):
    """A map from the pixels of a picture of `size_out` to those of one of `size_in`."""

    size_in: Size
    size_out: Size

    @abc.abstractmethod
    def warp(self, image: Shaped[Array, "h w c"], how: Resampling) -> Shaped[Array, "_ _ c"]:
        """The picture that `image` becomes."""

    @abc.abstractmethod
    def unwarp(self, image: Shaped[Array, "h w c"], how: Resampling) -> Shaped[Array, "_ _ c"]:
        """The picture that became `image`, as far as that shows it."""

    @abc.abstractmethod
    def forward(self, points: Points) -> Points:
        """Where points of the picture end up."""

    @abc.abstractmethod
    def backward(self, points: Points) -> Points:
        """Where points of the result come from."""

    @property
    @abc.abstractmethod
    def mirrors(self) -> Gate:
        """Whether left and right change places."""

    @abc.abstractmethod
    def gated(self, gate: Gate) -> "Motion":
        """This motion, or none at all."""


@dataclasses.dataclass(frozen=True)
class MatrixMotion(Motion):
    """A motion by one 3x3 matrix, output pixel (x, y, 1) to input pixel.

    Attributes:
      matrix: float32.
      projective: whether its last row is other than (0, 0, 1).
    """

    matrix: Float[Array, "3 3"]
    projective: bool

    def warp(self, image: Shaped[Array, "h w c"], how: Resampling) -> Shaped[Array, "_ _ c"]:
        return warp(image, self.matrix, self.size_out, projective=self.projective, **how._asdict())

    def unwarp(self, image: Shaped[Array, "h w c"], how: Resampling) -> Shaped[Array, "_ _ c"]:
        inverse = inverted(self.matrix)
        return warp(image, inverse, self.size_in, projective=self.projective, **how._asdict())

    def forward(self, points: Points) -> Points:
        return self._mapped(inverted(self.matrix), points)

    def backward(self, points: Points) -> Points:
        return self._mapped(self.matrix, points)

    @property
    def mirrors(self) -> Gate:
        return determinant(self.matrix) < 0

    def gated(self, gate: Gate) -> "MatrixMotion":
        matrix = jnp.where(gate, self.matrix, jnp.eye(3, dtype=jnp.float32))
        return dataclasses.replace(self, matrix=matrix)

    def then(self, second: "MatrixMotion") -> "MatrixMotion":
        """This motion, and another after it, as one."""
        matrix = jnp.matmul(self.matrix, second.matrix, precision=lax.Precision.HIGHEST)
        projective = self.projective or second.projective
        return MatrixMotion(self.size_in, second.size_out, matrix, projective)

    def _mapped(self, matrix: Float[Array, "3 3"], points: Points) -> Points:
        x, y = points[:, 0], points[:, 1]
        mapped = [row[0] * x + row[1] * y + row[2] for row in matrix]
        if self.projective:
            depth = jnp.maximum(mapped[2], HORIZON)  # Behind it: far outside, as in `warp`.
            mapped = [mapped[0] / depth, mapped[1] / depth]
        return jnp.stack(mapped[:2], axis=1)


@dataclasses.dataclass(frozen=True)
class FieldMotion(Motion):
    """A motion in which output pixel p shows input point p + field(p).

    Attributes:
      field: (dx, dy) of every pixel, in pixels.
    """

    field: Float[Array, "height width 2"]

    def warp(self, image: Shaped[Array, "h w c"], how: Resampling) -> Shaped[Array, "_ _ c"]:
        x, y = self._grid()
        return sample_at(image, x + self.field[..., 0], y + self.field[..., 1], **how._asdict())

    def unwarp(self, image: Shaped[Array, "h w c"], how: Resampling) -> Shaped[Array, "_ _ c"]:
        height, width = self.size_in
        x, y = self._grid()
        points = self.forward(jnp.stack([x.ravel(), y.ravel()], axis=1))
        x, y = (points[:, axis].reshape(height, width) for axis in (0, 1))
        return sample_at(image, x, y, **how._asdict())

    def forward(self, points: Points) -> Points:
        # The p for which p + field(p) is the point, by iteration; it converges where the field is
        # smooth, which is where it does not tear the picture.
        found = points
        for _ in range(_ITERATIONS):
            found = points - self._displacement(found)
        return found

    def backward(self, points: Points) -> Points:
        return points + self._displacement(points)

    @property
    def mirrors(self) -> Gate:
        return False

    def gated(self, gate: Gate) -> "FieldMotion":
        return dataclasses.replace(self, field=jnp.where(gate, self.field, 0.0))

    def _displacement(self, points: Points) -> Points:
        at = (points[:, :1], points[:, 1:])
        return sample_at(self.field, *at, fill_mode="nearest")[:, 0]

    def _grid(self) -> tuple[Float[Array, "height width"], Float[Array, "height width"]]:
        height, width = self.size_out
        x, y = jnp.meshgrid(jnp.arange(width, dtype=jnp.int32), jnp.arange(height, dtype=jnp.int32))
        return x.astype(jnp.float32), y.astype(jnp.float32)


_ITERATIONS = 20


def inverted(m: Float[Array, "3 3"]) -> Float[Array, "3 3"]:
    """The inverse by cofactors: no pivoting, so that it vectorises, and its gradient with it."""
    (a, b, c), (d, e, f), (g, h, i) = m
    cofactors = [
        e * i - f * h, c * h - b * i, b * f - c * e,
        f * g - d * i, a * i - c * g, c * d - a * f,
        d * h - e * g, b * g - a * h, a * e - b * d,
    ]  # fmt: skip
    return jnp.stack(cofactors).reshape(3, 3) / determinant(m)


def determinant(m: Float[Array, "3 3"]) -> Float[Array, ""]:
    """Below 0 where the map mirrors."""
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) + b * (f * g - d * i) + c * (d * h - e * g)
