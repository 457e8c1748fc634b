"""Car or truck? The Keras notebook's training run on JAX, from two image folders to a run folder.

python -m experiments.car_truck                  # drawn cars and trucks
python -m experiments.car_truck --data DIR       # DIR/train/<class>/..., DIR/valid/<class>/...
python -m experiments.car_truck --data tfds:cifar10:automobile,truck
python -m experiments.car_truck --resume RUN     # goes on as if nothing had happened
"""

import gc
import sys
from typing import TYPE_CHECKING

import tyro

from augjax.errors import InputError, errors_in_one_line
from augjax.files import lies_in
from augjax.runs.folder import locked_run_folder
from augjax.runs.signals import StopSignals
from augjax.runtime.compilation_cache import keep_compiled_programs
from augjax.runtime.determinism import use_deterministic_operations
from augjax.runtime.memory import keep_freed_memory
from experiments.car_truck.config import PROGRAM, Config, resumed_config, with_defaults
from experiments.command_line import check_nothing_is_empty

if TYPE_CHECKING:
    from augjax.training.loop import FitResult


def main() -> None:
    """Parses the command line and runs."""
    debug = "--debug" in sys.argv
    gc.disable()  # While modules are imported there is nothing to collect, but much to search.
    with errors_in_one_line(debug=debug):
        check_nothing_is_empty(sys.argv[1:])
        config = tyro.cli(Config, prog=PROGRAM)
        keep_compiled_programs()
        run(config if config.resume is None else resumed_config(config.resume, sys.argv[1:]))


def run(config: Config) -> "FitResult":
    """Prepares the process, imports the rest, and trains in the run's folder."""
    config = with_defaults(config)
    assert config.run_dir and config.image_size
    use_deterministic_operations()
    keep_freed_memory(config.image_size)
    if config.data and lies_in(config.run_dir, config.data):
        raise InputError(f"--run-dir {config.run_dir} lies inside --data, where nothing is written")
    with StopSignals() as signals:
        try:
            from experiments.car_truck import train
        except ValueError as error:  # Of JAX or Matplotlib, which read the environment.
            raise InputError(f"a setting in the environment cannot be used: {error}") from error

        train.check_run_dir(config)
        with locked_run_folder(config.run_dir, existing=config.resume is not None):
            return train.train(config, signals)


if __name__ == "__main__":
    main()
