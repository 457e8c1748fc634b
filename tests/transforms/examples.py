"""An example of every public transform, with one batch whose programs all its tests share."""

import functools
from collections.abc import Collection, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.catalog import catalog, examples, mix_examples, mixes
from tests.helpers import noise

CATALOG, MIXES = catalog(), mixes()
ONE_OF_EACH_KIND = {
    "RandomBrightness": "pointwise",
    "RandomRotation": "geometric",
    "RandomElastic": "a field",
    "RandomCrop": "a crop",
    "RandomApply": "a container",
    "MixUp": "a mix",
}
"""The transforms of the quick tests; the long ones try all others."""
KEY = aj.key(0)
COUNT = 8
LARGE = (24, 40, 3)
IMAGES = noise(COUNT, *LARGE)
IDS = np.arange(COUNT, dtype=np.uint32)


def long_but(quick: Collection[Any], all: Iterable[Any]) -> list[Any]:
    """Parameters of a test, all marked as long but a few."""
    return [each if each in quick else pytest.param(each, marks=pytest.mark.long) for each in all]


def example(name: str) -> Any:
    """A typical instance of a transform or mix."""
    return {**examples(), **mix_examples()}[name]


@functools.cache
def _program(name: str) -> Any:
    transform = example(name)

    @jax.jit
    def run(images, ids, strength):
        def draw(image_id):
            return transform.sample(aj.image_key(KEY, 0, image_id), LARGE, strength=strength)

        return jax.vmap(draw)(ids), transform.batch(KEY, images, ids, strength=strength)

    return run


def run(name: str, images=IMAGES, ids=IDS, strength: float = 1.0) -> tuple[Any, np.ndarray]:
    """Draws and pixels of a batch of 8 float32 images of 24x40, all by one compiled program."""
    return jax.tree.map(np.asarray, _program(name)(images, ids, jnp.float32(strength)))


def assert_same_bits(one: Any, other: Any) -> None:
    """Trees of arrays are equal."""
    assert jax.tree.structure(one) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, one, other)


def row(draws: Any, rows: Any) -> Any:
    """Some rows of the draws of a batch."""
    return jax.tree.map(lambda draw: draw[rows], draws)
