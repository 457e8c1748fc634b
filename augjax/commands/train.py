"""`augjax train`."""

import shlex
import sys

from augjax.commands.process import training_process, while_importing
from augjax.commands.train_flags import Train, settings_of
from augjax.runs.folder import locked_run_folder


def main(flags: Train) -> int:
    """Trains a new run."""
    settings = settings_of(flags)
    with training_process(settings) as signals:
        with while_importing():
            from augjax.commands.own_runs import train_own

        with locked_run_folder(settings.run_dir, existing=False):
            train_own(settings, shlex.join(["augjax", *sys.argv[1:]]), signals)
    return 0
