"""A batch a few images at a time is the same batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from augjax.kernels.few_by_few import divisor, map_few_by_few
from tests.helpers import noise


def sums(images):
    return images.sum(axis=(1, 2))


@pytest.mark.parametrize("n", [0, 1, 7, 12, 16])
@pytest.mark.parametrize("most", [0, 1, 3, 100])
def test_the_result_is_that_of_all_at_once(n, most):
    images = jnp.asarray(noise(n, 4, 5, 3))
    np.testing.assert_array_equal(map_few_by_few(jnp.negative, images, most), -images)
    ours = jax.jit(lambda images: map_few_by_few(sums, images, most))(images)
    np.testing.assert_allclose(ours, sums(images), rtol=1e-6)


def test_no_more_are_taken_than_asked_for():
    taken = []

    def watched(images):
        taken.append(len(images))
        return images

    map_few_by_few(watched, jnp.zeros((48, 2)), 2)
    assert taken == [2 * np.gcd(48, jax.device_count())]


@pytest.mark.parametrize(
    ("n", "most", "expected"), [(12, 5, 4), (12, 12, 12), (7, 6, 1), (12, 0, 1), (4, 100, 4)]
)
def test_divisors(n, most, expected):
    assert divisor(n, most) == expected


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
def test_a_batch_split_over_devices_stays_split():
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:8])
    images = noise(32, 4, 5, 3)
    together = jax.device_put(images, NamedSharding(mesh, PartitionSpec("data")))
    mapped = jax.jit(lambda images: map_few_by_few(sums, images, 2))
    text = str(mapped.lower(together).compile().as_text())
    assert "while" in text
    for movement in ("all-gather", "collective-permute", "all-to-all"):
        assert movement not in text
    np.testing.assert_allclose(mapped(together), sums(images), rtol=1e-6)
