"""The training loop, top to bottom: epochs, validation, early stopping, best weights."""

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, runtime_checkable

import flax.linen as nn
import jax
import numpy as np
import optax
from jax.sharding import Mesh

from augjax.data import Dataset, Split, epoch_batches, epoch_order
from augjax.errors import RunError
from augjax.keys import key, stream
from augjax.printable import printable
from augjax.training.checkpoints import Checkpoints
from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import EpochRow
from augjax.training.mesh import on_device, replicated
from augjax.training.metrics import Metrics
from augjax.training.signals import StopSignals
from augjax.training.snapshot import Snapshot
from augjax.training.state import TrainState
from augjax.training.step import jit_eval_step, jit_train_step
from augjax.training.strength import FULL_STRENGTH, Schedule
from augjax.transforms import Mix, Sequential


@runtime_checkable
class Listener(Protocol):
    """What the loop tells while it runs."""

    def on_start(self, snapshot: Snapshot) -> None:
        """Before the first step; a resumed run has a history already."""

    def on_step(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """After a training step, counted from 1; reading `metrics` waits for the device."""

    def on_epoch(self, row: EpochRow, steps: int, best: dict[str, Any] | None) -> None:
        """After an epoch; `best` holds the variables on the host if it was the best so far."""


@dataclasses.dataclass(frozen=True)
class FitResult:
    """What training came to.

    Attributes:
      variables: `params` and `batch_stats` of the best epoch, on the host.
      best: the row of that epoch.
      history: a row for each epoch.
      stopped_early: whether patience ran out before the last epoch.
    """

    variables: dict[str, Any]
    best: EpochRow
    history: list[EpochRow]
    stopped_early: bool


def fit(
    dataset: Dataset,
    *,
    model: nn.Module,
    optimizer: optax.GradientTransformation,
    augment: Sequential,
    strength: Schedule = FULL_STRENGTH,
    mix: Mix | None = None,
    image_size: int,
    batch_size: int,
    epochs: int,
    early_stopping: EarlyStopping,
    seed: int,
    mesh: Mesh,
    listener: Listener,
    checkpoints: Checkpoints | None = None,
    signals: StopSignals | None = None,
) -> FitResult:
    """Trains `model` and returns the weights of the epoch whose validation loss was best.

    Everything drawn follows from `seed`: the initial weights, each epoch's order and each image's
    augmentation. So a run that goes on from a checkpoint ends with the bits it would have ended
    with unbroken, given the same arguments, machine and versions; `epochs` and the patience may
    differ.

    Args:
      dataset: two classes.
      model: gives one logit an image.
      optimizer: for the parameters.
      augment: for training images.
      strength: of the augmentation, at a number of steps done since the run began.
      mix: for batches of them, after it.
      image_size: side of the images in pixels.
      batch_size: a multiple of the number of devices of `mesh`.
      epochs: at most so many.
      early_stopping: before the first epoch; watches the validation loss.
      seed: of the run.
      mesh: the devices.
      listener: told of steps and epochs.
      checkpoints: where the run is kept: after each epoch, inside one when due, and when it is
        asked to stop. If there is one already, the run goes on from it.
      signals: requests to stop.

    Raises:
      RunError: if a training loss is not finite, no validation loss was, or a checkpoint cannot
        be written.
      Interrupted: when asked to stop, after the step in progress and the checkpoint.
    """
    root = key(seed)
    augment_key = stream(root, "augment")
    train_step = jit_train_step(
        mesh, model=model, optimizer=optimizer, augment=augment, strength=strength, mix=mix
    )
    eval_step = jit_eval_step(mesh, model=model)
    initial = TrainState.create(model, optimizer, root, (image_size, image_size, 3))
    resumed = Snapshot.beginning(initial, early_stopping)
    if checkpoints is not None:
        resumed = checkpoints.latest(resumed) or resumed
    listener.on_start(resumed)
    history, best = list(resumed.history), resumed.best
    early_stopping = dataclasses.replace(
        resumed.early_stopping, patience=early_stopping.patience, min_delta=early_stopping.min_delta
    )
    state, metrics = jax.device_put((resumed.state, resumed.metrics), replicated(mesh))
    done, seconds = resumed.step, resumed.seconds
    steps = -(-len(dataset.train) // batch_size)

    def keep(epoch: int, step: int, *, always: bool = False) -> None:
        asked = signals is not None and signals.asked is not None
        if checkpoints is not None and (always or asked or checkpoints.due):
            _check_finite(metrics, epoch, order, batch_size, dataset.train)
            checkpoints.save(
                Snapshot(
                    *jax.device_get((state, metrics)),
                    epoch=epoch,
                    step=step,
                    seconds=time.perf_counter() - start if step else 0.0,
                    history=tuple(history),
                    early_stopping=early_stopping,
                    best=best,
                )
            )
        if signals is not None and asked:
            raise signals.interrupted()

    for epoch in range(resumed.epoch, epochs + 1):
        if early_stopping.should_stop:
            break
        start = time.perf_counter() - seconds
        order = epoch_order(len(dataset.train), seed=seed, epoch=epoch)
        batches = epoch_batches(dataset.train, order[done * batch_size :], batch_size)
        for step, batch in enumerate(on_device(batches, mesh), start=done + 1):
            state, metrics = train_step(state, metrics, batch, augment_key, np.int32(epoch))
            if signals is not None:
                signals.saving = checkpoints is not None
            listener.on_step(epoch, step, steps, metrics)
            keep(epoch, step)
        _check_finite(metrics, epoch, order, batch_size, dataset.train)
        validation = evaluate(
            eval_step, state.variables, dataset.valid, batch_size, mesh,
            after_batch=partial(keep, epoch, steps),
        )  # fmt: skip
        row = EpochRow(
            epoch=epoch,
            **metrics.means(),
            **{f"val_{name}": value for name, value in validation.means().items()},
            seconds=round(time.perf_counter() - start, 3),
        )
        history.append(row)
        early_stopping = early_stopping.update(row["val_loss"], epoch)
        if early_stopping.improved:
            # A copy on the host: the next step takes over the buffers of this state.
            best = jax.device_get(state.variables)
        listener.on_epoch(row, steps, best if early_stopping.improved else None)
        metrics, done, seconds = jax.device_put(Metrics.zero(), replicated(mesh)), 0, 0.0
        keep(epoch + 1, 0, always=True)
    if signals is not None:
        signals.saving = False
    if best is None or early_stopping.best_epoch is None:
        raise RunError("the validation loss was never finite; try a smaller --learning-rate")
    return FitResult(
        variables=best,
        best=history[early_stopping.best_epoch - 1],
        history=history,
        stopped_early=early_stopping.should_stop,
    )


def evaluate(
    eval_step: Callable[..., Metrics],
    variables: dict[str, Any],
    split: Split,
    batch_size: int,
    mesh: Mesh,
    *,
    after_batch: Callable[[], object] = lambda: None,
) -> Metrics:
    """The metrics of a whole split: every image exactly once, whatever the batch size."""
    metrics = jax.device_put(Metrics.zero(), replicated(mesh))
    order = np.arange(len(split))
    for batch in on_device(epoch_batches(split, order, batch_size), mesh):
        metrics = eval_step(variables, metrics, batch)
        after_batch()
    return metrics


def _check_finite(
    metrics: Metrics, epoch: int, order: np.ndarray, batch_size: int, split: Split
) -> None:
    bad = int(metrics.first_bad_step)
    if bad < 0:
        return
    images = [printable(split.sources[i]) for i in order[bad * batch_size : (bad + 1) * batch_size]]
    raise RunError(
        f"the training loss is not finite from epoch {epoch}, step {bad + 1} on "
        f"(its batch: {', '.join(images[:3])}, ...); try a smaller --learning-rate"
    )
