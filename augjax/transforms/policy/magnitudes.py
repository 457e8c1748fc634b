"""How strong each operation is: tables of magnitudes, and what `strength` makes of one."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from augjax.kernels.fusion import unfused
from augjax.transforms.core.types import Shape
from augjax.transforms.policy.operations import (
    ABSOLUTE,
    ENHANCING,
    OPERATIONS,
    UNCHANGED,
    is_among,
)
from augjax.typing import Strength

_SIGNED = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", *ENHANCING)
_LOWEST = {**dict.fromkeys(ENHANCING, -1), "Posterize": 1, "Solarize": 0}
"""Where a strength above 1 stops: at factors of 0, one bit, and all levels."""


@dataclasses.dataclass(frozen=True)
class Ranges:
    """The strongest magnitudes; the weakest change nothing, but Posterize may begin below 8 bits.

    Attributes:
      translate: as shares of the width and of the height, or in pixels.
      in_pixels: whether it is in pixels.
      shear: in pixels a pixel.
      rotate: in degrees.
      enhance: the change of the factors of Brightness, Color, Contrast and Sharpness.
      bits: of Posterize, the weakest and the strongest.
    """

    translate: float
    in_pixels: bool = False
    shear: float = 0.3
    rotate: float = 30.0
    enhance: float = 0.9
    bits: tuple[int, int] = (8, 4)

    def table(self, bins: int, shape: Shape) -> Float[np.ndarray, "operations bins"]:
        """The magnitude of each operation in each of several bins, from the weakest up."""
        height, width = (1, 1) if self.in_pixels else shape[:2]
        strongest = {
            "ShearX": self.shear,
            "ShearY": self.shear,
            "TranslateX": self.translate * width,
            "TranslateY": self.translate * height,
            "Rotate": self.rotate,
            **dict.fromkeys(ENHANCING, self.enhance),
        }
        rows = {name: np.linspace(0.0, value, bins) for name, value in strongest.items()}
        weakest, fewest = self.bits
        fewer = np.round(np.arange(bins) / ((bins - 1) / (weakest - fewest)))
        rows |= {"Posterize": weakest - fewer, "Solarize": np.linspace(255.0, 0.0, bins)}
        return np.array([rows.get(name, np.zeros(bins)) for name in OPERATIONS], np.float32)


def at_strength(
    operation: Int[Array, "..."],
    magnitude: Float[Array, "..."],
    coin: Float[Array, "..."],
    strength: Strength,
) -> tuple[Int[Array, "..."], Float[Array, "..."]]:
    """Operations and magnitudes as strong as they are at `strength`: at 1 the same, at 0 nothing.

    Args:
      operation: places in OPERATIONS.
      magnitude: theirs.
      coin: from U[0, 1); operations that have no magnitude are taken if it is below `strength`.
      strength: scales each magnitude about the one that changes nothing.
    """
    strength = jnp.float32(strength)
    unchanged = jnp.asarray(UNCHANGED)[operation]
    lowest = jnp.float32([_LOWEST.get(name, -_FAR) for name in OPERATIONS])[operation]
    scaled = unfused(strength * magnitude, -_FAR, _FAR)
    scaled = scaled + unfused((1.0 - strength) * unchanged, -_FAR, _FAR)
    scaled = jnp.maximum(scaled, jnp.minimum(lowest, magnitude))
    scaled = jnp.where(is_among(operation, ["Posterize"]), jnp.round(scaled), scaled)
    left_out = is_among(operation, ABSOLUTE) & (coin >= strength)
    return jnp.where(left_out, 0, operation), scaled


_FAR = 1e6
"""Further than any magnitude."""


def signed(
    operation: Int[Array, "..."], magnitude: Float[Array, "..."], negative: Bool[Array, "..."]
) -> Float[Array, "..."]:
    """Magnitudes with the sign that was drawn, for those operations that have one."""
    return jnp.where(negative & is_among(operation, _SIGNED), -magnitude, magnitude)
