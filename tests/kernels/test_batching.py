"""A batch a few images at a time is the same batch; `only_where` computes for no other images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from augjax.kernels.batching import largest_divisor, map_in_batches, only_where
from tests.helpers import noise


def sums(images):
    return images.sum(axis=(1, 2))


@pytest.mark.parametrize("n", [0, 1, 7, 12, 16])
def test_the_result_is_that_of_all_at_once(n):
    images = noise(n, 4, 5, 3)

    @jax.jit
    def run(images):
        return [
            [map_in_batches(function, images, most) for function in (jnp.negative, sums)]
            for most in (0, 1, 3, 100)
        ]

    for negative, of_sums in run(images):
        np.testing.assert_array_equal(negative, -images)
        np.testing.assert_allclose(of_sums, sums(images), rtol=1e-6)


def test_it_need_not_be_compiled():
    images = jnp.asarray(noise(16, 4, 5, 3))
    np.testing.assert_array_equal(map_in_batches(jnp.negative, images, 1), -images)


def test_no_more_are_taken_than_asked_for():
    taken = []

    def watched(images):
        taken.append(len(images))
        return images

    jax.eval_shape(lambda images: map_in_batches(watched, images, 2), np.zeros((48, 2)))
    assert taken == [2 * np.gcd(48, jax.device_count())]


@pytest.mark.parametrize(
    ("n", "most", "expected"), [(12, 5, 4), (12, 12, 12), (7, 6, 1), (12, 0, 1), (4, 100, 4)]
)
def test_divisors(n, most, expected):
    assert largest_divisor(n, most) == expected


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
def test_a_batch_mapped_over_devices_stays_split():
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:8])
    images = noise(32, 4, 5, 3)
    together = jax.device_put(images, NamedSharding(mesh, PartitionSpec("data")))
    mapped = jax.jit(lambda images: map_in_batches(sums, images, 2))
    text = str(mapped.lower(together).compile().as_text())
    assert "while" in text
    for movement in ("all-gather", "collective-permute", "all-to-all"):
        assert movement not in text
    np.testing.assert_allclose(mapped(together), sums(images), rtol=1e-6)


IMAGES = noise(9, 4, 5, 3)
ON = np.array([0, 1, 0, 0, 1, 1, 0, 0, 1], bool)
twice = only_where(lambda image: 2.0 * image)
EXPECTED = np.where(ON[:, None, None, None], 2 * IMAGES, IMAGES)


def test_one_image():
    for on, image, expected in zip(ON, IMAGES, EXPECTED, strict=True):
        np.testing.assert_array_equal(twice(jnp.asarray(on), jnp.asarray(image)), expected)


@pytest.mark.parametrize(
    "on", [ON, np.zeros(9, bool), np.ones(9, bool), ON[:0]], ids=["some", "no", "all", "of none"]
)
def test_a_batch(on):
    images = IMAGES[: len(on)]
    expected = np.where(on[:, None, None, None], 2 * images, images)
    np.testing.assert_array_equal(jax.vmap(twice)(on, images), expected)
    np.testing.assert_array_equal(jax.jit(jax.vmap(twice))(on, images), expected)


def test_batches_of_batches_and_what_is_shared():
    @jax.jit
    def run(on, images, switch):
        return (
            jax.vmap(jax.vmap(twice))(on.reshape(3, 3), images.reshape(3, 3, 4, 5, 3)),
            jax.vmap(twice, in_axes=(0, None))(on, images[0]),
            jax.vmap(twice, in_axes=(None, 0))(switch, images),
            jax.vmap(jax.vmap(twice), in_axes=(None, 0))(on, jnp.stack([images, images])),
        )

    nested, one_image, one_switch, shared = run(ON, IMAGES, np.bool_(True))
    np.testing.assert_array_equal(np.reshape(nested, IMAGES.shape), EXPECTED)
    np.testing.assert_array_equal(one_image, np.where(ON[:, None, None, None], 2, 1) * IMAGES[0])
    np.testing.assert_array_equal(one_switch, 2 * IMAGES)
    np.testing.assert_array_equal(shared, np.stack([EXPECTED, EXPECTED]))


def test_numbers_that_belong_to_images():
    scaled = only_where(lambda image, factor, shift: factor * image + shift)
    factors, shifts = np.arange(9, dtype=np.float32), np.float32(0.5)
    expected = np.where(
        ON[:, None, None, None], factors[:, None, None, None] * IMAGES + shifts, IMAGES
    )
    ours = jax.jit(jax.vmap(scaled, in_axes=(0, 0, 0, None)))(ON, IMAGES, factors, shifts)
    np.testing.assert_allclose(ours, expected, rtol=1e-6)
    np.testing.assert_allclose(scaled(ON[1], IMAGES[1], factors[1], shifts), expected[1], rtol=1e-6)


def test_a_gradient_flows_through_images_that_are_off():
    expected = np.broadcast_to(np.where(ON, 0, 3)[:, None, None, None], IMAGES.shape)
    slope = jax.grad(lambda images: 3.0 * jax.vmap(twice)(ON, images).sum())
    np.testing.assert_array_equal(jax.jit(slope)(IMAGES), expected)
    each = jax.vmap(jax.grad(lambda image, on: 3.0 * twice(on, image).sum()))
    np.testing.assert_array_equal(jax.jit(each)(IMAGES, ON), expected)


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
def test_images_changed_over_devices_stay_split():
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:8])
    on, images = np.arange(16) % 3 == 0, noise(16, 4, 5, 3)
    together = jax.device_put((on, images), NamedSharding(mesh, PartitionSpec("data")))
    changed = jax.jit(jax.vmap(twice))
    text = str(changed.lower(*together).compile().as_text())
    for movement in ("all-gather", "collective-permute", "all-to-all"):
        assert movement not in text
    expected = np.where(on[:, None, None, None], 2 * images, images)
    np.testing.assert_array_equal(changed(*together), expected)
    np.testing.assert_array_equal(changed(on, images), expected)


def test_the_images_that_are_off_are_not_visited():
    visits = []

    def watched(image):
        jax.debug.callback(lambda: visits.append(1))
        return 2.0 * image

    jax.block_until_ready(jax.jit(jax.vmap(only_where(watched)))(ON, IMAGES))
    jax.effects_barrier()
    assert len(visits) == ON.sum()
