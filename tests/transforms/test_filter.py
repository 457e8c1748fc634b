"""Blur, noise and erasing: what each paints given its draws, and how these are distributed."""

import json
import math
from typing import Any

import dm_pix as pix
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage, stats

import augjax as aj
from augjax.draws import field_key
from augjax.transforms.catalog import examples
from tests.helpers import noise, quick_jit
from tests.transforms.painting import draw, many_draws, paint_one

EXAMPLES = [
    examples()["RandomErasing"],
    aj.RandomErasing(value="random", p=1.0),
    examples()["RandomGaussianBlur"],
    examples()["RandomGaussianNoise"],
    examples()["RandomGridDropout"],
    examples()["RandomMotionBlur"],
    examples()["RandomSaltAndPepper"],
]
KEY = aj.key(0)


def draws(transform, shape=(40, 60, 3), n=4000, strength=1.0):
    return many_draws(transform, shape, n, strength)


def assert_uniform(values, lower, upper):
    assert stats.kstest(np.float64(values), "uniform", (lower, upper - lower)).pvalue > 0.01


def assert_same_distribution(ours, theirs):
    result: Any = stats.ks_2samp(ours, theirs)
    assert result.pvalue > 0.01


def assert_each_as_likely(values, lowest, highest):
    counts = np.bincount(values - lowest, minlength=highest - lowest + 1)
    assert len(counts) == highest - lowest + 1
    result: Any = stats.chisquare(counts)
    assert result.pvalue > 0.01


@pytest.mark.parametrize("transform", EXAMPLES, ids=repr)
def test_targets_stay_as_they_are(transform):
    example = {
        "image": noise(12, 17, 3),
        "mask": np.arange(12 * 17, dtype=np.int32).reshape(12, 17),
        "boxes": np.array([[1, 2, 9, 8]], np.float32),
        "keypoints": np.array([[3, 4]], np.float32),
    }
    pipeline = aj.Sequential([transform], boxes="xyxy")

    @quick_jit
    def applied(example):
        # A key under which the image does change.
        params = pipeline.sample(aj.image_key(KEY, 0, jnp.uint32(3)), (12, 17, 3))
        params[transform.label] |= {"on": True} if "on" in params[transform.label] else {}
        return pipeline.apply(params, example), pipeline.valid(params, (12, 17, 3))

    after, valid = jax.tree.map(np.asarray, applied(example))
    assert (after["image"] != example["image"]).any()
    for name in ("mask", "boxes", "keypoints"):
        np.testing.assert_array_equal(after[name], example[name])
    assert valid.all()


@pytest.mark.parametrize("transform", EXAMPLES, ids=repr)
def test_draws_read_from_json_paint_the_same(transform):
    image = noise(12, 17, 3)
    params = draw(transform, KEY, image.shape)
    logged = json.loads(json.dumps({name: value.tolist() for name, value in params.items()}))
    both = quick_jit(lambda image: [transform.apply(p, image) for p in (logged, params)])
    np.testing.assert_array_equal(*both(image))


@pytest.mark.parity("RandomGaussianBlur", "scipy.ndimage.gaussian_filter")
def test_the_gaussian_against_scipy_and_dm_pix(same):
    image, blur = noise(20, 24, 3), aj.RandomGaussianBlur(9)
    peer: Any = quick_jit(lambda image, sigma: pix.gaussian_blur(image, sigma, 9))
    for sigma in (0.1, 0.8, 2.0):
        ours = paint_one(blur, {"on": np.bool_(True), "sigma": np.float32(sigma)}, image)
        theirs = ndimage.gaussian_filter(
            np.float64(image), sigma, mode="mirror", radius=4, axes=(0, 1)
        )
        same(ours, theirs, tolerance=1e-6)
        inner = (slice(4, -4), slice(4, -4))
        theirs = np.asarray(peer(image, np.float32(sigma)))
        np.testing.assert_allclose(ours[inner], theirs[inner], atol=1e-6)
    off = paint_one(blur, {"on": np.bool_(False), "sigma": np.float32(2)}, image)
    np.testing.assert_array_equal(off, image)


@pytest.mark.parity("RandomMotionBlur", "scipy.ndimage.uniform_filter1d")
def test_motion_against_scipy(same):
    image, blur = noise(20, 24, 3), aj.RandomMotionBlur(5)

    def paint(degrees, length):
        angle = np.float32(math.radians(degrees))
        return paint_one(blur, {"angle": angle, "length": np.float32(length)}, image)

    for degrees, axis in ((0, 1), (90, 0), (180, 1), (-90, 0)):
        for length in (1, 3, 5):
            mean = ndimage.uniform_filter1d(np.float64(image), length, axis, mode="mirror")
            same(paint(degrees, length), mean, tolerance=2e-6)
    params = {"angle": np.float32(0.4), "length": np.float32(4)}
    flipped = paint_one(blur, params, image[:, ::-1])
    np.testing.assert_allclose(paint(180 - math.degrees(0.4), 4), flipped[:, ::-1], atol=2e-6)


