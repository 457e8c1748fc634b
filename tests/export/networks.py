"""Runs of other networks, and images to ask them about."""

import dataclasses

import flax.linen as nn
import jax
import numpy as np

from augjax.runs.loaded import Run
from tests.helpers import initialised


def run_of(run: Run, model: nn.Module, size: int) -> Run:
    """The run, as if it had trained another network, with drawn weights."""
    variables = jax.tree.map(np.asarray, initialised(model, size))
    classes = tuple(f"class {i}" for i in range(getattr(model, "num_classes", 2)))
    return dataclasses.replace(
        run, model=model, variables=variables, image_size=size, class_names=classes,
        settings={**run.settings, "data": "nowhere"},
    )  # fmt: skip


def images_of(n: int, size: int) -> np.ndarray:
    """A batch of noise."""
    return np.random.default_rng(n).integers(0, 256, (n, size, size, 3), np.uint8)
