"""The scores of an evaluation as the tables of a report."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from augjax.runs.evaluation import Evaluation
from augjax.training.scores import macro, weighted

MOST_CLASSES = 30
"""With more of them, there are lists of the worst in place of whole matrices and tables."""
PAIRS = 30
"""So many pairs of classes are listed at most."""


class Cell(NamedTuple):
    """A cell of the confusion matrix: its images, and their share of those of the label."""

    images: int
    share: float


class Pair(NamedTuple):
    """A class taken for another: how often, and the share of the images of its label."""

    label: str
    prediction: str
    images: int
    share: float


class Scores(NamedTuple):
    """A row of the table by class; NaN for what divides by zero."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def confusion_rows(evaluation: Evaluation) -> list[list[Cell]]:
    """The cells by label, then by prediction."""
    return [
        [Cell(images, images / (sum(row) or 1)) for images in row]
        for row in evaluation.confusion.tolist()
    ]


def confused_pairs(evaluation: Evaluation) -> list[Pair]:
    """The classes that are taken for another, most images first."""
    confusion, names = evaluation.confusion.copy(), evaluation.class_names
    support = confusion.sum(1)
    np.fill_diagonal(confusion, 0)
    order = np.argsort(-confusion, axis=None, kind="stable")[:PAIRS].tolist()
    places = (divmod(place, len(names)) for place in order)
    return [
        Pair(names[i], names[j], int(confusion[i, j]), float(confusion[i, j] / support[i]))
        for i, j in places
        if confusion[i, j]
    ]


def class_rows(evaluation: Evaluation) -> list[Scores]:
    """The scores of each class, in the order of the labels."""
    by_class = evaluation.class_scores
    columns = (column.tolist() for column in by_class)
    return [Scores(*row) for row in zip(evaluation.class_names, *columns, strict=True)]


def mean_rows(evaluation: Evaluation) -> list[Scores]:
    """Means over the classes: of equal weight, and weighted by their images."""
    precision, recall, f1, support = evaluation.class_scores

    def row(name: str, mean: Callable[[Float64[np.ndarray, " k"]], float]) -> Scores:
        return Scores(name, mean(precision), mean(recall), mean(f1), int(support.sum()))

    return [
        row("mean", macro),
        row("mean weighted by images", partial(weighted, support=support)),
    ]


def allowed_errors(evaluation: Evaluation) -> int:
    """How many errors a network may make and still suspect labels.

    At most half as many as always answering the largest class would make. A network that makes
    more is itself what is wrong, most often.
    """
    return (len(evaluation) - int(evaluation.class_scores.support.max())) // 2


def worst(rows: list[Scores]) -> list[Scores]:
    """The classes of the lowest F1, as many as are listed."""
    scored = [row for row in rows if not math.isnan(row.f1)]
    return sorted(scored, key=lambda row: row.f1)[:MOST_CLASSES]
