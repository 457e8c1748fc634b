"""The car-or-truck run over several seeds, with and without augmentation: mean and spread.

    python -m experiments.seeds --name drawn                              # about 20 minutes
    python -m experiments.seeds --name photographs_32 --data DIR --image-size 32

Each run is a whole `experiments.car_truck` in a process of its own, in RUNS/NAME/<kind>-seed<n>;
finished ones are kept, so that an interrupted study goes on where it stopped. The table is printed
and written to experiments/results/NAME.json.
"""

import dataclasses
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import tyro

from augjax.errors import InputError, RunError, told_in_one_line

RECORDED = (
    "train_images",
    "valid_images",
    "dataset_fingerprint",
    "platform",
    "processor",
    "cpus",
    "devices",
    "python",
    "versions",
    "git_commit",
)
"""What the result file keeps of the first run's `run.json`."""

KINDS = {"augment": "with augmentation", "no-augment": "without"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Runs car_truck for each seed, with and without augmentation, and prints mean and spread."""

    name: str
    """Of the study and of its result file."""
    data: str | None = None
    """As for car_truck."""
    image_size: int | None = None
    """As for car_truck."""
    epochs: int = 50
    """As for car_truck."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """The seeds to run."""
    runs: Path = Path("runs")
    """Where the studies' run folders are kept."""
    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line and runs the study."""
    with told_in_one_line(debug="--debug" in sys.argv):
        study(tyro.cli(Config, prog="python -m experiments.seeds"))


def study(config: Config, results: Path = Path(__file__).parent / "results") -> dict[str, Any]:
    """Runs what is not yet there, prints the table, and writes it to `results`."""
    from rich.console import Console

    from augjax.files import write_json

    if not config.seeds or Path(config.name).name != config.name:
        raise InputError("--name is one plain file name, and --seeds one seed or more")
    rows = {
        kind: [
            summary_of_run(config, kind, seed, config.runs / config.name / f"{kind}-seed{seed}")
            for seed in config.seeds
        ]
        for kind in KINDS
    }
    first = config.runs / config.name / f"augment-seed{config.seeds[0]}"
    record = json.loads((first / "run.json").read_text())
    result = {
        "seeds": config.seeds,
        "environment": {name: record[name] for name in RECORDED if name in record},
        "runs": rows,
        "table": table(rows),
    }
    results.mkdir(exist_ok=True)
    write_json(results / f"{config.name}.json", result)
    Console(highlight=False, soft_wrap=True).print(result["table"], markup=False)
    return result


def summary_of_run(config: Config, kind: str, seed: int, run_dir: Path) -> dict[str, Any]:
    """The summary of one run, which is made first if it is not there."""
    summary = run_dir / "summary.json"
    if not summary.exists():
        options = {"data": config.data, "image-size": config.image_size, "epochs": config.epochs}
        command = [sys.executable, "-m", "experiments.car_truck", f"--{kind}", "--seed", str(seed)]
        command += [f"--{name}={value}" for name, value in options.items() if value is not None]
        finished = subprocess.run([*command, "--run-dir", str(run_dir)])
        if finished.returncode:
            raise RunError(f"the run for {run_dir} failed; see above")
    return json.loads(summary.read_text())


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Mean and sample standard deviation over the seeds, in Markdown."""
    lines = [
        "| | n | highest val. accuracy | restored val. accuracy | val. loss | epochs | minutes |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, runs in rows.items():
        cells = [
            spread([run[name] for run in runs], digits)
            for name, digits in (
                ("highest_val_binary_accuracy", 4),
                ("val_binary_accuracy", 4),
                ("val_loss", 3),
                ("epochs", 0),
            )
        ]
        minutes = spread([run["total_seconds"] / 60 for run in runs], 1)
        lines.append(f"| {KINDS[kind]} | {len(runs)} | {' | '.join(cells)} | {minutes} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """'mean ± standard deviation', or the value alone."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


if __name__ == "__main__":
    main()
