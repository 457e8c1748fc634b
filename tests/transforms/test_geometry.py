"""Geometry: what is drawn, what worked examples come to, and what shares a resample."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import augjax as aj
from augjax.transforms.catalog import examples
from augjax.transforms.core.groups import groups
from augjax.transforms.core.spatial import Spatial
from tests.helpers import noise, quick_jit
from tests.transforms.examples import long_but
from tests.transforms.painting import many_draws as draws
from tests.transforms.painting import paint, paint_one

KEY = aj.key(0)
CLASSES = [
    aj.CenterCrop, aj.Letterbox, aj.Pad, aj.RandomAffine, aj.RandomBoxSafeCrop, aj.RandomCrop,
    aj.RandomElastic, aj.RandomFlip, aj.RandomHeight, aj.RandomIoUCrop, aj.RandomPerspective,
    aj.RandomResizedCrop, aj.RandomRot90, aj.RandomRotation, aj.RandomShear,
    aj.RandomShortestSize, aj.RandomTranslation, aj.RandomWidth, aj.RandomZoom, aj.RandomZoomOut,
    aj.Resize, aj.ScaleJitter,
]  # fmt: skip
KEEP_SIZE = [c for c in CLASSES if examples()[c.__name__].out_shape((21, 34, 3)) == (21, 34, 3)]
named = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)


def pixels(rows):
    return np.array(rows, np.float32)[..., None]


def test_these_are_all_the_classes_of_geometry():
    exported = [getattr(aj, name) for name in aj.__all__]
    spatial = {c for c in exported if isinstance(c, type) and issubclass(c, Spatial)}
    assert spatial == set(CLASSES)
    assert len(KEEP_SIZE) == 10


@named
def test_each_channel_is_moved_alike(kind):
    transform, gray = examples()[kind.__name__], noise(3, 20, 24, 1)
    both = quick_jit(lambda *batches: [transform.batch(KEY, batch) for batch in batches])
    painted, alike = both(gray, np.repeat(gray, 4, axis=-1))
    np.testing.assert_allclose(alike, np.repeat(painted, 4, axis=-1), atol=1e-5)


CORNERS = aj.RandomPerspective(0.5)


@pytest.mark.parametrize(
    ("transform", "name", "lower", "upper", "identity"),
    [
        (aj.RandomZoom(0.2), "height_zoom", 0.8, 1.2, 1),
        (aj.RandomZoom(0.2, (-0.9, 0.5)), "width_zoom", 0.1, 1.5, 1),
        (aj.RandomShear((0.1, 0.3), 0.2), "x_shear", 0.1, 0.3, 0),
        (aj.RandomShear((0.1, 0.3), 0.2), "y_shear", -0.2, 0.2, 0),
        (aj.RandomAffine(90), "angle", -math.pi / 2, math.pi / 2, 0),
        (aj.RandomAffine(0, (0.1, 0.2)), "dx", -6, 6, 0),
        (aj.RandomAffine(0, (0.1, 0.2)), "dy", -8, 8, 0),
        (aj.RandomAffine(0, scale=(0.5, 3)), "scale", 0.5, 3, 1),
        (aj.RandomAffine(0, shear=(-18, 36)), "shear_x", -math.pi / 10, math.pi / 5, 0),
        (aj.RandomAffine(0, shear=(0, 0, 9, 18)), "shear_y", math.pi / 20, math.pi / 10, 0),
    ],
)
def test_draws_are_uniform_over_the_documented_range(transform, name, lower, upper, identity):
    values = np.asarray(draws(transform, (40, 60, 3))[name], np.float64)
    assert stats.kstest(values, "uniform", (lower, upper - lower)).pvalue > 0.01
    half = np.asarray(draws(transform, (40, 60, 3), strength=0.5)[name], np.float64)
    np.testing.assert_allclose(half - identity, (values - identity) / 2, atol=1e-6)


def test_what_is_not_asked_for_is_not_drawn():
    drawn = draws(aj.RandomAffine(0), (40, 60, 3), n=5)
    for name, values in drawn.items():
        assert (values == (1 if name == "scale" else 0)).all(), name
    drawn = draws(aj.RandomAffine(0, shear=30), (40, 60, 3), n=5)
    assert (drawn["shear_x"] != 0).all() and (drawn["shear_y"] == 0).all()
    zoom = draws(aj.RandomZoom(0.3), (40, 60, 3), n=5)
    np.testing.assert_array_equal(zoom["height_zoom"], zoom["width_zoom"])


def test_no_two_draws_of_an_image_go_together():
    affine = draws(aj.RandomAffine(9, (0.5, 0.5), (0.5, 2), (-9, 9, -9, 9)), (9, 9, 1), 4000)
    zoom = draws(aj.RandomZoom(0.5, 0.5), (9, 9, 1), 4000)
    corners = draws(CORNERS, (9, 9, 1), 4000)["corners"].reshape(4000, 8)
    crop = draws(aj.RandomCrop(2, 2), (40, 40, 1), 4000)
    columns = [*affine.values(), *zoom.values(), *corners.T, *crop.values()]
    correlations = np.corrcoef(np.stack(columns))[np.triu_indices(len(columns), k=1)]
    assert np.abs(correlations).max() < 5 / math.sqrt(4000)


def test_perspective_moves_each_corner_inwards_by_up_to_half_the_scale():
    corners = np.asarray(draws(CORNERS, (40, 60, 3))["corners"], np.float64)
    outer = np.array([(-0.5, -0.5), (59.5, -0.5), (59.5, 39.5), (-0.5, 39.5)])
    inwards = np.abs(corners - outer) / (60 * 0.25, 40 * 0.25)
    for column in inwards.reshape(-1, 8).T:
        assert stats.kstest(column, "uniform").pvalue > 0.005
    assert (np.abs(corners - (29.5, 19.5)) <= np.abs(outer - (29.5, 19.5)) + 1e-4).all()


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_quarter_turns_are_drawn_alike(strength):
    counts = np.bincount(draws(aj.RandomRot90(), (9, 9, 1), strength=strength)["k"], minlength=4)
    share = strength / 4
    expected = np.array([1 - 3 * share, share, share, share]) * 2000
    assert stats.chisquare(counts, expected).pvalue > 0.01
    halves = np.bincount(draws(aj.RandomRot90(), (9, 5, 1), strength=strength)["k"], minlength=4)
    assert halves[1] == halves[3] == 0
    assert stats.binomtest(int(halves[2]), 2000, strength / 2).pvalue > 0.01


def test_every_place_of_a_crop_is_drawn_alike():
    drawn = draws(aj.RandomCrop(5, 9), (8, 9, 1), strength=0.3)
    assert stats.chisquare(np.bincount(drawn["top"], minlength=4)).pvalue > 0.01
    assert not drawn["left"].any()


def reference_resized_crop(rng, height, width, scale, ratio):
    """As torchvision documents it, in Python's floats, for an image wider than any ratio allows."""
    for _ in range(10):
        area = height * width * rng.uniform(*scale)
        proportion = math.exp(rng.uniform(*map(math.log, ratio)))
        w, h = round(math.sqrt(area * proportion)), round(math.sqrt(area / proportion))
        if 0 < w <= width and 0 < h <= height:
            return rng.integers(height - h + 1), rng.integers(width - w + 1), h, w
    w = round(height * ratio[1])
    return 0, (width - w) // 2, height, w