def test_noise_is_standard_normal_times_stddev_and_clipped():
    transform = aj.RandomGaussianNoise(0.1)
    params = draw(transform, KEY, (64, 64, 3))
    assert params["stddev"] == np.float32(0.1)
    noisy = paint_one(transform, params, np.full((64, 64, 3), 0.5, np.float32))
    assert stats.kstest((noisy.ravel() - 0.5) / 0.1, "norm").pvalue > 0.01
    channels = (noisy.reshape(-1, 3) - 0.5) / 0.1
    assert np.abs(np.corrcoef(channels.T) - np.eye(3)).max() < 0.06, "each value has its own"
    white = paint_one(transform, params, np.ones((64, 64, 3), np.float32))
    assert abs((white == 1).mean() - 0.5) < 0.02 and white.min() > 0.5
    others = {**params, "noise": np.asarray(params["noise"]) + np.uint32(1)}
    other = paint_one(transform, others, np.full_like(noisy, 0.5))
    assert (other != noisy).mean() > 0.99


def test_salt_and_pepper_are_whole_pixels_in_the_drawn_shares():
    transform = aj.RandomSaltAndPepper(0.3, 0.25)
    params = draw(transform, KEY, (200, 200, 3))
    image = 0.25 + noise(200, 200, 3) / 2
    specked = paint_one(transform, params, image)
    salt, pepper = ((specked == value).all(-1).astype(bool) for value in (1, 0))
    np.testing.assert_array_equal(specked[~(salt | pepper)], image[~(salt | pepper)])
    assert abs(salt.mean() - 0.075) < 0.006 and abs(pepper.mean() - 0.225) < 0.009
    # They are scattered: a speck says nothing about its neighbour.
    assert abs((salt[:, 1:] & salt[:, :-1]).mean() - 0.075**2) < 0.003
    for amount, colours in ((1.0, [0, 1]), (0.0, [0.5])):
        all_or_none = paint_one(
            transform,
            {**params, "amount": np.float32(amount)},
            np.full((9, 9, 1), 0.5, np.float32),
        )
        assert np.unique(all_or_none).tolist() == colours


RECTANGLE = {"top": 1, "left": 2, "height": 3, "width": 4, "on": True}


@pytest.mark.parametrize(("value", "colour"), [(0.25, [0.25] * 3), ((0.1, 0.2, 0.3),) * 2])
def test_erasing_paints_the_drawn_rectangle(value, colour):
    image = noise(6, 8, 3)
    painted = paint_one(aj.RandomErasing(value=value), RECTANGLE, image)
    image[1:4, 2:6] = colour
    np.testing.assert_array_equal(painted, image)


def test_erasing_with_noise_paints_the_rectangle_with_the_drawn_noise():
    image = noise(60, 80, 3)
    params = {"top": 10, "left": 0, "height": 50, "width": 79, "on": True}
    params["noise"] = np.array([5, 7], np.uint32)
    painted = paint_one(aj.RandomErasing(value="random"), params, image).copy()
    assert_uniform(painted[10:60, :79].ravel(), 0, 1)
    painted[10:60, :79] = image[10:60, :79]
    np.testing.assert_array_equal(painted, image)


def test_a_colour_for_each_channel_is_asked_for():
    with pytest.raises(ValueError, match=r"expected one number for each of the image's 1 channels"):
        aj.RandomErasing(value=(0.1, 0.2, 0.3)).apply(RECTANGLE, noise(6, 8, 1))


@pytest.mark.parametrize("shape", [(60, 40, 3), (30, 120, 1)])
def test_rectangles_are_distributed_as_torchvision_documents(shape):
    """Against its loop, in NumPy: ten attempts, each of its own area and ratio."""
    height, width, _ = shape
    scale, ratio = (0.1, 0.6), (0.25, 3.0)
    rng = np.random.default_rng(0)

    def attempt():
        for _ in range(10):
            area = rng.uniform(*scale) * height * width
            taller = math.exp(rng.uniform(*np.log(ratio)))
            rows, columns = round(math.sqrt(area * taller)), round(math.sqrt(area / taller))
            if rows < height and columns < width:
                return (
                    rng.integers(height - rows + 1), rng.integers(width - columns + 1),
                    rows, columns,
                )  # fmt: skip
        return 0, 0, 0, 0

    theirs = np.array([attempt() for _ in range(4000)]).T
    ours = draws(aj.RandomErasing(scale, ratio, p=1.0), shape)
    names = ("top", "left", "height", "width")
    for name, expected in zip(names, theirs, strict=True):
        assert_same_distribution(ours[name], expected)
    assert_same_distribution(ours["height"] * ours["width"], theirs[2] * theirs[3])
    assert (ours["top"] + ours["height"] <= height).all()
    assert (ours["left"] + ours["width"] <= width).all()
    assert ours["on"].all()


def test_cutout_is_a_square_anywhere():
    drawn = draws(aj.RandomErasing(0.25, 1.0, p=0.7))
    assert set(drawn["height"]) == set(drawn["width"]) == {24}  # The root of 40 * 60 / 4 is 24.5.
    assert_each_as_likely(drawn["top"], 0, 40 - 24)
    assert_each_as_likely(drawn["left"], 0, 60 - 24)
    assert abs(drawn["on"].mean() - 0.7) < 4 * math.sqrt(0.7 * 0.3 / 4000)
    half = draws(aj.RandomErasing(0.25, 1.0, p=0.7), strength=0.5)["on"]
    assert abs(half.mean() - 0.35) < 4 * math.sqrt(0.35 * 0.65 / 4000)


