"""What each epoch came to, and the names of its columns."""

from typing import NotRequired, TypedDict

TOP_5_FROM = 10
"""Classes from which on the top five are counted: of fewer, five are half."""


class EpochRow(TypedDict):
    """One epoch, counted from 1, with Keras's names, in the order of `columns`.

    `seconds` covers training and validation, but not the compilation of their steps.
    """

    epoch: int
    loss: float
    binary_accuracy: NotRequired[float]
    accuracy: NotRequired[float]
    top_5_accuracy: NotRequired[float]
    val_loss: float
    val_binary_accuracy: NotRequired[float]
    val_accuracy: NotRequired[float]
    val_top_5_accuracy: NotRequired[float]
    seconds: float


def accuracy_name(num_classes: int) -> str:
    """What Keras calls the accuracy: 'binary_accuracy' for two classes, else 'accuracy'."""
    return "binary_accuracy" if num_classes == 2 else "accuracy"


def metric_names(num_classes: int) -> tuple[str, ...]:
    """The loss, the accuracy and, of many classes, the top-5 accuracy."""
    top_5 = ("top_5_accuracy",) if num_classes >= TOP_5_FROM else ()
    return ("loss", accuracy_name(num_classes), *top_5)


def columns(num_classes: int) -> tuple[str, ...]:
    """The columns of a run's history: an epoch's metrics in training, then in validation."""
    names = metric_names(num_classes)
    return ("epoch", *names, *(f"val_{name}" for name in names), "seconds")
