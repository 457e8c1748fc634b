"""Small runs of several processes of this machine, begun, waited for, resumed and judged."""

import dataclasses
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.reliability.runs import EPOCHS, differs, progress
from tests import loopback

NETWORK = "tests.runs.small_network:SmallCNN"
STEPS = 5
"""Of an epoch."""
PEER_TIMEOUT = 10
"""Seconds after which a process counts as dead."""
_PIPELINE = [{"transform": "RandomFlip"}, {"transform": "RandomBrightness", "factor": 0.2}]


class Crew(NamedTuple):
    """The processes of a run, and how many devices each has."""

    processes: int
    devices: int = 1

    def __str__(self) -> str:
        return f"{self.processes}" if self.devices == 1 else f"{self.processes}x{self.devices}"


TWO = Crew(2)


@dataclasses.dataclass(frozen=True)
class Study:
    """How runs are started, resumed and judged.

    Attributes:
      data: the image folder.
      scratch: for the runs.
      seed: of the moments that are chosen at random.
      jobs: runs at a time.
    """

    data: Path
    scratch: Path
    seed: int
    jobs: int

    def begin(
        self, run_dir: Path, wrapper: Sequence[str] = (), *, by: Crew = TWO
    ) -> list[subprocess.Popen]:
        """A run of 3 epochs of 5 steps, with a checkpoint after nearly every step."""
        pipeline = self.scratch / "pipeline.json"
        if not pipeline.exists():
            pipeline.write_text(json.dumps({"transform": "Sequential", "transforms": _PIPELINE}))
        return _start(
            by, "train", str(self.data), f"--run-dir={run_dir}", f"--model={NETWORK}",
            "--image-size=16", "--batch-size=8", f"--epochs={EPOCHS}", f"--pipeline={pipeline}",
            "--checkpoint-minutes=0.0001", wrapper=wrapper,
        )  # fmt: skip

    def unbroken(self, by: Crew = TWO) -> Path:
        """Where a run of such processes lies that is left alone."""
        return self.scratch / f"unbroken-{by.processes}-{by.devices}"

    def go_on(self, run_dir: Path, *, by: Crew = TWO) -> loopback.Ended:
        """Resumes a run, or starts it if it had not come to be one; how process 0 ended.

        Where another ended in another way, or said something, that stands in its place.
        """
        if (run_dir / "config.json").exists():
            processes = _start(by, "resume", str(run_dir))
        else:
            processes = self.begin(run_dir, by=by)
        first, *others = loopback.ended(processes, seconds=600)
        odd = [other for other in others if (other.code, other.err) != (first.code, first.err)]
        return odd[0] if odd else first

    def compare(
        self, run_dir: Path, unbroken: dict[str, Any], what: str, *, damaged: bool = False
    ) -> list[str]:
        """Resumes a run; what went wrong if it does not end like the unbroken one.

        Or if it tells of a damaged checkpoint where there should be none, or of none.
        """
        resumed = self.go_on(run_dir)
        if (resumed.code, resumed.err) != (0, ""):
            return [f"{what}: resumed: {resumed.code}: {resumed.err}"]
        if ("is damaged" in resumed.out) != damaged:
            return [f"{what}: resumed, a damaged checkpoint was {'not ' * damaged}told of"]
        wrong = differs(run_dir, unbroken)
        return [f"{what}: {wrong}"] if wrong else []


def _start(
    by: Crew, command: str, of: str, *flags: str, wrapper: Sequence[str] = ()
) -> list[subprocess.Popen]:
    common = ("--no-report", f"--peer-timeout={PEER_TIMEOUT}")
    arguments = ("-m", "augjax", command, of, *flags, *common)
    return loopback.start(by.processes, *arguments, devices=by.devices, wrapper=wrapper)


def next_line(process: subprocess.Popen) -> str:
    """That a process prints; "" if it has ended."""
    assert process.stdout is not None
    return process.stdout.readline()


def until(reached: Callable[[], bool], processes: Sequence[subprocess.Popen]) -> None:
    """Or until any of them has ended."""
    while not reached() and all(process.poll() is None for process in processes):
        time.sleep(0.01)


def wait_for_step(
    run_dir: Path, rng: np.random.Generator, processes: Sequence[subprocess.Popen]
) -> None:
    """Until any step but the last is kept, and some of the next is done."""
    step = int(rng.integers(1, EPOCHS * STEPS))
    until(lambda: progress(run_dir) >= (1 + step // STEPS, step % STEPS), processes)
    time.sleep(rng.uniform(0, 0.3))
