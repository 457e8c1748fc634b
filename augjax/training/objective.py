"""What training minimises, and what counts as a right answer, for two classes or more.

Two classes have one logit an image, that of class 1, and the sigmoid's binary cross-entropy. More
have one logit each, (batch, classes), and the softmax's cross-entropy. Labels are whole numbers of
classes, (batch,), or what MixUp and CutMix make of them: how much an image is of class 1, (batch,),
or of each class, (batch, classes).
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, Num

from augjax.errors import InputError
from augjax.typing import AnyArray

Logits: TypeAlias = Float[AnyArray, " batch"] | Float[AnyArray, "batch classes"]
Labels: TypeAlias = Num[AnyArray, " batch"] | Float[AnyArray, "batch classes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective:
    """The loss of training: a cross-entropy, with smoothed labels and weighted classes if asked.

    The loss of validation is always plain (`losses`), so that runs can be compared, as in timm.

    Attributes:
      num_classes: 2 or more.
      label_smoothing: a, from 0 to below 1: labels become (1 - a) label + a / classes, as in Keras
        and Optax.
      class_weights: a positive number for each class, which multiplies the loss of its images; for
        mixed labels, the classes' shares times their weights. The mean divides by the number of
        images, not by the sum of their weights, as in Keras's `class_weight`.

    Raises:
      InputError: for other numbers.
    """

    num_classes: int = 2
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.num_classes < 2:
            raise InputError(f"{self.num_classes} classes: expected at least 2")
        if not 0 <= self.label_smoothing < 1:
            raise InputError(
                f"--label-smoothing {self.label_smoothing:g}: expected at least 0 and below 1"
            )
        weights = self.class_weights
        if weights is not None and (
            len(weights) != self.num_classes or not all(0 < w < math.inf for w in weights)
        ):
            raise InputError(
                f"--class-weights: expected a number above 0 for each of {self.num_classes} classes"
            )

    def encoded(self, labels: Num[AnyArray, " batch"]) -> Float[Array, " batch *classes"]:
        """Whole numbers as the float32 labels that a `Mix` takes and `losses` knows."""
        if self.num_classes == 2:
            return jnp.asarray(labels, jnp.float32)
        return jax.nn.one_hot(labels, self.num_classes, dtype=jnp.float32)

    def losses(self, logits: Logits, labels: Labels) -> Float[Array, " batch"]:
        """The training loss of each image."""
        smoothing, weights = self.label_smoothing, self.class_weights
        targets = labels
        if smoothing:
            shares = _shares(logits, labels)
            targets = (1 - smoothing) * shares + smoothing / self.num_classes
        each = losses(logits, targets)
        if weights is None:
            return each
        shares = _shares(logits, labels)
        if shares.ndim == 1:
            return each * (weights[0] + shares * (weights[1] - weights[0]))
        return each * jnp.sum(shares * jnp.asarray(weights, shares.dtype)[None], axis=1)


TWO_CLASSES = Objective()
"""The sigmoid's binary cross-entropy."""


def losses(logits: Logits, labels: Labels) -> Float[Array, " batch"]:
    """The cross-entropy of each image.

    References: `optax.sigmoid_binary_cross_entropy`, `optax.softmax_cross_entropy`.
    """
    if logits.ndim == 1:
        return optax.sigmoid_binary_cross_entropy(logits, labels.astype(logits.dtype))
    if labels.ndim == 1:
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return optax.softmax_cross_entropy(logits, labels.astype(logits.dtype))


def correct(logits: Logits, labels: Labels) -> Bool[AnyArray, " batch"]:
    """Whether the class with the greatest logit is the label's, the first of equals in both."""
    if logits.ndim == 1:
        whole = jnp.issubdtype(labels.dtype, jnp.integer)
        return (logits > 0) == ((labels if whole else jnp.round(labels)) == 1)
    return _first_greatest(logits) == _classes(labels)


def in_top(
    logits: Float[AnyArray, "batch classes"], labels: Labels, k: int
) -> Bool[Array, " batch"]:
    """Whether the label's class is among the `k` of greatest logits, the first of equals first.

    A NaN is in no top.
    """
    number = jnp.arange(logits.shape[1], dtype=jnp.int32)[None]
    label = _classes(labels)[:, None]
    own = jnp.take_along_axis(jnp.asarray(logits), label, axis=1)
    behind = jnp.where(number < label, logits < own, logits <= own)
    return jnp.sum(~behind, axis=1, dtype=jnp.int32) < k


def probabilities(logits: Logits) -> Float[Array, "batch classes"]:
    """The probability of each class, float32: for two classes, columns 1 - p and p."""
    logits = jnp.asarray(logits, jnp.float32)
    if logits.ndim == 1:
        return jnp.stack([jax.nn.sigmoid(-logits), jax.nn.sigmoid(logits)], axis=1)
    return jax.nn.softmax(logits, axis=1)


def balanced_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """The weights that make all classes count the same: images / (classes * images of the class).

    Reference: `sklearn.utils.class_weight.compute_class_weight("balanced", ...)`.

    Raises:
      InputError: if a class has no images.
    """
    if not all(counts):
        raise InputError("--class-weights balanced: a class has no training images; remove it")
    return tuple(sum(counts) / (len(counts) * count) for count in counts)


def _shares(logits: Logits, labels: Labels) -> Float[Array, " batch *classes"]:
    """How much an image is of class 1, or of each class, in the logits' dtype and shape."""
    if logits.ndim > labels.ndim:
        return jax.nn.one_hot(labels, logits.shape[1], dtype=logits.dtype)
    return jnp.asarray(labels).astype(logits.dtype)


def _classes(labels: Labels) -> Int[Array, " batch"]:
    return jnp.asarray(labels, jnp.int32) if labels.ndim == 1 else _first_greatest(labels)


def _first_greatest(x: Float[AnyArray, "batch classes"]) -> Int[Array, " batch"]:
    return jnp.argmax(x, axis=1).astype(jnp.int32)
