"""A run between two of its steps, as a value."""

import dataclasses
from typing import Any

import jax

from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import EpochRow
from augjax.training.metrics import Metrics
from augjax.training.state import TrainState


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """All that the rest of a run depends on, with its arrays on the host.

    Keys, orders and draws follow from the seed, so nothing of theirs is here.

    Attributes:
      state: the training state.
      metrics: sums over the steps done of the epoch in progress.
      epoch: the epoch in progress, counted from 1.
      step: how many of its steps are done.
      seconds: the time spent on it so far.
      history: a row for each finished epoch.
      early_stopping: after the last of them.
      best: `params` and `batch_stats` of the best epoch so far; None if there is none.
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
    def beginning(cls, state: TrainState, early_stopping: EarlyStopping) -> "Snapshot":
        """Before the first step of the first epoch."""
        state, metrics = jax.device_get((state, Metrics.zero()))
        return cls(state, metrics, 1, 0, 0.0, (), early_stopping, None)
