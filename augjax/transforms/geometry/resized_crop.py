"""RandomResizedCrop."""

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from augjax.draws import whole_number
from augjax.kernels.doubles import middle_and_half
from augjax.keys import stream
from augjax.transforms.core.factors import ranged
from augjax.transforms.core.scene import Scene, is_on_canvas
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Frame, Params, Shape
from augjax.transforms.filter.rectangles import first_that_fits
from augjax.transforms.geometry.resize import ResizedPart
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomResizedCrop(Transform, ResizedPart):
    """Cuts a part of random size and proportions out of an image, and resizes it.

    Up to ten times an area ~ U[scale] of the image's and a ratio of width to height whose logarithm
    is uniform over `ratio` are drawn, until the part fits in; else the part is the largest one in
    the middle of the image whose ratio is within bounds. What lies outside of the part is gone.

    Draws: `top`, `left`, `height` and `width` of the part (int32, in pixels); `strength` changes
    nothing.

    Of an image on a canvas (`augjax.pad_to_canvas`) it draws what it draws for the image alone: to
    the bit where a device has doubles, as CPUs and GPUs do.

    The logarithm of the ratio takes 1024 values, evenly spaced.

    Args:
      height, width: of the result, in pixels, from 1 to 32768.
      scale: (lower, upper), shares of the image's area in (0, 1].
      ratio: (lower, upper), widths over heights, within [0.001, 1000].
      interpolation: 'bilinear' or 'nearest'.
      antialias: whether 'bilinear' weighs every pixel of a part that it shrinks, rather than the
        nearest four only.

    Reference: `torchvision.transforms.v2.RandomResizedCrop`.
    """

    reads_size: ClassVar[bool] = True

    scale: tuple[float, float] = dataclasses.field(
        default=(0.08, 1.0),
        metadata=ranged(lowest=0, highest=1, number=None, open_below="expected lower above 0"),
    )
    ratio: tuple[float, float] = dataclasses.field(
        default=(3 / 4, 4 / 3), metadata=ranged(lowest=0.001, highest=1000, number=None)
    )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        smallest, largest = (shape[0] * shape[1] * share for share in self.scale)
        areas = (smallest + largest) / 2, (largest - smallest) / 2
        return self._drawn(key, shape[:2], areas, self._middle(shape))

    def draw_for(self, key: PRNGKeyArray, scene: Scene, strength: Strength) -> Params:
        if not is_on_canvas(scene.frame):
            return self.draw(key, scene.shape, strength)
        areas = middle_and_half(scene.frame[0] * scene.frame[1], *self.scale)
        return self._drawn(key, scene.frame, areas, self._middle_on_canvas(scene))

    def _drawn(
        self, key: PRNGKeyArray, size: Frame, areas: tuple[Any, Any], middle: dict[str, Any]
    ) -> Params:
        height, width = size
        rows, columns, found = first_that_fits(
            key,
            areas,
            self.ratio,
            lambda rows, columns: (
                (rows > 0) & (rows <= height) & (columns > 0) & (columns <= width)
            ),
        )
        part = {
            "top": whole_number(stream(key, "top"), 0, jnp.maximum(height - rows, 0)),
            "left": whole_number(stream(key, "left"), 0, jnp.maximum(width - columns, 0)),
            "height": rows,
            "width": columns,
        }
        return {name: jnp.where(found, drawn, middle[name]) for name, drawn in part.items()}

    def _middle(self, shape: Shape) -> dict[str, int]:
        height, width, _ = shape
        narrowest, widest = self.ratio
        part_height = min(height, max(1, round(width / narrowest)))
        part_width = min(width, max(1, round(height * widest)))
        return {
            "top": (height - part_height) // 2,
            "left": (width - part_width) // 2,
            "height": part_height,
            "width": part_width,
        }

    def _middle_on_canvas(self, scene: Scene) -> dict[str, Array]:
        """`_middle` of what is shown, looked up in tables of all sizes that it may have."""
        height, width = scene.frame
        tallest, widest = scene.shape[:2]
        narrow, wide = self.ratio
        heights = [max(1, round(columns / narrow)) for columns in range(widest + 1)]
        widths = [max(1, round(rows * wide)) for rows in range(tallest + 1)]
        part_height = jnp.minimum(height, jnp.array(heights, jnp.int32)[width])
        part_width = jnp.minimum(width, jnp.array(widths, jnp.int32)[height])
        return {
            "top": (height - part_height) // 2,
            "left": (width - part_width) // 2,
            "height": part_height,
            "width": part_width,
        }
