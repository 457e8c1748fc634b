"""Networks by name."""

import importlib
from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from augjax.errors import InputError
from augjax.models.notebook_cnn import NotebookCNN


def build_model(name: str, *, num_classes: int, dtype: Any = jnp.float32) -> nn.Module:
    """The network of this name, or of this place: package.module:Name."""
    if name == "notebook":
        return NotebookCNN()
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)(
            num_classes=num_classes, dtype=dtype
        )
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise InputError(f"--model {name}: {error}") from error
