"""Given the same numbers, each geometric transform paints what its oracle paints."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

import augjax as aj
from tests.helpers import noise, quick_jit
from tests.oracles import Image, keras, tf
from tests.transforms.examples import long_but
from tests.transforms.painting import (
    INTERPOLATIONS,
    STYLES,
    paint,
    paint_in_every_style,
)

SHAPES = long_but([(9, 14, 1), (1, 6, 3)], [(16, 16, 3), (9, 14, 1), (23, 5, 4), (1, 6, 3)])
TOLERANCE = 2e-5
SCIPY_MODES: dict[Any, str] = {
    "reflect": "reflect",
    "wrap": "grid-wrap",
    "nearest": "nearest",
    "constant": "grid-constant",
}
every_shape = pytest.mark.parametrize("shape", SHAPES)
every_style = pytest.mark.parametrize(("fill_mode", "interpolation"), STYLES)


def pictures(shape, n=8):
    return noise(n, *shape, seed=sum(shape))


def spread(n, *ranges, seed=1):
    """A row of n numbers for each (lower, upper)."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(lower, upper, n).astype(np.float32) for lower, upper in ranges])


def about_centre(linear, shape):
    """3x3 matrices of 2x2 ones, in float64."""
    to_centre = np.eye(3)
    to_centre[:2, 2] = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    matrices = np.tile(np.eye(3), (len(linear), 1, 1))
    matrices[:, :2, :2] = linear
    return to_centre @ matrices @ np.linalg.inv(to_centre)


def keras_affine(images, matrices, fill_mode, interpolation):
    """One resample by 3x3 matrices, output pixel to input pixel."""
    eight = matrices.reshape(-1, 9)[:, :8].astype(np.float32)
    affine_transform: Any = keras.ops.image.affine_transform
    moved = affine_transform(
        images, eight, interpolation=interpolation, fill_mode=fill_mode, fill_value=0.4
    )
    return moved.numpy()


TIPPED = {"bilinear": 0.0, "nearest": 1e-4}
"""The share of values that may lie between two answers."""


def zooms():
    return dict(zip(("height_zoom", "width_zoom"), spread(8, (0.3, 2), (0.3, 2)), strict=True))


@functools.cache
def zoomed(shape):
    make = functools.partial(aj.RandomZoom, 0.9, 0.9, fill_value=0.4)
    return paint_in_every_style(make, zooms(), pictures(shape))


@pytest.mark.parity("RandomZoom", "keras.layers.RandomZoom")
@every_shape
@every_style
def test_zoom_is_keras_layer(same, shape, fill_mode, interpolation):
    images = pictures(shape)
    style = {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.4}
    theirs = keras.layers.RandomZoom(1.0, 1.0, **style).transform_images(
        tf.constant(images),
        {name: tf.constant(zoom[:, None]) for name, zoom in zooms().items()},
        training=True,
    )
    same(zoomed(shape)[fill_mode, interpolation], theirs, TOLERANCE, TIPPED[interpolation])


@functools.cache
def sheared(shape):
    x, y = spread(8, (-0.9, 0.9), (-0.9, 0.9))
    make = functools.partial(aj.RandomShear, 0.9, 0.9, fill_value=0.4)
    return paint_in_every_style(make, {"x_shear": x, "y_shear": y}, pictures(shape))


@pytest.mark.parity(
    "RandomShear", "keras.ops.image.affine_transform", note="Keras shears about the corner"
)
@every_shape
@every_style
def test_shear_is_keras_shear_about_the_centre(same, shape, fill_mode, interpolation):
    images = pictures(shape)
    x, y = spread(8, (-0.9, 0.9), (-0.9, 0.9))
    ones = np.ones(8)
    linear = np.stack([ones, x, y, ones], axis=1).reshape(8, 2, 2)
    theirs = keras_affine(images, about_centre(linear, shape), fill_mode, interpolation)
    same(sheared(shape)[fill_mode, interpolation], theirs, TOLERANCE, TIPPED[interpolation])


