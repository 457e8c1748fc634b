"""Progress like Keras's: a live bar on a terminal, one line for each epoch elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from augjax.training.history import EpochRow
from augjax.training.metrics import Metrics
from augjax.training.snapshot import Snapshot

_REFRESH_SECONDS = 0.25
_BAR_WIDTH = 24


class EpochProgress:
    """Shows a bar for the running epoch on a terminal, and a line for each finished one."""

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._epochs = epochs
        self._live: Live | None = None
        self._started = time.perf_counter()
        self._first_step = 0
        self._compiling = False
        self._shown = 0.0

    def on_start(self, snapshot: Snapshot) -> None:
        """Says where a resumed run goes on."""
        if snapshot.epoch > self._epochs or snapshot.early_stopping.should_stop:
            self._console.print(f"All {len(snapshot.history)} epochs are done.")
        elif snapshot.step:
            self._console.print(f"Going on in epoch {snapshot.epoch} after step {snapshot.step}.")
        elif snapshot.history:
            self._console.print(f"Going on from the start of epoch {snapshot.epoch}.")
        self._first_step = snapshot.step
        self._started = time.perf_counter()

    @contextmanager
    def compiling(self, step: str) -> Iterator[None]:
        """Says so, and what it took; the time left is then reckoned from the next step on."""
        start = time.perf_counter()
        self._console.print(f"Compiling the {step} step ...")
        yield
        self._console.print(f"Compiled it in {time.perf_counter() - start:.1f}s.")
        self._compiling = True

    def on_step(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """Refreshes the bar a few times a second; elsewhere than on a terminal does nothing."""
        if not self._console.is_terminal:
            return
        now = time.perf_counter()
        if self._compiling:
            self._compiling, self._started, self._first_step = False, now, step
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        if now - self._shown < _REFRESH_SECONDS:
            return
        self._shown = now
        done = round(_BAR_WIDTH * step / steps)
        left = (now - self._started) / (step - self._first_step) * (steps - step)
        bar = "━" * done + "─" * (_BAR_WIDTH - done)
        numbers = " - ".join(f"{name} {value:.4f}" for name, value in metrics.means().items())
        self._live.update(
            Text(
                f"Epoch {epoch}/{self._epochs}  {step}/{steps} {bar} {left:.0f}s left - {numbers}"
            ),
            refresh=True,
        )

    def on_epoch(self, row: EpochRow, steps: int, best: dict[str, Any] | None) -> None:
        """Replaces the bar by the epoch's line."""
        self.close()
        seconds = row["seconds"]
        numbers = " - ".join(
            f"{name} {value:.4f}" for name, value in row.items() if name not in ("epoch", "seconds")
        )
        self._console.print(
            f"Epoch {row['epoch']}/{self._epochs}  {steps}/{steps}  "
            f"{seconds:.0f}s {1000 * seconds / steps:.0f}ms/step - {numbers}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
        self._started, self._first_step, self._compiling = time.perf_counter(), 0, False

    def close(self) -> None:
        """Takes the bar away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
