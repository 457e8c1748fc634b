"""Trackers of experiments, which are told of each epoch; and TensorBoard as one of them."""

import contextlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from augjax.data.tf import import_tensorflow
from augjax.extras import require
from augjax.files import is_file
from augjax.printable import printable
from augjax.training.history import EpochRow
from augjax.training.loop import Listener
from augjax.training.metrics import Metrics
from augjax.training.snapshot import Snapshot

TENSORBOARD = "tensorboard"
"""The folder, in that of a run, of what TensorBoard reads."""


@runtime_checkable
class Logger(Protocol):
    """A tracker of experiments. `train_run(..., loggers=[...])` takes any number of them.

    For example, one that prints:

        class Printer:
            def start(self, history):
                print(f"{len(history)} epochs are done")

            def log(self, row):
                print(row["epoch"], row["val_loss"])

            def close(self):
                pass

    If one of these raises an exception, the run prints a note, and goes on without the logger.
    """

    def start(self, history: Sequence[EpochRow]) -> None:
        """Before the first step.

        Args:
          history: the epochs that a resumed run has done already. It may do others again that were
            logged, if it was killed before it could save them.
        """

    def log(self, row: EpochRow) -> None:
        """After each epoch, of which `row` has the number and the metrics by name."""

    def close(self) -> None:
        """When the run ends, in whatever way that its process survives."""


class TensorBoard:
    """Writes each metric of each epoch as a scalar, whose step is the epoch's number.

    A run that is resumed begins a new file with all its epochs, and removes those it wrote before.
    So each epoch is there once; a TensorBoard that is looking on is told to start afresh.

    Args:
      folder: where to; made when the run starts.

    Raises:
      MissingPackageError: without TensorFlow. TensorBoard itself is only needed to look at it.

    Reference: `tensorflow/core/util/event.proto`.
    """

    def __init__(self, folder: Path) -> None:
        require("--logger tensorboard", "tensorflow")
        self._folder = folder
        self._file: Any = None

    def start(self, history: Sequence[EpochRow]) -> None:
        """Begins a file with the epochs so far."""
        v1 = import_tensorflow().compat.v1
        self._folder.mkdir(exist_ok=True)
        before = [f for f in self._folder.glob("events.out.tfevents.*.augjax") if is_file(f)]
        name = f"events.out.tfevents.{time.time_ns()}.augjax"
        self._file = import_tensorflow().io.TFRecordWriter(str(self._folder / name))
        self._write(file_version="brain.Event:2")
        self._write(step=1, session_log=v1.SessionLog(status=v1.SessionLog.START))
        for row in history:
            self.log(row)
        self._file.flush()
        for file in before:
            file.unlink()

    def log(self, row: EpochRow) -> None:
        """Writes an epoch's scalars."""
        summary = import_tensorflow().compat.v1.Summary()
        for name, value in row.items():
            if name != "epoch":
                summary.value.add(tag=name, simple_value=value)
        self._write(step=row["epoch"], summary=summary)
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, **fields: Any) -> None:
        event = import_tensorflow().compat.v1.Event(wall_time=time.time(), **fields)
        self._file.write(event.SerializeToString())


class Logged:
    """Listens to the training loop, passes the news on, and then tells loggers of it.

    `tell` is given a line if a logger fails, which is told nothing more.
    """

    def __init__(
        self,
        loggers: Sequence[Logger],
        listener: Listener,
        tell: Callable[[str], object] = lambda line: None,
    ) -> None:
        self._loggers = list(loggers)
        self._listener = listener
        self._tell = tell

    def on_start(self, snapshot: Snapshot) -> None:
        """Passes on, with what there is of a history."""
        self._listener.on_start(snapshot)
        self._each(lambda logger: logger.start(list(snapshot.history)))

    def compiling(self, step: str) -> AbstractContextManager[None]:
        """Passes on."""
        return self._listener.compiling(step)

    def on_step(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """Passes on."""
        self._listener.on_step(epoch, step, steps, metrics)

    def on_epoch(self, row: EpochRow, steps: int, best: dict[str, Any] | None) -> None:
        """Passes on, and has the row logged."""
        self._listener.on_epoch(row, steps, best)
        self._each(lambda logger: logger.log(row))

    def close(self) -> None:
        """Closes the loggers."""
        self._each(lambda logger: logger.close())

    def _each(self, do: Callable[[Logger], object]) -> None:
        for logger in list(self._loggers):
            try:
                do(logger)
            except Exception as error:
                self._loggers.remove(logger)
                with contextlib.suppress(Exception):
                    logger.close()
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                self._tell(
                    f"Note: nothing more is logged by {type(logger).__name__}: "
                    f"{printable(reason):.300}"
                )
