"""What a run survives, counted: kills, damage, full disks, signals, bad images and folders.

    python -m experiments.reliability                    # a few of each, about five minutes
    python -m experiments.reliability --full --jobs 2    # an hour or two

Prints a table, and writes it to experiments/results/reliability.json (with --full;
else to a name of its own). Exits with 1 if anything did not go as promised.
"""

import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Any

import tyro

from augjax.errors import RunError, told_in_one_line

RESULTS = Path(__file__).parents[1] / "results"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Breaks runs in many ways and counts what survives."""

    full: bool = False
    """310 kills, 1,000 flipped bits, 20 full disks and 20 signals; an hour or two."""
    seed: int = 0
    """Of the moments that are chosen at random."""
    jobs: int = 1
    """Runs at a time."""
    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line and runs the experiment."""
    with told_in_one_line(debug="--debug" in sys.argv):
        config = tyro.cli(Config, prog="python -m experiments.reliability")
        rows = experiment(config)
        if any(row.passed not in (None, row.tried) for row in rows):
            raise RunError("not everything went as promised; see above")


def experiment(config: Config) -> list[Any]:
    """Tries everything, prints the table, and writes it to the results."""
    import os

    from rich.console import Console

    from augjax.files import write_json
    from augjax.runs.environment import environment
    from experiments.reliability import damage, disk, kills, stops
    from experiments.reliability.runs import Row, new_run, outcome, start, write_data
    from tests.corpora.zoo import judge_zoo

    full, jobs = config.full, config.jobs
    console = Console(highlight=False, soft_wrap=True)
    rows: list[Row] = []

    def report(row: Row) -> None:
        rows.append(row)
        console.print(line(row), markup=False)
        for failure in row.failures:
            console.print(f"  failed: {failure}", markup=False)
        RESULTS.mkdir(exist_ok=True)
        write_json(  # After each row: hours are not to be lost.
            RESULTS / f"reliability{'' if full else '_quick'}.json",
            {
                "config": dataclasses.asdict(config),
                "environment": environment(),
                "rows": [dataclasses.asdict(row) for row in rows],
                "table": "\n".join([HEADER, *map(line, rows)]),
            },
        )

    console.print(HEADER)
    for what, module in (("kinds of image", "image_zoo"), ("kinds of folder", "folder_zoo")):
        report(judged(what, judge_zoo(f"tests.corpora.{module}")))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
        data = write_data(scratch / "data")
        start(new_run(data, scratch / "unbroken")).communicate()
        to_compare = (data, scratch, outcome(scratch / "unbroken"))

        # Each with the counts of the quick version and of the full one.
        kills_at_random, kills_at_calls = (100, 210) if full else (3, 4)
        resumed, flips, disks, stopped = (16, 1000, 20, 20) if full else (1, 200, 2, 2)
        report(stops.cost_of_resuming(data, scratch, epochs=(1, 10, 100) if full else (1, 5)))
        report(stops.ask_to_stop(*to_compare, times=stopped, seed=config.seed, jobs=jobs))
        report(damage.damage_weights(data, scratch, flips=flips))
        report(damage.damage_checkpoints(*to_compare, whole_runs=resumed, jobs=jobs))
        report(disk.fill_disk(*to_compare, points=disks, jobs=jobs))
        report(
            kills.kill_at_random(*to_compare, kills=kills_at_random, seed=config.seed, jobs=jobs)
        )
        report(kills.kill_at_calls(*to_compare, points=kills_at_calls, jobs=jobs))
    return rows


def judged(what: str, outcomes: list[Any]) -> Any:
    """What came of a zoo, in a row."""
    from experiments.reliability.runs import Row

    failures = tuple(
        f"{one.kind}: expected {one.expected}, got {one.got}" for one in outcomes if not one.ok
    )
    crashes = sum(one.crashed for one in outcomes)
    return Row(what, len(outcomes), len(outcomes) - len(failures), f"{crashes} crashes", failures)


HEADER = "| what was done | times | as promised | |\n|---|---|---|---|"


def line(row: Any) -> str:
    """The row in Markdown."""
    passed = "not tried" if row.passed is None else row.passed
    return f"| {row.what} | {row.tried} | {passed} | {row.note} |"


if __name__ == "__main__":
    main()