@pytest.mark.parametrize("ratio", long_but([(3 / 4, 1.3)], [(3 / 4, 1.3), (0.2, 1.0)]))
def test_resized_crops_are_distributed_as_by_ten_tries(ratio):
    transform = aj.RandomResizedCrop(8, 8, (0.2, 0.9), ratio)
    drawn = draws(transform, (45, 60, 3), n=4000)
    rng = np.random.default_rng(0)
    reference = [reference_resized_crop(rng, 45, 60, (0.2, 0.9), ratio) for _ in range(8000)]
    columns = np.array(reference).T
    for name, column in zip(("top", "left", "height", "width"), columns, strict=True):
        p_value: Any = stats.ks_2samp(drawn[name], column)[1]
        assert p_value > 0.01, name
    assert (drawn["top"] + drawn["height"] <= 45).all() and (drawn["top"] >= 0).all()
    assert (drawn["left"] + drawn["width"] <= 60).all() and (drawn["left"] >= 0).all()


@pytest.mark.parametrize(
    ("shape", "ratio", "expected"),
    [
        ((10, 100, 1), (3 / 4, 4 / 3), (0, 43, 10, 13)),  # 10 * 4 / 3 = 13.3; (100 - 13) // 2.
        # 10 / (3 / 4) = 13.3; and all of it.
        pytest.param((100, 10, 1), (3 / 4, 4 / 3), (43, 0, 13, 10), marks=pytest.mark.long),
        pytest.param((4, 5, 1), (1.25, 1.25), (0, 0, 4, 5), marks=pytest.mark.long),
    ],
)
def test_a_crop_that_never_fits_is_taken_from_the_middle(shape, ratio, expected):
    drawn = draws(aj.RandomResizedCrop(8, 8, (1.0, 1.0), ratio), shape, n=3)
    for name, value in zip(("top", "left", "height", "width"), expected, strict=True):
        assert drawn[name].tolist() == [value] * 3


