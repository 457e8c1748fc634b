"""Small whole runs in processes of their own, to be broken off and compared."""

import csv
import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

EPOCHS = 3
CHECKOUT = Path(__file__).parents[2]
ONE_DEVICE = {"JAX_NUM_CPU_DEVICES": "1", "JAX_PLATFORMS": "cpu"}


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the report: what was tried how often, and how often it went well.

    Attributes:
      what: for the table's first column.
      tried: how often.
      passed: how often the outcome was the promised one; None if it was not tried, and why is
        in `note`.
      note: what to know about it.
      failures: what went wrong, a line each.
    """

    what: str
    tried: int
    passed: int | None
    note: str = ""
    failures: tuple[str, ...] = ()


Point = TypeVar("Point")
Found = TypeVar("Found")


def try_all(
    what: str, trial: Callable[[Point], Found], points: Collection[Point], *, jobs: int
) -> list[Found]:
    """What comes of `trial` at each of `points`, `jobs` at a time, with a bar on a terminal."""
    with ThreadPoolExecutor(jobs) as pool:  # The work is in processes of their own.
        found = pool.map(trial, points)
        console = Console(stderr=True)
        bar = track(
            found,
            what,
            len(points),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        return list(bar)


def write_data(root: Path) -> Path:
    """40 training and 16 validation pictures of noise, bright Cars and dark Trucks."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 20), ("valid", 8)):
        for name, brightness in (("Car", 170), ("Truck", 60)):
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(brightness, brightness + 60, (20, 20, 3), np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.png")
    return root


def new_run(data: Path, run_dir: Path, *flags: str) -> list[str]:
    """The flags of a run of 3 epochs of 5 steps, with a checkpoint after nearly every step."""
    return [
        f"--data={data}", f"--run-dir={run_dir}", "--image-size=16", "--batch-size=8",
        f"--epochs={EPOCHS}", "--checkpoint-minutes=0.0001", *flags,
    ]  # fmt: skip


def start(flags: Sequence[str], *, wrapper: Sequence[str] = (), **env: str) -> subprocess.Popen:
    """Starts car_truck as the leader of a process group, under `wrapper` if given."""
    return subprocess.Popen(
        [*wrapper, sys.executable, "-m", "experiments.car_truck", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
        cwd=CHECKOUT,
        env={**os.environ, **ONE_DEVICE, **env},
    )


def finish(data: Path, run_dir: Path) -> str | None:
    """Resumes a run, or starts it if it had not come to be one; None, or what went wrong."""
    begun = (run_dir / "config.json").exists()
    process = start([f"--resume={run_dir}"] if begun else new_run(data, run_dir))
    _, stderr = process.communicate()
    return None if (process.returncode, stderr) == (0, "") else f"{process.returncode}: {stderr}"


def outcome(run_dir: Path) -> dict[str, Any]:
    """All that a finished run leaves but its times: two equal ones end in the same bits."""
    last = run_dir / "checkpoints" / "last" / f"{EPOCHS + 1:06d}-{0:09d}"
    with open(run_dir / "history.csv") as file:
        history = [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]
    summary = json.loads((run_dir / "summary.json").read_text())
    return {
        "weights": hashlib.sha256((run_dir / "best.safetensors").read_bytes()).hexdigest(),
        "state": _state_digest(last),
        "history": history,
        "summary": {k: v for k, v in summary.items() if "seconds" not in k},
        "files": sorted(os.listdir(run_dir)),
    }


def differs(run_dir: Path, unbroken: dict[str, Any]) -> str:
    """How a finished run ended other than the unbroken one; "" if it did not."""
    ended = outcome(run_dir)
    other = ", ".join(name for name in unbroken if ended[name] != unbroken[name])
    return other and f"it ended with other {other}"


def _state_digest(checkpoint: Path) -> str:
    """Of params, batch_stats, optimizer and step, which Orbax stores in files of any name."""
    import orbax.checkpoint as ocp

    arrays = ocp.Checkpointer(ocp.StandardCheckpointHandler()).restore(checkpoint / "arrays")
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.asarray(arrays[name]).tobytes())
    return digest.hexdigest()


def progress(run_dir: Path) -> tuple[int, ...]:
    """Epoch and step of the latest checkpoint; (0, 0) if there is none."""
    try:
        names = os.listdir(run_dir / "checkpoints" / "last")
    except FileNotFoundError:
        return (0, 0)
    kept = sorted(name for name in names if not name.startswith("."))
    return tuple(int(number) for number in kept[-1].split("-")) if kept else (0, 0)
