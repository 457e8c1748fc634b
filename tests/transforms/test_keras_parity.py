"""Given the same numbers, each transform paints what Keras 3 paints."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise
from tests.oracles import keras, tf
from tests.transforms.examples import long_but
from tests.transforms.painting import FILLS, INTERPOLATIONS, paint, paint_in_every_style

SHAPES = long_but(
    [(9, 14, 1), (1, 6, 3)],
    [(16, 16, 3), (9, 14, 1), (7, 5, 4), (1, 6, 3), (6, 1, 3), (1, 1, 3)],
)
# Keras's backends disagree about 'wrap'; SciPy is its oracle, in test_warp.py.


def pictures(shape, n=8):
    return noise(n, *shape, seed=sum(shape))


def keras_paint(layer, transformation, images):
    """What Keras makes of the same images on its scale of 0..255, brought back to [0, 1]."""
    painted = layer.transform_images(tf.constant(images * 255), transformation, training=True)
    return painted.numpy() / 255


def keras_affine(images, matrices, fill_mode, interpolation, fill_value):
    """One resample by 3x3 matrices."""
    eight = matrices.reshape(-1, 9)[:, :8]
    moved: Any = keras.ops.image.affine_transform(
        images, eight, interpolation=interpolation, fill_mode=fill_mode, fill_value=fill_value
    )
    return moved.numpy()


NEAREST = {"bilinear": 0.0, "nearest": 1e-4}
"""The share of pixels that may lie between two answers."""


@pytest.mark.parity("RandomContrast", "keras.layers.RandomContrast")
@pytest.mark.parametrize("shape", SHAPES)
def test_contrast(same, shape):
    images = pictures(shape)
    factors = np.linspace(0, 2.5, len(images), dtype=np.float32)
    theirs = keras_paint(
        keras.layers.RandomContrast(1.0),
        {"contrast_factor": tf.constant(factors.reshape(-1, 1, 1, 1))},
        images,
    )
    same(paint(aj.RandomContrast(1.0), {"factor": factors}, images), theirs)


@pytest.mark.parity("RandomFlip", "keras.layers.RandomFlip")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["horizontal", "vertical"])
def test_flip(same, shape, mode):
    images = pictures(shape)
    flips = np.arange(len(images)) % 2 == 1
    theirs = keras_paint(
        keras.layers.RandomFlip(mode),
        {"flips": tf.constant(flips.reshape(-1, 1, 1, 1))},
        images,
    )
    same(paint(aj.RandomFlip(mode), {mode: flips}, images), theirs)


ANGLES = np.array([0.0, 0.3, -0.7, 1.5, -2.2, 3.0, math.pi / 5, -math.pi / 7], np.float32)


@functools.cache
def turned(shape):
    make = functools.partial(aj.RandomRotation, 1.0, fill_value=0.4)
    return paint_in_every_style(make, {"angle": ANGLES}, pictures(shape))


@pytest.mark.parity("RandomRotation", "keras.layers.RandomRotation")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fill_mode", FILLS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_rotation(same, shape, fill_mode, interpolation):
    images = pictures(shape)
    layer = keras.layers.RandomRotation(
        1.0, fill_mode=fill_mode, interpolation=interpolation, fill_value=0.4 * 255
    )
    height, width, _ = shape
    zero, one, half = (np.full(len(ANGLES), v, np.float32) for v in (0, 1, 0.5))
    matrices = layer._compute_affine_matrix(
        half, half, np.degrees(ANGLES), zero, zero, one, zero, zero, height, width
    )
    theirs = keras_paint(layer, {"rotation_matrix": matrices}, images)
    same(turned(shape)[fill_mode, interpolation], theirs, tipped=NEAREST[interpolation])


def shifts(shape):
    rng = np.random.default_rng(5)
    dx, dy = rng.uniform(-1, 1, (2, 8)).astype(np.float32) * [[shape[1]], [shape[0]]]
    return np.float32(dx), np.float32(dy)


@functools.cache
def shifted(shape):
    make = functools.partial(aj.RandomTranslation, 1.0, 1.0, fill_value=0.4)
    return paint_in_every_style(
        make, dict(zip(("dx", "dy"), shifts(shape), strict=True)), pictures(shape)
    )


@pytest.mark.parity("RandomTranslation", "keras.layers.RandomTranslation")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fill_mode", FILLS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_translation(same, shape, fill_mode, interpolation):
    images = pictures(shape)
    dx, dy = shifts(shape)
    layer = keras.layers.RandomTranslation(
        1.0, 1.0, fill_mode=fill_mode, interpolation=interpolation, fill_value=0.4 * 255
    )
    theirs = keras_paint(layer, {"translations": np.stack([dx, dy], 1)}, images)
    same(shifted(shape)[fill_mode, interpolation], theirs, tipped=NEAREST[interpolation])


@pytest.mark.parity("RandomWidth", "tf.image.resize")
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_width_against_the_resize_that_keras_2_called(same, interpolation):
    image = noise(8, 20, 3)
    transform = aj.RandomWidth(0.3, interpolation)
    widths = np.arange(14, 27, dtype=np.int32)
    made = paint(transform, {"width": widths}, image[None].repeat(13, 0))
    for width, wide in zip(widths.tolist(), made, strict=True):
        assert wide.shape == (8, 26, 3)
        expected = tf.image.resize(image, (8, width), interpolation, antialias=False).numpy()
        same(wide[:, :width], expected)


@pytest.mark.parity("RandomHeight", "tf.image.resize")
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_height_against_the_resize_that_keras_2_called(same, interpolation):
    image = noise(20, 8, 3)
    transform = aj.RandomHeight(0.3, interpolation)
    heights = np.arange(14, 27, dtype=np.int32)
    made = paint(transform, {"height": heights}, image[None].repeat(13, 0))
    for height, high in zip(heights.tolist(), made, strict=True):
        assert high.shape == (26, 8, 3)
        expected = tf.image.resize(image, (height, 8), interpolation, antialias=False).numpy()
        same(high[:height], expected)


PIPELINE = [
    aj.RandomContrast(0.5),
    aj.RandomFlip("horizontal"),
    aj.RandomRotation(0.3),
    aj.RandomTranslation(0.2, 0.3),
]


def drawn(pipeline, n, shape):
    keys = jax.vmap(lambda i: aj.image_key(aj.key(3), 0, i))(jnp.arange(n, dtype=jnp.uint32))
    return jax.jit(jax.vmap(lambda key: pipeline.sample(key, shape)))(keys)


def product(pipeline, params, shape):
    """The matrices of the pipeline's geometric transforms multiplied in float64, first leftmost."""
    matrices = np.eye(3)[None]
    for transform in pipeline.transforms[1:]:
        own = jax.jit(jax.vmap(lambda p, t=transform: t.matrix(p, shape)))(params[transform.label])
        matrices = matrices @ np.asarray(own, np.float64)
    return matrices.astype(np.float32)


