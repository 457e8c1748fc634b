"""RandAugment, TrivialAugmentWide, and what holds for every policy."""

import json
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.policy.auto_augment_policies import POLICIES
from tests.helpers import noise
from tests.transforms.policy_examples import (
    AT,
    AUG_MIXES,
    EXAMPLE,
    KEY,
    SHAPE,
    assert_frequencies,
    draws,
    pictures,
    through_pillow,
)

LONG = pytest.mark.long
LAYERED = [
    aj.RandAugment(),
    aj.RandAugment(3, 30),
    aj.TrivialAugmentWide(),
    *(aj.AutoAugment(policy) for policy in POLICIES),
]
ALL = [*LAYERED, *AUG_MIXES]
each_layered = pytest.mark.parametrize("policy", LAYERED, ids=str)
each = pytest.mark.parametrize("policy", ALL, ids=str)
# The others' programs are of the same parts.
each_kind = pytest.mark.parametrize(
    "policy",
    [
        policy if policy in (aj.RandAugment(), aj.AugMix()) else pytest.param(policy, marks=LONG)
        for policy in ALL
    ],
    ids=str,
)


def layers(*pairs):
    """Draws of a policy by names."""
    names, magnitudes = zip(*pairs, strict=True)
    return {
        "operation": np.array([AT[name] for name in names], np.int32),
        "magnitude": np.array(magnitudes, np.float32),
    }


@pytest.mark.parity("RandAugment", "Pillow")
@pytest.mark.parity("TrivialAugmentWide", "Pillow")
@pytest.mark.parity("AutoAugment", "Pillow")
@each_layered
def test_a_batch_is_what_pillow_makes_of_the_draws(policy, same):
    n, pixels = 120, pictures(120)
    drawn = draws(policy, n)
    theirs = np.stack(
        [
            through_pillow(*one)
            for one in zip(drawn["operation"], drawn["magnitude"], pixels, strict=True)
        ]
    )
    ours = policy.batch(KEY, pixels)
    same(ours, theirs / np.float32(255), 1e-6, tipped=1e-4)


@pytest.mark.parametrize("policy", [aj.RandAugment(), aj.TrivialAugmentWide()], ids=str)
def test_each_of_fourteen_operations_is_as_likely_in_each_layer(policy):
    operation = draws(policy, 7000)["operation"]
    for layer in operation.T:
        assert_frequencies(np.bincount(layer, minlength=15)[:14], np.ones(14))
    assert operation.max() == 13, "RandAugment has no Invert"
    if operation.shape[1] > 1:
        together = Counter(map(tuple, operation.tolist()))
        assert_frequencies([together[a, b] for a in range(14) for b in range(14)], np.ones(196))


def test_magnitudes_have_either_sign_and_trivial_ones_any_bin():
    drawn = draws(aj.RandAugment(1, 9), 4000)
    shears = drawn["magnitude"][drawn["operation"] == AT["ShearX"]]
    np.testing.assert_allclose(np.unique(shears), [-0.09, 0.09], rtol=1e-6)
    assert_frequencies([(shears > 0).sum(), (shears < 0).sum()], [1, 1])
    bits = drawn["magnitude"][drawn["operation"] == AT["Posterize"]]
    assert set(bits.tolist()) == {7}
    drawn = draws(aj.TrivialAugmentWide(5), 8000)
    turns = drawn["magnitude"][drawn["operation"] == AT["Rotate"]]
    steps = np.arange(-4, 5) * 135 / 4
    found = [np.isclose(turns, step).sum() for step in steps]
    assert sum(found) == turns.size
    assert_frequencies(found, [1] * 4 + [2] + [1] * 4)


