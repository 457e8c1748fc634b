"""A run between two of its steps, as a value."""

import dataclasses
from typing import Any

import jax
from jax.sharding import Mesh

from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import EpochRow
from augjax.training.mesh import on_every_device
from augjax.training.metrics import Metrics
from augjax.training.state import TrainState


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """All that the rest of a run depends on.

    Keys, orders and draws follow from the seed, so nothing of theirs is here. The arrays are on the
    host, except within the training loop, where those of `state` and `metrics` are on the mesh.

    Attributes:
      state: the training state.
      metrics: sums over the steps done of the epoch in progress.
      epoch: the epoch in progress, counted from 1.
      step: how many of its steps are done.
      seconds: the time spent on it so far.
      history: a row for each finished epoch.
      early_stopping: after the last of them.
      best: `params` and `batch_stats` of the best epoch so far, averaged if the state has an
        average; None if there is none.
    """

    state: TrainState
    metrics: Metrics
    epoch: int
    step: int
    seconds: float
    history: tuple[EpochRow, ...]
    early_stopping: EarlyStopping
    best: dict[str, Any] | None

    @classmethod
    def beginning(
        cls, state: TrainState, early_stopping: EarlyStopping, num_classes: int = 2
    ) -> "Snapshot":
        """Before the first step of the first epoch."""
        state, metrics = jax.device_get((state, Metrics.zero(num_classes)))
        return cls(state, metrics, 1, 0, 0.0, (), early_stopping, None)

    def with_patience_of(self, early_stopping: EarlyStopping) -> "Snapshot":
        """The same run with another patience and another smallest improvement."""
        changed = dataclasses.replace(
            self.early_stopping,
            patience=early_stopping.patience,
            min_delta=early_stopping.min_delta,
        )
        return dataclasses.replace(self, early_stopping=changed)

    def placed(self, mesh: Mesh) -> "Snapshot":
        """With state and metrics on every device of the mesh."""
        state, metrics = on_every_device((self.state, self.metrics), mesh)
        return dataclasses.replace(self, state=state, metrics=metrics)

    def on_host(self) -> "Snapshot":
        """With state and metrics copied to the host, so that a next step leaves them alone."""
        state, metrics = jax.device_get((self.state, self.metrics))
        return dataclasses.replace(self, state=state, metrics=metrics)

    def after_step(self, state: TrainState, metrics: Metrics) -> "Snapshot":
        """One step later in the same epoch."""
        return dataclasses.replace(self, state=state, metrics=metrics, step=self.step + 1)

    def after_epoch(self, row: EpochRow, metrics: Metrics) -> "Snapshot":
        """Before the first step of the next epoch, with the weights if they are the best so far.

        Args:
          row: what the epoch came to.
          metrics: sums over nothing yet.
        """
        early_stopping = self.early_stopping.update(row["val_loss"], row["epoch"])
        best = self.best
        if early_stopping.improved:
            # A copy on the host: the next step takes over the buffers of this state.
            best = jax.device_get(self.state.variables)
        return Snapshot(
            state=self.state,
            metrics=metrics,
            epoch=self.epoch + 1,
            step=0,
            seconds=0.0,
            history=(*self.history, row),
            early_stopping=early_stopping,
            best=best,
        )
