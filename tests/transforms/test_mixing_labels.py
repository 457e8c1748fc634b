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
    IMAGES,
    KEY,
    SHAPE,
    N,
    apply,
    every,
    images_of,
    run,
)


@every
def test_labels_are_mixed_as_pixels_are(mix):
    # Of images as bright as their labels, the mean brightness is the mixed label.
    labels = np.linspace(0, 1, N, dtype=np.float32)
    images = np.broadcast_to(labels[:, None, None, None], (N, *SHAPE))
    params, _ = run(mix)
    mixed, soft = apply(dataclasses.replace(mix, num_classes=None), params, images, labels)
    np.testing.assert_allclose(np.asarray(mixed, np.float64).mean((1, 2, 3)), soft, atol=1e-6)
    assert (np.abs(soft - labels) > 1e-3).sum() > N // 2


@every
def test_labels_sum_to_one(mix):
    smoothings = (0.0, 0.1, 1.0)
    soft = np.random.default_rng(0).dirichlet(np.full(CLASSES, 0.3), N).astype(np.float32)
    every_label = [CLASS_LABELS, CLASS_LABELS.astype(np.uint8), soft]

    @jax.jit
    def each_smoothed(params, images, every_label):
        return [
            [
                dataclasses.replace(mix, label_smoothing=smoothing).apply(params, images, given)[1]
                for given in every_label
            ]
            for smoothing in smoothings
        ]

    made = each_smoothed(run(mix)[0], IMAGES, every_label)
    for smoothing, each in zip(smoothings, made, strict=True):
        for labels in map(np.asarray, each):
            assert labels.dtype == np.float32 and labels.shape == (N, CLASSES)
            np.testing.assert_allclose(labels.sum(axis=1), 1.0, atol=1e-6)
            assert labels.min() >= smoothing / CLASSES - 1e-7


def unmixed(labels, **more):
    """Labels by MixUp that mixes none, from inside one program."""
    n = len(labels)
    params = {"on": np.zeros(n, bool), "partner": np.roll(np.arange(n), 1), "lam": np.zeros(n)}
    params["lam"] = params["lam"].astype(np.float32)
    return apply(aj.MixUp(**more), params, images_of(*np.linspace(0, 1, n)), labels)[1]


def test_smoothing_by_hand():
    expected = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    classes = unmixed(np.array([0, 2]), label_smoothing=0.3, num_classes=3)
    np.testing.assert_allclose(classes, expected, rtol=1e-6)
    binary = unmixed(np.array([0, 1, 0.5], np.float32), label_smoothing=0.3)
    np.testing.assert_allclose(binary, [0.15, 0.85, 0.5], rtol=1e-6)


def test_binary_labels_of_a_column_are_smoothed_as_such():
    column = unmixed(np.array([[0], [1]], np.float32), label_smoothing=0.3)
    np.testing.assert_allclose(column, [[0.15], [0.85]], rtol=1e-6)


def test_a_number_that_is_no_class_is_seen_inside_jit_too():
    def given(*labels):
        return unmixed(np.array(labels), num_classes=3)

    np.testing.assert_array_equal(given(2, 1, 0), np.eye(3)[::-1])
    assert np.isnan(given(2, 3, 0)[1]).all()
    assert np.isnan(given(-1, 2, 0)[0]).all()


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
    params = {"weights": np.zeros((3, 3), np.float32), "bias": np.zeros(3, np.float32)}
    opt_state = jax.jit(optimizer.init)(params)
    for epoch in range(60):
        ids = np.arange(24, dtype=np.uint32)
        params, opt_state = train_step(params, opt_state, images, labels, ids, jnp.int32(epoch))
    found = logits(jax.tree.map(np.asarray, params), images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(np.argmax(found, axis=1), labels)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32, np.int64]
)
def test_classes_may_be_of_any_type_and_more_than_it_holds(dtype):
    labels = np.array([5, 6, 7, 100], dtype)
    expected = np.zeros((4, 1000), np.float32)
    expected[np.arange(4), labels] = 1.0
    np.testing.assert_array_equal(unmixed(labels, num_classes=1000), expected)
