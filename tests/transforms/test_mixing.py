"""What becomes of images, and how a batch is mixed: by hand, and for every mix."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

import augjax as aj
from tests.transforms.mixing_examples import (
    CLASS_LABELS,
    CLASSES,
    EVERY,
    IDS,
    IMAGES,
    KEY,
    SHAPE,
    N,
    assert_same_bits,
    every,
    images_of,
    many_draws,
)

ON = jnp.array([True, True, True])
NEXT = jnp.array([1, 2, 0])


def test_mixup_by_hand():
    params = {"on": ON, "partner": NEXT, "lam": jnp.array([0.25, 0.5, 1.0])}
    mix = aj.MixUp(num_classes=3)
    images, labels = mix.apply(params, images_of(0.2, 0.6, 1.0), np.array([0, 1, 2]))
    # 0.25 of 0.2 and 0.75 of 0.6; half of 0.6 and of 1; all of 1.
    np.testing.assert_allclose(images[:, 0, 0, 0], [0.5, 0.8, 1.0], rtol=1e-6)
    np.testing.assert_allclose(labels, [[0.25, 0.75, 0], [0, 0.5, 0.5], [0, 0, 1]], rtol=1e-6)


def test_cutmix_by_hand():
    box = {"top": [0, 1, 0], "left": [1, 0, 0], "height": [2, 1, 0], "width": [2, 1, 4]}
    params = {"on": ON, "partner": NEXT, **jax.tree.map(jnp.array, box, is_leaf=is_list)}
    mix = aj.CutMix(num_classes=3)
    images, labels = mix.apply(params, images_of(0.2, 0.6, 1.0), np.array([0, 1, 2]))
    expected = images_of(0.2, 0.6, 1.0).copy()
    expected[0, :, 1:3] = expected[1, 0, 0]
    expected[1, 1, 0] = 1.0
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_allclose(labels, [[0.5, 0.5, 0], [0, 7 / 8, 1 / 8], [0, 0, 1]], rtol=1e-6)


def is_list(value):
    return isinstance(value, list)


def test_a_choice_is_made_for_each_image():
    mix = aj.RandomMixChoice([aj.MixUp(), aj.CutMix()])
    half = {"top": jnp.zeros(3, int), "left": jnp.zeros(3, int)}
    half |= {"height": jnp.full(3, 1), "width": jnp.full(3, 4)}
    params = {
        "on": jnp.array([True, True, False]), "partner": NEXT, "choice": jnp.array([0, 1, 1]),
        "MixUp": {"on": ON, "lam": jnp.full(3, 0.75)}, "CutMix": {"on": ON, **half},
    }  # fmt: skip
    images, labels = mix.apply(params, images_of(0.0, 1.0, 0.0), np.array([0, 1, 0], np.float32))
    np.testing.assert_array_equal(images[0], np.full((2, 4, 1), 0.25))
    np.testing.assert_array_equal(images[1], [np.zeros((4, 1)), np.ones((4, 1))])
    np.testing.assert_array_equal(images[2], np.zeros((2, 4, 1)))
    np.testing.assert_array_equal(labels, [0.25, 0.5, 0.0])


@every
def test_at_strength_0_nothing_is_mixed(mix):
    images, labels = mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, strength=0.0)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, np.eye(CLASSES)[CLASS_LABELS])


def test_strength_scales_what_comes_from_the_partner_and_has_a_gradient():
    full, half = (many_draws(aj.MixUp(1.0), 50, strength=s)["lam"] for s in (1.0, 0.5))
    np.testing.assert_allclose(1 - half, (1 - full) / 2, atol=1e-7)

    def brightness(strength):
        return (
            aj.MixUp(1.0).batch(KEY, IMAGES, CLASS_LABELS / 3, IDS, strength=strength)[0][0].sum()
        )

    slope = jax.grad(brightness)(0.5)
    np.testing.assert_allclose(slope, brightness(1.0) - brightness(0.0), rtol=1e-3)
    assert abs(slope) > 0.1


def test_strength_and_epoch_are_traced():
    traces = 0

    @jax.jit
    def mixed(epoch, strength):
        nonlocal traces
        traces += 1
        return EVERY[2].batch(KEY, IMAGES, CLASS_LABELS, epoch=epoch, strength=strength)

    for epoch in range(3):
        mixed(jnp.int32(epoch), jnp.float32(epoch / 2))
    assert traces == 1


@every
def test_types_of_images(mix):
    pixels = np.random.default_rng(0).integers(0, 256, (N, *SHAPE), np.uint8)
    images, _ = mix.batch(KEY, pixels, CLASS_LABELS)
    assert images.dtype == jnp.float32
    floats = pixels.astype(np.float32) / np.float32(255)
    np.testing.assert_allclose(images, mix.batch(KEY, floats, CLASS_LABELS)[0], atol=1e-6)
    low = jnp.asarray(floats, jnp.bfloat16)
    images, labels = mix.batch(KEY, low, CLASS_LABELS)
    assert images.dtype == jnp.bfloat16 and labels.dtype == jnp.float32
    exact = mix.batch(KEY, low.astype(jnp.float32), CLASS_LABELS)[0]
    np.testing.assert_allclose(images.astype(jnp.float32), exact, rtol=1 / 128)
    assert mix.batch(KEY, floats.astype(np.float64), CLASS_LABELS)[0].dtype == jnp.float32
    # Any range will do, since mixing is linear.
    wide, _ = mix.batch(KEY, floats * 255, CLASS_LABELS)
    np.testing.assert_allclose(wide / 255, mix.batch(KEY, floats, CLASS_LABELS)[0], atol=1e-6)


@every
def test_a_batch_is_sample_and_apply(mix):
    images, labels = mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, epoch=3, strength=0.6)
    params = mix.sample(KEY, IDS, SHAPE, epoch=3, strength=0.6)
    expected = mix.apply(params, IMAGES, CLASS_LABELS)
    np.testing.assert_allclose(images, expected[0], atol=2e-6)
    np.testing.assert_allclose(labels, expected[1], atol=1e-6)
    by_place = mix.batch(KEY, IMAGES, CLASS_LABELS)
    positions = np.arange(N, dtype=np.uint32)
    assert_same_bits(by_place, mix.batch(KEY, IMAGES, CLASS_LABELS, positions))
    for changed in (
        mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, epoch=4, strength=0.6),
        mix.batch(aj.key(6), IMAGES, CLASS_LABELS, IDS, epoch=3, strength=0.6),
        dataclasses.replace(mix, name="another").batch(
            KEY, IMAGES, CLASS_LABELS, IDS, epoch=3, strength=0.6
        ),
    ):
        assert np.any(changed[0] != images)


@every
def test_a_pipeline_before_it_is_not_resampled_anew_for_each_pixel(mix):
    # What XLA:CPU fuses with the mix is done again wherever it is read: thirteen times the time.
    augment = aj.Sequential([aj.RandomRotation(0.1), aj.RandomTranslation(0.1, 0.1)])

    def augmented(images):
        return mix.batch(KEY, augment.batch(KEY, images, IDS), CLASS_LABELS, IDS)

    program = jax.jit(augmented).lower(IMAGES).compile().as_text() or ""
    entry = program[program.index("ENTRY") :]
    assert " conditional(" in entry