def test_nothing_is_erased_where_no_rectangle_fits():
    drawn = draws(aj.RandomErasing(0.9, 50.0), (20, 20, 3), n=50)
    assert not drawn["height"].any() and not drawn["width"].any()


def test_the_grid_worked_by_hand():
    params = {"unit": 4, "hole": 2, "top": 1, "left": 3, "on": True}
    image = np.ones((6, 8, 1), np.float32)
    painted = paint_one(aj.RandomGridDropout(4), params, image)[..., 0]
    rows, columns = [0, 1, 1, 0, 0, 1], [1, 0, 0, 1, 1, 0, 0, 1]
    np.testing.assert_array_equal(painted, 1 - np.outer(rows, columns))


def test_the_grid_is_drawn_in_whole_pixels_and_spares_no_pixel():
    transform = aj.RandomGridDropout((5, 8), 0.6, value=1.0, p=1.0)
    drawn = draws(transform)
    assert_each_as_likely(drawn["unit"], 5, 8)
    np.testing.assert_array_equal(drawn["hole"], np.round(np.float32(0.6) * drawn["unit"]))
    for unit in range(5, 9):
        for start in ("top", "left"):
            assert_each_as_likely(drawn[start][drawn["unit"] == unit], 0, unit - 1)
    images = np.zeros((4000, 6, 7, 1), np.float32)
    batch = quick_jit(lambda images: transform.batch(KEY, images))
    dropped = np.asarray(batch(images)).mean(axis=0)
    share = np.mean((drawn["hole"] / drawn["unit"]) ** 2)
    assert np.abs(dropped - share).max() < 4.5 * math.sqrt(share * (1 - share) / 4000)
    least, most = (set(draws(aj.RandomGridDropout(3, r), n=9)["hole"]) for r in (0.0, 1.0))
    assert (least, most) == ({1}, {2})


@pytest.mark.parametrize(
    ("transform", "name", "lower", "upper"),
    [
        (aj.RandomGaussianBlur(3), "sigma", 0.1, 2.0),
        (aj.RandomMotionBlur((3, 9)), "length", 3, 9),
        (aj.RandomMotionBlur(3), "angle", -math.pi / 2, math.pi / 2),
        (aj.RandomMotionBlur(3, (0.0, 0.1)), "angle", 0, 0.2 * math.pi),
        (aj.RandomGaussianNoise((0.1, 0.3)), "stddev", 0.1, 0.3),
        (aj.RandomSaltAndPepper((0.0, 0.2)), "amount", 0, 0.2),
        (aj.RandomSaltAndPepper(0.1, (0.4, 0.7)), "salt_vs_pepper", 0.4, 0.7),
    ],
)
def test_draws_are_uniform_over_the_documented_range(transform, name, lower, upper):
    values = draws(transform)[name]
    assert_uniform(values, lower, upper)
    half = draws(transform, strength=0.5)[name]
    identity = {"length": 1, "stddev": 0, "amount": 0}.get(name)
    expected = values if identity is None else identity + (values - identity) / 2
    np.testing.assert_allclose(half, expected, atol=1e-6)


def test_a_number_is_drawn_as_it_is():
    assert set(draws(aj.RandomGaussianBlur(3, 0.7), n=9)["sigma"]) == {np.float32(0.7)}
    assert set(draws(aj.RandomMotionBlur(7), n=9)["length"]) == {7}
    assert set(draws(aj.RandomSaltAndPepper(0.3), n=9)["amount"]) == {np.float32(0.3)}
    assert draws(aj.RandomGaussianBlur(3), n=99)["on"].all()


def test_fields_are_keys_of_their_own():
    drawn = draws(aj.RandomGaussianNoise(0.1), n=200)["noise"]
    assert drawn.shape == (200, 2) and len(np.unique(drawn, axis=0)) == 200
    assert field_key(jnp.int32([1, -1])) == field_key(jnp.uint32([1, 2**32 - 1]))


def test_gradients_reach_sigma_length_and_stddev():
    image = noise(9, 9, 1)
    for transform, name, value in (
        (aj.RandomGaussianBlur(5), "sigma", 1.0),
        (aj.RandomMotionBlur(5), "length", 3.5),
        (aj.RandomGaussianNoise(0.1), "stddev", 0.05),
    ):
        params = draw(transform, KEY, image.shape)

        def contrast(value, transform=transform, name=name, params=params):
            return jnp.var(transform.apply({**params, name: value}, image))

        step = 1e-2
        slope = quick_jit(jax.grad(contrast))(np.float32(value))
        painted = quick_jit(contrast)
        higher, lower = (np.asarray(painted(np.float32(value + s))) for s in (step, -step))
        np.testing.assert_allclose(slope, (higher - lower) / (2 * step), rtol=0.02)
