"""The charts of a report: what a run came to by epoch, and what its probabilities are worth."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from augjax.printable import counted
from augjax.report.chart import (
    BOTTOM,
    Axis,
    Bar,
    Chart,
    Line,
    enclosing,
    line,
    place_x,
    place_y,
)
from augjax.training.scores import PrecisionRecallCurve, Reliability, RocCurve

METRICS = {
    "loss": "Loss",
    "binary_accuracy": "Accuracy",
    "accuracy": "Accuracy",
    "top_5_accuracy": "Top-5 accuracy",
}
"""The columns of a history that are drawn, each with that of validation, and their names."""


def history_charts(history: Sequence[dict[str, Any]], best_epoch: int) -> list[Chart]:
    """A chart for each metric of a run that has done an epoch."""
    return [
        _history_chart(history, column, name, best_epoch)
        for column, name in METRICS.items()
        if history and all(column in row and f"val_{column}" in row for row in history)
    ]


def _history_chart(
    history: Sequence[dict[str, Any]], column: str, name: str, best_epoch: int
) -> Chart:
    epochs = [row["epoch"] for row in history]
    trained = [float(row[column]) for row in history]
    valid = [float(row[f"val_{column}"]) for row in history]
    highest = math.inf if column == "loss" else 1.0
    y = enclosing(name, [*trained, *valid], lowest=0.0, highest=highest)
    single = min(epochs) == max(epochs)
    x = Axis("epoch", min(epochs) - 0.5 * single, max(epochs) + 0.5 * single, whole=True)
    return Chart(
        title=f"{name} by epoch",
        description=(
            f"In training from {trained[0]:.4f} to {trained[-1]:.4f}, in validation from "
            f"{valid[0]:.4f} to {valid[-1]:.4f}; best epoch {best_epoch}."
        ),
        x=x,
        y=y,
        lines=(
            line("training", "first", x, y, epochs, trained),
            line("validation", "second", x, y, epochs, valid),
        ),
        mark=float(best_epoch) if x.low <= best_epoch <= x.high else None,
    )


def reliability_chart(diagram: Reliability, error: float) -> Chart:
    """Accuracy against confidence, a bar for each bin that has images."""
    x, y = Axis("confidence", 0.0, 1.0), Axis("accuracy", 0.0, 1.0)
    bars = []
    for low, high, confidence, accuracy, images in zip(
        diagram.edges[:-1], diagram.edges[1:], *diagram[1:], strict=True
    ):
        if images:
            left, right, up = place_x(x, low), place_x(x, high), place_y(y, accuracy)
            held = counted(int(images), "image")
            text = f"{held}: confidence {confidence:.3f}, accuracy {accuracy:.3f}"
            bars.append(Bar(left + 1, up, right - left - 2, BOTTOM - up, text))
    return Chart(
        title="Reliability",
        description=(
            f"Accuracy in bins of confidence, against the diagonal; the expected calibration "
            f"error is {error:.4f}."
        ),
        x=x,
        y=y,
        lines=(_diagonal(x, y, "perfectly calibrated"),),
        bars=tuple(bars),
    )


def roc_chart(curve: RocCurve, positive: str) -> Chart:
    """The receiver operating characteristic."""
    x, y = Axis("false positive rate", 0.0, 1.0), Axis("true positive rate", 0.0, 1.0)
    rates = curve.false_positive_rate, curve.true_positive_rate
    return Chart(
        title="ROC curve",
        description=f"Of the probability of {positive}; the area below it is {curve.area:.4f}.",
        x=x,
        y=y,
        lines=(_diagonal(x, y, "chance"), line("the run", "second", x, y, *rates)),
    )


def precision_recall_chart(curve: PrecisionRecallCurve, positive: str) -> Chart:
    """Precision by recall, in steps, as the average precision takes it."""
    x, y = Axis("recall", 0.0, 1.0), Axis("precision", 0.0, 1.0)
    recall = np.concatenate([[0.0], np.repeat(curve.recall, 2)[:-1]])
    precision = np.repeat(curve.precision, 2)
    average = curve.average_precision
    return Chart(
        title="Precision-recall curve",
        description=f"Of the probability of {positive}; the average precision is {average:.4f}.",
        x=x,
        y=y,
        lines=(line("the run", "second", x, y, recall, precision),),
    )


def _diagonal(x: Axis, y: Axis, name: str) -> Line:
    return line(name, "ideal", x, y, [0.0, 1.0], [0.0, 1.0])._replace(points=())
