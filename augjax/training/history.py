"""What each epoch came to."""

from typing import TypedDict

TOP_5_FROM = 10
"""Classes from which on the top five are counted: of fewer, five are half."""


class EpochRow(TypedDict):
    """One epoch, counted from 1, with Keras's names.

    `seconds` covers training and validation, but not the compilation of their steps.
    """

    epoch: int
    loss: float
    binary_accuracy: float
    val_loss: float
    val_binary_accuracy: float
    seconds: float
