"""RandomShortestSize."""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from augjax.draws import below
from augjax.keys import stream
from augjax.transforms.core.factors import LARGEST, SIDE, whole
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Frame, Params, Shape
from augjax.transforms.geometry.placed import Place, Placed
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomShortestSize(Transform, Placed):
    """Resizes an image so that its shorter side has one of several lengths.

    The longer side has at most `max_size` pixels, for which the shorter one becomes shorter still.
    The result stands in the upper left of a canvas that has room for every length, so that all
    share one shape and one compilation; the rest is filled. In a pipeline it stands last, or before
    Resize or Letterbox.

    Draws: `size` (int32), one of `min_size`, each with the same probability; `strength` changes
    nothing.

    Args:
      min_size: the lengths to choose from, in pixels, each from 1 to 32768.
      max_size: of the longer side, in pixels; by default any.
      fill_value: what lies beside the image, in [0, 1] whatever the pipeline's value range; a
        number for all channels, or one for each.
      interpolation: 'bilinear' or 'nearest'.
      antialias: whether 'bilinear' weighs every pixel of an image that it shrinks, rather than the
        nearest four only.

    Reference: `torchvision.transforms.v2.RandomShortestSize`.
    """

    draws_frame: ClassVar[bool] = True

    min_size: Sequence[int] | int = dataclasses.field(
        metadata=whole(1, LARGEST, "whole numbers of pixels")
    )
    max_size: int | None = dataclasses.field(default=None, metadata=SIDE)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        sizes = jnp.asarray(self._sizes, jnp.int32)
        return {"size": sizes[below(stream(key, "size"), len(self._sizes))]}

    @property
    def _sizes(self) -> tuple[int, ...]:
        return (self.min_size,) if isinstance(self.min_size, int) else tuple(self.min_size)

    def _resized(self, shape: Shape) -> np.ndarray:
        """(rows, columns) for each of the sizes."""
        height, width, _ = shape
        scales = [size / min(height, width) for size in self._sizes]
        if self.max_size is not None:
            scales = [min(scale, self.max_size / max(height, width)) for scale in scales]
        return np.array([[max(1, int(side * scale)) for side in shape[:2]] for scale in scales])

    def out_shape(self, shape: Shape) -> Shape:
        rows, columns = self._resized(shape).max(axis=0).tolist()
        return (rows, columns, *shape[2:])

    def out_frame(self, params: Params, shape: Shape, frame: Frame) -> Frame:
        rows, columns = self.places(params, shape)
        return rows.resized, columns.resized

    def places(self, params: Params, shape: Shape) -> tuple[Place, Place]:
        resized = self._resized(shape)
        which = jnp.argmax(jnp.asarray(self._sizes, jnp.int32) == params["size"])
        rows, columns = jnp.asarray(resized, jnp.int32)[which]
        shrink = max(shape[0] / resized[:, 0].min(), shape[1] / resized[:, 1].min())
        canvas = self.out_shape(shape)
        return (
            Place(canvas[0], shape[0], rows, 0, shrink),
            Place(canvas[1], shape[1], columns, 0, shrink),
        )
