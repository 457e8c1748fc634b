"""The process of a command: prepared before JAX and TensorFlow are imported."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from augjax.errors import InputError
from augjax.files import lies_in
from augjax.printable import printable
from augjax.runs.settings import Settings
from augjax.runs.signals import StopSignals, left_at_once
from augjax.runtime.determinism import use_deterministic_operations
from augjax.runtime.memory import keep_freed_memory
from augjax.runtime.processes import ALONE, Processes

_NOTHING_SAVED = "nothing was saved yet: start again with the same command"
_AS_IT_WAS = "the run is as it was: go on with the same command"
"""What is said when a process is ended before a new run, or one that goes on, is recorded."""


@contextmanager
def training_process(
    settings: Settings,
    *,
    data: str = "DATA",
    resumed: bool = False,
    processes: Processes = ALONE,
) -> Iterator[StopSignals]:
    """A process that trains, and saves its run when it is asked to stop.

    Args:
      settings: of the run.
      data: how the command line calls the data.
      resumed: whether the run was recorded before.
      processes: those that train together.

    Raises:
      InputError: if the run's folder lies in the data.
    """
    use_deterministic_operations()
    keep_freed_memory(settings.image_size)
    if settings.data and lies_in(settings.run_dir, settings.data):
        raise InputError(
            f"--run-dir {printable(str(settings.run_dir))} lies inside {data} "
            f"({printable(settings.data)}), where nothing is written; choose a folder outside"
        )
    with StopSignals() as signals:
        signals.hint = _AS_IT_WAS if resumed else _NOTHING_SAVED
        signals.saving = processes.count > 1  # All end together, at the next place to agree.
        yield signals


@contextmanager
def while_importing(signals: StopSignals | None = None) -> Iterator[None]:
    """Lets a signal end the process at once, and makes one line of what the environment breaks.

    Args:
      signals: what to tell a user who leaves; of several processes, none leaves by itself.

    Raises:
      InputError: if JAX or Matplotlib cannot use the environment.
    """
    stays = signals is not None and signals.saving
    try:
        with nullcontext() if stays else left_at_once(signals.hint if signals else ""):
            yield
    except ValueError as error:
        raise InputError(f"a setting in the environment cannot be used: {error}") from error
