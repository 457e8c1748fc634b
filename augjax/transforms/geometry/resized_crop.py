"""RandomResizedCrop."""

import dataclasses
import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from augjax.keys import stream
from augjax.transforms.base import Params, Shape, Strength
from augjax.transforms.factors import at_least, factor_numbers, uniform
from augjax.transforms.geometry.resize import Resized

_TRIES = 10
_RATIOS = 1024


@dataclasses.dataclass(frozen=True)
class RandomResizedCrop(Resized):
    """Cuts a part of random size and proportions out of an image, and resizes it.

    Up to ten times an area ~ U[scale] of the image's and a ratio of width to height whose logarithm
    is uniform over `ratio` are drawn, until the part fits in; else the part is the largest one in
    the middle of the image whose ratio is within bounds. What lies outside of the part is gone.

    Draws: `top`, `left`, `height` and `width` of the part (int32, in pixels); `strength` changes
    nothing.

    The logarithm of the ratio takes 1024 values, evenly spaced.

    Args:
      height, width: of the result, in pixels.
      scale: (lower, upper), shares of the image's area in (0, 1].
      ratio: (lower, upper), widths over heights, above 0.
      interpolation, antialias: see `Resized`.

    Reference: `torchvision.transforms.v2.RandomResizedCrop`.
    """

    ends_group: ClassVar[bool] = True

    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    @classmethod
    def example(cls) -> "RandomResizedCrop":
        return cls(32, 32)

    def __post_init__(self) -> None:
        super().__post_init__()
        for field, highest in (("scale", 1.0), ("ratio", math.inf)):
            numbers = factor_numbers(self, field, getattr(self, field))
            if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1] <= highest:
                limit = " <= 1" if highest == 1 else ""
                raise ValueError(
                    f"RandomResizedCrop({field}={getattr(self, field)!r}): "
                    f"expected (lower, upper) with 0 < lower <= upper{limit}"
                )
            object.__setattr__(self, field, numbers)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        numbers = jnp.arange(_TRIES, dtype=jnp.uint32)
        tries = jax.vmap(lambda n: self._try(jax.random.fold_in(key, n), shape))(numbers)
        fits = tries.pop("fits")
        first = jnp.argmax(fits)
        middle = self._middle(shape)
        return {
            name: jnp.where(fits.any(), values[first], jnp.int32(middle[name]))
            for name, values in tries.items()
        }

    def _try(self, key: PRNGKeyArray, shape: Shape) -> Params:
        height, width, _ = shape
        lower, upper = (height * width * share for share in self.scale)
        side = jnp.sqrt(at_least(0.0, uniform(stream(key, "area"), lower, upper)))
        step = jax.random.randint(stream(key, "ratio"), (), 0, _RATIOS, jnp.int32)
        roots = self._ratio_roots()
        part_width = _pixels(side * jnp.float32(roots)[step])
        part_height = _pixels(side * jnp.float32([1 / root for root in roots])[step])
        fits = (part_width > 0) & (part_width <= width)
        fits &= (part_height > 0) & (part_height <= height)
        return {
            "top": _place(stream(key, "top"), height - part_height),
            "left": _place(stream(key, "left"), width - part_width),
            "height": part_height,
            "width": part_width,
            "fits": fits,
        }

    def _ratio_roots(self) -> list[float]:
        """Square roots of ratios. A logarithm taken on the device would not be the same on all."""
        lower, upper = (math.log(bound) / 2 for bound in self.ratio)
        spacing = (upper - lower) / _RATIOS
        return [math.exp(lower + (step + 0.5) * spacing) for step in range(_RATIOS)]

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

    def part(self, params: Params, shape: Shape) -> tuple[Any, Any, Any, Any]:
        return params["top"], params["left"], params["height"], params["width"]


def _pixels(length: Array) -> Array:
    return jnp.round(at_least(0.0, length)).astype(jnp.int32)


def _place(key: PRNGKeyArray, room: Array) -> Array:
    """From 0 to `room`, each with the same probability."""
    return jax.random.randint(key, (), 0, jnp.maximum(room, 0) + 1, jnp.int32)
