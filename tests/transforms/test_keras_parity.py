"""Given the same numbers, each transform paints what Keras 3 paints."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.data.tf import import_tensorflow
from tests.helpers import noise

tf = import_tensorflow()
import keras  # noqa: E402 (after TensorFlow, so that its start-up is silent)

SHAPES = [(16, 16, 3), (9, 14, 1), (7, 5, 4), (1, 6, 3), (6, 1, 3), (1, 1, 3)]
# Keras's backends disagree about 'wrap'; SciPy is its oracle, in test_warp.py.
FILLS = ["reflect", "constant", "nearest"]


def pictures(shape, n=8):
    return noise(n, *shape, seed=sum(shape))


def paint(transform, params, images):
    """What augjax makes of images in [0, 1], a draw each."""
    return jax.vmap(transform.apply)(params, jnp.asarray(images))


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


@pytest.mark.parity("RandomRotation", "keras.layers.RandomRotation")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fill_mode", FILLS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_rotation(same, shape, fill_mode, interpolation):
    images = pictures(shape)
    angles = np.array([0.0, 0.3, -0.7, 1.5, -2.2, 3.0, math.pi / 5, -math.pi / 7], np.float32)
    layer = keras.layers.RandomRotation(
        1.0, fill_mode=fill_mode, interpolation=interpolation, fill_value=0.4 * 255
    )
    height, width, _ = shape
    zero, one, half = (np.full(len(angles), v, np.float32) for v in (0, 1, 0.5))
    matrices = layer._compute_affine_matrix(
        half, half, np.degrees(angles), zero, zero, one, zero, zero, height, width
    )
    theirs = keras_paint(layer, {"rotation_matrix": matrices}, images)
    ours = aj.RandomRotation(1.0, fill_mode=fill_mode, interpolation=interpolation, fill_value=0.4)
    same(paint(ours, {"angle": angles}, images), theirs, tipped=NEAREST[interpolation])


@pytest.mark.parity("RandomTranslation", "keras.layers.RandomTranslation")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fill_mode", FILLS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_translation(same, shape, fill_mode, interpolation):
    images = pictures(shape)
    rng = np.random.default_rng(5)
    dx, dy = rng.uniform(-1, 1, (2, len(images))).astype(np.float32) * [[shape[1]], [shape[0]]]
    dx, dy = np.float32(dx), np.float32(dy)
    layer = keras.layers.RandomTranslation(
        1.0, 1.0, fill_mode=fill_mode, interpolation=interpolation, fill_value=0.4 * 255
    )
    theirs = keras_paint(layer, {"translations": np.stack([dx, dy], 1)}, images)
    ours = aj.RandomTranslation(
        1.0, 1.0, fill_mode=fill_mode, interpolation=interpolation, fill_value=0.4
    )
    same(paint(ours, {"dx": dx, "dy": dy}, images), theirs, tipped=NEAREST[interpolation])


@pytest.mark.parity("RandomWidth", "tf.image.resize")
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_width_against_the_resize_that_keras_2_called(same, interpolation):
    image = noise(8, 20, 3)
    transform = aj.RandomWidth(0.3, interpolation)
    for width in range(14, 27):
        wide = transform.apply({"width": jnp.int32(width)}, image)
        assert wide.shape == (8, 26, 3)
        expected = tf.image.resize(image, (8, width), interpolation, antialias=False).numpy()
        same(wide[:, :width], expected)


@pytest.mark.parity("RandomHeight", "tf.image.resize")
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_height_against_the_resize_that_keras_2_called(same, interpolation):
    image = noise(20, 8, 3)
    transform = aj.RandomHeight(0.3, interpolation)
    for height in range(14, 27):
        high = transform.apply({"height": jnp.int32(height)}, image)
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
    return jax.vmap(lambda key: pipeline.sample(key, shape))(keys)


def product(pipeline, params, shape):
    """The matrices of the pipeline's geometric transforms multiplied in float64, first leftmost."""
    matrices = np.eye(3)[None]
    for transform in pipeline.transforms[1:]:
        own = jax.vmap(lambda p, t=transform: t.matrix(p, shape))(params[transform.label])
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
