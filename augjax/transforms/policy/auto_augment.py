"""AutoAugment."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from augjax.draws import unit, whole_number
from augjax.keys import stream
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.policy.auto_augment_policies import POLICIES, PolicyName
from augjax.transforms.policy.operations import OPERATIONS
from augjax.transforms.policy.policy import Layered
from augjax.transforms.policy.rand_augment import RANGES
from augjax.typing import Strength

_BINS = 10


@dataclasses.dataclass(frozen=True)
class AutoAugment(Layered):
    """Applies one of 25 pairs of operations, drawn for each image.

    Each of the two is taken with a probability of its own, at a magnitude of its own, either way
    where it has two: what was found to be best for a set of images. Ranges are RandAugment's, in
    ten bins. Masks, boxes and keypoints move
    along.

    Operations of colour work on 8-bit levels, round(255 x), and no gradient flows through them;
    what lies beyond is black, and pixels are not interpolated, by default: all as in RandAugment.

    Draws: `operation` (int32, of two layers), a place in
    `augjax.transforms.policy.operations.OPERATIONS`, 0 where it is not taken; `magnitude`
    (float32, of two layers), signed, in the operation's unit.

    `strength` scales magnitudes about that which changes nothing, and the probability of what has
    none (AutoContrast, Equalize, Invert).

    Args:
      policy: 'imagenet', 'cifar10' or 'svhn', the images for which it was found.
      fill_mode, interpolation, fill_value: by keyword; as for other geometry, but for the defaults.

    References: `torchvision.transforms.v2.AutoAugment`; Cubuk et al. 2018, arXiv 1805.09501.
    """

    policy: PolicyName = "imagenet"

    @property
    def layers(self) -> int:
        return 2

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        pairs = POLICIES[self.policy]
        names = np.array([[OPERATIONS.index(name) for name, _, _ in pair] for pair in pairs])
        likely = np.array([[p for _, p, _ in pair] for pair in pairs], np.float32)
        bins = np.array([[place or 0 for _, _, place in pair] for pair in pairs])
        magnitudes = RANGES.table(_BINS, shape)[names, bins]
        pair = whole_number(stream(key, "pair"), 0, len(pairs) - 1)
        taken = unit(stream(key, "taken"), (2,)) < jnp.asarray(likely)[pair]
        operation = jnp.where(taken, jnp.asarray(names, jnp.int32)[pair], 0)
        magnitude = jnp.where(taken, jnp.asarray(magnitudes)[pair], 0.0)
        return self.drawn(key, operation, magnitude, strength)
