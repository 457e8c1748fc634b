"""Car or truck? The Keras notebook's training run on JAX, from two image folders to a run folder.

python -m experiments.car_truck                  # drawn cars and trucks
python -m experiments.car_truck --data DIR       # DIR/train/<class>/..., DIR/valid/<class>/...
python -m experiments.car_truck --data tfds:cifar10:automobile,truck
python -m experiments.car_truck --resume RUN     # goes on as if nothing had happened
"""

import gc
import sys
from functools import partial
from typing import TYPE_CHECKING

from augjax.commands.parse import parse
from augjax.commands.process import training_process, while_importing
from augjax.commands.several import joined_processes, shared_settings
from augjax.errors import errors_in_one_line
from augjax.runs.settings import Settings
from augjax.runtime.compilation_cache import keep_compiled_programs
from augjax.runtime.processes import Processes
from experiments.car_truck.config import PROGRAM, Config, resumed_config, settings_of

if TYPE_CHECKING:
    from augjax.training.loop import FitResult


def main() -> None:
    """Parses the command line and runs."""
    debug = "--debug" in sys.argv
    gc.disable()  # While modules are imported there is nothing to collect, but much to search.
    with errors_in_one_line(debug=debug):
        config = parse(Config, prog=PROGRAM)
        keep_compiled_programs()
        with joined_processes(config.cluster) as processes:
            _train(shared_settings(partial(_asked_for, config), processes), config, processes)


def run(config: Config) -> "FitResult":
    """Trains as `config` says, which is complete if a run is resumed."""
    with joined_processes(config.cluster) as processes:
        return _train(settings_of(config), config, processes)


def _asked_for(config: Config) -> Settings:
    if config.resume is not None:
        config = resumed_config(config.resume, sys.argv[1:])
    return settings_of(config)


def _train(settings: Settings, config: Config, processes: Processes) -> "FitResult":
    """Prepares the process, imports the rest, and trains in the run's folder."""
    resumed = config.resume is not None
    with training_process(settings, data="--data", resumed=resumed, processes=processes) as signals:
        with while_importing(signals):
            from experiments.car_truck.train import train_car_truck

        return train_car_truck(
            settings, signals, report=config.report, resumed=resumed, processes=processes
        )


if __name__ == "__main__":
    main()
