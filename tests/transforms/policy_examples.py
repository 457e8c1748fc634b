"""What the tests of policies draw and augment."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

import augjax as aj
from augjax.transforms.policy.operations import OPERATIONS
from tests.helpers import noise
from tests.transforms.pillow_operations import by_pillow

KEY = aj.key(5)
SHAPE = (40, 48, 3)
AT = {name: place for place, name in enumerate(OPERATIONS)}
AUG_MIXES = [aj.AugMix(), aj.AugMix(10, 2, 4, 2, all_ops=False)]
EXAMPLE = {
    "mask": (np.arange(40 * 48) % 7).reshape(40, 48).astype(np.int32),
    "boxes": np.array([[10, 12, 20, 22]], np.float32),
    "keypoints": np.array([[15, 16], [2, 3]], np.float32),
}


def draws(policy, n, strength=1.0, shape=SHAPE):
    keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(n, dtype=jnp.uint32))
    drawn = jax.jit(jax.vmap(lambda key: policy.sample(key, shape, strength=strength)))(keys)
    return jax.tree.map(np.asarray, drawn)


def through_pillow(operation, magnitude, pixels):
    for o, m in zip(operation, magnitude, strict=True):
        pixels = by_pillow(o, m, pixels)
    return pixels


def pictures(n):
    """Noise on a ramp: of all levels, and unlike at each pixel."""
    ramp = np.linspace(0, 155, SHAPE[1])[:, None]
    return (ramp + 100 * noise(n, *SHAPE)).astype(np.uint8)


def assert_frequencies(found, expected):
    """Counts follow probabilities, by a test that fails one time in a thousand."""
    expected = np.asarray(expected, float)
    total = np.sum(found)
    assert stats.chisquare(found, expected / expected.sum() * total).pvalue > 1e-3
