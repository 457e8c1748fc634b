"""The draws of an image follow from (seed, epoch, image, transform) and from nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

import augjax as aj
from tests.helpers import cpu_mesh, noise

TRANSFORMS = [
    aj.RandomContrast((0.3, 0.7)),
    aj.RandomFlip("horizontal_and_vertical"),
    aj.RandomRotation((-0.1, 0.37)),
    aj.RandomTranslation((0.013, 0.21), (-0.3, 0.1)),
    aj.RandomWidth((-0.13, 0.31)),
]
PIPELINE = aj.Sequential(TRANSFORMS)
SHAPE = (21, 34, 3)
PIXEL_TOLERANCE = 2e-5
KEY = aj.stream(aj.key(7), "augment")
IDS = aj.image_ids([f"Car/{i}.jpg" for i in range(64)])
IMAGES = noise(64, *SHAPE)


def sample(image_id, strength=1.0, key=KEY, epoch=2, pipeline=PIPELINE):
    return pipeline.sample(aj.image_key(key, epoch, image_id), SHAPE, strength=strength)


sample_all = jax.jit(jax.vmap(sample))


def assert_same_bits(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.parametrize("strength", [pytest.param(1.0, marks=pytest.mark.long), 0.37])
def test_draws_have_the_same_bits_eagerly_jitted_and_vmapped(strength):
    ids = jnp.asarray(IDS)
    batched = jax.vmap(lambda i: sample(i, strength))(ids)
    assert_same_bits(
        batched, jax.jit(jax.vmap(lambda i, s: sample(i, s)))(ids, jnp.full(64, strength))
    )
    jitted = jax.jit(sample)
    for i in range(0, 64, 7):
        alone = jax.tree.map(lambda draw, i=i: draw[i], batched)
        assert_same_bits(alone, sample(ids[i], strength))
        assert_same_bits(alone, jitted(ids[i], strength))
        with jax.disable_jit():
            assert_same_bits(alone, sample(ids[i], strength))


def test_the_same_key_paints_the_same_picture_twice():
    image, key = IMAGES[0], aj.image_key(KEY, 0, jnp.asarray(IDS[0]))
    np.testing.assert_array_equal(PIPELINE(key, image), PIPELINE(key, image))
    np.testing.assert_array_equal(
        PIPELINE(key, image), PIPELINE.apply(PIPELINE.sample(key, SHAPE), image)
    )


def test_legacy_keys_draw_what_typed_keys_draw():
    legacy = jax.random.key_data(KEY)
    assert_same_bits(sample(jnp.asarray(IDS[0])), sample(jnp.asarray(IDS[0]), key=legacy))
    np.testing.assert_array_equal(
        PIPELINE.batch(KEY, IMAGES, IDS), PIPELINE.batch(legacy, IMAGES, IDS)
    )


def test_a_batch_is_a_loop_eagerly_and_jitted():
    batch = np.asarray(PIPELINE.batch(KEY, IMAGES, IDS, epoch=2))
    for i in range(0, 64, 9):
        key = aj.image_key(KEY, 2, jnp.asarray(IDS[i]))
        np.testing.assert_allclose(batch[i], PIPELINE(key, IMAGES[i]), atol=PIXEL_TOLERANCE)
        jitted = jax.jit(PIPELINE)(key, IMAGES[i])
        np.testing.assert_allclose(batch[i], jitted, atol=PIXEL_TOLERANCE)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_neither_batch_size_nor_neighbours_nor_place_matter(size):
    whole = np.asarray(PIPELINE.batch(KEY, IMAGES, IDS))
    order = np.random.default_rng(size).permutation(64)
    for start in range(0, 64, size):
        rows = order[start : start + size]
        part = PIPELINE.batch(KEY, IMAGES[rows], IDS[rows])
        np.testing.assert_allclose(part, whole[rows], atol=PIXEL_TOLERANCE)


@pytest.mark.parametrize("devices", [*(pytest.param(n, marks=pytest.mark.long) for n in (1, 2)), 8])
def test_the_number_of_devices_does_not_matter(devices):
    mesh = cpu_mesh(devices)
    split = NamedSharding(mesh, PartitionSpec("data"))
    images, ids = jax.device_put((IMAGES, IDS), split)
    assert_same_bits(sample_all(ids), sample_all(IDS))
    np.testing.assert_allclose(
        PIPELINE.batch(KEY, images, ids), PIPELINE.batch(KEY, IMAGES, IDS), atol=PIXEL_TOLERANCE
    )


def test_editing_the_pipeline_changes_no_other_draw():
    whole = sample(jnp.asarray(IDS[3]))
    for left_out in range(len(TRANSFORMS)):
        edited = aj.Sequential(TRANSFORMS[:left_out] + TRANSFORMS[left_out + 1 :])
        rest = sample(jnp.asarray(IDS[3]), pipeline=edited)
        assert_same_bits(rest, {name: whole[name] for name in rest})
        assert len(rest) == len(TRANSFORMS) - 1


def test_an_image_added_changes_no_other_draw():
    paths = [f"Car/{i}.jpg" for i in range(8)]
    fewer, more = aj.image_ids(paths), aj.image_ids(["Car/00.jpg", *paths])
    before, after = (jax.tree.map(np.asarray, sample_all(ids)) for ids in (fewer, more))
    assert_same_bits(before, jax.tree.map(lambda draw: draw[1:], after))


def test_wrapping_changes_no_draw_and_naming_does():
    alone = TRANSFORMS[2].sample(KEY, SHAPE)
    wrapped = aj.Sequential([aj.Sequential([TRANSFORMS[2]])])
    assert_same_bits(wrapped.sample(KEY, SHAPE), {"RandomRotation": alone})
    named = aj.Sequential([TRANSFORMS[2]], name="inner")
    assert named.sample(KEY, SHAPE)["RandomRotation"]["angle"] != alone["angle"]
    nested = aj.Sequential([named, TRANSFORMS[2]]).sample(KEY, SHAPE)
    assert_same_bits(nested["inner"], named.sample(KEY, SHAPE))
    assert_same_bits(nested["RandomRotation"], alone)


def test_what_must_differ_does():
    same = np.repeat(IMAGES[:1], 3, axis=0)
    batch = np.asarray(PIPELINE.batch(KEY, same))
    assert (batch[0] != batch[1]).any(), "two equal images in one batch"
    for changed in (
        PIPELINE.batch(KEY, same, epoch=1),
        PIPELINE.batch(aj.stream(aj.key(8), "augment"), same),
        PIPELINE.batch(aj.stream(aj.key(7), "another stream"), same),
        PIPELINE.batch(KEY, same, np.array([5, 6, 7], np.uint32)),
    ):
        assert (np.asarray(changed) != batch).any()


def test_default_ids_are_positions():
    np.testing.assert_array_equal(
        PIPELINE.batch(KEY, IMAGES[:3]),
        PIPELINE.batch(KEY, IMAGES[:3], jnp.arange(3, dtype=jnp.uint32)),
    )


def test_epoch_and_strength_are_traced():
    transform = aj.RandomRotation(0.1, name="traced once")
    traces = 0

    @jax.jit
    def augment(images, epoch, strength):
        nonlocal traces
        traces += 1
        return transform.batch(KEY, images, epoch=epoch, strength=strength)

    for epoch in range(3):
        augment(IMAGES[:2], jnp.int32(epoch), jnp.float32(epoch / 2))
    assert traces == 1
