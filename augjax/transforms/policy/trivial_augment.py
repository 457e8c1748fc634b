"""TrivialAugmentWide."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import whole
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.policy.magnitudes import Ranges
from augjax.transforms.policy.policy import Layered
from augjax.transforms.policy.rand_augment import DRAWN
from augjax.typing import Strength

RANGES = Ranges(translate=32, in_pixels=True, shear=0.99, rotate=135, enhance=0.99, bits=(8, 2))


@dataclasses.dataclass(frozen=True)
class TrivialAugmentWide(Layered):
    """Applies one operation of any magnitude, both drawn for each image.

    Shears of up to 0.99, moves of up to 32 pixels, turns of up to 135 degrees, factors of up to
    1 - 0.99 and 1 + 0.99, down to 2 bits, thresholds from 255 down to 0; autocontrast, equalizing,
    or nothing; either way where an operation has two. Masks, boxes and keypoints move
    along.

    Operations of colour work on 8-bit levels, round(255 x), and no gradient flows through them;
    what lies beyond is black, and pixels are not interpolated, by default: all as in RandAugment.

    Draws: `operation` (int32, of one layer), a place in
    `augjax.transforms.policy.operations.OPERATIONS`, from the first 14; `magnitude` (float32, of
    one layer), signed, in the operation's unit.

    `strength` scales magnitudes about that which changes nothing, and the probability of what has
    none (AutoContrast, Equalize).

    Args:
      num_magnitude_bins: into how many magnitudes, all as likely, the ranges are divided, 2 to
        1000.
      fill_mode, interpolation, fill_value: by keyword; as for other geometry, but for the defaults.

    References: `torchvision.transforms.v2.TrivialAugmentWide`; Müller and Hutter 2021, arXiv
    2103.10158.
    """

    num_magnitude_bins: int = dataclasses.field(default=31, metadata=whole(2, 1000))

    @property
    def layers(self) -> int:
        return 1

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        bins = self.num_magnitude_bins
        operation = whole_number(stream(key, "operation"), 0, DRAWN - 1, shape=(1,))
        place = whole_number(stream(key, "magnitude"), 0, bins - 1, shape=(1,))
        magnitude = jnp.asarray(RANGES.table(bins, shape))[operation, place]
        return self.drawn(key, operation, magnitude, strength)
