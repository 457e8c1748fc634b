"""The car-or-truck run over several seeds, in several ways: mean and spread.

    python -m experiments.seeds --name drawn                              # about 5 minutes
    python -m experiments.seeds --name photographs_32 --data DIR --image-size 32
    python -m experiments.seeds --name policies --data DIR --image-size 32 --train-images 1000 \\
        --kinds no-augment augment trivial randaugment mixup              # about half an hour

Each run is a whole `experiments.car_truck` in a process of its own, in RUNS/NAME/<kind>-seed<n>;
finished ones are kept and interrupted ones resumed, so that a study goes on where it stopped. The
table is printed and written to OUT/NAME.json, by default in experiments/results.
"""

import dataclasses
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from filecmp import cmp
from pathlib import Path
from typing import Any, Literal, NoReturn

import tyro
from rich.console import Console

from augjax.commands.parse import parse
from augjax.errors import InputError, Interrupted, RunError, errors_in_one_line
from augjax.files import (
    LONGEST_NAME,
    is_path,
    lies_in,
    nearest_existing,
    read_json,
    why_unwritable,
    write_json,
)
from augjax.printable import printable
from augjax.runs.flags import CONFIG
from augjax.runs.settings import check_settings
from experiments.car_truck import config as car_truck

RECORDED = (
    "train_images", "valid_images", "dataset_fingerprint", "platform", "processor", "cpus",
    "devices", "python", "versions", "git_commit",
)  # fmt: skip
"""What the result file keeps of the runs' `run.json`, as far as they agree."""

COLUMNS = {
    "highest_val_binary_accuracy": 4, "val_binary_accuracy": 4, "val_loss": 3, "epochs": 0,
}  # fmt: skip
"""Numbers in a run's `summary.json`, and how many of their decimals the table shows."""

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
        signal.signal(signal.SIGTERM, stop)
        study(parse(Config, prog="python -m experiments.seeds"))


def stop(number: int, _: object) -> NoReturn:
    """Ends the study, when the run in progress has ended."""
    raise Interrupted(number, "interrupted; the same command goes on with the study")


def study(config: Config) -> dict[str, Any]:
    """Runs what is not yet there, prints the table, and writes it."""
    name = config.name
    plain = Path(name).name == name and name not in ("", "..") and is_path(name)
    if not plain or len(os.fsencode(name)) > LONGEST_NAME - len(".json"):
        raise InputError(f"--name {printable(name)}: expected one plain file name")
    for option, values in (("kinds", config.kinds), ("seeds", config.seeds)):
        if not values or len(set(values)) < len(values):
            given = " ".join((f"--{option}", *map(str, values)))
            raise InputError(f"{given}: expected one or more, each given once")
    _check_seeds(config.seeds)
    begun = os.path.lexists(config.runs / name)  # What has ended needs its images no more.
    images = "" if begun or (config.data or "").startswith("tfds:") else config.data
    if images and not os.path.exists(images):
        raise InputError(f"--data {printable(images)}: no such folder")
    for option, path in (("runs", config.runs / name), ("out", config.out)):
        if config.data and lies_in(path, config.data):
            raise InputError(
                f"--{option}: {path} lies inside --data, where nothing is written; "
                "choose a folder outside"
            )
        _check_writable(option, getattr(config, option), name)
    if config.train_images is not None:
        config = dataclasses.replace(config, data=str(with_fewer_images(config)))
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in config.kinds}
    records = []
    for kind in config.kinds:
        for seed in config.seeds:
            run_dir = config.runs / name / f"{kind}-seed{seed}"
            rows[kind].append(summary_of_run(config, kind, seed, run_dir))
            records.append(read_record(run_dir / "run.json"))
            first, last = (r.get("dataset_fingerprint") for r in (records[0], records[-1]))
            if first != last:
                raise InputError(
                    f"{run_dir} had other images than the first; choose another --name"
                )
    result = {
        "seeds": config.seeds,
        "train_images": config.train_images,
        "environment": {
            key: records[0][key]
            for key in RECORDED
            if key in records[0] and all(r.get(key) == records[0][key] for r in records)
        },
        "runs": rows,
        "table": table(rows),
    }
    config.out.mkdir(parents=True, exist_ok=True)
    write_json(config.out / f"{name}.json", result)
    Console(highlight=False, soft_wrap=True).print(result["table"], markup=False)
    return result


def _check_seeds(seeds: Sequence[int]) -> None:
    try:
        for seed in seeds:
            check_settings({"seed": seed})
    except InputError as error:
        raise InputError(str(error).replace("--seed", "--seeds", 1)) from error


