"""What transforms of colour do to channels, and what each draws."""

import functools
import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import augjax as aj
from augjax.transforms.catalog import examples
from augjax.transforms.core.operation import Pointwise
from tests.helpers import noise, quick_jit
from tests.transforms.painting import many_draws, paint_one

RGB_ONLY = [
    examples()["RandomSaturation"],
    examples()["RandomHue"],
    aj.RandomGrayscale(p=1.0),
    aj.RandomChannelShuffle(p=1.0),
    aj.RandomChannelDrop(p=1.0),
]
CHANNEL_BY_CHANNEL = [
    examples()["RandomBrightness"],
    examples()["RandomGamma"],
    aj.RandomInvert(p=1.0),
    aj.RandomSolarize(0.5, p=1.0),
    aj.RandomPosterize(3, p=1.0),
    aj.RandomEqualize(p=1.0),
    aj.RandomAutoContrast(p=1.0),
    examples()["RandomSharpness"],
]
JITTER: Any = examples()["ColorJitter"]
RANDOM = [*RGB_ONLY, *CHANNEL_BY_CHANNEL, JITTER]
ALL = [*RANDOM, examples()["Normalize"]]
KEY = aj.key(0)


def draws(transform, n=2000, strength=1.0):
    return many_draws(transform, (8, 8, 3), n, strength)


def switched_on(**params):
    return {"on": np.bool_(True), **params}


@pytest.mark.parametrize("transform", [*RGB_ONLY, JITTER], ids=repr)
def test_alpha_is_never_touched_and_does_not_matter(transform):
    images = noise(4, 6, 5, 4)
    both = quick_jit(lambda *batches: [transform.batch(KEY, batch) for batch in batches])
    batch, opaque = map(np.asarray, both(images, images[..., :3]))
    np.testing.assert_array_equal(batch[..., 3], images[..., 3])
    np.testing.assert_array_equal(batch[..., :3], opaque)
    assert np.abs(batch - images).max() > 0.1


@pytest.mark.parametrize("transform", RGB_ONLY, ids=repr)
def test_colours_that_are_not_there_are_not_changed(transform):
    images = noise(4, 6, 5, 1)
    batch = quick_jit(lambda images: transform.batch(KEY, images))
    np.testing.assert_array_equal(batch(images), images)


@pytest.mark.parametrize("transform", CHANNEL_BY_CHANNEL, ids=repr)
def test_each_channel_is_painted_as_if_alone(transform):
    images = noise(3, 24, 20, 4) * np.array([1, 0.5, 0.3, 0.8], np.float32)
    paint = quick_jit(lambda images: transform.batch(KEY, images))
    batch = np.asarray(paint(images))
    for i in range(4):
        alone = paint(images[..., i : i + 1])
        np.testing.assert_allclose(batch[..., i : i + 1], alone, atol=1e-6)
    assert np.abs(batch - images).max() > 0.02


@pytest.mark.parametrize("transform", RANDOM, ids=repr)
def test_gradients_are_finite_at_black_white_and_grey(transform):
    image = np.array([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 1]], np.float32)[
        None
    ]
    image = np.concatenate([image, image, noise(2, 5, 3)])
    params = draws(transform, n=8)

    @quick_jit
    @functools.partial(jax.vmap, in_axes=(None, 0))
    def gradients(image, params):
        real = {name: v for name, v in params.items() if jnp.issubdtype(v.dtype, jnp.floating)}

        def total(image, real):
            return transform.apply({**params, **real}, image).sum()

        return jax.grad(total, (0, 1))(image, real)

    assert all(np.isfinite(g).all() for g in jax.tree.leaves(gradients(image, params)))


def test_which_may_stand_between_resamplings():
    needs_the_whole_image = {type(t).__name__ for t in ALL if not isinstance(t, Pointwise)}
    assert needs_the_whole_image == {
        "ColorJitter",
        "RandomEqualize",
        "RandomAutoContrast",
        "RandomSharpness",
    }


@pytest.mark.parametrize(
    ("transform", "name", "identity", "lower", "upper"),
    [
        (aj.RandomBrightness(0.3), "delta", 0.0, -0.3, 0.3),
        (aj.RandomBrightness((-0.1, 0.6)), "delta", 0.0, -0.1, 0.6),
        (aj.RandomSaturation(0.8), "factor", 0.5, 0.0, 0.8),
        (aj.RandomSaturation((0.4, 1.0)), "factor", 0.5, 0.4, 1.0),
        (aj.RandomHue(0.6), "turn", 0.0, -0.3, 0.3),
        (aj.RandomSharpness(0.4), "factor", 0.5, 0.0, 0.4),
        (aj.RandomGamma(0.25), "gamma", 1.0, 0.75, 1.25),
        (aj.RandomGamma((0.5, 3.0)), "gamma", 1.0, 0.5, 3.0),
        (aj.ColorJitter(brightness=0.4), "brightness", 1.0, 0.6, 1.4),
        (aj.ColorJitter(contrast=1.5), "contrast", 1.0, 0.0, 2.5),
        (aj.ColorJitter(saturation=(0.2, 0.7)), "saturation", 1.0, 0.2, 0.7),
        (aj.ColorJitter(hue=(-0.2, 0.5)), "hue", 0.0, -0.2, 0.5),
    ],
)
def test_draws_are_uniform_over_the_documented_range(transform, name, identity, lower, upper):
    values = np.asarray(draws(transform)[name], np.float64)
    assert stats.kstest(values, "uniform", (lower, upper - lower)).pvalue > 0.01
    half = np.asarray(draws(transform, strength=0.5)[name], np.float64)
    np.testing.assert_allclose(half - identity, (values - identity) / 2, atol=1e-6)


