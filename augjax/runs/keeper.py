"""Keeping a run: a checkpoint after each epoch, inside one when due, and when asked to stop."""

from collections.abc import Callable

from augjax.runs.checkpoints import Checkpoints
from augjax.runs.fingerprints import Fingerprints
from augjax.runs.signals import StopSignals
from augjax.training.snapshot import Snapshot


class RunKeeper:
    """Saves a run for the training loop, and ends it where nothing is lost.

    Args:
      checkpoints: where the run is saved; None saves nothing.
      signals: requests to stop; they are seen between two steps, after the run is saved.
      fingerprints: of the run's images, saved with it.
    """

    def __init__(
        self,
        checkpoints: Checkpoints | None = None,
        signals: StopSignals | None = None,
        fingerprints: Fingerprints | None = None,
    ) -> None:
        self._checkpoints = checkpoints
        self._signals = signals
        self._fingerprints = fingerprints

    def latest(self, beginning: Snapshot) -> Snapshot | None:
        """The latest intact checkpoint; None if there is none yet."""
        return None if self._checkpoints is None else self._checkpoints.latest(beginning)

    def on_step(self) -> None:
        """From now on a signal waits for the run to be saved."""
        if self._signals is not None:
            self._signals.saving = self._checkpoints is not None

    def keep(self, snapshot: Callable[[], Snapshot], *, always: bool = False) -> None:
        """Saves the run if it is time to, always, or asked to stop; then stops it if asked.

        Raises:
          RunError: if it cannot be written.
          Interrupted: when asked to stop.
        """
        asked = self._signals is not None and self._signals.asked is not None
        if self._checkpoints is not None and (always or asked or self._checkpoints.due):
            if self._fingerprints is not None:
                self._fingerprints.save_new()
            self._checkpoints.save(snapshot())
        if self._signals is not None and asked:
            raise self._signals.interrupted()

    def on_end(self) -> None:
        """From now on a signal ends the process at once."""
        if self._signals is not None:
            self._signals.saving = False