def affine_draws():
    names = ("angle", "dx", "dy", "scale", "shear_x", "shear_y")
    ranges = ((-3, 3), (-5, 5), (-5, 5), (0.5, 2), (-0.7, 0.7), (-0.7, 0.7))
    return dict(zip(names, spread(8, *ranges), strict=True))


def affine_matrices(draws, shape):
    """Input pixel to output pixel, multiplied out as torchvision documents it, in float64."""
    angle, dx, dy, scale, shear_x, shear_y = (v.astype(np.float64) for v in draws.values())
    one, zero = np.ones(8), np.zeros(8)

    def two_by_two(*entries):
        return np.stack(entries, axis=1).reshape(8, 2, 2)

    turn = two_by_two(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))
    along_x = two_by_two(one, -np.tan(shear_x), zero, one)
    along_y = two_by_two(one, zero, -np.tan(shear_y), one)
    forward = about_centre(scale[:, None, None] * (turn @ along_y @ along_x), shape)
    forward[:, 0, 2] += dx
    forward[:, 1, 2] += dy
    return forward


@functools.cache
def moved(shape):
    make = functools.partial(aj.RandomAffine, 0, fill_value=0.4)
    return paint_in_every_style(make, affine_draws(), pictures(shape))


@pytest.mark.parity(
    "RandomAffine", "keras.ops.image.affine_transform", note="by torchvision's matrix"
)
@every_shape
@every_style
def test_affine_is_torchvisions_matrix(same, shape, fill_mode, interpolation):
    images, draws = pictures(shape), affine_draws()
    inverse = np.linalg.inv(affine_matrices(draws, shape))
    theirs = keras_affine(images, inverse, fill_mode, interpolation)
    same(moved(shape)[fill_mode, interpolation], theirs, TOLERANCE, TIPPED[interpolation])


@pytest.mark.parity("RandomAffine", "PIL.Image.transform", note="where all four pixels lie inside")
def test_affine_is_pillows_where_all_four_pixels_lie_inside(same):
    image, draws = noise(40, 60, 1), affine_draws()
    painted = paint(aj.RandomAffine(0), draws, image[None].repeat(8, 0))
    compared = 0
    for i, forward in enumerate(affine_matrices(draws, image.shape)):
        inverse = np.linalg.inv(forward)
        # Pillow's coordinates begin at the border, half a pixel before ours.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        data = tuple((half @ inverse @ np.linalg.inv(half)).ravel()[:6])
        theirs = Image.fromarray(image[..., 0]).transform(
            (60, 40), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
        )
        y, x = np.mgrid[:40, :60]
        source = np.einsum("ij,jyx->iyx", inverse, np.stack([x, y, np.ones_like(x)]))
        inside = (source[:2] > 0.01).all(0) & (source[0] < 58.99) & (source[1] < 38.99)
        same(painted[i, ..., 0][inside], np.array(theirs)[inside], 1e-4)
        compared += inside.sum()
    assert compared > 4000


@functools.cache
def corners(shape):
    return drawn(aj.RandomPerspective(0.6, p=1.0), aj.key(2), shape, 8)


def drawn(transform, key, shape, n):
    """The draws for the images 0 to n - 1."""
    sample = quick_jit(jax.vmap(lambda i: transform.sample(aj.image_key(key, 0, i), shape)))
    return jax.tree.map(np.asarray, sample(np.arange(n, dtype=np.uint32)))


@pytest.mark.parity("RandomPerspective", "keras.ops.image.perspective_transform")
@every_shape
@pytest.mark.parametrize("interpolation", long_but(["bilinear"], INTERPOLATIONS))
def test_perspective_is_keras_homography_of_the_same_corners(same, shape, interpolation):
    images = pictures(shape)
    transform = aj.RandomPerspective(
        0.6, p=1.0, fill_mode="constant", interpolation=interpolation, fill_value=0.4
    )
    params = corners(shape)
    height, width = shape[:2]
    outer = [(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)]
    perspective_transform: Any = keras.ops.image.perspective_transform
    theirs = perspective_transform(
        images,
        np.tile(np.array(outer, np.float32), (8, 1, 1)),
        np.asarray(params["corners"]),
        interpolation=interpolation,
        fill_value=0.4,
    )
    same(paint(transform, params, images), theirs.numpy(), TOLERANCE, TIPPED[interpolation])


