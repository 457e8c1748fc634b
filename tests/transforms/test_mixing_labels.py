"""What becomes of labels, and that a network learns from them."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.oracles import optax
from tests.transforms.mixing_examples import (
    CLASS_LABELS,
    CLASSES,
    IDS,
    IMAGES,
    KEY,
    SHAPE,
    N,
    every,
    images_of,
)


@every
def test_labels_are_mixed_as_pixels_are(mix):
    # Of images as bright as their labels, the mean brightness is the mixed label.
    mix = dataclasses.replace(mix, num_classes=None)
    labels = np.linspace(0, 1, N, dtype=np.float32)
    images = np.broadcast_to(labels[:, None, None, None], (N, *SHAPE))
    mixed, soft = mix.batch(KEY, images, labels, IDS)
    np.testing.assert_allclose(np.asarray(mixed, np.float64).mean((1, 2, 3)), soft, atol=1e-6)
    assert (np.abs(soft - labels) > 1e-3).sum() > N // 2


@every
def test_labels_sum_to_one(mix):
    mix = dataclasses.replace(mix, label_smoothing=0.1)
    soft = np.random.default_rng(0).dirichlet(np.full(CLASSES, 0.3), N).astype(np.float32)
    for given in (CLASS_LABELS, CLASS_LABELS.astype(np.uint8), soft):
        for smoothing in (0.0, 0.1, 1.0):
            smooth = dataclasses.replace(mix, label_smoothing=smoothing)
            labels = np.asarray(smooth.batch(KEY, IMAGES, given, IDS)[1])
            assert labels.dtype == np.float32 and labels.shape == (N, CLASSES)
            np.testing.assert_allclose(labels.sum(axis=1), 1.0, atol=1e-6)
            assert labels.min() >= smoothing / CLASSES - 1e-7


def test_smoothing_by_hand():
    def smoothed(labels, **more):
        mix = aj.MixUp(label_smoothing=0.3, p=0.0, **more)
        return mix.batch(KEY, images_of(*labels), labels)[1]

    expected = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    np.testing.assert_allclose(smoothed(np.array([0, 2]), num_classes=3), expected, rtol=1e-6)
    binary = smoothed(np.array([0, 1, 0.5], np.float32))
    np.testing.assert_allclose(binary, [0.15, 0.85, 0.5], rtol=1e-6)


def test_binary_labels_of_a_column_are_smoothed_as_such():
    mix = aj.MixUp(label_smoothing=0.3, p=0.0)
    column = mix.batch(KEY, images_of(0.0, 1.0), np.array([[0], [1]], np.float32))[1]
    np.testing.assert_allclose(column, [[0.15], [0.85]], rtol=1e-6)


def test_a_number_that_is_no_class_is_seen_inside_jit_too():
    mix = aj.MixUp(num_classes=3, p=0.0)
    given = jax.jit(lambda labels: mix.batch(KEY, images_of(0.0, 0.5, 1.0), labels)[1])
    np.testing.assert_array_equal(given(np.array([2, 1, 0])), np.eye(3)[::-1])
    assert np.isnan(given(np.array([2, 3, 0]))[1]).all()
    assert np.isnan(given(np.array([-1, 2, 0]))[0]).all()


@pytest.mark.usefixtures("adam_may_promote")
def test_a_users_own_step_learns_three_classes_from_mixed_labels():
    augment = aj.Sequential([aj.RandomBrightness(0.1)])
    mix = aj.RandomMixChoice([aj.MixUp(0.4), aj.CutMix()], num_classes=3, label_smoothing=0.1)
    optimizer = optax.adam(0.05)

    def logits(params, images):
        return images.mean(axis=(1, 2)) @ params["weights"] + params["bias"][None]

    @jax.jit
    def train_step(params, opt_state, images, labels, ids, epoch):
        images = augment.batch(KEY, images, ids, epoch=epoch)
        images, labels = mix.batch(KEY, images, labels, ids, epoch=epoch)
        loss = lambda p: optax.softmax_cross_entropy(logits(p, images), labels).mean()  # noqa: E731
        updates, opt_state = optimizer.update(jax.grad(loss)(params), opt_state)
        return optax.apply_updates(params, updates), opt_state

    # Red, green and blue, as uint8.
    labels = np.arange(24) % 3
    images = np.zeros((24, 8, 8, 3), np.uint8)
    images[np.arange(24), :, :, labels] = 200
    params = {"weights": jnp.zeros((3, 3)), "bias": jnp.zeros(3)}
    opt_state = optimizer.init(params)
    for epoch in range(60):
        ids = np.arange(24, dtype=np.uint32)
        params, opt_state = train_step(params, opt_state, images, labels, ids, jnp.int32(epoch))
    found = logits(params, images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(np.argmax(found, axis=1), labels)
