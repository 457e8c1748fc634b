"""What a network says of labelled images, and how good that is."""

import csv
import dataclasses
import functools
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int, Int64

from augjax.files import write_atomically
from augjax.training import scores
from augjax.training.history import TOP_5_FROM
from augjax.training.scores import ClassScores, PrecisionRecallCurve, Reliability, RocCurve

WARNING = "Warning: "
"""How a note starts without which the scores mislead."""


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluation:
    """Labels and probabilities of at least one image, and the scores that follow from them.

    Attributes:
      class_names: in the order of the labels.
      sources: where each image comes from, as in `Split.sources`.
      labels: the index of each image's class.
      probabilities: of each class.
      views: how many views of each image the probabilities are the mean of.
      notes: what the user should know about the images, or the weights.
    """

    class_names: tuple[str, ...]
    sources: tuple[str, ...]
    labels: Int[np.ndarray, " n"] = dataclasses.field(repr=False)
    probabilities: Float32[np.ndarray, "n classes"] = dataclasses.field(repr=False)
    views: int = 1
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def predicted(self) -> Int64[np.ndarray, " n"]:
        """The index of each image's most probable class; of equal ones, the first."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> Float32[np.ndarray, " n"]:
        """The probability of the predicted class."""
        return self.probabilities.max(1)

    @property
    def loss(self) -> float:
        """The mean cross-entropy, which is the validation loss of the epoch if `views` is 1."""
        return scores.log_loss(self.labels, self.probabilities)

    @property
    def accuracy(self) -> float:
        """The share of images whose class is the predicted one."""
        return scores.top_k_accuracy(self.labels, self.probabilities, 1)

    @property
    def top_5_accuracy(self) -> float | None:
        """The share whose class is among the five most probable; None for fewer than ten."""
        if len(self.class_names) < TOP_5_FROM:
            return None
        return scores.top_k_accuracy(self.labels, self.probabilities, 5)

    @functools.cached_property
    def confusion(self) -> Int64[np.ndarray, "classes classes"]:
        """How many images of each class (row) were predicted to be of each class (column)."""
        return scores.confusion_matrix(self.labels, self.predicted, len(self.class_names))

    @property
    def class_scores(self) -> ClassScores:
        """Precision, recall, F1 and support of each class."""
        return scores.class_scores(self.confusion)

    @property
    def reliability(self) -> Reliability:
        """The bins of a reliability diagram, in which accuracy is held against confidence."""
        return scores.reliability(self.labels, self.probabilities)

    @property
    def calibration_error(self) -> float:
        """The expected calibration error (`scores.calibration_error`)."""
        return scores.calibration_error(self.reliability)

    @property
    def roc(self) -> RocCurve | None:
        """Of the probability of the second of two classes; None for more of them."""
        return scores.roc_curve(self.labels, self.probabilities[:, 1]) if self._is_binary else None

    @property
    def precision_recall(self) -> PrecisionRecallCurve | None:
        """Of the probability of the second of two classes; None for more of them."""
        if not self._is_binary:
            return None
        return scores.precision_recall_curve(self.labels, self.probabilities[:, 1])

    def mistakes(self, n: int | None = None) -> Int64[np.ndarray, " mistakes"]:
        """The indices of at most `n` images predicted wrongly, the most confident first."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")][:n]

    def label_errors(self) -> Int64[np.ndarray, " suspects"]:
        """The indices of images whose label is suspect, its least probable first.

        By confident learning (`scores.label_errors`), which takes the network to have been trained
        on other images.
        """
        return scores.label_errors(self.labels, self.probabilities)

    @functools.cached_property
    def confident_classes(self) -> Int64[np.ndarray, " n"]:
        """The class to which each image counts by confident learning; mostly its label."""
        return scores.confident_classes(self.labels, self.probabilities)

    def as_json(self) -> dict[str, Any]:
        """All scores as JSON has them; null where a score divides by zero.

        The means `macro` and `weighted` leave out the classes of which a score is null, such as the
        precision of one that was never predicted.
        """
        by_class, roc, curve = self.class_scores, self.roc, self.precision_recall
        named = {name: getattr(by_class, name) for name in ("precision", "recall", "f1")}
        support = by_class.support
        found = {
            "classes": list(self.class_names),
            "images": len(self),
            "views": self.views,
            "loss": self.loss,
            "accuracy": self.accuracy,
            "calibration_error": self.calibration_error,
            "macro": {name: scores.macro(score) for name, score in named.items()},
            "weighted": {name: scores.weighted(score, support) for name, score in named.items()},
            "per_class": _rows({"class": self.class_names, **named, "support": support}),
            "confusion": self.confusion.tolist(),
            "reliability": _reliability_rows(self.reliability),
            "notes": list(self.notes),
        }
        if self.top_5_accuracy is not None:
            found["top_5_accuracy"] = self.top_5_accuracy
        if roc is not None and curve is not None:
            found["roc_auc"] = roc.area
            found["average_precision"] = curve.average_precision
        return _without_nan(found)

    def write_predictions(self, path: Path) -> None:
        """Writes a table of path, label, prediction and each class's probability, atomically.

        Paths stand as they are, byte for byte. Each probability is the shortest text that is read
        as the same float32.

        Raises:
          RunError: if it cannot be written.
        """
        header = ("path", "label", "prediction", *probability_columns(self.class_names))
        lines = [csv_line(header)]
        for source, label, predicted, row in zip(
            self.sources, self.labels, self.predicted, self.probabilities, strict=True
        ):
            names = self.class_names[label], self.class_names[predicted]
            lines.append(csv_line((source, *names, *row)))
        write_atomically(path, "".join(lines).encode(errors="surrogateescape"))

    @property
    def _is_binary(self) -> bool:
        return len(self.class_names) == 2


def probability_columns(class_names: Sequence[str]) -> tuple[str, ...]:
    """The names of a table's columns of probabilities."""
    return tuple(f"probability of {name}" for name in class_names)


def csv_line(cells: Sequence[object]) -> str:
    r"""A line of a table, ended by '\n'; cells with any kind of line break are quoted.

    `csv.writer` leaves a bare '\r' unquoted where lines are not ended by it (before Python 3.13).
    """
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(map(str, cells))
    return line.getvalue().removesuffix("\r\n") + "\n"


def _rows(columns: dict[str, Sequence[Any] | np.ndarray]) -> list[dict[str, Any]]:
    plain = (c.tolist() if isinstance(c, np.ndarray) else c for c in columns.values())
    return [dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]


def _reliability_rows(diagram: Reliability) -> list[dict[str, Any]]:
    edges, *columns = diagram
    names = ("above", "up_to", *Reliability._fields[1:])
    return _rows(dict(zip(names, (edges[:-1], edges[1:], *columns), strict=True)))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