SIZES = [(7, 9), (16, 16), (40, 31), (1, 1)]


@functools.cache
def resized(shape, antialias):
    """An image in all sizes by both interpolations, by itself and, if it can be, by a matrix."""

    @quick_jit
    def both(image):
        made = {}
        for size in SIZES:
            for interpolation in INTERPOLATIONS:
                resize = aj.Resize(*size, interpolation=interpolation, antialias=antialias)
                alone, warped = resize(aj.key(0), image), None
                if resize.fuses and interpolation != "nearest":
                    warped = resize.motion({}, shape).warp(image, resize.resampling)
                made[str((size, interpolation))] = alone, warped
        return made

    return jax.tree.map(np.asarray, both(noise(*shape)))


@pytest.mark.parity("Resize", "tf.image.resize, PIL.Image.resize")
@pytest.mark.parametrize("size", SIZES)
@every_shape
@pytest.mark.parametrize("antialias", [True, False])
def test_resize_is_tensorflows_and_pillows(same, size, shape, antialias):
    image = noise(*shape)
    for interpolation in INTERPOLATIONS:
        resize = aj.Resize(*size, interpolation=interpolation, antialias=antialias)
        ours, warped = resized(shape, antialias)[str((size, interpolation))]
        theirs = tf.image.resize(image, size, interpolation, antialias=antialias).numpy()
        same(ours, theirs, TOLERANCE)
        if interpolation == "nearest":
            continue
        if resize.fuses:
            # In a group it is a matrix.
            same(warped, theirs, TOLERANCE)
        else:
            band = Image.fromarray(image[..., 0]).resize(size[::-1], Image.Resampling.BILINEAR)
            same(ours[..., 0], np.array(band), TOLERANCE)


CROPS = [(0, 0, 30, 40), (3, 7, 20, 11), (29, 39, 1, 1), (10, 0, 5, 40), (0, 13, 30, 2)]


@functools.cache
def cut_out(size):
    """The parts in `size`, by each interpolation with and without antialiasing."""
    params = dict(zip(("top", "left", "height", "width"), np.array(CROPS, np.int32).T, strict=True))

    image = jnp.asarray(noise(30, 40, 3))

    @quick_jit
    @functools.partial(jax.vmap, in_axes=(0, None))
    def painted(params, image):
        return {
            interpolation: [
                aj.RandomResizedCrop(*size, interpolation=interpolation, antialias=antialias).apply(
                    params, image
                )
                for antialias in (False, True)
            ]
            for interpolation in INTERPOLATIONS
        }

    return jax.tree.map(np.asarray, painted(params, image))


@pytest.mark.parity("RandomResizedCrop", "tf.image.resize, PIL.Image.resize of the part")
@pytest.mark.parametrize("size", [(8, 12), (33, 20)])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_a_resized_crop_is_the_part_cut_out_and_resized(same, size, antialias, interpolation):
    image = noise(30, 40, 3)
    painted = cut_out(size)[interpolation][antialias]
    for ours, (top, left, height, width) in zip(painted, CROPS, strict=True):
        part = image[top : top + height, left : left + width]
        theirs = tf.image.resize(part, size, interpolation, antialias=antialias).numpy()
        same(ours, theirs, TOLERANCE)
        if antialias and interpolation == "bilinear":
            box = Image.fromarray(image[..., 0]).crop((left, top, left + width, top + height))
            band = np.array(box.resize(size[::-1], Image.Resampling.BILINEAR))
            same(ours[..., 0], band, TOLERANCE)


