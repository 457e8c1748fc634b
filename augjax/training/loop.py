"""The training loop, top to bottom: epochs, validation, early stopping, best weights."""

import dataclasses
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol, runtime_checkable

import flax.linen as nn
import jax
import numpy as np
import optax
from jax.sharding import Mesh

from augjax.data import Dataset, Split, epoch_batches
from augjax.errors import RunError
from augjax.keys import key, stream
from augjax.runtime.compiler_options import quick_to_compile
from augjax.training.average import check_decay
from augjax.training.early_stopping import EarlyStopping
from augjax.training.epoch import Epoch
from augjax.training.history import EpochRow
from augjax.training.mesh import on_device, on_every_device, own_rows
from augjax.training.metrics import Metrics
from augjax.training.objective import TWO_CLASSES, Objective
from augjax.training.schedule import FULL_STRENGTH, Schedule
from augjax.training.snapshot import Snapshot
from augjax.training.start import init_from
from augjax.training.state import TrainState
from augjax.training.step import jit_eval_step, jit_train_step
from augjax.transforms import Mix, Sequential


@runtime_checkable
class Listener(Protocol):
    """What the loop reports while it runs."""

    def on_start(self, snapshot: Snapshot) -> None:
        """Before the first step; a resumed run has a history already."""

    def compiling(self, step: str) -> AbstractContextManager[None]:
        """Is entered while XLA compiles the named step, for up to minutes that no epoch counts."""
        ...

    def on_step(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """After a training step, counted from 1; reading `metrics` waits for the device."""

    def on_epoch(self, row: EpochRow, steps: int, best: dict[str, Any] | None) -> None:
        """After an epoch; `best` holds the variables on the host if it was the best so far."""


@runtime_checkable
class Keeper(Protocol):
    """Saves a run between its steps, and ends it there when it is asked to stop."""

    def latest(self, beginning: Snapshot) -> Snapshot | None:
        """Where the run goes on, given its beginning; None if nothing was saved yet."""

    def on_step(self) -> None:
        """After a training step, before the listener: from now on there is something to save."""

    def keep(self, snapshot: Callable[[], Snapshot], *, always: bool = False) -> None:
        """Between two steps or two batches of validation; any exception ends the run.

        Args:
          snapshot: takes a snapshot, which waits for the device and copies the arrays to the host.
          always: whether to save it in any case, as after an epoch.
        """

    def on_end(self) -> None:
        """After the last epoch: all is saved."""


class KeepsNothing:
    """A `Keeper` for runs that are not saved."""

    def latest(self, beginning: Snapshot) -> Snapshot | None:
        """Nothing was saved."""

    def on_step(self) -> None:
        """Does nothing."""

    def keep(self, snapshot: Callable[[], Snapshot], *, always: bool = False) -> None:
        """Does nothing."""

    def on_end(self) -> None:
        """Does nothing."""


NOT_KEPT: Keeper = KeepsNothing()


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What happens to a batch of training images before the network sees it.

    Attributes:
      pipeline: for each image.
      strength: of the pipeline and the mix, at a number of steps done since the run began.
      mix: for whole batches, after the pipeline.
    """

    pipeline: Sequential
    strength: Schedule = FULL_STRENGTH
    mix: Mix | None = None


@dataclasses.dataclass(frozen=True)
class FitResult:
    """What training came to.

    Attributes:
      variables: `params` and `batch_stats` of the best epoch, on the host, averaged if they were.
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
    augmentation: Augmentation,
    batch_size: int,
    epochs: int,
    early_stopping: EarlyStopping,
    seed: int,
    mesh: Mesh,
    listener: Listener,
    keeper: Keeper = NOT_KEPT,
    objective: Objective = TWO_CLASSES,
    ema_decay: float | None = None,
    start: dict[str, Any] | None = None,
) -> FitResult:
    """Trains `model` and returns the weights of the epoch whose validation loss was best.

    Everything drawn follows from `seed`: the initial weights, each epoch's order and each image's
    augmentation. So a run that goes on from a checkpoint ends with the bits it would have ended
    with unbroken, given the same arguments, machine and versions; `epochs` and the patience may
    differ.

    Args:
      dataset: of as many classes as the objective.
      model: gives one logit an image for two classes, else one for each class.
      optimizer: for the parameters.
      augmentation: of the training images.
      batch_size: a multiple of the number of devices of `mesh`.
      epochs: at most so many.
      early_stopping: before the first epoch; watches the validation loss.
      seed: of the run.
      mesh: the devices, of all processes that train together. These call this at the same time,
        with the same arguments but for listener and keeper, and each decodes its own rows.
      listener: is called after steps and epochs.
      keeper: saves the run; if it was saved before, the run goes on from there.
      objective: the loss of training; that of validation is the plain cross-entropy.
      ema_decay: of a moving average of `params` and `batch_stats`, from 0 to below 1; validation,
        early stopping and the result are then of the average. None keeps none.
      start: the variables of another network, which replace the drawn ones where names and shapes
        agree (`init_from`).

    Raises:
      InputError: for another `ema_decay`.
      RunError: if a training loss is not finite, or no validation loss was.
      Exception: whatever `keeper` raises to end the run.
    """
    if ema_decay is not None:
        check_decay(ema_decay)
    root = key(seed)
    augment_key = stream(root, "augment")
    train_step = _CompiledStep(
        "training",
        jit_train_step(
            mesh,
            model=model,
            optimizer=optimizer,
            augment=augmentation.pipeline,
            strength=augmentation.strength,
            mix=augmentation.mix,
            objective=objective,
            ema_decay=ema_decay,
        ),
        listener,
    )
    eval_step = _CompiledStep("validation", jit_eval_step(mesh, model=model), listener)

    def clock() -> float:
        return time.perf_counter() - train_step.seconds - eval_step.seconds

    image_shape = (dataset.image_size, dataset.image_size, 3)
    averaged, num_classes = ema_decay is not None, objective.num_classes
    create = partial(
        TrainState.create, model, optimizer, image_shape=image_shape, averaged=averaged
    )
    initial = jax.jit(create, compiler_options=quick_to_compile())(root)
    if start is not None:
        variables, _ = init_from(start, initial.variables)
        initial = TrainState.starting_from(variables, optimizer, averaged=averaged)
    beginning = Snapshot.beginning(initial, early_stopping, num_classes)
    now = keeper.latest(beginning) or beginning
    listener.on_start(now)
    now = now.with_patience_of(early_stopping).placed(mesh)
    rows = own_rows(mesh, batch_size)
    steps = -(-len(dataset.train) // batch_size)
    while now.epoch <= epochs and not now.early_stopping.should_stop:
        epoch = Epoch(now, dataset.train, batch_size, rows, seed, clock)
        for batch in on_device(epoch.batches(), mesh):
            now = now.after_step(
                *train_step(now.state, now.metrics, batch, augment_key, np.int32(now.epoch))
            )
            keeper.on_step()
            listener.on_step(now.epoch, now.step, steps, now.metrics)
            keeper.keep(partial(epoch.snapshot, now))
        epoch.check_finite(now.metrics)
        validation = evaluate(
            eval_step, now.state.variables, dataset.valid, batch_size, mesh, num_classes,
            after_batch=partial(keeper.keep, partial(epoch.snapshot, now)),
        )  # fmt: skip
        row = epoch.row(now.metrics, validation)
        now = now.after_epoch(row, on_every_device(Metrics.zero(num_classes), mesh))
        listener.on_epoch(row, steps, now.best if now.early_stopping.improved else None)
        keeper.keep(now.on_host, always=True)
    keeper.on_end()
    return _result(now)


def evaluate(
    eval_step: Callable[..., Metrics],
    variables: dict[str, Any],
    split: Split,
    batch_size: int,
    mesh: Mesh,
    num_classes: int = 2,
    *,
    after_batch: Callable[[], object] = lambda: None,
) -> Metrics:
    """The metrics of a whole split: every image exactly once, whatever the batch size."""
    metrics = on_every_device(Metrics.zero(num_classes), mesh)
    order, rows = np.arange(len(split)), own_rows(mesh, batch_size)
    for batch in on_device(epoch_batches(split, order, batch_size, rows), mesh):
        metrics = eval_step(variables, metrics, batch)
        after_batch()
    return metrics


class _CompiledStep:
    """A jitted step, compiled when it is first called; `seconds` is what that took."""

    def __init__(self, name: str, step: Any, listener: Listener) -> None:
        self._name, self._step, self._listener = name, step, listener
        self._compiled: Any = None
        self.seconds = 0.0

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            start = time.perf_counter()
            with self._listener.compiling(self._name):
                self._compiled = self._step.lower(*arguments).compile()
            self.seconds = time.perf_counter() - start
        return self._compiled(*arguments)


def _result(end: Snapshot) -> FitResult:
    best_epoch = end.early_stopping.best_epoch
    if end.best is None or best_epoch is None:
        raise RunError("the validation loss was never finite; try a smaller --learning-rate")
    return FitResult(
        variables=end.best,
        best=end.history[best_epoch - 1],
        history=list(end.history),
        stopped_early=end.early_stopping.should_stop,
    )
