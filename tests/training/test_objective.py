"""Losses and right answers, by hand and as Keras, Optax and scikit-learn have them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sklearn.metrics import log_loss, top_k_accuracy_score
from sklearn.utils.class_weight import compute_class_weight

from augjax.data.tf import import_tensorflow
from augjax.errors import InputError
from augjax.training.metrics import Metrics, accuracy_name
from augjax.training.objective import (
    Objective,
    balanced_weights,
    correct,
    in_top,
    losses,
    probabilities,
)

import_tensorflow()
import keras  # noqa: E402 (after TensorFlow, so that its start-up is silent)


def floats(values: Any) -> Any:
    return np.asarray(values, np.float32)


def whole(values: Any) -> Any:
    return np.asarray(values, np.int32)


RNG = np.random.default_rng(0)
BINARY = RNG.normal(size=9).astype(np.float32), (np.arange(9) % 2).astype(np.int32)
THREE = RNG.normal(size=(9, 3)).astype(np.float32), (np.arange(9) % 3).astype(np.int32)
SHARES = RNG.dirichlet(np.ones(3), 9).astype(np.float32)


def test_the_plain_losses_are_cross_entropies():
    logits, labels = BINARY
    by_hand = np.logaddexp(0, np.where(labels == 1, -logits, logits))
    np.testing.assert_allclose(losses(logits, labels), by_hand, rtol=1e-5)
    logits, labels = THREE
    log_shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(losses(logits, labels), -log_shares[np.arange(9), labels], rtol=1e-5)
    np.testing.assert_allclose(losses(logits, SHARES), -(SHARES * log_shares).sum(1), rtol=1e-5)
    assert log_loss(labels, probabilities(logits)) == pytest.approx(
        float(losses(logits, labels).mean()), rel=1e-5
    )


def test_without_more_the_objective_is_plain():
    for num_classes, (logits, labels) in ((2, BINARY), (3, THREE)):
        objective = Objective(num_classes=num_classes)
        np.testing.assert_array_equal(objective.losses(logits, labels), losses(logits, labels))


@pytest.mark.parametrize("weights", [None, (0.5, 2.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_two_classes_are_keras_s(smoothing, weights):
    logits, labels = BINARY
    objective = Objective(label_smoothing=smoothing, class_weights=weights)
    theirs = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    of_images = np.ones(9, np.float32) if weights is None else floats(weights)[labels]
    expected: Any = theirs(
        labels[:, None].astype(np.float32), logits[:, None], sample_weight=of_images
    )
    np.testing.assert_allclose(objective.losses(logits, labels).mean(), expected, rtol=1e-5)


@pytest.mark.parametrize("weights", [None, (0.5, 2.0, 1.25)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_more_classes_are_keras_s(smoothing, weights):
    logits, labels = THREE
    objective = Objective(num_classes=3, label_smoothing=smoothing, class_weights=weights)
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    of_images = np.ones(9, np.float32) if weights is None else floats(weights)[labels]
    rows = np.eye(3, dtype=np.float32)[labels]
    expected: Any = theirs(rows, logits, sample_weight=of_images)
    for given in (labels, rows):
        np.testing.assert_allclose(objective.losses(logits, given).mean(), expected, rtol=1e-5)


def test_smoothed_labels_are_optax_s():
    logits, labels = THREE
    smooth = optax.smooth_labels(jnp.asarray(np.eye(3, dtype=np.float32)[labels]), 0.3)
    expected = optax.softmax_cross_entropy(logits, smooth)
    ours = Objective(num_classes=3, label_smoothing=0.3).losses(logits, labels)
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_mixed_labels_have_the_weights_of_their_shares():
    """By hand: a third of class 0 and two thirds of class 2, of weights 1, 5 and 4, weigh 3."""
    logits = floats([[1.0, 0.0, -1.0]])
    labels = floats([[1 / 3, 0.0, 2 / 3]])
    weighted = Objective(num_classes=3, class_weights=(1.0, 5.0, 4.0)).losses(logits, labels)
    np.testing.assert_allclose(weighted, 3 * losses(logits, labels), rtol=1e-6)
    binary = Objective(class_weights=(1.0, 5.0)).losses(floats([0.7]), floats([0.25]))
    np.testing.assert_allclose(binary, 2 * losses(floats([0.7]), floats([0.25])), rtol=1e-6)


def test_labels_are_encoded_as_mixes_take_them():
    labels = whole([2, 0])
    np.testing.assert_array_equal(
        Objective(num_classes=3).encoded(labels), floats([[0, 0, 1], [1, 0, 0]])
    )
    two = Objective().encoded(whole([1, 0]))
    np.testing.assert_array_equal(two, floats([1, 0]))
    assert two.dtype == jnp.float32


def test_right_answers_by_hand():
    assert correct(floats([-1, -1, 0, 2]), whole([0, 1, 0, 1])).tolist() == [
        True, False, True, True,
    ]  # fmt: skip
    assert correct(floats([1, 1, -1]), floats([0.6, 0.5, 0.5])).tolist() == [
        True, False, True,
    ]  # fmt: skip
    logits = floats([[0, 2, 1], [0, 1, 1], [3, 1, 1]])
    assert correct(logits, whole([1, 2, 0])).tolist() == [True, False, True]
    shares = floats([[0.1, 0.5, 0.4], [0.0, 0.5, 0.5], [0.4, 0.2, 0.4]])
    assert correct(logits, shares).tolist() == [True, True, True]


def test_the_top_by_hand():
    logits = floats([[5, 4, 3, 2, 1, 0]] * 3 + [[1] * 6] * 2 + [[np.nan] * 6])
    labels = whole([4, 5, 0, 4, 5, 0])
    assert in_top(logits, labels, 5).tolist() == [True, False, True, True, False, False]
    assert in_top(logits, labels, 1).tolist() == [False, False, True, False, False, False]
    assert in_top(logits, np.eye(6, dtype=np.float32)[labels], 5)[:3].tolist() == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_top_is_scikit_learn_s(k):
    logits = RNG.normal(size=(200, 12)).astype(np.float32)
    labels = RNG.integers(0, 12, 200, np.int32)
    expected = top_k_accuracy_score(labels, logits, k=k, labels=np.arange(12))
    assert np.mean(in_top(logits, labels, k)) == pytest.approx(expected)


def test_metrics_count_the_top_of_ten_classes_and_rows_that_are_there():
    logits = RNG.normal(size=(64, 10)).astype(np.float32)
    labels, mask = RNG.integers(0, 10, 64, np.int32), np.arange(64) < 50
    metrics = Metrics.zero(10)
    for _ in range(2):
        metrics = metrics.add(losses(logits, labels), logits, labels, mask)
    means = metrics.means()
    assert list(means) == ["loss", "accuracy", "top_5_accuracy"]
    scores = {"y_true": labels[:50], "y_score": logits[:50], "labels": np.arange(10)}
    assert means["accuracy"] == pytest.approx(top_k_accuracy_score(**scores, k=1))
    assert means["top_5_accuracy"] == pytest.approx(top_k_accuracy_score(**scores, k=5))
    assert means["loss"] == pytest.approx(float(losses(logits, labels)[:50].mean()), rel=1e-5)


def test_below_ten_classes_the_metrics_are_the_same_arrays():
    paths = [
        [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(metrics)]
        for metrics in (Metrics.zero(), Metrics.zero(9))
    ]
    names = ["loss", "correct", "count", "steps", "first_bad_step"]
    assert paths == [[f".{name}" for name in names]] * 2
    assert [accuracy_name(n) for n in (2, 3)] == ["binary_accuracy", "accuracy"]


def test_probabilities_by_hand():
    np.testing.assert_allclose(
        probabilities(floats([0, np.log(3)])), [[0.5, 0.5], [0.25, 0.75]], rtol=1e-6
    )
    np.testing.assert_allclose(
        probabilities(floats([np.log([1, 2, 5])])), [[1 / 8, 2 / 8, 5 / 8]], rtol=1e-6
    )
    # Beyond 30, 1 - p would be 0.
    assert probabilities(floats([40.0]))[0, 0] == pytest.approx(np.exp(-40), rel=1e-4)


@pytest.mark.parametrize("counts", [(3, 300), (5, 5, 5), (100, 1, 7, 42)])
def test_balanced_weights_are_scikit_learn_s(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    np.testing.assert_allclose(balanced_weights(counts), expected, rtol=1e-12)
    weighted = np.dot(counts, balanced_weights(counts))
    assert weighted == pytest.approx(sum(counts))  # The mean weight of an image is 1.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 1}, "1 classes: expected at least 2"),
        ({"label_smoothing": 1.0}, "--label-smoothing 1: expected at least 0 and below 1"),
        ({"label_smoothing": float("nan")}, "--label-smoothing nan: expected"),
        ({"class_weights": (1.0,)}, "--class-weights: expected a number above 0 for each of 2"),
        ({"class_weights": (1.0, 0.0)}, "--class-weights: expected a number above 0"),
        ({"class_weights": (1.0, float("inf"))}, "--class-weights: expected a number above 0"),
    ],
)
def test_other_numbers_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Objective(**options)


def test_a_class_without_images_has_no_balanced_weight():
    with pytest.raises(InputError, match="a class has no training images"):
        balanced_weights([3, 0])
