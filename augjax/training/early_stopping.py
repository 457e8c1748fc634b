"""Early stopping as a pure value, with the semantics of Keras 3."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class EarlyStopping:
    """Watches a value that should fall, such as the validation loss.

    An epoch is the best so far if `value + min_delta < best` in float32. Training should stop on
    the `patience`-th epoch in a row that is not (a patience of 0 counts as 1).

    One deviation from Keras, which takes its first value whatever it is: NaN and infinities are
    never the best, and count towards patience.

    Attributes:
      patience: epochs without improvement after which to stop.
      min_delta: what counts as improvement, in the value's units.
      best: the best value so far.
      best_epoch: its epoch; None if no value was finite yet.
      wait: epochs since the best.

    Reference: `keras.callbacks.EarlyStopping`.
    """

    patience: int = 10
    min_delta: float = 0.0
    best: float = math.inf
    best_epoch: int | None = None
    wait: int = 0

    def __post_init__(self) -> None:
        if self.patience < 0 or not self.min_delta >= 0:
            raise ValueError(
                "patience and min_delta cannot be negative: "
                f"patience={self.patience}, min_delta={self.min_delta}"
            )

    def update(self, value: float, epoch: int) -> "EarlyStopping":
        """After an epoch whose value was `value`."""
        if math.isfinite(value) and (
            self.best_epoch is None or np.float32(value + self.min_delta) < np.float32(self.best)
        ):
            return dataclasses.replace(self, best=value, best_epoch=epoch, wait=0)
        return dataclasses.replace(self, wait=self.wait + 1)

    @property
    def improved(self) -> bool:
        """Whether the latest epoch was the best so far."""
        return self.best_epoch is not None and self.wait == 0

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        return self.wait >= max(self.patience, 1)
