"""`augjax resume`: a run that goes on as if nothing had happened."""

import shlex
import sys

from augjax.commands.process import training_process, while_importing
from augjax.commands.several import joined_processes, shared_settings
from augjax.commands.train_flags import Resume, resumed_settings


def main(flags: Resume) -> int:
    """Trains on from the latest checkpoint."""
    with joined_processes(flags.cluster) as processes:
        settings = shared_settings(lambda: resumed_settings(flags), processes)
        with training_process(settings, resumed=True, processes=processes) as signals:
            with while_importing(signals):
                from augjax.commands.training import train_on_data

            command = shlex.join(["augjax", *sys.argv[1:]])
            train_on_data(
                settings, command, signals,
                report=flags.report, resumed=True, processes=processes,
            )  # fmt: skip
    return 0