def test_a_pair_of_hues_is_turned_either_way():
    turns = np.asarray(draws(aj.RandomHue((0.4, 1.0)))["turn"], np.float64)
    assert stats.kstest(np.abs(turns), "uniform", (0.2, 0.3)).pvalue > 0.01
    assert abs((turns > 0).mean() - 0.5) < 4 * math.sqrt(0.25 / len(turns))


def test_jitter_draws_what_it_is_asked_for_and_every_order_alike():
    drawn = draws(aj.ColorJitter(contrast=0.3, hue=0.1), n=4800)
    assert set(drawn) == {"order", "contrast", "hue"}
    orders, counts = np.unique(np.asarray(drawn["order"]), axis=0, return_counts=True)
    assert orders.tolist() == [list(o) for o in itertools.permutations(range(4))]
    assert stats.chisquare(counts).pvalue > 0.01


def test_amounts_of_jitter_are_uncorrelated():
    drawn = draws(JITTER, n=4000)
    columns = np.stack([np.asarray(drawn[name]) for name in JITTER.amounts])
    correlations = np.corrcoef(columns)[np.triu_indices(4, k=1)]
    assert (np.abs(correlations) < 4 / math.sqrt(4000)).all()


@pytest.mark.parametrize(
    ("transform", "name", "choices"),
    [
        (aj.RandomChannelShuffle(), "order", 6),
        (aj.RandomChannelDrop(), "dropped", 3),
        (aj.RandomChannelDrop(2), "dropped", 3),
    ],
)
def test_channels_are_equally_likely_and_independent_of_the_coin(transform, name, choices):
    drawn = draws(transform)
    rows, chosen = np.unique(np.asarray(drawn[name], np.int32), axis=0, return_inverse=True)
    assert len(rows) == choices
    if name == "dropped":
        assert (rows.sum(axis=1) == transform.channels).all()
    table = np.histogram2d(chosen.ravel(), np.asarray(drawn["on"], int), (choices, 2))[0]
    assert stats.chisquare(table.ravel()).pvalue > 0.01  # p is 1/2.


def test_coins_are_those_of_p_times_strength():
    coins = np.asarray(draws(aj.RandomInvert(p=0.8), strength=0.5)["on"])
    assert abs(coins.mean() - 0.4) < 4 * math.sqrt(0.24 / len(coins))


def test_worked_by_hand():
    x = np.array([0.1, 0.5, 0.9], np.float32).reshape(1, 1, 3)
    grey = 0.2989 * 0.1 + 0.587 * 0.5 + 0.114 * 0.9
    cases = [
        (aj.RandomBrightness(1.0), {"delta": np.float32(0.2)}, [0.3, 0.7, 1.0]),
        (aj.RandomGamma(0.5), {"gamma": np.float32(2)}, [0.01, 0.25, 0.81]),
        # Half the saturation, (0.9 - 0.1) / 0.9, keeps 0.9 and halves the way down from it.
        (aj.RandomSaturation(1.0), {"factor": np.float32(1 / 3)}, [0.5, 0.7, 0.9]),
        (aj.RandomHue(1.0), {"turn": np.float32(1 / 3)}, [0.9, 0.1, 0.5]),
        (aj.RandomGrayscale(), switched_on(), [grey, grey, grey]),
        (aj.RandomInvert(), switched_on(), [0.9, 0.5, 0.1]),
        (aj.RandomSolarize(0.5), switched_on(), [0.1, 0.5, 0.1]),
        (aj.RandomPosterize(1), switched_on(), [0.0, 128 / 255, 128 / 255]),
        (
            aj.RandomChannelShuffle(),
            switched_on(order=np.array([2, 0, 1], np.int32)),
            [0.9, 0.1, 0.5],
        ),
        (
            aj.RandomChannelDrop(fill_value=0.2),
            switched_on(dropped=np.array([False, True, False])),
            [0.1, 0.2, 0.9],
        ),
        (aj.Normalize((0.1, 0.2, 0.3), (0.5, 0.1, 0.2)), {}, [0.0, 3.0, 3.0]),
        (aj.Normalize(0.5, 0.2), {}, [-2.0, 0.0, 2.0]),
    ]
    transforms, all_params, colours = zip(*cases, strict=True)

    @quick_jit
    def paint(all_params, x):
        return [t.apply(params, x) for t, params in zip(transforms, all_params, strict=True)]

    for transform, painted, expected in zip(transforms, paint(all_params, x), colours, strict=True):
        painted = np.asarray(painted)[0, 0]
        np.testing.assert_allclose(painted, expected, atol=1e-6, err_msg=repr(transform))


def test_what_has_no_range_is_not_stretched():
    """A rotation leaves one value as values that differ in their last bit."""
    flat, two = np.full((2, 4, 4, 1), 0.5, np.float32)
    flat[0, 0] += np.float32(3e-7)
    two[0, 0] += np.float32(1 / 255)
    stretch = functools.partial(paint_one, aj.RandomAutoContrast(), switched_on())
    assert len(np.unique(flat)) == 2
    np.testing.assert_array_equal(stretch(flat), flat)
    assert sorted(set(stretch(two).ravel().tolist())) == [0.0, 1.0]


def test_normalize_is_the_same_at_any_strength_and_is_not_brought_to_the_value_range():
    image = noise(4, 4, 3)
    normalize = aj.Normalize(0.4, 0.2)
    pipeline = aj.Sequential([aj.RandomFlip(), normalize], value_range=(0, 255))
    painted = quick_jit(lambda image: pipeline(KEY, image, strength=0.0))(image * 255)
    np.testing.assert_allclose(painted, (image - 0.4) / 0.2, atol=1e-5)
