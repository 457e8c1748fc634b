"""A run from its record to its summary: what every command that trains has in common."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import optax
from jax.sharding import Mesh
from rich.console import Console

from augjax.data import Dataset
from augjax.errors import InputError, OwnError, RunError
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.data_report import bad_images_listed
from augjax.runs.fingerprints import Fingerprints
from augjax.runs.keeper import RunKeeper
from augjax.runs.loggers import Logged, Logger
from augjax.runs.of_first import OfFirst
from augjax.runs.progress import EpochProgress
from augjax.runs.record import record_run
from augjax.runs.signals import StopSignals
from augjax.runs.summing_up import sum_up
from augjax.runs.writer import RunWriter
from augjax.runtime.processes import ALONE, Processes
from augjax.training.early_stopping import EarlyStopping
from augjax.training.loop import Augmentation, FitResult, Listener, fit
from augjax.training.mesh import data_mesh
from augjax.training.objective import TWO_CLASSES, Objective
from augjax.training.votes import Votes
from augjax.transforms import Sequential, to_dict


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training:
    """What a run trains, and how.

    Attributes:
      model: gives one logit an image for two classes, else one for each class.
      optimizer: for the parameters.
      augmentation: of the training images.
      batch_size: a multiple of the number of devices.
      epochs: at most so many.
      early_stopping: watches the validation loss.
      seed: of all that is drawn.
      checkpoint_minutes: a checkpoint is written after each epoch, and inside one after so many.
      objective: the loss of training.
      ema_decay: of a moving average of the variables, which is then what is validated and kept.
      start: another network's variables to start from, where they fit.
      model_name: by which `build_model` made the model, kept with the weights; None stands for the
        notebook's.
    """

    model: nn.Module
    optimizer: optax.GradientTransformation
    augmentation: Augmentation
    batch_size: int
    epochs: int
    early_stopping: EarlyStopping
    seed: int
    checkpoint_minutes: float
    objective: Objective = TWO_CLASSES
    ema_decay: float | None = None
    start: dict[str, Any] | None = None
    model_name: str | None = None


def mesh_for(batch_size: int, *, resumed: bool = False) -> Mesh:
    """A mesh of the devices of all processes.

    Args:
      batch_size: of the run.
      resumed: whether the run has it already, so that it cannot be changed.

    Raises:
      InputError: if batches do not divide among them.
      RunError: if JAX finds none.
    """
    try:
        mesh = data_mesh()
    except (RuntimeError, AssertionError) as error:
        asked = os.environ.get("JAX_PLATFORMS")
        reason = str(error).partition("\n")[0] or "not of the kind that is asked for"
        raise RunError(
            f"JAX finds no device ({reason:.160})"
            + (f"; unset JAX_PLATFORMS={asked} to use what there is" if asked else "")
        ) from error
    if batch_size % mesh.size:
        remedy = f"choose a multiple of {mesh.size}"
        if resumed:
            remedy = "go on with as many devices as it began with, or with one"
        raise InputError(
            f"--batch-size {batch_size} does not divide among {mesh.size} devices; {remedy}"
        )
    return mesh


def begin_run(
    run_dir: Path,
    dataset: Dataset,
    pipeline: Sequential,
    *,
    data: str,
    command: str,
    settings: dict[str, Any],
    resumed: bool,
    console: Console,
) -> None:
    """Records a run that starts, or that it goes on.

    Args:
      run_dir: the run's folder.
      dataset: what it is trained on.
      pipeline: the augmentation; a resumed run must have the same.
      data: where the data set comes from.
      command: the command line.
      settings: the run's flags by name.
      resumed: whether the run was recorded before.
      console: prints what has changed around a resumed run.

    Raises:
      InputError: if the data or the pipeline of a resumed run have changed.
    """
    differs = record_run(
        run_dir,
        dataset,
        command=command,
        settings=settings,
        data={
            "data": data,
            "pipeline": to_dict(pipeline),
        },
        resumed=resumed,
    )
    if differs:
        console.print(
            "Note: not all is as it was when the run last trained, so it may end in other bits: "
            f"{'; '.join(differs)}"
        )


def train_run(
    run_dir: Path,
    dataset: Dataset,
    training: Training,
    *,
    mesh: Mesh,
    interpolation: str,
    console: Console,
    signals: StopSignals,
    loggers: Sequence[Logger] = (),
    processes: Processes = ALONE,
) -> FitResult:
    """Trains in a run's folder, from its latest checkpoint if it has one, and sums it up.

    Of several processes only the first one uses the folder, and sums the run up.

    Args:
      run_dir: the run's folder.
      dataset: what to train on.
      training: what is trained, and how.
      mesh: the devices.
      interpolation: how images were resized, which is kept with the weights.
      console: prints each epoch and how the run ended.
      signals: requests to stop.
      loggers: are told of each epoch.
      processes: those that train together.

    Raises:
      RunError: if a loss is not finite, a file cannot be written, or another process is gone.
      BadImagesError: if an epoch finds bad images, and they end the run.
      Interrupted: when asked to stop, after the step in progress and a checkpoint.
    """
    metadata = {
        "class_names": list(dataset.class_names),
        "image_size": dataset.image_size,
        "interpolation": interpolation,
    }
    if training.model_name is not None:
        metadata["model"] = training.model_name
    progress = EpochProgress(console, training.epochs)
    checkpoints = Checkpoints(
        run_dir / "checkpoints", minutes=training.checkpoint_minutes, tell=console.print
    )
    logged = Logged(loggers, progress, tell=console.print)
    several = processes.count > 1
    keeper = RunKeeper(
        checkpoints, signals, Fingerprints(run_dir, dataset),
        processes=processes, votes=Votes(mesh) if several else None,
    )  # fmt: skip
    listener: Listener = RunWriter(run_dir, metadata, logged, tell=console.print)
    if several:
        listener = OfFirst(listener, dataset, run_dir, keeper, processes)
    with (
        bad_images_listed(run_dir if processes.is_first else None),
        contextlib.closing(progress),
        contextlib.closing(logged),
        _memory_in_one_line(processes),
    ):
        result = fit(
            dataset,
            model=training.model,
            optimizer=training.optimizer,
            augmentation=training.augmentation,
            batch_size=training.batch_size,
            epochs=training.epochs,
            early_stopping=training.early_stopping,
            seed=training.seed,
            mesh=mesh,
            listener=listener,
            keeper=keeper,
            objective=training.objective,
            ema_decay=training.ema_decay,
            start=training.start,
        )
    processes.part_ways()
    if processes.is_first:
        augmented = bool(training.augmentation.pipeline.children or training.augmentation.mix)
        sum_up(
            run_dir, dataset, result, console,
            augmented=augmented, early_stopping=training.early_stopping,
        )  # fmt: skip
    return result


@contextlib.contextmanager
def _memory_in_one_line(processes: Processes) -> Iterator[None]:
    """Says what to do where a device has too little memory."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        reason = str(error).splitlines()[0]
        if not reason.startswith("RESOURCE_EXHAUSTED"):
            raise
        kind = OwnError if processes.count > 1 else RunError
        raise kind(
            f"the memory is too small ({reason:.160}); a new run may fit with a smaller "
            "--batch-size or --image-size"
        ) from error
