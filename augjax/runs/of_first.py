"""Listening to a training loop of several processes, of which the first one writes."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from augjax.data import Dataset
from augjax.files import is_file, read_bounded, write_atomically
from augjax.runs.folder import READS
from augjax.runs.keeper import RunKeeper
from augjax.runtime.processes import Processes
from augjax.training.history import EpochRow
from augjax.training.loop import Listener
from augjax.training.metrics import Metrics
from augjax.training.snapshot import Snapshot


class OfFirst:
    """Passes the news on in the first process, where an error ends the run in all.

    After each epoch, `reads.jsonl` has what each process has read of the images' files in it.

    Args:
      listener: of the first process.
      dataset: of this one.
      run_dir: the run's folder.
      keeper: ends the run.
      processes: those that train together.
    """

    def __init__(
        self,
        listener: Listener,
        dataset: Dataset,
        run_dir: Path,
        keeper: RunKeeper,
        processes: Processes,
    ) -> None:
        self._listener = listener
        self._reads = {"train": dataset.train.reads, "valid": dataset.valid.reads}
        self._file = run_dir / READS
        self._rows: list[dict[str, Any]] = []
        self._keeper = keeper
        self._processes = processes

    def on_start(self, snapshot: Snapshot) -> None:
        """Takes up what was read in the epochs before, and passes on."""
        with self._processes.agreeing():
            if self._processes.is_first:
                self._rows = _rows_before(snapshot.epoch, self._file)
                self._listener.on_start(snapshot)

    @contextmanager
    def compiling(self, step: str) -> Iterator[None]:
        """Passes on, and waits for the slowest process, for which the first step would wait."""
        with self._listener.compiling(step) if self._processes.is_first else nullcontext():
            yield
            self._processes.in_training.gather(lambda: None)

    def on_step(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """Passes on."""
        if self._processes.is_first:
            self._listener.on_step(epoch, step, steps, metrics)

    def on_epoch(self, row: EpochRow, steps: int, best: dict[str, Any] | None) -> None:
        """Writes what was read, and passes on."""
        own = {name: dataclasses.asdict(reads.taken()) for name, reads in self._reads.items()}
        everyone = self._processes.in_training.gather(lambda: own)
        if not self._processes.is_first:
            return
        with self._keeper.failing_together():
            self._rows += [
                {"epoch": row["epoch"], "process": index, **reads}
                for index, reads in enumerate(everyone)
            ]
            write_atomically(self._file, "".join(json.dumps(row) + "\n" for row in self._rows))
            self._listener.on_epoch(row, steps, best)


def _rows_before(epoch: int, file: Path) -> list[dict[str, Any]]:
    """What a run that goes on has written of earlier epochs, as far as it can be read."""
    try:
        rows = (
            [json.loads(line) for line in read_bounded(file).splitlines()] if is_file(file) else []
        )
        return [row for row in rows if row["epoch"] < epoch]
    except (OSError, ValueError, TypeError, KeyError):
        return []
