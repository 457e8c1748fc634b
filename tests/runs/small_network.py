"""A network that compiles quickly, named as a user's own is, and runs that train it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from rich.console import Console

from augjax.data import load_image_folder
from augjax.runs.loggers import Logger
from augjax.runs.run import Training, begin_run, mesh_for, train_run
from augjax.runs.signals import StopSignals
from augjax.runs.weights import load_weights, save_weights
from augjax.training.early_stopping import EarlyStopping
from augjax.training.loop import Augmentation
from augjax.training.objective import Objective
from augjax.transforms import Sequential

NAME = "tests.runs.small_network:SmallCNN"
BATCH = 8


class SmallCNN(nn.Module):
    """A convolution, and BatchNorm."""

    num_classes: int = 2
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, images, *, train, mask=None):
        """Logits."""
        x = nn.relu(nn.Conv(4, (3, 3), strides=2)(images))
        where = None if mask is None else mask[:, None, None, None]
        x = nn.BatchNorm(use_running_average=not train)(x, mask=where).mean((1, 2))
        if self.num_classes == 2:
            return nn.Dense(1)(x)[:, 0]
        return nn.Dense(self.num_classes)(x)


def small_run(
    run_dir: Path,
    data: Path,
    *,
    size: int = 16,
    epochs: int = 2,
    loggers: Sequence[Logger] = (),
    console: Console | None = None,
) -> Path:
    """Trains the network on a folder, as any command that trains would."""
    run_dir.mkdir(parents=True)
    dataset = load_image_folder(data, image_size=size)
    classes = len(dataset.class_names)
    console = console or Console(quiet=True)
    pipeline = Sequential([])
    flags = {"data": str(data), "batch_size": BATCH, "epochs": epochs, "max_pixels": 10**6}
    begin_run(
        run_dir, dataset, pipeline,
        data=str(data), command="train", settings=flags, resumed=False, console=console,
    )  # fmt: skip
    training = Training(
        model=SmallCNN(num_classes=classes),
        optimizer=optax.adam(0.01),
        augmentation=Augmentation(pipeline),
        batch_size=BATCH,
        epochs=epochs,
        early_stopping=EarlyStopping(10, 0.0),
        seed=0,
        checkpoint_minutes=5,
        objective=Objective(num_classes=classes),
    )
    with jax.numpy_dtype_promotion("standard"), StopSignals() as signals:
        train_run(
            run_dir, dataset, training,
            mesh=mesh_for(BATCH), interpolation="nearest", console=console, signals=signals,
            loggers=loggers,
        )  # fmt: skip
    with_metadata(run_dir, model=NAME)
    return run_dir


def with_metadata(run_dir: Path, **entries: Any) -> None:
    """Gives the weights of a run other metadata; those that are None are left out."""
    path = run_dir / "best.safetensors"
    variables, metadata = load_weights(path)
    kept = {n: value for n, value in {**metadata, **entries}.items() if value is not None}
    save_weights(path, variables, kept)
