"""The car-or-truck run over several seeds, in several ways: mean and spread.

    python -m experiments.seeds --name drawn                              # about 5 minutes
    python -m experiments.seeds --name photographs_32 --data DIR --image-size 32
    python -m experiments.seeds --name policies --data DIR --image-size 32 --train-images 1000 \\
        --kinds no-augment augment trivial randaugment mixup              # about half an hour

Each run is a whole `experiments.car_truck` in a process of its own, in RUNS/NAME/<kind>-seed<n>;
finished ones are kept, so that an interrupted study goes on where it stopped. The table is printed
and written to OUT/NAME.json, by default in experiments/results.
"""

import dataclasses
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from augjax.errors import InputError, RunError, errors_in_one_line
from augjax.files import write_json

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

KINDS = {
    "augment": ("the notebook's augmentation", "--augment"),
    "no-augment": ("none", "--no-augment"),
    "light": ("light", "--pipeline=light"),
    "trivial": ("trivial", "--pipeline=trivial"),
    "randaugment": ("randaugment", "--pipeline=randaugment"),
    "imagenet": ("imagenet", "--pipeline=imagenet"),
    "mixup": ("the notebook's, then MixUp", "--mix=mixup"),
    "cutmix": ("the notebook's, then CutMix", "--mix=cutmix"),
}
"""What a study may compare: what the table says, and the flag of car_truck."""
Kind = Literal[
    "augment", "no-augment", "light", "trivial", "randaugment", "imagenet", "mixup", "cutmix"
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Runs car_truck for each seed and kind of augmentation, and prints mean and spread."""

    name: str
    """Of the study and of its result file."""
    data: str | None = None
    """As for car_truck."""
    image_size: int | None = None
    """As for car_truck."""
    epochs: int = 50
    """As for car_truck."""
    train_images: int | None = None
    """Train on so many images of --data only: the first of each class by name, as many of each.
    They are copied next to the runs; all of valid is used."""
    kinds: tuple[Kind, ...] = ("augment", "no-augment")
    """The kinds of augmentation to compare."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """The seeds to run."""
    runs: Path = Path("runs")
    """Where the studies' run folders are kept."""
    out: Path = Path(__file__).parent / "results"
    """Where NAME.json is written."""
    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line and runs the study."""
    with errors_in_one_line(debug="--debug" in sys.argv):
        study(tyro.cli(Config, prog="python -m experiments.seeds"))


def study(config: Config) -> dict[str, Any]:
    """Runs what is not yet there, prints the table, and writes it."""
    if not config.seeds or Path(config.name).name != config.name or config.name in ("", ".."):
        raise InputError("--name is one plain file name, and --seeds one seed or more")
    if not config.kinds:
        raise InputError("--kinds is one kind or more")
    if config.train_images is not None:
        config = dataclasses.replace(config, data=str(with_fewer_images(config)))
    rows = {
        kind: [
            summary_of_run(config, kind, seed, config.runs / config.name / f"{kind}-seed{seed}")
            for seed in config.seeds
        ]
        for kind in config.kinds
    }
    first = config.runs / config.name / f"{config.kinds[0]}-seed{config.seeds[0]}"
    record = json.loads((first / "run.json").read_text())
    result = {
        "seeds": config.seeds,
        "train_images": config.train_images,
        "environment": {name: record[name] for name in RECORDED if name in record},
        "runs": rows,
        "table": table(rows),
    }
    config.out.mkdir(parents=True, exist_ok=True)
    write_json(config.out / f"{config.name}.json", result)
    Console(highlight=False, soft_wrap=True).print(result["table"], markup=False)
    return result


def with_fewer_images(config: Config) -> Path:
    """A copy of the data folder with fewer training images, next to the runs."""
    classes = sorted(p for p in Path(config.data or "", "train").glob("*") if p.is_dir())
    if not config.data or not classes:
        given = f"--data {config.data}" if config.data else "no --data"
        raise InputError(f"{given}: --train-images needs a folder with train/<class>/")
    few = config.runs / config.name / "data"
    each, left = divmod(config.train_images or 0, len(classes))
    if left or each < 1:
        raise InputError(
            f"--train-images {config.train_images}: expected a multiple of {len(classes)} classes"
        )
    for folder in classes:
        (few / "train" / folder.name).mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir())[:each]:
            shutil.copyfile(path, few / "train" / folder.name / path.name)
        if len(list((few / "train" / folder.name).iterdir())) != each:
            raise InputError(
                f"--train-images {config.train_images}: {few} does not hold {each} images of "
                f"{folder.name}, as of a study with another number; choose another --name"
            )
    shutil.copytree(Path(config.data, "valid"), few / "valid", dirs_exist_ok=True)
    return few


def summary_of_run(config: Config, kind: str, seed: int, run_dir: Path) -> dict[str, Any]:
    """The summary of one run, which is made first if it is not there."""
    summary = run_dir / "summary.json"
    if not summary.exists():
        options = {"data": config.data, "image-size": config.image_size, "epochs": config.epochs}
        command = [
            sys.executable,
            "-m",
            "experiments.car_truck",
            KINDS[kind][1],
            "--seed",
            str(seed),
        ]
        command += [f"--{name}={value}" for name, value in options.items() if value is not None]
        finished = subprocess.run([*command, "--run-dir", str(run_dir)])
        if finished.returncode:
            raise RunError(f"the run for {run_dir} failed; see above")
    return json.loads(summary.read_text())


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Mean and sample standard deviation over the seeds, in Markdown."""
    lines = [
        "| | n | highest val. accuracy | restored val. accuracy | val. loss | epochs | minutes "
        "| seconds per epoch |",
        "|---|---|---|---|---|---|---|---|",
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
        epoch = spread([run["total_seconds"] / run["epochs"] for run in runs], 1)
        cells = [KINDS[kind][0], str(len(runs)), *cells, minutes, epoch]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """'mean ± standard deviation', or the value alone."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


if __name__ == "__main__":
    main()
