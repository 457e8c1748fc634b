"""What the tests of policies draw and augment, in compiled programs that several tests share."""

import functools
from collections.abc import Callable
from typing import Any

import jax
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


COUNT = 120
"""How many images are painted at once."""


@functools.cache
def _sampler(policy: aj.Transform) -> Callable[..., Any]:
    def draw(key, image_id, strength):
        return policy.sample(aj.image_key(key, 0, image_id), SHAPE, strength=strength)

    return jax.jit(jax.vmap(draw, (None, 0, None)))


def draws(policy, n, strength=1.0):
    """Of the first of 8000 images."""
    drawn = _sampler(policy)(KEY, np.arange(8000, dtype=np.uint32), np.float32(strength))
    return {name: np.array(part[:n]) for name, part in jax.device_get(drawn).items()}


@functools.cache
def _painter(policy: aj.Transform) -> Callable[..., Any]:
    return jax.jit(jax.vmap(policy.apply))


def paint(policy, drawn, images):
    """Float32 images by a draw each, up to COUNT of them."""
    which = np.arange(COUNT) % len(images)
    drawn = {name: np.asarray(part)[which] for name, part in drawn.items()}
    return np.asarray(_painter(policy)(drawn, images[which]))[: len(images)]


def layers(*pairs):
    """Draws of a policy by names."""
    names, magnitudes = zip(*pairs, strict=True)
    return {
        "operation": np.array([AT[name] for name in names], np.int32),
        "magnitude": np.array(magnitudes, np.float32),
    }


def paint_one(policy, drawn, image):
    """One image, by the same program."""
    return paint(policy, {name: part[None] for name, part in drawn.items()}, image[None])[0]


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
