"""What is computed for some images of a batch is computed for those, and for no others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.kernels.only_where import only_where
from tests.helpers import noise

IMAGES = noise(9, 4, 5, 3)
ON = np.array([0, 1, 0, 0, 1, 1, 0, 0, 1], bool)
twice = only_where(lambda image: 2.0 * image)
EXPECTED = np.where(ON[:, None, None, None], 2 * IMAGES, IMAGES)


def test_one_image():
    for on, image, expected in zip(ON, IMAGES, EXPECTED, strict=True):
        np.testing.assert_array_equal(twice(jnp.asarray(on), jnp.asarray(image)), expected)


@pytest.mark.parametrize("on", [ON, np.zeros(9, bool), np.ones(9, bool)], ids=["some", "no", "all"])
def test_a_batch(on):
    expected = np.where(on[:, None, None, None], 2 * IMAGES, IMAGES)
    np.testing.assert_array_equal(jax.vmap(twice)(on, IMAGES), expected)
    np.testing.assert_array_equal(jax.jit(jax.vmap(twice))(on, IMAGES), expected)


def test_batches_of_batches_and_what_is_shared():
    nested = jax.vmap(jax.vmap(twice))(ON.reshape(3, 3), IMAGES.reshape(3, 3, 4, 5, 3))
    np.testing.assert_array_equal(nested.reshape(IMAGES.shape), EXPECTED)
    one_image = jax.vmap(twice, in_axes=(0, None))(ON, IMAGES[0])
    np.testing.assert_array_equal(one_image, np.where(ON[:, None, None, None], 2, 1) * IMAGES[0])
    one_switch = jax.vmap(twice, in_axes=(None, 0))(jnp.bool_(True), IMAGES)
    np.testing.assert_array_equal(one_switch, 2 * IMAGES)
    shared = jax.vmap(jax.vmap(twice), in_axes=(None, 0))(ON, np.stack([IMAGES, IMAGES]))
    np.testing.assert_array_equal(shared, np.stack([EXPECTED, EXPECTED]))


def test_the_images_that_are_off_are_not_visited():
    visits = []

    def watched(image):
        jax.debug.callback(lambda: visits.append(1))
        return 2.0 * image

    jax.block_until_ready(jax.jit(jax.vmap(only_where(watched)))(ON, IMAGES))
    jax.effects_barrier()
    assert len(visits) == ON.sum()
