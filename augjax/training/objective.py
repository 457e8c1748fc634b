"""What training minimises."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array


def losses(logits: Any, labels: Any) -> Array:
    """The cross-entropy of each image."""
    if logits.ndim == 1:
        return optax.sigmoid_binary_cross_entropy(logits, labels.astype(logits.dtype))
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels)


def probabilities(logits: Any) -> Array:
    """Of each class, (batch, classes)."""
    if logits.ndim == 1:
        return jnp.stack([jax.nn.sigmoid(-logits), jax.nn.sigmoid(logits)], axis=1)
    return jax.nn.softmax(logits)
