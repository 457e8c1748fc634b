"""`augjax train`: a new run."""

import shlex
import sys

from augjax.commands.process import training_process, while_importing
from augjax.commands.several import joined_processes, shared_settings
from augjax.commands.train_flags import Train, settings_of


def main(flags: Train) -> int:
    """Trains, and leaves the run's folder."""
    with joined_processes(flags.cluster) as processes:
        settings = shared_settings(lambda: settings_of(flags), processes)
        with training_process(settings, processes=processes) as signals:
            with while_importing(signals):
                from augjax.commands.training import train_on_data

            command = shlex.join(["augjax", *sys.argv[1:]])
            output = flags.output
            train_on_data(
                settings, command, signals,
                report=output.report, tensorboard=output.logger == "tensorboard",
                processes=processes,
            )  # fmt: skip
    return 0
