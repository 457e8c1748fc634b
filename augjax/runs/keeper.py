"""Keeping a run: a checkpoint after each epoch, inside one when due, and when asked to stop."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from augjax.errors import AugjaxError, RunError
from augjax.runs.checkpoints import Checkpoints
from augjax.runs.fingerprints import Fingerprints
from augjax.runs.signals import StopSignals
from augjax.runtime.processes import ALONE, Processes
from augjax.training.early_stopping import EarlyStopping
from augjax.training.snapshot import Snapshot
from augjax.training.votes import Votes

_FAILED = 1000
"""The vote of a process that cannot go on; beyond all numbers of signals."""


class RunKeeper:
    """Saves a run for the training loop, and ends it where nothing is lost.

    Of several processes, the first one saves. What ends the run, a signal or an error of one of
    them, they vote on, so that all end after the same step.

    Args:
      checkpoints: where the run is saved; None saves nothing.
      signals: requests to stop; they are seen between two steps, after the run is saved.
      fingerprints: of the run's images, saved with it.
      processes: those that train together.
      votes: theirs; None if there is one.
    """

    def __init__(
        self,
        checkpoints: Checkpoints | None = None,
        signals: StopSignals | None = None,
        fingerprints: Fingerprints | None = None,
        *,
        processes: Processes = ALONE,
        votes: Votes | None = None,
    ) -> None:
        self._checkpoints = checkpoints if processes.is_first else None
        self._signals = signals
        self._fingerprints = fingerprints
        self._processes = processes
        self._votes = votes
        self._saves = checkpoints is not None
        self._failure: AugjaxError | None = None

    def latest(self, beginning: Snapshot) -> Snapshot | None:
        """The latest intact checkpoint; None if there is none yet.

        Several processes get that of the first one, or its beginning: they start with its bits.
        """
        if self._processes.count == 1:
            return None if self._checkpoints is None else self._checkpoints.latest(beginning)
        found = beginning
        with self._processes.agreeing():
            if self._checkpoints is not None:
                found = self._checkpoints.latest(beginning) or beginning
        return _from_first(found, self._processes)

    def on_step(self) -> None:
        """From now on a signal waits for the run to be saved."""
        if self._signals is not None:
            self._signals.saving = self._saves

    def keep(self, snapshot: Callable[[], Snapshot], *, always: bool = False) -> None:
        """Saves the run if it is time to, always, or asked to stop; then stops it if asked.

        Raises:
          RunError: if it cannot be written.
          Interrupted: when asked to stop.
        """
        told = self._told()
        if self._checkpoints is not None and (always or told or self._checkpoints.due):
            with self.failing_together():
                if self._fingerprints is not None:
                    self._fingerprints.save_new()
                self._checkpoints.save(snapshot())
        self._end(told)

    def on_end(self) -> None:
        """From now on a signal ends the process at once."""
        if self._votes is not None:
            self._told()
            self._end(self._votes.last())
        if self._signals is not None:
            self._signals.saving = False

    @contextlib.contextmanager
    def failing_together(self) -> Iterator[None]:
        """A block whose error ends all processes, after the step that they are in."""
        try:
            yield
        except AugjaxError as error:
            if self._votes is None:
                raise
            self._failure = self._failure or error

    def _told(self) -> int:
        """The signal by which the run is asked to stop, 0, or that a process has failed."""
        asked = 0 if self._signals is None else self._signals.asked or 0
        if self._votes is None:
            return asked
        return self._votes.cast(_FAILED if self._failure else asked)

    def _end(self, told: int) -> None:
        if told and self._votes is not None:
            self._votes.cast(told)
            self._votes.last()  # Nobody leaves while another one saves.
        if told and self._failure is not None:
            raise self._failure
        if told == _FAILED:
            raise RunError("another process could not go on")
        if told and self._signals is not None:
            raise self._signals.interrupted(told)


def _from_first(own: Snapshot, processes: Processes) -> Snapshot:
    """The snapshot of the first process, whatever the others have."""

    def told() -> dict[str, Any]:
        return {
            "epoch": own.epoch,
            "step": own.step,
            "seconds": own.seconds,
            "history": own.history,
            "early_stopping": dataclasses.asdict(own.early_stopping),
            "has_best": own.best is not None,
        }

    first = processes.from_first(told)
    best = first.pop("has_best") and (own.best or own.state.variables)
    state, metrics, best = processes.arrays_from_first((own.state, own.metrics, best or None))
    stopping = EarlyStopping(**first.pop("early_stopping"))
    history = tuple(first.pop("history"))
    return Snapshot(state, metrics, early_stopping=stopping, history=history, best=best, **first)