@pytest.mark.parity(
    "Sequential", "tf.image.resize, twice", note="RandomWidth, RandomHeight, Resize, RandomZoom"
)
@pytest.mark.parametrize("antialias", [True, False])
def test_random_width_and_height_and_then_resize_is_resizing_twice(same, antialias):
    image = noise(20, 30, 3)
    size = (24, 17)
    pipeline = aj.Sequential(
        [
            aj.RandomWidth(0.4),
            aj.RandomHeight(0.4),
            aj.Resize(*size, antialias=antialias),
            aj.RandomZoom((-0.1, -0.1), fill_mode="constant"),
        ]
    )
    params = drawn(pipeline, aj.key(5), image.shape, 12)
    painted = paint(pipeline, params, image[None].repeat(12, 0))
    assert len(set(params["RandomWidth"]["width"].tolist())) > 6
    for i, ours in enumerate(painted):
        sides = int(params["RandomHeight"]["height"][i]), int(params["RandomWidth"]["width"][i])
        once = tf.image.resize(image, sides, antialias=False)
        twice = tf.image.resize(once, size, antialias=antialias).numpy()
        zoomed = keras_affine(
            twice[None], about_centre(0.9 * np.eye(2)[None], twice.shape), "constant", "bilinear"
        )
        same(ours, zoomed[0], TOLERANCE)


def test_one_random_width_after_another_resizes_what_the_first_left():
    image = noise(6, 20, 3)
    pipeline = aj.Sequential([aj.RandomWidth(0.5), aj.RandomWidth(0.5, name="again")])

    @quick_jit
    def painted(params, image):
        return pipeline.apply(params, image), pipeline.valid(params, image.shape)

    for first, second in ((10, 40), (23, 31), (30, 7)):
        params = {"RandomWidth": {"width": np.int32(first)}, "again": {"width": np.int32(second)}}
        once = tf.image.resize(image, (6, first), antialias=False)
        twice = tf.image.resize(once, (6, second), antialias=False).numpy()
        ours, valid = map(np.asarray, painted(params, image))
        np.testing.assert_allclose(ours[:, :second], twice, atol=TOLERANCE)
        assert valid[0].sum() == second
        assert not ours[:, second:].any()


@functools.cache
def bent(shape, sigma):
    """The white noise of the draw, and what it paints in all fill modes."""
    elastic = {
        mode: aj.RandomElastic((60, 90), sigma, fill_mode=mode, fill_value=0.4)
        for mode in SCIPY_MODES
    }

    @quick_jit
    def paint_all(key, image):
        params = elastic["reflect"].sample(key, shape)
        field = jax.random.wrap_key_data(params["field"])
        white = jax.random.uniform(field, (*shape[:2], 2), minval=-1, maxval=1)
        return white, {mode: e.apply(params, image) for mode, e in elastic.items()}

    return jax.tree.map(np.asarray, paint_all(aj.key(4), noise(*shape)))


@pytest.mark.parity("RandomElastic", "scipy.ndimage.map_coordinates")
@pytest.mark.parametrize("shape", [(24, 24, 3), (15, 31, 1), (1, 6, 4)])
@pytest.mark.parametrize("fill_mode", SCIPY_MODES)
@pytest.mark.parametrize("sigma", long_but([3.0], [3.0, (1.3, 0.0)]))
def test_elastic_is_scipys_filter_and_map(same, shape, fill_mode, sigma):
    height, width, channels = shape
    image = noise(*shape)
    white, painted = bent(shape, sigma)
    sigmas = np.broadcast_to(sigma, 2)[::-1]
    dx, dy = (
        ndimage.gaussian_filter(white[..., i].astype(np.float64), sigmas, mode="mirror") * alpha / 2
        for i, alpha in enumerate((60, 90))
    )
    assert np.abs(dx).max() > 1
    y, x = np.mgrid[:height, :width]
    bands = [
        ndimage.map_coordinates(
            image[..., band].astype(np.float64),
            [y + dy, x + dx],
            order=1,
            mode=SCIPY_MODES[fill_mode],
            cval=0.4,
        )
        for band in range(channels)
    ]
    same(painted[fill_mode], np.stack(bands, axis=-1), TOLERANCE)
