"""RandAugment, TrivialAugmentWide, and what holds for every policy."""

import functools
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
    COUNT,
    EXAMPLE,
    KEY,
    SHAPE,
    assert_frequencies,
    draws,
    layers,
    paint,
    paint_one,
    pictures,
    through_pillow,
)

LAYERED = [
    aj.RandAugment(),
    aj.RandAugment(3, 30),
    aj.TrivialAugmentWide(),
    *(aj.AutoAugment(policy) for policy in POLICIES),
]
ALL = [*LAYERED, *AUG_MIXES]


def of_policies(policies, *soon):
    """Each of some policies, those that are not `soon` by `pytest -m long`."""
    long = pytest.mark.long
    marked = [p if p in soon else pytest.param(p, marks=long) for p in policies]
    return pytest.mark.parametrize("policy", marked, ids=str)


# The others' programs are of the same parts.
each_layered = of_policies(LAYERED, aj.RandAugment(), aj.AutoAugment())
each = of_policies(ALL, aj.RandAugment())
each_draw = of_policies(ALL, aj.RandAugment(), aj.TrivialAugmentWide(), LAYERED[-1])


@pytest.mark.parity("RandAugment", "Pillow")
@pytest.mark.parity("TrivialAugmentWide", "Pillow")
@pytest.mark.parity("AutoAugment", "Pillow")
@each_layered
def test_a_batch_is_what_pillow_makes_of_the_draws(policy, same):
    pixels, drawn = pictures(COUNT), draws(policy, COUNT)
    theirs = np.stack(
        [
            through_pillow(*one)
            for one in zip(drawn["operation"], drawn["magnitude"], pixels, strict=True)
        ]
    )
    ours = paint(policy, drawn, pixels / np.float32(255))
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
    drawn = draws(aj.RandAugment(), 2000)
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


@each_draw
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


@each
def test_at_strength_0_pixels_stay(policy):
    images = noise(COUNT, *SHAPE)
    still = paint(policy, draws(policy, COUNT, 0.0), images)
    np.testing.assert_allclose(still, images, atol=1e-6)


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
    params = {"RandAugment": layers(("TranslateX", -5.7), ("Equalize", 0.0))}

    @jax.jit
    def there_and_back(params, example):
        moved = pipeline.apply(params, example)
        del moved["image"]
        back = pipeline.invert(params, {"mask": moved["mask"]}, SHAPE)
        return moved, back, pipeline.valid(params, SHAPE)

    found = there_and_back(params, {"image": pictures(1)[0], **EXAMPLE})
    moved, back, shown = jax.tree.map(np.asarray, found)
    np.testing.assert_array_equal(moved["mask"][:, :43], EXAMPLE["mask"][:, 5:])
    np.testing.assert_array_equal(moved["mask"][:, 43:], 0)
    np.testing.assert_allclose(moved["boxes"], [[5, 12, 15, 22]], atol=1e-5)
    np.testing.assert_allclose(moved["keypoints"], [[10, 16], [-3, 3]], atol=1e-5)
    assert moved["keypoints_visible"].tolist() == [True, False]
    assert shown[:, :43].all() and not shown[:, 43:].any()
    np.testing.assert_array_equal(back["mask"][:, 5:], EXAMPLE["mask"][:, 5:])


@jax.jit
def moved_points(params, points):
    return aj.RandAugment().apply(params, {"keypoints": points}, shape=SHAPE)["keypoints"]


def test_two_moves_of_points_are_one_after_the_other():
    """A quarter turn counter-clockwise about (23.5, 19.5), then down by 3."""
    params = layers(("Rotate", 90.0), ("TranslateY", 3.0))
    moved = moved_points(params, np.array([[25.5, 20.5]], np.float32))
    np.testing.assert_allclose(moved, [[24.5, 20.5]], atol=1e-3)


