"""What the tests of mixes mix, and with what."""

import jax
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise

KEY = aj.stream(aj.key(5), "augment")
N, SHAPE, CLASSES = 16, (9, 14, 3), 4
IDS = aj.image_ids([f"Car/{i}.jpg" for i in range(N)])
IMAGES = noise(N, *SHAPE)
CLASS_LABELS = np.arange(N) % CLASSES
EVERY = [
    aj.MixUp(1.0, num_classes=CLASSES),
    aj.CutMix(num_classes=CLASSES),
    aj.RandomMixChoice([aj.MixUp(1.0), aj.CutMix()], num_classes=CLASSES),
]
every = pytest.mark.parametrize("mix", EVERY, ids=lambda mix: type(mix).__name__)


def assert_same_bits(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def many_draws(mix, n=4000, **more):
    return mix.sample(KEY, np.arange(n, dtype=np.uint32), SHAPE, **more)


def images_of(*values):
    """Images of 2 x 4 pixels and one channel, a value each."""
    return np.broadcast_to(
        np.array(values, np.float32)[:, None, None, None], (len(values), 2, 4, 1)
    )