@pytest.mark.parity("Sequential", "keras.ops.image.affine_transform")
@pytest.mark.parametrize("shape", [(16, 16, 3), (9, 14, 1), (1, 6, 3)])
def test_fused_chain_is_one_keras_affine_transform_of_the_product(same, shape):
    pipeline = aj.Sequential(PIPELINE)
    images = pictures(shape)
    params = drawn(pipeline, len(images), shape)
    contrasted = paint(PIPELINE[0], params["RandomContrast"], images)
    theirs = keras_affine(contrasted, product(pipeline, params, shape), "reflect", "bilinear", 0.0)
    same(paint(pipeline, params, images), theirs)


@pytest.mark.parity("Sequential", "keras.layers, one after the other")
@pytest.mark.parametrize("shape", [(16, 16, 3), (9, 14, 1)])
def test_unfused_chain_is_keras_layer_after_layer(same, shape):
    pipeline = aj.Sequential(PIPELINE, fuse=False)
    images = pictures(shape)
    params = drawn(pipeline, len(images), shape)
    theirs = keras_paint(
        keras.layers.RandomContrast(1.0),
        {"contrast_factor": tf.reshape(params["RandomContrast"]["factor"], (-1, 1, 1, 1))},
        images,
    )
    theirs = keras_paint(
        keras.layers.RandomFlip("horizontal"),
        {"flips": tf.reshape(params["RandomFlip"]["horizontal"], (-1, 1, 1, 1))},
        theirs,
    )
    rotation = PIPELINE[2]
    matrices = jax.vmap(lambda p: rotation.matrix(p, shape))(params["RandomRotation"])
    theirs = keras_affine(theirs, np.asarray(matrices), "reflect", "bilinear", 0.0)
    moved = params["RandomTranslation"]
    theirs = keras_paint(
        keras.layers.RandomTranslation(1.0, 1.0, fill_mode="reflect"),
        {"translations": np.stack([moved["dx"], moved["dy"]], 1)},
        theirs,
    )
    same(paint(pipeline, params, images), theirs)
