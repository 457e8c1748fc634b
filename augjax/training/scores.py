"""Scores of a classifier, from labels and probabilities of at least one image."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

BINS = 15
"""Of the confidence, for the calibration error; as in Guo et al., 2017."""
_ROUNDING = 1e-6
"""By which equal probabilities of float32 may differ from their mean."""


class ClassScores(NamedTuple):
    """Scores of each class; NaN where a score divides by zero, as the precision of no prediction.

    Attributes:
      precision: of the images predicted to be of the class, the share that are.
      recall: of the images of the class, the share that are predicted to be.
      f1: the harmonic mean of the two, 2 TP / (2 TP + FP + FN).
      support: the number of images of the class.
    """

    precision: Float64[np.ndarray, " k"]
    recall: Float64[np.ndarray, " k"]
    f1: Float64[np.ndarray, " k"]
    support: Int64[np.ndarray, " k"]


class Reliability(NamedTuple):
    """The bins of a reliability diagram; NaN for the means of a bin without images.

    Attributes:
      edges: of the bins, which hold confidences above the lower and up to the upper one.
      confidence: the mean confidence in each bin.
      accuracy: the share of correct predictions in each bin.
      images: how many lie in each bin.
    """

    edges: Float64[np.ndarray, " edges"]
    confidence: Float64[np.ndarray, " bins"]
    accuracy: Float64[np.ndarray, " bins"]
    images: Int64[np.ndarray, " bins"]


class RocCurve(NamedTuple):
    """Rates at each threshold, from (0, 0) at infinity on; NaN where there is no such image.

    Attributes:
      false_positive_rate: of the images of class 0, the share whose score reaches the threshold.
      true_positive_rate: of the images of class 1, the share whose score does.
      thresholds: falling; each score once.
    """

    false_positive_rate: Float64[np.ndarray, " points"]
    true_positive_rate: Float64[np.ndarray, " points"]
    thresholds: Float64[np.ndarray, " points"]

    @property
    def area(self) -> float:
        """By trapezoids: how probably an image of class 1 scores above one of class 0."""
        return float(np.trapezoid(self.true_positive_rate, self.false_positive_rate))


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall of class 1 at each threshold; recall is NaN without such an image.

    Attributes:
      precision: of the images whose score reaches the threshold, the share of class 1.
      recall: of the images of class 1, the share whose score does.
      thresholds: falling; each score once.
    """

    precision: Float64[np.ndarray, " points"]
    recall: Float64[np.ndarray, " points"]
    thresholds: Float64[np.ndarray, " points"]

    @property
    def average_precision(self) -> float:
        """The sum of each precision times the step of the recall to it; no interpolation."""
        return float(np.sum(self.precision * np.diff(self.recall, prepend=0.0)))


def confusion_matrix(
    labels: Int[np.ndarray, " n"], predicted: Int[np.ndarray, " n"], k: int
) -> Int64[np.ndarray, "k k"]:
    """How many images of each class (row) were predicted to be of each class (column)."""
    cells = labels.astype(np.int64) * k + predicted
    return np.bincount(cells, minlength=k * k).reshape(k, k)


def class_scores(confusion: Int64[np.ndarray, "k k"]) -> ClassScores:
    """Precision, recall, F1 and support of each class, from `confusion_matrix`."""
    hits, support, predicted = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    return ClassScores(
        precision=_ratio(hits, predicted),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, predicted + support),
        support=support,
    )


def macro(scores: Float64[np.ndarray, " k"]) -> float:
    """The mean over the classes whose score is a number; NaN if none is."""
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else float("nan")


def weighted(scores: Float64[np.ndarray, " k"], support: Int64[np.ndarray, " k"]) -> float:
    """The mean over the classes whose score is a number, weighted by support; NaN if none is."""
    known = ~np.isnan(scores)
    return float(_ratio(np.sum(scores[known] * support[known]), np.sum(support[known])))


def top_k_accuracy(
    labels: Int[np.ndarray, " n"], probabilities: Float[np.ndarray, "n classes"], k: int
) -> float:
    """The share of images whose class is among the `k` most probable.

    Of equally probable classes the first count as more probable, as for `argmax`.
    """
    own = np.take_along_axis(probabilities, labels[:, None], 1)
    earlier = np.arange(probabilities.shape[1]) < labels[:, None]
    above = np.sum((probabilities > own) | ((probabilities == own) & earlier), axis=1)
    return float(np.mean(above < k))


def log_loss(labels: Int[np.ndarray, " n"], probabilities: Float[np.ndarray, "n classes"]) -> float:
    """The mean cross-entropy, -log p of each image's class.

    A probability of 0 counts as the smallest normal number of its type.
    """
    own = np.take_along_axis(probabilities, labels[:, None], 1)
    own = np.maximum(own, np.finfo(own.dtype).tiny).astype(np.float64)
    return float(-np.mean(np.log(own)))


