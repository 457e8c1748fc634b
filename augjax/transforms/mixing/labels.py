"""Labels as probabilities, which can be mixed."""

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num

from augjax.typing import AnyArray

Labels: TypeAlias = Num[AnyArray, " batch"] | Num[AnyArray, "batch classes"]
SoftLabels: TypeAlias = Float[Array, " batch"] | Float[Array, "batch classes"]


def check_labels(labels: Any, num_classes: int | None, *, title: str) -> None:
    """Raises unless `soft_labels` takes such labels; values are looked at in NumPy arrays only.

    Raises:
      TypeError: if they are of another type or shape.
      ValueError: if a whole number is no class, or a float no share of one.
    """
    shape = tuple(labels.shape)
    if _are_classes(labels) and num_classes is not None:
        what = f"{title} has num_classes={num_classes}, and counts classes from 0"
        return _check_range(labels, 0, num_classes - 1, what)
    if _are_classes(labels):
        raise TypeError(
            f"{title} needs the number of classes for whole numbers as labels, as in "
            "num_classes=10; for a binary loss pass floats, labels.astype(np.float32)"
        )
    fits = len(shape) in (1, 2) if num_classes is None else shape[1:] == (num_classes,)
    if not fits or not jnp.issubdtype(labels.dtype, jnp.floating):
        raise TypeError(
            f"{title} takes labels as whole numbers of shape (n,) with num_classes=, or as floats "
            "of shape (n, classes), or as floats of shape (n,) for a binary loss and without "
            f"num_classes=, but got {labels.dtype} of shape {shape}"
        )
    _check_range(labels, 0, 1, f"{title} takes floats as labels from 0 to 1")


def soft_labels(labels: Any, num_classes: int | None) -> SoftLabels:
    """Labels as float32: whole numbers of classes as rows of probabilities, others as they are.

    The row of a number that is no class, which nobody sees on a device, is NaN.
    """
    if num_classes is not None and _are_classes(labels):
        if jnp.iinfo(labels.dtype).bits < 32:  # Where more classes may be than numbers.
            labels = labels.astype(jnp.int32)
        rows = jax.nn.one_hot(labels, num_classes, dtype=jnp.float32)
        is_class = (labels >= 0) & (labels < num_classes)
        return jnp.where(is_class[:, None], rows, jnp.nan)
    return jnp.asarray(labels, jnp.float32)


def smoothed(labels: SoftLabels, smoothing: float) -> SoftLabels:
    """(1 - smoothing) labels + smoothing / classes, where labels of shape (n,) have two classes."""
    if smoothing == 0:
        return labels
    classes = max(2, labels.shape[1]) if labels.ndim == 2 else 2
    return (1.0 - smoothing) * labels + smoothing / classes


def _are_classes(labels: Any) -> bool:
    return labels.ndim == 1 and jnp.issubdtype(labels.dtype, jnp.integer)


def _check_range(labels: Any, lowest: int, highest: int, what: str) -> None:
    if not isinstance(labels, np.ndarray) or not labels.size:
        return  # On a device they would have to be waited for.
    if not (labels.min() >= lowest and labels.max() <= highest):
        raise ValueError(f"{what}, but got labels from {labels.min()} to {labels.max()}")
