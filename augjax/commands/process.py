"""The process of a command: prepared before JAX and TensorFlow are imported."""

from collections.abc import Iterator
from contextlib import contextmanager

from augjax.errors import InputError
from augjax.files import lies_in
from augjax.printable import printable
from augjax.runs.settings import Settings
from augjax.runs.signals import StopSignals, left_at_once
from augjax.runtime.determinism import use_deterministic_operations
from augjax.runtime.memory import keep_freed_memory


@contextmanager
def training_process(settings: Settings, *, data: str = "DATA") -> Iterator[StopSignals]:
    """A process that trains, and saves its run when it is asked to stop.

    Args:
      settings: of the run.
      data: how the command line calls the data.

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
        yield signals


@contextmanager
def while_importing() -> Iterator[None]:
    """Lets a signal end the process at once, and makes one line of what the environment breaks.

    Raises:
      InputError: if JAX or Matplotlib cannot use the environment.
    """
    try:
        with left_at_once():
            yield
    except ValueError as error:
        raise InputError(f"a setting in the environment cannot be used: {error}") from error
