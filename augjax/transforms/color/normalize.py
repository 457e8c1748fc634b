"""Normalize."""

import dataclasses
import math
from collections.abc import Sequence
from numbers import Real
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.transforms.core.checks import shape_text
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength

Channels = float | tuple[float, ...]
"""One number for all channels, or one for each."""


@dataclasses.dataclass(frozen=True)
class Normalize(Transform, Pointwise):
    """Brings each channel to mean 0 and standard deviation 1: y = (x - mean) / std.

    It leaves [0, 1], so it stands after all other transforms of colour, and the pipeline's value
    range does not apply to what comes out.

    Draws: nothing; `strength` changes nothing.

    Args:
      mean: of an image in [0, 1] whatever its value range; a number for all channels, or one each,
        in [0, 1].
      std: of the same form, above 0.

    Reference: `torchvision.transforms.v2.Normalize`.
    """

    keeps_range: ClassVar[bool] = False

    mean: Channels | Sequence[float]
    std: Channels | Sequence[float]

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("mean", "std"):
            object.__setattr__(self, field, self._checked(field))
        lengths = {len(v) for v in (self.mean, self.std) if isinstance(v, tuple)}
        if len(lengths) > 1:
            raise ValueError(
                f"Normalize(mean={self.mean!r}, std={self.std!r}): expected as many of one as of "
                "the other"
            )
        if not all(
            0 <= n <= 1 for field in ("mean", "std") for n in _numbers(getattr(self, field))
        ):
            raise ValueError(
                f"Normalize(mean={self.mean!r}, std={self.std!r}): expected numbers in [0, 1], as "
                "images have them here whatever the value range; divide those of 0 to 255 by 255"
            )

    def _checked(self, field: str) -> Channels:
        given = getattr(self, field)
        numbers = _numbers(given)
        valid = all(isinstance(n, Real) and math.isfinite(n) for n in numbers)
        floats = tuple(float(n) for n in numbers) if valid else ()
        if not floats or (field == "std" and min(floats) <= 0):
            above = " above 0" if field == "std" else ""
            raise ValueError(
                f"Normalize({field}={given!r}): expected a finite number{above} for all channels, "
                "or one for each"
            )
        return floats[0] if isinstance(given, Real) else floats

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        for field in ("mean", "std"):
            value = getattr(self, field)
            if isinstance(value, tuple) and len(value) != image.shape[-1]:
                raise ValueError(
                    f"Normalize({field}={value!r}) takes images of {len(value)} channels, but got "
                    f"{shape_text(image.shape)}"
                )
        mean, std = (jnp.float32(v).reshape(1, 1, -1) for v in (self.mean, self.std))
        return (image - mean) / std


def _numbers(channels: Channels | Sequence[float]) -> tuple[float, ...]:
    return tuple(channels) if isinstance(channels, Sequence) else (channels,)
