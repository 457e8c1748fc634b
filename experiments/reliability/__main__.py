"""What a run survives, counted: kills, damage, full disks, signals, bad images, folders and flags.

    python -m experiments.reliability                    # a few of each, in minutes
    python -m experiments.reliability --full --jobs 2    # some hours
    python -m experiments.reliability --only several     # runs of several processes

Prints a table, and writes it to experiments/results/reliability.json (with --full;
else, or with --only, to a name of its own). Exits with 1 if anything did not go as promised.
"""

import dataclasses
import sys
from typing import Literal

from augjax.commands.parse import parse
from augjax.errors import InputError, RunError, errors_in_one_line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Breaks runs in many ways and counts what survives."""

    full: bool = False
    """350 kills, 1,000 flipped bits, 20 full disks and 32 signals; some hours."""
    seed: int = 0
    """Of the moments that are chosen at random."""
    jobs: int = 1
    """Runs at a time."""
    cases: int | None = None
    """Run folders to harm, and as many flags to give odd values; by default 10, or 300 with
    --full."""
    only: Literal["one", "several"] | None = None
    """Break only runs of one process, or of several; by default both."""
    debug: bool = False
    """Show the traceback of an error."""

    def __post_init__(self) -> None:
        for option, least in {"seed": 0, "jobs": 1, "cases": 1}.items():
            value = getattr(self, option)
            if value is not None and value < least:
                raise InputError(f"--{option} {value}: expected at least {least}")


def main() -> None:
    """Parses the command line and runs the experiment."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        config = parse(Config, prog="python -m experiments.reliability")
        from experiments.reliability.experiment import experiment

        settings = vars(config).copy()
        del settings["debug"]
        rows = experiment(**settings)
        if any(row.passed not in (None, row.tried) for row in rows):
            raise RunError("not everything went as promised; see above")


if __name__ == "__main__":
    main()
