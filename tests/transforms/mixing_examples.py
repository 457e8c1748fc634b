"""What the tests of mixes mix, and with what, in compiled programs that several tests share."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise
from tests.transforms.examples import long_but

KEY = aj.stream(aj.key(5), "augment")
N, SHAPE, CLASSES = 16, (9, 14, 3), 4
IDS = np.asarray(aj.image_ids([f"Car/{i}.jpg" for i in range(N)]))
IMAGES = noise(N, *SHAPE)
CLASS_LABELS = np.arange(N) % CLASSES
EVERYONE = np.ones(N, bool)
CHOICE = aj.RandomMixChoice([aj.MixUp(1.0), aj.CutMix()], num_classes=CLASSES)
EVERY = [aj.MixUp(1.0, num_classes=CLASSES), aj.CutMix(num_classes=CLASSES), CHOICE]
every = pytest.mark.parametrize("mix", EVERY, ids=lambda mix: type(mix).__name__)
# A choice draws what the others do.
choice_soon, mixup_soon = (
    pytest.mark.parametrize("mix", long_but([soon], EVERY), ids=lambda mix: type(mix).__name__)
    for soon in (CHOICE, EVERY[0])
)


def assert_same_bits(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@functools.cache
def _program(mix: aj.Mix) -> Callable[..., Any]:
    @jax.jit
    def run(key, images, labels, ids, epoch, strength, mask):
        how = {"epoch": epoch, "strength": strength, "mask": mask}
        return mix.sample(key, ids, SHAPE, **how), mix.batch(key, images, labels, ids, **how)

    return run


def run(
    mix: aj.Mix, images: Any = IMAGES, labels: Any = CLASS_LABELS, ids: Any = IDS, *,
    key: Any = KEY, epoch: int = 0, strength: float = 1.0, mask: Any = EVERYONE,
) -> Any:  # fmt: skip
    """Draws and the mixed batch of 16 images, all by one compiled program."""
    drawn_and_mixed = _program(mix)(
        key, images, labels, ids, np.int32(epoch), np.float32(strength), mask
    )
    return jax.tree.map(np.asarray, drawn_and_mixed)


@functools.cache
def _apply(mix: aj.Mix) -> Callable[..., Any]:
    return jax.jit(mix.apply)


def apply(mix: aj.Mix, params: Any, images: Any = IMAGES, labels: Any = CLASS_LABELS) -> Any:
    """The batch mixed by given draws, compiled."""
    return jax.tree.map(np.asarray, _apply(mix)(params, images, labels))


@functools.cache
def _many(mixes: tuple[aj.Mix, ...]) -> Callable[..., Any]:
    @jax.jit
    def draw(key, ids, strength):
        drawn = [mix.sample(key, ids, SHAPE, strength=strength) for mix in mixes]
        return [{name: part for name, part in own.items() if name != "partner"} for own in drawn]

    return draw


def many_draws(*mixes: aj.Mix, strength: float = 1.0) -> Any:
    """What each of some mixes draws for 4000 images, but for partners, all by one program."""
    ids = np.arange(4000, dtype=np.uint32)
    return jax.tree.map(np.asarray, _many(mixes)(KEY, ids, np.float32(strength)))


def images_of(*values):
    """Images of 2 x 4 pixels and one channel, a value each."""
    return np.broadcast_to(
        np.array(values, np.float32)[:, None, None, None], (len(values), 2, 4, 1)
    )