def reliability(
    labels: Int[np.ndarray, " n"], probabilities: Float[np.ndarray, "n classes"], bins: int = BINS
) -> Reliability:
    """Confidence (the largest probability) against accuracy, in `bins` of equal width."""
    confidence = probabilities.max(1).astype(np.float64)
    correct = probabilities.argmax(1) == labels
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence)  # Of an edge: the bin that it ends.
    images = np.bincount(place, minlength=bins)
    return Reliability(
        edges=edges,
        confidence=_ratio(np.bincount(place, confidence, minlength=bins), images),
        accuracy=_ratio(np.bincount(place, correct, minlength=bins), images),
        images=images,
    )


def calibration_error(diagram: Reliability) -> float:
    """The expected calibration error: the mean over images of |accuracy - confidence| of their bin.

    Reference: Guo et al., "On Calibration of Modern Neural Networks", 2017.
    """
    return weighted(np.abs(diagram.accuracy - diagram.confidence), diagram.images)


def roc_curve(labels: Int[np.ndarray, " n"], scores: Float[np.ndarray, " n"]) -> RocCurve:
    """The receiver operating characteristic of the score of class 1; labels are 0 or 1."""
    hits, reached, thresholds = _cumulated(labels, scores)
    misses = reached - hits
    positives = int(np.sum(labels))
    return RocCurve(
        false_positive_rate=_ratio(np.append(0, misses), labels.size - positives),
        true_positive_rate=_ratio(np.append(0, hits), positives),
        thresholds=np.append(np.inf, thresholds),
    )


def precision_recall_curve(
    labels: Int[np.ndarray, " n"], scores: Float[np.ndarray, " n"]
) -> PrecisionRecallCurve:
    """Precision and recall of class 1 by the threshold of its score; labels are 0 or 1."""
    hits, reached, thresholds = _cumulated(labels, scores)
    return PrecisionRecallCurve(
        precision=_ratio(hits, reached),
        recall=_ratio(hits, int(np.sum(labels))),
        thresholds=thresholds,
    )


def confident_classes(
    labels: Int[np.ndarray, " n"], probabilities: Float[np.ndarray, "n classes"]
) -> Int64[np.ndarray, " n"]:
    """The class to which each image counts by confident learning; its label if it is to none.

    The threshold of class j is the mean probability of j over the images labelled j,

        t_j = mean of p_i(j) over {i : y_i = j},

    and an image counts to the class j of the largest p_i(j) among those with p_i(j) >= t_j (up to
    1e-6, for rounding). The probabilities must be of images that the network was not trained on.

    Reference: Northcutt et al., "Confident Learning: Estimating Uncertainty in Dataset Labels",
    2021.
    """
    exact = probabilities.astype(np.float64)
    own, k = _of_the_label(labels, exact), exact.shape[1]
    threshold = _ratio(np.bincount(labels, own, minlength=k), np.bincount(labels, minlength=k))
    # Of a class without images: never, as for every NaN.
    confident = exact >= threshold - _ROUNDING
    counted = np.where(confident, exact, -1.0).argmax(1)
    return np.where(confident.any(1), counted, labels)


def label_errors(
    labels: Int[np.ndarray, " n"], probabilities: Float[np.ndarray, "n classes"]
) -> Int64[np.ndarray, " suspects"]:
    """The images whose label is suspect by confident learning, least probable label first.

    They count to another class than their label (`confident_classes`), off the diagonal of the
    confident joint, and that class is also the more probable of the two.
    """
    counted = confident_classes(labels, probabilities)
    own, other = (_of_the_label(c, probabilities.astype(np.float64)) for c in (labels, counted))
    suspects = np.flatnonzero(other > own)
    return suspects[np.argsort(own[suspects], kind="stable")]


def _of_the_label(labels: Any, probabilities: Any) -> Any:
    return np.take_along_axis(probabilities, labels[:, None], 1)[:, 0]


def _cumulated(
    labels: Int[np.ndarray, " n"], scores: Float[np.ndarray, " n"]
) -> tuple[Int64[np.ndarray, " t"], Int64[np.ndarray, " t"], Float64[np.ndarray, " t"]]:
    """By falling threshold: images of class 1 that reach it, all that do, and the thresholds."""
    thresholds, place = np.unique(-scores.astype(np.float64), return_inverse=True)
    reached = np.cumsum(np.bincount(place, minlength=thresholds.size))
    hits = np.cumsum(np.bincount(place[labels == 1], minlength=thresholds.size))
    return hits, reached, -thresholds


def _ratio(part: Any, whole: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.true_divide(part, whole)
