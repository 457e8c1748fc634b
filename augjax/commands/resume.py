"""`augjax resume`: a run that goes on as if nothing had happened."""

import shlex
import sys

from augjax.commands.process import training_process, while_importing
from augjax.commands.train_flags import Resume, resumed_settings


def main(flags: Resume) -> int:
    """Trains on from the latest checkpoint."""
    settings = resumed_settings(flags)
    with training_process(settings, resumed=True) as signals:
        with while_importing(signals.hint):
            from augjax.commands.training import train_on_data

        command = shlex.join(["augjax", *sys.argv[1:]])
        train_on_data(settings, command, signals, report=flags.report, resumed=True)
    return 0
