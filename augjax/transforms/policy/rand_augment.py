"""RandAugment."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import Bounds, bounded, whole
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.policy.magnitudes import Ranges
from augjax.transforms.policy.operations import OPERATIONS
from augjax.transforms.policy.policy import Layered
from augjax.typing import Strength

RANGES = Ranges(translate=150 / 331)
"""Those of RandAugment, and of AutoAugment in ten bins."""
DRAWN = len(OPERATIONS) - 1
"""All operations but the last, Invert."""


@dataclasses.dataclass(frozen=True)
class RandAugment(Layered):
    """Applies a few operations, drawn for each image, of one magnitude.

    Shears of up to 0.3, moves of up to 150/331 of the size, turns of up to 30 degrees, factors of
    up to 1 - 0.9 and 1 + 0.9, down to 4 bits, thresholds from 255 down to 0; autocontrast,
    equalizing, or nothing; either way where an operation has two. Masks, boxes and keypoints
    move along.

    Operations of colour work on 8-bit levels, round(255 x), as in the papers, and give what Pillow
    gives; no gradient flows through them. An image that draws none is not rounded. Differing from
    other geometry here, what lies beyond is black and pixels are not interpolated, by default: so
    do the references, and levels stay whole.

    Draws: `operation` (int32, one a layer), a place in
    `augjax.transforms.policy.operations.OPERATIONS`, from the first 14; `magnitude` (float32,
    one a layer), signed, in the operation's unit.

    `strength` scales magnitudes about that which changes nothing, and the probability of what has
    none (AutoContrast, Equalize). torchvision draws once for all images of a batch.

    Args:
      num_ops: how many operations an image gets, 0 to 32.
      magnitude: a bin, from 0, the weakest, to num_magnitude_bins - 1.
      num_magnitude_bins: into how many the ranges are divided, 2 to 1000.
      fill_mode, interpolation, fill_value: by keyword; as for other geometry, but for the defaults.

    References: `torchvision.transforms.v2.RandAugment`; Cubuk et al. 2019, arXiv 1909.13719. The
    help of `augjax.transforms.policy.operations` says where others differ.
    """

    num_ops: int = dataclasses.field(default=2, metadata=whole(0, 32))
    magnitude: int = dataclasses.field(
        default=9, metadata=bounded(0, 999, "a whole number below num_magnitude_bins")
    )
    num_magnitude_bins: int = dataclasses.field(default=31, metadata=whole(2, 1000))

    def __post_init__(self) -> None:
        super().__post_init__()
        strongest = self.num_magnitude_bins - 1
        within = Bounds(0, strongest, f"a whole number from 0 to {strongest}")
        within.check(self, "magnitude", self.magnitude)

    @property
    def layers(self) -> int:
        return self.num_ops

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        operation = whole_number(stream(key, "operation"), 0, DRAWN - 1, shape=(self.num_ops,))
        table = RANGES.table(self.num_magnitude_bins, shape)[:, self.magnitude]
        return self.drawn(key, operation, jnp.asarray(table)[operation], strength)
