"""What settings ask for, as the training loop takes it: optimizer, loss and first weights."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.traverse_util import flatten_dict
from rich.console import Console

from augjax.data import Dataset
from augjax.errors import InputError
from augjax.printable import printable, some
from augjax.runs.folder import BEST_WEIGHTS
from augjax.runs.settings import Settings
from augjax.runs.weights import load_weights
from augjax.training.objective import Objective, balanced_weights
from augjax.training.optimizer import Optimizer
from augjax.training.start import init_from


def chosen_optimizer(settings: Settings, *, steps: int) -> optax.GradientTransformation:
    """The optimizer that settings ask for, of a run of so many steps an epoch."""
    optimizer = Optimizer(
        name=settings.optimizer,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        momentum=settings.momentum,
        schedule=settings.schedule,
        warmup_epochs=settings.warmup_epochs,
        clip_norm=settings.clip_norm,
    )
    return optimizer.build(epochs=settings.epochs, steps_per_epoch=steps)


def chosen_objective(settings: Settings, dataset: Dataset) -> Objective:
    """The loss that settings ask for, on images of so many classes."""
    num_classes = len(dataset.class_names)
    weights = None
    if settings.class_weights == "balanced":
        weights = balanced_weights(dataset.train.class_counts(num_classes))
    return Objective(
        num_classes=num_classes, label_smoothing=settings.label_smoothing, class_weights=weights
    )


def weights_of(run: Path) -> dict[str, Any]:
    """The weights of the run that --init names.

    Raises:
      InputError: if there is no run, or it has no weights, or they are damaged.
    """
    option = f"--init {printable(str(run))}"
    if not os.path.isdir(run):
        raise InputError(f"{option}: there is no run folder of this name")
    if not os.path.lexists(run / BEST_WEIGHTS):
        raise InputError(f"{option}: there is no {BEST_WEIGHTS}, which a run has after an epoch")
    try:
        return load_weights(run / BEST_WEIGHTS)[0]
    except InputError as error:
        raise InputError(f"--init {printable(str(error))}") from error


def start_from(
    variables: dict[str, Any], settings: Settings, model: nn.Module, console: Console
) -> dict[str, Any]:
    """Weights to start from; prints what of those of --init does not fit.

    Raises:
      InputError: if nothing of them fits.
    """
    size = settings.image_size
    image = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
    like = jax.eval_shape(partial(model.init, train=False), jax.random.key(0), image)
    _, unfit = init_from(variables, like)
    source = printable(str(settings.init))
    if flatten_dict(like, sep="/").keys() <= {line.partition(":")[0] for line in unfit}:
        raise InputError(f"--init {source}: none of its weights fits this network")
    if unfit:
        console.print(f"Of {source}, this does not fit and is not used: {some(unfit, 20)}.")
    console.print(f"Starting with the weights of {source}.")
    return variables