@each
def test_strength_scales_magnitudes_about_what_changes_nothing(policy):
    full, half, none = (draws(policy, 600, strength) for strength in (1.0, 0.5, 0.0))
    for name, place in AT.items():
        here = full["operation"] == place
        if name in ("AutoContrast", "Equalize", "Invert"):
            if here.sum() > 30:
                assert 0.3 < (half["operation"] == place)[here].mean() < 0.7
            assert not (none["operation"] == place).any()
            continue
        unchanged = {"Posterize": 8, "Solarize": 256}.get(name, 0)
        was, became = full["magnitude"][here], half["magnitude"][here]
        halfway = unchanged + (was - unchanged) / 2
        if name == "Posterize":
            assert (np.abs(became - halfway) <= 0.5).all() and (became == np.round(became)).all()
        else:
            np.testing.assert_allclose(became, halfway, rtol=1e-6)
        assert (none["magnitude"][here] == unchanged).all()
        assert (half["operation"][here] == place).all()
    images = noise(40, *SHAPE)
    np.testing.assert_allclose(policy.batch(KEY, images, strength=0.0), images, atol=1e-6)


def test_a_strength_above_1_stops_at_the_end_of_what_there_is():
    drawn = draws(aj.TrivialAugmentWide(), 1000, 3.0)
    lowest = {"Brightness": -1, "Color": -1, "Posterize": 1, "Solarize": 0}
    for name, least in lowest.items():
        here = drawn["magnitude"][drawn["operation"] == AT[name]]
        assert here.min() == least
    turns = np.abs(drawn["magnitude"][drawn["operation"] == AT["Rotate"]])
    assert turns.max() == 3 * 135


def test_targets_move_with_their_image():
    pipeline = aj.Sequential([aj.RandAugment()], boxes="xyxy")
    image = pictures(1)[0]
    params = {"RandAugment": layers(("TranslateX", -5.7), ("Equalize", 0.0))}
    moved = pipeline.apply(params, {"image": image, **EXAMPLE})
    np.testing.assert_array_equal(moved["mask"][:, :43], EXAMPLE["mask"][:, 5:])
    np.testing.assert_array_equal(moved["mask"][:, 43:], 0)
    np.testing.assert_allclose(moved["boxes"], [[5, 12, 15, 22]], atol=1e-5)
    np.testing.assert_allclose(moved["keypoints"], [[10, 16], [-3, 3]], atol=1e-5)
    assert moved["keypoints_visible"].tolist() == [True, False]
    shown = pipeline.valid(params, SHAPE)
    assert shown[:, :43].all() and not shown[:, 43:].any()
    back = pipeline.invert(params, {"mask": moved["mask"]}, SHAPE)
    np.testing.assert_array_equal(back["mask"][:, 5:], EXAMPLE["mask"][:, 5:])


def test_two_moves_of_points_are_one_after_the_other():
    """A quarter turn counter-clockwise about (23.5, 19.5), then down by 3."""
    params = {"RandAugment": layers(("Rotate", 90.0), ("TranslateY", 3.0))}
    pipeline = aj.Sequential([aj.RandAugment()])
    moved = pipeline.apply(params, {"keypoints": np.array([[25.5, 20.5]], np.float32)}, shape=SHAPE)
    np.testing.assert_allclose(moved["keypoints"], [[24.5, 20.5]], atol=1e-3)


def test_what_lies_beyond_is_filled_as_asked():
    image = noise(1, *SHAPE)[0]
    left = layers(("TranslateX", -8.0), ("Identity", 0.0))
    white = aj.RandAugment(fill_value=1.0).apply(left, image)
    assert (white[:, 40:] == 1).all() and (aj.RandAugment().apply(left, image)[:, 40:] == 0).all()
    mirrored = aj.RandAugment(fill_mode="reflect").apply(left, image)
    np.testing.assert_array_equal(mirrored[:, 40:], image[:, 40:][:, ::-1])
    np.testing.assert_array_equal(mirrored[:, :40], image[:, 8:])