@quick_jit
def turned_by_matrix(params, image):
    motion = aj.RandomRot90().motion(params, image.shape)
    return motion.warp(image, aj.RandomRotation(0.1).resampling)


@pytest.mark.parametrize("k", range(4))
def test_quarter_turns_are_numpys(k):
    image, turn, params = noise(5, 5, 3), aj.RandomRot90(), {"k": np.int32(k)}
    np.testing.assert_array_equal(paint_one(turn, params, image), np.rot90(image, k))
    # The matrix, which a fused group goes by, says the same.
    np.testing.assert_array_equal(turned_by_matrix(params, image), np.rot90(image, k))
    long = noise(4, 7, 1)
    np.testing.assert_array_equal(paint_one(turn, params, long), np.rot90(long, k // 2 * 2))


def test_crops_worked_by_hand():
    image = pixels([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]) / 16
    crop = paint_one(aj.RandomCrop(2, 2), {"top": np.int32(1), "left": np.int32(2)}, image)
    np.testing.assert_array_equal(crop[..., 0] * 16, [[7, 8], [11, 12]])
    crop = paint_one(aj.CenterCrop(2, 2), {}, image)
    np.testing.assert_array_equal(crop[..., 0] * 16, [[2, 3], [6, 7]])
    for transform in (aj.RandomCrop(3, 5), aj.CenterCrop(4, 4)):
        with pytest.raises(ValueError, match=r"is larger than the image, of height 3 and width 4"):
            jax.jit(transform)(KEY, image)


@pytest.mark.parametrize("fill_mode", ["constant", "reflect", "wrap", "nearest"])
def test_padding_worked_by_hand_and_by_resampling(fill_mode):
    image = pixels([[1, 2, 3]]) / 4
    pad = aj.Pad((2, 0, 4, 1), fill_mode=fill_mode, fill_value=0.5)
    row = {
        "constant": [2, 2, 1, 2, 3, 2, 2, 2, 2],
        "reflect": [2, 1, 1, 2, 3, 3, 2, 1, 1],
        "wrap": [2, 3, 1, 2, 3, 1, 2, 3, 1],
        "nearest": [1, 1, 1, 2, 3, 3, 3, 3, 3],
    }[fill_mode]
    below = [2] * 9 if fill_mode == "constant" else row
    np.testing.assert_array_equal(paint_one(pad, {}, image)[..., 0] * 4, [row, below])
    by_padding = [
        aj.Pad(padding, fill_mode=fill_mode, fill_value=0.25)
        for padding in (1, 6, (5, 2), (9, 0, 1, 2))
    ]

    @quick_jit
    def padded_and_warped(image):
        return [
            (pad(KEY, image), pad.motion({}, image.shape).warp(image, pad.resampling))
            for pad in by_padding
        ]

    for padded, warped in padded_and_warped(noise(3, 4, 2)):
        np.testing.assert_array_equal(padded, warped)
    assert aj.Pad(3).sides == (3, 3, 3, 3)
    assert aj.Pad((1, 2)).sides == (1, 2, 1, 2)


def test_positive_zooms_out():
    image = pixels([[0.0, 0.2, 0.4, 0.6, 0.8]])
    zoom = aj.RandomZoom(0.5, (-0.5, 1), fill_mode="constant", fill_value=1.0)
    factors = {
        "height_zoom": np.array([1, 1], np.float32),
        "width_zoom": np.array([2, 0.5], np.float32),
    }
    out, into = paint(zoom, factors, image[None].repeat(2, 0))[:, 0, :, 0]
    np.testing.assert_allclose(out, [1, 0, 0.4, 0.8, 1], atol=1e-6)
    np.testing.assert_allclose(into, [0.2, 0.3, 0.4, 0.5, 0.6], atol=1e-6)


def test_positive_shears_move_the_lower_half_left_and_the_right_half_up():
    image = np.zeros((5, 5, 1), np.float32)
    image[:, 2] = 1
    along_x = {"x_shear": np.float32(1), "y_shear": np.float32(0)}
    slanted = paint_one(aj.RandomShear(1, 0), along_x, image)
    np.testing.assert_array_equal(slanted[..., 0], np.eye(5)[::-1])
    along_y = {"x_shear": np.float32(0), "y_shear": np.float32(1)}
    slanted = paint_one(aj.RandomShear(0, 1), along_y, np.swapaxes(image, 0, 1))
    np.testing.assert_array_equal(slanted[..., 0], np.eye(5)[::-1])


def test_affine_turns_clockwise_enlarges_and_moves_right_and_down():
    image = noise(5, 5, 3)
    affine = functools.partial(paint_one, aj.RandomAffine(0, fill_mode="wrap"))
    nothing = {name: np.float32(0) for name in ("angle", "dx", "dy", "shear_x", "shear_y")}
    nothing["scale"] = np.float32(1)
    np.testing.assert_array_equal(affine(nothing, image), image)
    turned = affine({**nothing, "angle": np.float32(math.pi / 2)}, image)
    np.testing.assert_allclose(turned, np.rot90(image, -1), atol=1e-5)
    moved = affine({**nothing, "dx": np.float32(1), "dy": np.float32(2)}, image)
    np.testing.assert_allclose(moved, np.roll(image, (2, 1), (0, 1)), atol=1e-6)
    twice = affine({**nothing, "scale": np.float32(2)}, image)
    np.testing.assert_allclose(twice[::2, ::2], image[1:4, 1:4], atol=1e-6)
    # 45 degrees move the row above the middle by one pixel to the right, the one below to the left.
    sheared = affine({**nothing, "shear_x": np.float32(math.pi / 4)}, image)
    expected = np.stack([np.roll(row, 2 - y, axis=0) for y, row in enumerate(image)])
    np.testing.assert_allclose(sheared, expected, atol=1e-5)


def test_corners_that_move_to_the_middle_of_the_left_half_squeeze_the_image():
    image = noise(6, 8, 1)
    corners = np.array([(-0.5, -0.5), (3.5, -0.5), (3.5, 5.5), (-0.5, 5.5)], np.float32)
    squeeze = aj.RandomPerspective(1.0, p=1.0, fill_mode="constant")
    squeezed = paint_one(squeeze, {"on": np.bool_(True), "corners": corners}, image)
    means = image.reshape(6, 4, 2, 1).mean(axis=2)
    np.testing.assert_allclose(squeezed[:, :4], means, atol=1e-5)
    assert not squeezed[:, 5:].any()


def group_sizes(*transforms):
    return [len(group) for group in groups(aj.Sequential(transforms).steps(None))]


def test_which_transforms_share_a_resample():
    turn, zoom, shear = aj.RandomRotation(0.1), aj.RandomZoom(0.1), aj.RandomShear(0.1)
    perspective, quarter = aj.RandomPerspective(), aj.RandomRot90()
    crop, small = aj.RandomCrop(3, 3), aj.Resize(4, 4, antialias=False)
    assert group_sizes(turn, zoom, shear, aj.RandomAffine(5), perspective, quarter) == [6]
    assert group_sizes(turn, crop, zoom) == [2, 1]
    assert group_sizes(turn, aj.CenterCrop(3, 3)) == [2]
    assert group_sizes(turn, small, zoom) == [3]
    assert group_sizes(turn, aj.Resize(4, 4), zoom) == [1, 1, 1]
    assert group_sizes(turn, aj.RandomResizedCrop(4, 4, antialias=False), zoom) == [2, 1]
    assert group_sizes(turn, aj.RandomResizedCrop(4, 4)) == [1, 1]
    assert group_sizes(turn, aj.Pad(3, fill_mode="reflect"), crop) == [3]
    assert group_sizes(turn, aj.Pad(3)) == [1, 1]
    assert group_sizes(turn, aj.RandomElastic(), zoom) == [1, 1, 1]
    assert group_sizes(aj.RandomWidth(0.2), aj.RandomHeight(0.2), small, turn) == [1, 1, 1, 1]


def test_a_group_is_resampled_as_one_after_the_other_on_a_ramp():
    """Bilinear sampling of a ramp is exact, so that a fused chain equals an unfused one inside."""
    y, x = np.mgrid[:48, :48]
    image = ((x + 2 * y) / 150).astype(np.float32)[..., None]
    chain = [
        aj.RandomZoom((-0.4, -0.3)),
        aj.RandomRot90(),
        aj.RandomShear(0.1, 0.1),
        aj.Pad(4, fill_mode="reflect"),
        aj.Resize(40, 30, antialias=False),
        aj.RandomAffine(10, scale=(1.1, 1.3)),
        aj.CenterCrop(10, 10),
    ]
    fused, single = aj.Sequential(chain), aj.Sequential(chain, fuse=False)
    assert [len(group) for group in groups(fused.steps(None))] == [7]
    both = quick_jit(lambda images: [chain.batch(KEY, images) for chain in (fused, single)])
    np.testing.assert_allclose(*both(image[None].repeat(8, 0)), atol=1e-4)


AFFINE = aj.RandomAffine(9, (0.1, 0.1), (0.8, 1.2), (-9, 9, -9, 9))


@pytest.mark.parametrize(
    "transform",
    long_but(
        [AFFINE],
        [
            AFFINE,
            aj.RandomZoom(0.2, 0.2),
            aj.RandomShear(0.2, 0.2),
            aj.RandomElastic(),
            aj.RandomPerspective(p=1.0),
        ],
    ),
    ids=str,
)
def test_gradients_reach_the_draws(transform):
    """Through every matrix and field: the mean of squares changes with each floating draw."""

    @quick_jit
    def slopes(image):
        params = transform.sample(KEY, image.shape)
        floating = {n: v for n, v in params.items() if jnp.issubdtype(v.dtype, jnp.floating)}

        def energy(part):
            return jnp.mean(transform.apply({**params, **part}, image) ** 2)

        return jax.grad(energy)(floating)

    for name, slope in slopes(noise(16, 16, 1)).items():
        slope = np.asarray(slope)
        assert np.isfinite(slope).all() and (slope != 0).all(), name


@pytest.mark.parametrize(
    "pipeline",
    [
        aj.RandomCrop(8, 9),
        aj.CenterCrop(8, 9),
        aj.Sequential([aj.RandomCrop(9, 9), aj.RandomBrightness(0.1), aj.RandomRotation(0.1)]),
    ],
    ids=str,
)
def test_what_a_crop_cuts_off_is_not_converted(pipeline):
    image = np.zeros((50, 70, 3), np.uint8)
    program = str(jax.make_jaxpr(pipeline)(KEY, image))
    assert "u8[50,70,3]" in program and "f32[50,70,3]" not in program


def test_a_center_crop_moves_no_more_of_an_image_of_numpys_to_the_device():
    crop, image = aj.CenterCrop(8, 9), noise(50, 70, 3)
    program = jax.make_jaxpr(lambda: crop.apply({}, image))()
    assert sum(np.size(constant) for constant in program.consts) <= 8 * 9 * 3
    np.testing.assert_array_equal(crop.apply({}, image), image[21:29, 30:39])