def _check_writable(option: str, folder: Path, name: str) -> None:
    """Tries it, before the first run: what /proc and others refuse is known by trying only."""
    reason = why_unwritable(folder / f"{name}.json")
    try:
        if not reason:
            with tempfile.TemporaryDirectory(prefix=".seeds.", dir=nearest_existing(folder)):
                return
    except OSError as error:
        reason = error.strerror or str(error)
    shown = printable(str(folder))
    raise InputError(f"--{option} {shown}: cannot be written to ({reason}); choose another folder")


def with_fewer_images(config: Config) -> Path:
    """A copy of the data folder with fewer training images, next to the runs.

    It appears in one step. One that is there is compared with what it would be.
    """
    from augjax.data.folder.load import scan_folder  # Slow: libraries come with it.

    if not config.data:
        raise InputError("no --data: --train-images needs a folder with train/<class>/")
    option = f"--train-images {config.train_images}"
    train, valid = scan_folder(config.data).splits
    each, left = divmod(config.train_images or 0, len(train.class_names))
    if left or each < 1:
        raise InputError(f"{option}: expected a multiple of {len(train.class_names)} classes")
    chosen = [(valid, file) for file in valid.files]
    for label, name in enumerate(train.class_names):
        first = [(train, file) for file in train.files if file.label == label][:each]
        if len(first) < each:
            raise InputError(f"{option}: --data has only {len(first)} images of {printable(name)}")
        chosen += first
    if bad := [file for _, file in chosen if file.reason]:
        raise InputError(f"--data: {printable(bad[0].path)}: {bad[0].reason}; remove it")
    sources = {f"{s.folder.name}/{file.path}": s.folder / file.path for s, file in chosen}
    few = config.runs / config.name / "data"
    if os.path.lexists(few):
        there = {f"{s.folder.name}/{f.path}" for s in scan_folder(few).splits for f in s.files}
        same = (cmp(path, few / name, shallow=False) for name, path in sources.items())
        if there != set(sources) or not all(same):
            raise InputError(
                f"{few} does not hold the images of --data that {option} asks for, as of another "
                "study; choose another --name"
            )
        return few
    few.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".data-", dir=few.parent) as scratch:
        for name, path in sources.items():
            copy = Path(scratch, "data", name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        Path(scratch, "data").rename(few)
    return few


def summary_of_run(config: Config, kind: str, seed: int, run_dir: Path) -> dict[str, Any]:
    """The summary of one run, which is made, or gone on with, if it has not ended."""
    options = {"data": config.data, "image-size": config.image_size, "epochs": config.epochs}
    options |= {"seed": seed, "run-dir": run_dir}
    flags = [f"--{name}={value}" for name, value in options.items() if value is not None]
    flags.append(KINDS[kind][1])
    wanted = car_truck.recorded(car_truck.settings_of(tyro.cli(car_truck.Config, args=flags)))
    summary = run_dir / "summary.json"
    if (run_dir / CONFIG).exists() or summary.exists():
        found = car_truck.settings_of(car_truck.recorded_config(run_dir, str(run_dir)))
        for name, value in car_truck.recorded(found).items():
            if name != "run_dir" and value != wanted[name]:
                raise InputError(
                    f"{run_dir} is a run with --{name.replace('_', '-')} {value}, not "
                    f"{wanted[name]}, as of another study; choose another --name"
                )
        flags = [f"--resume={run_dir}"]
    if not summary.exists():
        command = [sys.executable, "-m", "experiments.car_truck", *flags]
        if exit_code(command):
            raise RunError(f"the run for {run_dir} failed; see above")
    return read_record(summary, list(COLUMNS))


def exit_code(command: Sequence[str]) -> int:
    """Runs a command to its end, also where the study is to stop."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt as interruption:
            if isinstance(interruption, Interrupted):  # Ctrl-C has reached the run by itself.
                process.terminate()
            process.wait()
            raise


def read_record(path: Path, numbers: Sequence[str] = ()) -> dict[str, Any]:
    """What a run has written to a file, in which these are numbers."""
    try:
        record = read_json(path)
        if isinstance(record, dict) and all(0 <= record[name] <= 1e38 for name in numbers):
            return record
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise InputError(f"{path} is not what a run has written; choose another --name")


def table(rows: dict[str, list[dict[str, Any]]]) -> str:
    """Mean and sample standard deviation over the seeds, in Markdown."""
    lines = [
        "| | n | highest val. accuracy | restored val. accuracy | val. loss | epochs |",
        "|---|---|---|---|---|---|",
    ]
    for kind, runs in rows.items():
        cells = [spread([run[name] for run in runs], digits) for name, digits in COLUMNS.items()]
        cells = [KINDS[kind][0], str(len(runs)), *cells]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """'mean ± standard deviation', or the value alone."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


if __name__ == "__main__":
    main()
