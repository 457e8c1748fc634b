"""`augjax train`: a new run."""

import shlex
import sys

from augjax.commands.process import training_process, while_importing
from augjax.commands.train_flags import Train, settings_of


def main(flags: Train) -> int:
    """Trains, and leaves the run's folder."""
    settings = settings_of(flags)
    with training_process(settings) as signals:
        with while_importing(signals.hint):
            from augjax.commands.training import train_on_data

        command = shlex.join(["augjax", *sys.argv[1:]])
        output = flags.output
        train_on_data(
            settings, command, signals,
            report=output.report, tensorboard=output.logger == "tensorboard",
        )  # fmt: skip
    return 0
