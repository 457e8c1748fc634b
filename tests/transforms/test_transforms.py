"""What transforms draw, and what they do with it, worked by hand."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import augjax as aj
from tests.helpers import noise, quick_jit
from tests.transforms.painting import many_draws as draws
from tests.transforms.painting import paint, paint_one

KEY = aj.key(0)


@pytest.mark.parametrize(
    ("transform", "name", "lower", "upper"),
    [
        (aj.RandomContrast(0.4), "factor", 0.6, 1.4),
        (aj.RandomContrast((0.3, 0.2)), "factor", 0.7, 1.2),
        (aj.RandomRotation(0.1), "angle", -0.2 * math.pi, 0.2 * math.pi),
        (aj.RandomRotation((0.1, 0.25)), "angle", 0.2 * math.pi, 0.5 * math.pi),
        (aj.RandomTranslation(0.1, (-0.5, 0.25)), "dy", -4.0, 4.0),
        (aj.RandomTranslation(0.1, (-0.5, 0.25)), "dx", -30.0, 15.0),
    ],
)
def test_draws_are_uniform_over_the_documented_range(transform, name, lower, upper):
    values = np.asarray(draws(transform, (40, 60, 3))[name], np.float64)
    assert stats.kstest(values, "uniform", (lower, upper - lower)).pvalue > 0.01
    half = np.asarray(draws(transform, (40, 60, 3), strength=0.5)[name], np.float64)
    identity = 1.0 if name == "factor" else 0.0
    np.testing.assert_allclose(half - identity, (values - identity) / 2, atol=1e-6)


def test_flips_are_two_independent_fair_coins():
    coins = draws(aj.RandomFlip(), (4, 4, 1))
    horizontal, vertical = (np.asarray(coins[axis]) for axis in ("horizontal", "vertical"))
    for one in (horizontal, vertical, horizontal & vertical, horizontal & ~vertical):
        expected = 0.5 if one is horizontal or one is vertical else 0.25
        assert abs(one.mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / len(one))


def test_draws_of_two_axes_and_of_two_transforms_are_uncorrelated():
    pipeline = aj.Sequential([aj.RandomTranslation(0.5, 0.5), aj.RandomRotation(0.5)])
    drawn = draws(pipeline, (10, 10, 1), n=4000)
    columns = [*drawn["RandomTranslation"].values(), *drawn["RandomRotation"].values()]
    correlations = np.corrcoef(np.stack(columns))[np.triu_indices(3, k=1)]
    assert (np.abs(correlations) < 4 / math.sqrt(4000)).all()


def test_every_width_of_the_range_is_drawn_and_shown():
    transform = aj.RandomWidth(0.15)
    widths = np.asarray(draws(transform, (2, 20, 1))["width"])
    assert sorted(set(widths.tolist())) == list(range(17, 24 - 1))  # floor(U[17, 23))
    assert transform.canvas(20) == 23
    batch = quick_jit(lambda images: transform.batch(KEY, images))
    wide = np.asarray(batch(np.ones((50, 2, 20, 1), np.float32)))
    shown = (wide[:, 0, :, 0] == 1).sum(axis=1)
    np.testing.assert_array_equal(shown, widths[:50])


def test_flipping_worked_by_hand():
    image = np.array([[1, 2], [3, 4]], np.float32)[..., None] / 4
    coins = {"horizontal": np.bool_([0, 1, 0, 1]), "vertical": np.bool_([0, 0, 1, 1])}
    painted = paint(aj.RandomFlip(), coins, image[None].repeat(4, 0))
    expected = [[1, 2, 3, 4], [2, 1, 4, 3], [3, 4, 1, 2], [4, 3, 2, 1]]
    np.testing.assert_array_equal(painted.reshape(4, 4) * 4, expected)


def test_contrast_worked_by_hand():
    image = np.array([0.1, 0.5, 0.6], np.float32).reshape(1, 3, 1)  # The mean is 0.4.
    doubled = paint_one(aj.RandomContrast(1.0), {"factor": np.float32(2)}, image)
    np.testing.assert_allclose(doubled[0, :, 0], [0.0, 0.6, 0.8], atol=1e-6)  # -0.2 is clipped.


def test_a_quarter_turn_is_counter_clockwise():
    image = noise(5, 5, 3)
    turned = paint_one(aj.RandomRotation(1.0), {"angle": np.float32(math.pi / 2)}, image)
    np.testing.assert_allclose(turned, np.rot90(image), atol=1e-5)


def test_translation_moves_down_and_right():
    image = noise(5, 6, 1)
    move = aj.RandomTranslation(1.0, 1.0, fill_mode="wrap")
    moved = paint_one(move, {"dy": np.float32(2), "dx": np.float32(1)}, image)
    np.testing.assert_allclose(moved, np.roll(image, (2, 1), (0, 1)), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(angle=st.floats(-math.pi, math.pi), size=st.sampled_from([9, 16, 23]))
def test_turning_there_and_back_returns_the_middle(angle, size):
    y, x = np.mgrid[:size, :size] / size
    image = np.stack([x, y, x * y], -1).astype(np.float32)
    turn = functools.partial(paint_one, aj.RandomRotation(1.0))
    back = turn({"angle": np.float32(-angle)}, turn({"angle": np.float32(angle)}, image))
    third = slice(size // 3, size - size // 3)
    np.testing.assert_allclose(back[third, third], image[third, third], atol=0.02)


@settings(max_examples=20, deadline=None)
@given(angle=st.floats(-3, 3), dx=st.floats(-4, 4), dy=st.floats(-4, 4), flip=st.booleans())
def test_matrices_compose_as_pictures_do(angle, dx, dy, flip):
    """On a linear ramp bilinear sampling is exact, so one resample equals three."""
    shape = (40, 40, 1)
    y, x = np.mgrid[:40, :40]
    image = ((x + 2 * y) / 120).astype(np.float32)[..., None]
    params = {
        "RandomFlip": {"horizontal": np.bool_(flip)},
        "RandomRotation": {"angle": np.float32(angle)},
        "RandomTranslation": {"dx": np.float32(dx), "dy": np.float32(dy)},
    }
    transforms = [
        aj.RandomFlip("horizontal"),
        aj.RandomRotation(1.0),
        aj.RandomTranslation(1.0, 1.0),
    ]
    fused = paint_one(aj.Sequential(transforms), params, image)
    sequential = paint_one(aj.Sequential(transforms, fuse=False), params, image)
    middle = slice(15, 25)
    assert fused.shape == shape
    np.testing.assert_allclose(fused[middle, middle], sequential[middle, middle], atol=1e-4)


def test_gradients_reach_the_draws():
    _, x = np.mgrid[:9, :9] / 9
    image = jnp.asarray(x.astype(np.float32)[..., None])
    move = aj.RandomTranslation(1.0, 1.0)

    def brightness_of_the_middle(dx):
        return move.apply({"dx": dx, "dy": jnp.float32(0)}, image)[4, 4, 0]

    # Moving a ramp of slope 1/9 to the right by one pixel darkens each pixel by 1/9.
    slope = quick_jit(jax.grad(brightness_of_the_middle))(np.float32(0.3))
    np.testing.assert_allclose(slope, -1 / 9, atol=1e-6)


def test_float64_is_taken_as_float32_without_a_warning():
    image = noise(5, 6, 3).astype(np.float64)
    for transform in (aj.RandomFlip(), aj.RandomContrast(0.1)):
        one, batch = transform(aj.key(0), image), transform.batch(aj.key(0), image[None])
        assert one.dtype == batch.dtype == jnp.float32


def test_a_constant_of_a_traced_function_is_looked_at_as_any_image():
    pipeline, fine = aj.RandomContrast(0.1), noise(2, 4, 4, 3)
    jitted = jax.jit(lambda epoch: pipeline.batch(KEY, fine, epoch=epoch))
    np.testing.assert_allclose(jitted(3), pipeline.batch(KEY, fine, epoch=3), atol=1e-5)
    with pytest.raises(ValueError, match="value_range"):
        jax.jit(lambda epoch: pipeline.batch(KEY, 255 * fine, epoch=epoch))(3)
