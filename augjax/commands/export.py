"""`augjax export`: a run's network for other programs."""

import gc
import sys

from augjax.commands.flags import Export
from augjax.export.run import export_run
from augjax.printable import argument, printable
from augjax.runs.loaded import load_run
from augjax.runs.signals import StopSignals


def main(flags: Export) -> int:
    """Writes the folder, and says how well it agrees with the run."""
    gc.enable()
    with StopSignals():
        run = load_run(flags.run)
        for note in run.notes:
            print(printable(note), file=sys.stderr)
        done = export_run(run, flags.to, out=flags.out, python=flags.python, tell=print)
    same = done.agreement
    print(
        f"Greatest difference from the run's probabilities, for {same.images} {same.of}: "
        f"{same.greatest_difference:.2g} (at most {same.allowed:g})"
    )
    print(f"{argument(str(done.folder / done.entry))} is the network; README.md says how to use it")
    return 0
