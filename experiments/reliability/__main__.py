"""What a run survives, counted: kills, damage, full disks, signals, bad images, folders and flags.

    python -m experiments.reliability                    # a few of each, in minutes
    python -m experiments.reliability --full --jobs 2    # an hour or two

Prints a table, and writes it to experiments/results/reliability.json (with --full;
else to a name of its own). Exits with 1 if anything did not go as promised.
"""

import dataclasses
import sys

from augjax.commands.parse import parse
from augjax.errors import InputError, RunError, errors_in_one_line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Breaks runs in many ways and counts what survives."""

    full: bool = False
    """310 kills, 1,000 flipped bits, 20 full disks and 20 signals; an hour or two."""
    seed: int = 0
    """Of the moments that are chosen at random."""
    jobs: int = 1
    """Runs at a time."""
    cases: int | None = None
    """Run folders to harm, and as many flags to give odd values; by default 10, or 300 with
    --full."""
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

        rows = experiment(full=config.full, seed=config.seed, jobs=config.jobs, cases=config.cases)
        if any(row.passed not in (None, row.tried) for row in rows):
            raise RunError("not everything went as promised; see above")


if __name__ == "__main__":
    main()