@pytest.mark.long
def test_what_lies_beyond_is_filled_as_asked():
    image = noise(1, *SHAPE)[0]
    left = layers(("TranslateX", -8.0), ("Identity", 0.0))

    @jax.jit
    def filled(params, image):
        white, mirrored = aj.RandAugment(fill_value=1.0), aj.RandAugment(fill_mode="reflect")
        return white.apply(params, image), mirrored.apply(params, image)

    white, mirrored = map(np.asarray, filled(left, image))
    assert (white[:, 40:] == 1).all()
    np.testing.assert_array_equal(mirrored[:, 40:], image[:, 40:][:, ::-1])
    np.testing.assert_array_equal(mirrored[:, :40], image[:, 8:])
    assert (paint_one(aj.RandAugment(), left, image)[:, 40:] == 0).all()
    nearest = smooth_level_and_slope(left["magnitude"], left["operation"], image)[0][1]
    np.testing.assert_array_equal(nearest[:, 40:], image[:, 47:].repeat(8, axis=1))
    np.testing.assert_array_equal(nearest[:, :40], image[:, 8:])


def test_draws_can_be_written_read_and_edited():
    policy = aj.RandAugment()
    image = pictures(1)[0] / np.float32(255)
    params = {name: part[0] for name, part in draws(policy, 1).items()}
    read = json.loads(json.dumps({name: part.tolist() for name, part in params.items()}))
    points = np.array([[15, 16]], np.float32)
    np.testing.assert_array_equal(moved_points(read, points), moved_points(params, points))
    read["operation"], read["magnitude"] = [AT["Invert"], 0], [0.0, 0.0]
    edited = {"operation": np.int32(read["operation"]), "magnitude": np.float32(read["magnitude"])}
    inverted = paint_one(policy, edited, image)
    np.testing.assert_allclose(inverted, 1 - image, atol=1e-7)


@each
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


@jax.jit
@functools.partial(jax.value_and_grad, has_aux=True)
def smooth_level_and_slope(magnitude, operation, image):
    """A level in the first row, with the image that is painted, and its gradient."""
    policy = aj.RandAugment(interpolation="bilinear", fill_mode="nearest")
    painted = policy.apply({"operation": operation, "magnitude": magnitude}, image)
    return painted[0, 24, 0], painted


def test_geometry_has_a_gradient_where_it_interpolates():
    ramp = np.float32(np.indices(SHAPE)[1] / 48)

    def level(angle):
        turn = layers(("Rotate", angle), ("Identity", 0.0))
        (level, _), slope = smooth_level_and_slope(turn["magnitude"], turn["operation"], ramp)
        return np.asarray(level), np.asarray(slope)[0]

    slope = level(4.0)[1]
    numeric = (level(5.0)[0] - level(3.0)[0]) / 2
    np.testing.assert_allclose(slope, numeric, rtol=0.02)
    assert abs(slope) > 1e-3


@of_policies(ALL)
def test_mapped_twice_is_mapped(policy):
    images, drawn = noise(6, *SHAPE), draws(policy, 6)
    flat = paint(policy, drawn, images)
    by_two = jax.tree.map(lambda part: part.reshape(2, 3, *part.shape[1:]), (drawn, images))
    nested = np.asarray(jax.jit(jax.vmap(jax.vmap(policy.apply)))(*by_two))
    np.testing.assert_allclose(nested.reshape(flat.shape), flat, atol=1e-6)
    one = jax.jit(policy.apply)
    for i in range(6):
        own = {name: part[i] for name, part in drawn.items()}
        np.testing.assert_allclose(one(own, images[i]), flat[i], atol=1e-6)


@each_draw
def test_draws_mapped_twice_are_those_mapped_once_and_one_by_one(policy):
    keys = jax.random.split(KEY, 6)
    sample = jax.jit(lambda key: policy.sample(key, SHAPE))
    nested = jax.jit(jax.vmap(jax.vmap(sample)))(keys.reshape(2, 3))
    flat = jax.jit(jax.vmap(sample))(keys)
    for i in range(6):
        alone = sample(keys[i])
        for name, draw in alone.items():
            np.testing.assert_array_equal(flat[name][i], draw)
            np.testing.assert_array_equal(nested[name][i // 3, i % 3], draw)


def test_what_is_not_recoloured_is_not_rounded():
    image = noise(1, *SHAPE)[0]
    still = layers(("Identity", 0.0), ("Brightness", 0.0))
    np.testing.assert_array_equal(paint_one(aj.RandAugment(), still, image), image)


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
