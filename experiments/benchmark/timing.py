"""The race: contenders take turns, round by round, and each round gives a ratio."""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.benchmark.works import Library, Work

CHECKOUT = Path(__file__).parents[2]
"""Where processes are started, and `experiments` is found."""
ON_THE_CPU = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
"""Of all processes: nobody is compared with what others do on a GPU."""
PATIENCE_SECONDS = 900.0
"""For one reply of a contender; after that it is out."""
TRIAL_ROUNDS = 3
"""After so many, settings of a library that were never near its best leave the race."""
NEAR = 1.25


@dataclasses.dataclass(frozen=True)
class Spread:
    """The median of some samples, with their quartiles."""

    median: float
    lower: float
    upper: float
    samples: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Spread":
        """Quartiles between samples are interpolated linearly."""
        lower, median, upper = np.percentile(np.asarray(samples, float), [25, 50, 75]).tolist()
        return cls(median, lower, upper, len(samples))


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """Their time by ours, in each round that both took part in; above 1, ours is faster."""
    return [a / b for a, b in zip(theirs, ours, strict=False)]


class Failed(Exception):
    """A contender cannot do its work; the message says why, in a few words."""


class Contender:
    """A process of a library with one setting, which see `experiments.benchmark.worker`.

    Used as a context manager, it is ended with its block.
    """

    def __init__(self, library: Library, setting: str = "") -> None:
        self.setting = setting
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "experiments.benchmark.worker", library.module, setting],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **ON_THE_CPU, **library.environment},
            text=True,
            encoding="utf-8",
            cwd=CHECKOUT,
        )

    def __enter__(self) -> "Contender":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):  # Of a command that was never read.
            self._process.stdin.close()
        self._process.stdout.close()
        self._errors.close()

    def kill(self) -> None:
        """Ends the process; whoever waits for its reply is told."""
        self._process.kill()

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def build(self, id: str, work: Work, seconds: float) -> None:
        """Has it make and warm up a piece of work, to be timed in bursts of `seconds`."""
        self.ask(do="build", id=id, work=dataclasses.asdict(work), seconds=seconds)

    def go(self, id: str) -> tuple[float, float | None]:
        """Milliseconds a call, and what the call gave if that is a number."""
        reply = self.ask(do="go", id=id)
        return reply["ms"], reply["value"]

    def ask(self, **command: Any) -> dict[str, Any]:
        """A command's reply.

        Raises:
          Failed: if the library raised an error, or the process died or does not answer.
        """
        assert self._process.stdin and self._process.stdout
        timer = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            raise Failed(self._last_words())
        reply = json.loads(line)
        if "failed" in reply:
            raise Failed(in_short(reply["failed"]))
        return reply

    def _last_words(self) -> str:
        self._process.kill()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return in_short(lines[-1] if lines else f"exit code {self._process.wait()}")


def in_short(message: str) -> str:
    """The message's beginning, in one line and without folders."""
    line = re.sub(r"(?<![\w.])/(?:[^\s/'\"]+/)+", "", " ".join(message.split()))
    return line if len(line) <= 90 else f"{line[:87]}..."


@dataclasses.dataclass
class Entry:
    """What takes part in a race: a piece of work that a contender has built.

    Attributes:
      name: whose it is; entries of one name are settings of one library, of which the best counts.
      setting: which.
      contender: does it.
      id: of the piece of work.
      ms: a sample for each round.
      values: what the calls gave, where those are numbers.
      failed: why it is out, if it is.
      left: whether it left, never having been near the best of its name.
    """

    name: str
    setting: str
    contender: Contender | None
    id: str
    ms: list[float] = dataclasses.field(default_factory=list)
    values: list[float] = dataclasses.field(default_factory=list)
    failed: str = ""
    left: bool = False

    def joined(self, later: "Entry") -> "Entry":
        """This one with what the same piece of work gave in a later sitting."""
        return dataclasses.replace(
            self,
            ms=self.ms + later.ms,
            values=self.values + later.values,
            failed=self.failed or later.failed,
            left=self.left or later.left,
        )


def race(entries: Sequence[Entry], rounds: int, *, drop_out: bool = True) -> None:
    """Times all entries in turn, each round beginning with another one.

    Where entries of one name are settings, those that are never near the best `drop_out`.
    """
    for number in range(rounds):
        running = [entry for entry in entries if not entry.failed and not entry.left]
        if not running:
            return
        first = number % len(running)
        for entry in running[first:] + running[:first]:
            try:
                assert entry.contender
                ms, value = entry.contender.go(entry.id)
            except Failed as failure:
                entry.failed = str(failure)
                continue
            entry.ms.append(ms)
            if value is not None:
                entry.values.append(value)
        if drop_out and number + 1 == TRIAL_ROUNDS:
            for entry in running:
                same = [min(e.ms) for e in running if e.name == entry.name and e.ms]
                entry.left = bool(entry.ms) and min(entry.ms) > NEAR * min(same)


def best_of(entries: Sequence[Entry], name: str) -> Entry | None:
    """The entry of that name with the lowest median of those that finished, if any."""
    finished = [e for e in entries if e.name == name and e.ms and not e.failed and not e.left]
    return min(finished, key=lambda entry: Spread.of(entry.ms).median, default=None)


def samples(entries: Sequence[Entry]) -> dict[str, Any]:
    """All that was measured, by name and setting, to four digits; or why nothing was."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        label = f"{entry.name}, {entry.setting}" if entry.setting else entry.name
        found[label] = {"ms": [float(f"{ms:.4g}") for ms in entry.ms]}
        if entry.failed:
            found[label] = {**found[label], "failed": entry.failed}
    return dict(found)
