"""A run folder that is up to date after every epoch."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from augjax.files import is_file
from augjax.runs.folder import BEST_WEIGHTS, OF_THE_END
from augjax.runs.history import write_history
from augjax.runs.weights import is_intact, save_weights
from augjax.training.history import EpochRow
from augjax.training.loop import Listener
from augjax.training.metrics import Metrics
from augjax.training.snapshot import Snapshot


class RunWriter:
    """Listens to the training loop, writes the run folder, and passes the news on.

    After each epoch `history.csv` and `history.jsonl` are whole, and `best.safetensors` holds the
    best epoch so far, with `metadata` and the epoch's number. `tell` is given a line if that file
    has come to harm since. What the run wrote when it had ended before is removed then.
    """

    def __init__(
        self,
        run_dir: Path,
        metadata: dict[str, Any],
        listener: Listener,
        tell: Callable[[str], object] = lambda line: None,
    ) -> None:
        self._run_dir = run_dir
        self._weights = run_dir / BEST_WEIGHTS
        self._tell = tell
        self._metadata = metadata
        self._listener = listener
        self._history: list[EpochRow] = []
        self._num_classes = 2

    def on_start(self, snapshot: Snapshot) -> None:
        """Brings the folder to where the run stands, which may be before it was broken off."""
        self._history = list(snapshot.history)
        self._num_classes = snapshot.metrics.num_classes
        self._write_history()
        if snapshot.best is not None:
            if self._weights.exists() and not is_intact(self._weights):
                self._tell(f"Warning: {self._weights} is damaged; written anew from a checkpoint.")
            self._save(snapshot.best, snapshot.early_stopping.best_epoch)
        self._listener.on_start(snapshot)

    def compiling(self, step: str) -> AbstractContextManager[None]:
        """Passes on."""
        return self._listener.compiling(step)

    def on_step(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """Passes on."""
        self._listener.on_step(epoch, step, steps, metrics)

    def on_epoch(self, row: EpochRow, steps: int, best: dict[str, Any] | None) -> None:
        """Writes the history, and the weights if they are the best so far."""
        for name in OF_THE_END:  # Of a run that had ended before.
            if is_file(self._run_dir / name):
                (self._run_dir / name).unlink()
        self._history.append(row)
        self._write_history()
        if best is not None:
            self._save(best, row["epoch"])
        self._listener.on_epoch(row, steps, best)

    def _write_history(self) -> None:
        write_history(self._history, self._run_dir, num_classes=self._num_classes)

    def _save(self, best: dict[str, Any], epoch: int | None) -> None:
        save_weights(self._weights, best, {**self._metadata, "epoch": epoch})
