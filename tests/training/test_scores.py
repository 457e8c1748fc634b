"""Scores against scikit-learn, and values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augjax.training import scores
from tests.oracles import sklearn_calibration, sklearn_metrics

unhurried = settings(deadline=None, max_examples=50)


@st.composite
def answers(draw, most=5):
    """Labels and probabilities of as many images; with ties, and classes that are absent."""
    k, n = draw(st.integers(2, most)), draw(st.integers(1, 40))
    labels = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    eighths = draw(
        st.lists(
            st.lists(st.integers(0, 8), min_size=k, max_size=k).filter(any), min_size=n, max_size=n
        )
    )
    parts = np.array(eighths, np.float32)
    return np.array(labels, np.int32), parts / parts.sum(1, keepdims=True)


two_classes = answers(most=2)


def confusion(labels, probabilities):
    return scores.confusion_matrix(labels, probabilities.argmax(1), probabilities.shape[1])


@unhurried
@given(answers())
def test_confusion_and_scores_of_classes(given):
    labels, probabilities = given
    classes, predicted = range(probabilities.shape[1]), probabilities.argmax(1)
    found = confusion(labels, probabilities)
    np.testing.assert_array_equal(
        found, sklearn_metrics.confusion_matrix(labels, predicted, labels=classes)
    )
    by_class = scores.class_scores(found)
    for average in (None, "macro", "weighted"):
        *expected, _ = sklearn_metrics.precision_recall_fscore_support(
            labels, predicted, labels=classes, average=average, zero_division=np.nan
        )
        ours = {
            None: lambda s: s,
            "macro": scores.macro,
            "weighted": lambda s: scores.weighted(s, by_class.support),
        }[average]
        for score, theirs in zip(by_class, expected, strict=False):
            if average == "weighted" and not by_class.support[~np.isnan(score)].any():
                theirs = np.nan  # Scikit-learn then ignores the weights.
            np.testing.assert_allclose(ours(score), theirs, rtol=1e-12)


@unhurried
@given(two_classes.filter(lambda given: 0 < given[0].sum() < len(given[0])))
def test_curves_and_their_areas(given):
    labels, probabilities = given
    score = probabilities[:, 1]
    roc = scores.roc_curve(labels, score)
    theirs = sklearn_metrics.roc_curve(labels, score, drop_intermediate=False)
    for ours, expected in zip(roc, theirs, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12)
    assert roc.area == pytest.approx(sklearn_metrics.roc_auc_score(labels, score))

    curve = scores.precision_recall_curve(labels, score)
    theirs = sklearn_metrics.precision_recall_curve(labels, score)
    assert [part[-1] for part in theirs[:2]] == [1, 0]  # A point that it adds.
    for ours, expected in zip(curve, (theirs[0][:-1], theirs[1][:-1], theirs[2]), strict=True):
        np.testing.assert_allclose(ours[::-1], expected, rtol=1e-12)
    expected = sklearn_metrics.average_precision_score(labels, score)
    assert curve.average_precision == pytest.approx(expected)


@unhurried
@given(answers())
def test_reliability(given):
    labels, probabilities = given
    diagram = scores.reliability(labels, probabilities)
    filled = diagram.images > 0
    assert diagram.images.sum() == len(labels)
    confidence, correct = probabilities.max(1).astype(float), probabilities.argmax(1) == labels
    accuracy, mean = sklearn_calibration.calibration_curve(
        correct, confidence, n_bins=scores.BINS, pos_label=True
    )
    np.testing.assert_allclose(diagram.accuracy[filled], accuracy, rtol=1e-12)
    np.testing.assert_allclose(diagram.confidence[filled], mean, rtol=1e-12)
    assert np.isnan(diagram.accuracy[~filled]).all()
    gaps = np.abs(accuracy - mean) * diagram.images[filled] / len(labels)
    assert scores.calibration_error(diagram) == pytest.approx(gaps.sum(), abs=1e-12)


@unhurried
@given(answers())
def test_log_loss(given):
    labels, probabilities = given
    k = probabilities.shape[1]
    clipped = np.maximum(probabilities.astype(float), np.finfo(np.float32).tiny)
    clipped /= clipped.sum(1, keepdims=True)
    theirs = sklearn_metrics.log_loss(labels, clipped, labels=range(k))
    # It clips at 2e-16; ours at 1e-38, as a float32 may say.
    if clipped[np.arange(len(labels)), labels].min() > 1e-15:
        assert scores.log_loss(labels, probabilities) == pytest.approx(theirs, abs=1e-6)
    assert math.isfinite(scores.log_loss(labels, probabilities))


@unhurried
@given(st.data())
def test_top_k_accuracy(data):
    n, k = data.draw(st.integers(1, 20)), data.draw(st.integers(3, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    probabilities = rng.dirichlet(np.ones(k), n)  # Ties scikit-learn breaks the other way.
    labels, top = rng.integers(k, size=n), data.draw(st.integers(1, k - 1))
    theirs = sklearn_metrics.top_k_accuracy_score(labels, probabilities, k=top, labels=range(k))
    assert scores.top_k_accuracy(labels, probabilities, top) == pytest.approx(theirs)


LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 0, 1])


def test_scores_by_hand():
    """Class 2 is never predicted, and class 3 is neither there nor predicted."""
    found = scores.confusion_matrix(LABELS, PREDICTED, 4)
    assert found.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    precision, recall, f1, support = scores.class_scores(found)
    np.testing.assert_allclose(precision, [2 / 3, 1 / 3, math.nan, math.nan])
    np.testing.assert_allclose(recall, [2 / 3, 1 / 2, 0, math.nan])
    np.testing.assert_allclose(f1, [2 / 3, 2 / 5, 0, math.nan])
    assert support.tolist() == [3, 2, 1, 0]
    assert scores.macro(recall) == pytest.approx(7 / 18)
    assert scores.weighted(recall, support) == pytest.approx(0.5)


def test_roc_by_hand():
    """Of 2 x 2 pairs, one is in order, one in the wrong order, and two are tied."""
    roc = scores.roc_curve(np.array([1, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.5], np.float32))
    assert roc.false_positive_rate.tolist() == [0, 0, 1]
    assert roc.true_positive_rate.tolist() == [0, 0.5, 1]
    assert roc.thresholds.tolist() == [math.inf, np.float32(0.9), 0.5]
    assert roc.area == 0.75


def test_average_precision_by_hand():
    curve = scores.precision_recall_curve(np.array([1, 0, 1]), np.array([0.9, 0.8, 0.7]))
    assert curve.average_precision == pytest.approx(1 * 0.5 + 2 / 3 * 0.5)


@pytest.mark.parametrize("only", [0, 1])
def test_curves_of_one_class_have_no_area(only):
    labels, score = np.full(3, only), np.array([0.1, 0.2, 0.3])
    assert math.isnan(scores.roc_curve(labels, score).area)
    expected = math.nan if only == 0 else 1.0
    average = scores.precision_recall_curve(labels, score).average_precision
    np.testing.assert_equal(average, expected)


def test_calibration_by_hand():
    """An edge belongs to the bin below it, and 1 to the last."""
    second = 1 - np.array([0.6, 0.62, 0.9, 1.0])  # 0.6 is the edge 9/15.
    probabilities = np.stack([1 - second, second], 1)
    diagram = scores.reliability(np.array([0, 1, 0, 0]), probabilities)
    assert diagram.images.tolist() == [0] * 8 + [1, 1, 0, 0, 0, 1, 1]
    expected = (0.4 + 0.62 + 0.1 + 0) / 4
    assert scores.calibration_error(diagram) == pytest.approx(expected)


def test_top_k_of_ties_are_the_first_classes():
    probabilities = np.full((3, 4), 0.25, np.float32)
    assert scores.top_k_accuracy(np.array([0, 1, 2]), probabilities, 2) == pytest.approx(2 / 3)


def test_label_errors_by_hand():
    """The thresholds are 0.6 (of 0.9, 0.7, 0.2) and 0.65 (of 0.8, 0.85, 0.3)."""
    of_second = np.array([0.1, 0.3, 0.8, 0.8, 0.85, 0.3], np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1])
    probabilities = np.stack([1 - of_second, of_second], 1)
    assert scores.label_errors(labels, probabilities).tolist() == [2, 5]
    assert scores.confident_classes(labels, probabilities).tolist() == [0, 0, 1, 1, 1, 0]
    # A third class that no image has is never one that an image counts to.
    widened = np.pad(probabilities, [(0, 0), (0, 1)])
    assert scores.label_errors(labels, widened).tolist() == [2, 5]


def test_a_label_that_is_still_the_more_probable_is_not_suspect():
    """The thresholds are 0.6, 0.3 and 0.3: the second image counts to class 1, and stays."""
    probabilities = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.2, 0.3, 0.5], [0.5, 0.2, 0.3]])
    labels = np.array([0, 0, 1, 2])
    assert scores.confident_classes(labels, probabilities).tolist() == [0, 1, 2, 2]
    assert scores.label_errors(labels, probabilities).tolist() == [2]


def test_below_every_threshold_no_label_is_suspect():
    of_second = np.array([0.1, 0.55, 0.9, 0.9], np.float32)
    probabilities = np.stack([1 - of_second, of_second], 1)
    labels = np.array([0, 0, 1, 1])
    assert scores.label_errors(labels, probabilities).tolist() == []
    assert scores.confident_classes(labels, probabilities).tolist() == [0, 0, 1, 1]
