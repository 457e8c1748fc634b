"""An epoch of the training loop: its order, its batches, its row of the history."""

import dataclasses
from collections.abc import Callable, Iterator

from augjax.data import Batch, Split, epoch_batches, epoch_order
from augjax.errors import RunError
from augjax.printable import printable
from augjax.training.history import EpochRow
from augjax.training.metrics import Metrics
from augjax.training.snapshot import Snapshot


class Epoch:
    """An epoch in progress: the order of its images, and the time spent on it by `clock`."""

    def __init__(
        self,
        now: Snapshot,
        split: Split,
        batch_size: int,
        rows: slice,
        seed: int,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._start = clock() - now.seconds
        self._number, self._done = now.epoch, now.step
        self._split, self._batch_size, self._rows = split, batch_size, rows
        self._order = epoch_order(len(split), seed=seed, epoch=now.epoch)

    def batches(self) -> Iterator[Batch]:
        """The batches of the steps that are left of it, or this process's rows of them."""
        rest = self._order[self._done * self._batch_size :]
        return epoch_batches(self._split, rest, self._batch_size, self._rows)

    def snapshot(self, now: Snapshot) -> Snapshot:
        """`now` on the host, with the time spent; raises RunError if a loss is not finite."""
        self.check_finite(now.metrics)
        seconds = self._clock() - self._start
        return dataclasses.replace(now.on_host(), seconds=seconds)

    def row(self, training: Metrics, validation: Metrics) -> EpochRow:
        """What the epoch came to; waits for the device."""
        return EpochRow(
            epoch=self._number,
            **training.means(),
            **{f"val_{name}": value for name, value in validation.means().items()},
            seconds=round(self._clock() - self._start, 3),
        )

    def check_finite(self, metrics: Metrics) -> None:
        """Raises RunError if the loss of a batch so far was not finite."""
        bad = int(metrics.first_bad_step)
        if bad < 0:
            return
        batch = self._order[bad * self._batch_size : (bad + 1) * self._batch_size]
        images = [printable(self._split.sources[i]) for i in batch[:3]]
        raise RunError(
            f"the training loss is not finite from epoch {self._number}, step {bad + 1} on "
            f"(its batch: {', '.join(images)}, ...); try a smaller --learning-rate"
        )
