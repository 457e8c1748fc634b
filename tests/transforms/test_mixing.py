"""What becomes of images, and how a batch is mixed: by hand, and for every mix."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import quick_jit
from tests.transforms.mixing_examples import (
    CLASS_LABELS,
    CLASSES,
    EVERY,
    IDS,
    IMAGES,
    KEY,
    SHAPE,
    N,
    apply,
    assert_same_bits,
    choice_soon,
    every,
    images_of,
    run,
)

ON = np.ones(3, bool)
NEXT = np.array([1, 2, 0])


def test_mixup_by_hand():
    params = {"on": ON, "partner": NEXT, "lam": np.array([0.25, 0.5, 1.0], np.float32)}
    mix = aj.MixUp(num_classes=3)
    images, labels = apply(mix, params, images_of(0.2, 0.6, 1.0), np.array([0, 1, 2]))
    # 0.25 of 0.2 and 0.75 of 0.6; half of 0.6 and of 1; all of 1.
    np.testing.assert_allclose(images[:, 0, 0, 0], [0.5, 0.8, 1.0], rtol=1e-6)
    np.testing.assert_allclose(labels, [[0.25, 0.75, 0], [0, 0.5, 0.5], [0, 0, 1]], rtol=1e-6)


def test_cutmix_by_hand():
    box = {"top": [0, 1, 0], "left": [1, 0, 0], "height": [2, 1, 0], "width": [2, 1, 4]}
    params = {"on": ON, "partner": NEXT, **{side: np.array(value) for side, value in box.items()}}
    mix = aj.CutMix(num_classes=3)
    images, labels = apply(mix, params, images_of(0.2, 0.6, 1.0), np.array([0, 1, 2]))
    expected = images_of(0.2, 0.6, 1.0).copy()
    expected[0, :, 1:3] = expected[1, 0, 0]
    expected[1, 1, 0] = 1.0
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_allclose(labels, [[0.5, 0.5, 0], [0, 7 / 8, 1 / 8], [0, 0, 1]], rtol=1e-6)


def test_a_choice_is_made_for_each_image():
    mix = aj.RandomMixChoice([aj.MixUp(), aj.CutMix()])
    half = {"top": np.zeros(3, int), "left": np.zeros(3, int)}
    half |= {"height": np.full(3, 1), "width": np.full(3, 4)}
    params = {
        "on": np.array([True, True, False]), "partner": NEXT, "choice": np.array([0, 1, 1]),
        "MixUp": {"on": ON, "lam": np.full(3, 0.75, np.float32)}, "CutMix": {"on": ON, **half},
    }  # fmt: skip
    images, labels = apply(mix, params, images_of(0.0, 1.0, 0.0), np.array([0, 1, 0], np.float32))
    np.testing.assert_array_equal(images[0], np.full((2, 4, 1), 0.25))
    np.testing.assert_array_equal(images[1], [np.zeros((4, 1)), np.ones((4, 1))])
    np.testing.assert_array_equal(images[2], np.zeros((2, 4, 1)))
    np.testing.assert_array_equal(labels, [0.25, 0.5, 0.0])


@every
def test_at_strength_0_nothing_is_mixed(mix):
    _, (images, labels) = run(mix, strength=0.0)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, np.eye(CLASSES)[CLASS_LABELS])


def test_strength_scales_what_comes_from_the_partner_and_has_a_gradient():
    mix = EVERY[0]
    full, half = (run(mix, strength=s)[0]["lam"] for s in (1.0, 0.5))
    np.testing.assert_allclose(1 - half, (1 - full) / 2, atol=1e-7)

    @jax.jit
    @jax.grad
    def slope_of_brightness(strength, images, labels, ids):
        return mix.batch(KEY, images, labels, ids, strength=strength)[0][0].sum()

    slope = slope_of_brightness(np.float32(0.5), IMAGES, CLASS_LABELS, IDS)
    most, least = (run(mix, strength=s)[1][0][0].sum() for s in (1.0, 0.0))
    np.testing.assert_allclose(slope, most - least, rtol=1e-3)
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


@choice_soon
def test_types_of_images(mix):
    params, _ = run(mix)
    pixels = np.random.default_rng(0).integers(0, 256, (N, *SHAPE), np.uint8)
    floats = pixels.astype(np.float32) / np.float32(255)
    low = floats.astype(jnp.bfloat16)
    given = [pixels, floats, low, low.astype(np.float32), floats * 255]

    @jax.jit
    def all_mixed(params, given, labels):
        return [mix.apply(params, images, labels) for images in given]

    made = all_mixed(params, given, CLASS_LABELS)
    (of_pixels, of_floats, of_low, exact, wide), labels = zip(*made, strict=True)
    assert of_pixels.dtype == of_floats.dtype == jnp.float32
    np.testing.assert_allclose(of_pixels, of_floats, atol=1e-6)
    assert of_low.dtype == jnp.bfloat16 and labels[2].dtype == jnp.float32
    np.testing.assert_allclose(np.asarray(of_low, np.float32), exact, rtol=1 / 128)
    # Any range will do, since mixing is linear.
    np.testing.assert_allclose(np.asarray(wide) / 255, of_floats, atol=1e-6)
    for images, dtype in (
        (pixels, jnp.float32),
        (low, jnp.bfloat16),
        (floats.astype(np.float64), jnp.float32),
    ):
        mixed, soft = jax.eval_shape(lambda x=images: mix.batch(KEY, x, CLASS_LABELS))
        assert mixed.dtype == dtype and soft.dtype == jnp.float32


@every
def test_a_batch_is_sample_and_apply(mix):
    params, (images, labels) = run(mix, epoch=3, strength=0.6)
    expected = apply(mix, params)
    np.testing.assert_allclose(images, expected[0], atol=2e-6)
    np.testing.assert_allclose(labels, expected[1], atol=1e-6)
    assert IMAGES.min() - 1e-6 <= images.min() and images.max() <= IMAGES.max() + 1e-6
    for changed in (
        run(mix, epoch=4, strength=0.6),
        run(mix, key=aj.key(6), epoch=3, strength=0.6),
    ):
        assert np.any(changed[1][0] != images)


def test_ids_are_places_by_default():
    by_place = EVERY[0].batch(KEY, IMAGES, CLASS_LABELS)
    positions = np.arange(N, dtype=np.uint32)
    assert_same_bits(by_place, EVERY[0].batch(KEY, IMAGES, CLASS_LABELS, positions))


@every
def test_a_pipeline_before_it_is_not_resampled_anew_for_each_pixel(mix):
    # What XLA:CPU fuses with the mix is done again wherever it is read: thirteen times the time.
    augment = aj.Sequential([aj.RandomRotation(0.1), aj.RandomTranslation(0.1, 0.1)])
    params, _ = run(mix)

    @jax.jit
    def augmented(params, motions, images):
        return mix.apply(params, jax.vmap(augment.apply)(motions, images), CLASS_LABELS)

    drawn = jax.eval_shape(
        lambda: jax.vmap(lambda key: augment.sample(key, SHAPE))(jax.random.split(KEY, N))
    )
    program = augmented.lower(params, drawn, IMAGES).compile().as_text() or ""
    entry = program[program.index("ENTRY") :]
    assert " conditional(" in entry


@every
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_out_where_it_has_no_share(mix, value):
    harmed, labels = IMAGES.copy(), np.eye(CLASSES, dtype=np.float32)[CLASS_LABELS]
    harmed[3] = value
    drawn, (mixed, soft) = run(mix, harmed, labels)
    # Off, and at strength 0, nobody gets anything of it.
    off = {**drawn, "on": np.zeros(N, bool)}
    for images, soft in (apply(mix, off, harmed, labels), run(mix, harmed, labels, strength=0)[1]):
        np.testing.assert_array_equal(images, harmed)
        np.testing.assert_array_equal(soft, labels)
    shares = quick_jit(jax.vmap(lambda own: mix.shares(own, SHAPE)[0]))
    without = np.broadcast_to(np.asarray(shares(drawn)) == 0, (N, *SHAPE[:2]))
    for i in set(range(N)) - {3}:
        np.testing.assert_array_equal(mixed[i][without[i]], IMAGES[i][without[i]])
    assert not np.isfinite(mixed[:3]).all() or not np.isfinite(mixed[4:]).all()


@every
def test_a_label_that_is_not_finite_stays_out_too(mix):
    drawn = run(mix)[0]
    off = {**drawn, "on": np.zeros(N, bool)}
    labels = CLASS_LABELS.copy()
    labels[3] = CLASSES  # Not a class, and NaN inside jit.
    soft = apply(mix, off, IMAGES, labels)[1]
    assert np.isnan(soft[3]).all()
    np.testing.assert_array_equal(np.delete(soft, 3, 0), np.eye(CLASSES)[np.delete(labels, 3)])


@every
def test_gradients_are_not_harmed_where_there_is_no_share(mix):
    harmed = IMAGES.copy()
    harmed[3] = np.nan
    drawn = run(mix)[0]
    off = {**drawn, "on": np.zeros(N, bool)}

    @jax.grad
    def slope(images):
        return mix.apply(off, images, jnp.asarray(CLASS_LABELS))[0].sum()

    assert np.isfinite(slope(jnp.asarray(harmed))).all()