def test_draws_can_be_written_read_and_edited():
    policy = aj.RandAugment()
    image = pictures(1)[0]
    params = policy.sample(KEY, SHAPE)
    read = json.loads(json.dumps(jax.tree.map(lambda value: value.tolist(), params)))
    np.testing.assert_array_equal(policy.apply(read, image), policy.apply(params, image))
    read["operation"], read["magnitude"] = [AT["Invert"], 0], [0.0, 0.0]
    np.testing.assert_allclose(policy.apply(read, image), (255 - image) / 255.0, atol=1e-7)


@each_kind
def test_a_training_step_has_a_gradient_and_one_compilation(policy):
    images, traces = jnp.asarray(noise(6, *SHAPE)), 0

    @jax.jit
    @jax.value_and_grad
    def loss(scale, epoch, strength):
        nonlocal traces
        traces += 1
        batch = policy.batch(KEY, images * scale, epoch=epoch, strength=strength)
        return (batch**2).mean()

    for epoch in range(3):
        value, gradient = loss(jnp.float32(0.9), jnp.int32(epoch), jnp.float32(epoch / 2))
        assert np.isfinite(value) and np.isfinite(gradient)
    assert traces == 1
    # At strength 0 nothing stands in the way of the gradient.
    value, gradient = loss(jnp.float32(0.9), jnp.int32(0), jnp.float32(0))
    np.testing.assert_allclose(gradient, 2 * value / 0.9, rtol=1e-4)


def test_geometry_has_a_gradient_where_it_interpolates():
    policy = aj.RandAugment(interpolation="bilinear", fill_mode="nearest")
    ramp = jnp.asarray(np.indices(SHAPE)[1] / np.float32(48))

    def level(angle):
        params = {
            "operation": jnp.int32([AT["Rotate"], 0]),
            "magnitude": jnp.stack([angle, 0.0 * angle]),
        }
        return policy.apply(params, ramp)[0, 24, 0]

    slope = jax.grad(level)(jnp.float32(4.0))
    numeric = (level(jnp.float32(5.0)) - level(jnp.float32(3.0))) / 2
    np.testing.assert_allclose(slope, numeric, rtol=0.02)
    assert abs(slope) > 1e-3


@each_kind
def test_mapped_twice_is_mapped(policy):
    images = pictures(6)
    keys = jax.random.split(KEY, 6)
    flat = jax.jit(jax.vmap(policy))(keys, images)
    nested = jax.jit(jax.vmap(jax.vmap(policy)))(keys.reshape(2, 3), images.reshape(2, 3, *SHAPE))
    np.testing.assert_allclose(nested.reshape(flat.shape), flat, atol=1e-6)
    one = jax.jit(policy)
    alone = jnp.stack([one(key, image) for key, image in zip(keys, images, strict=True)])
    np.testing.assert_allclose(alone, flat, atol=1e-6)


def test_what_is_not_recoloured_is_not_rounded():
    image = noise(1, *SHAPE)[0]
    still = layers(("Identity", 0.0), ("Brightness", 0.0))
    np.testing.assert_array_equal(aj.RandAugment().apply(still, image), image)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: aj.RandAugment(-1), r"RandAugment\(num_ops=-1\): expected a whole number from 0"),
        (lambda: aj.RandAugment(2, 31), r"magnitude=31\): expected a whole number from 0 to 30"),
        (lambda: aj.TrivialAugmentWide(1), r"num_magnitude_bins=1\): expected a whole number"),
        (lambda: aj.AugMix(severity=11), r"severity=11\): expected a whole number from 1 to 10"),
        (lambda: aj.AugMix(alpha=0), r"alpha=0\): expected a whole number from 1"),
        (lambda: aj.AugMix(mixture_width=0), r"mixture_width=0\): expected"),
        (lambda: aj.RandAugment(fill_value=128), r"fill_value=128\): expected a number in"),
    ],
)
def test_misuse_is_an_error_at_construction(make, message):
    with pytest.raises(ValueError, match=message):
        make()
