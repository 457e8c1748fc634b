"""From the command to the end of the first optimisation step."""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.benchmark.config import Config
from experiments.benchmark.pictures import write_pictures
from experiments.benchmark.processes import Start, start
from experiments.benchmark.races import AUGJAX, why_absent
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row
from experiments.benchmark.timing import Failed, Spread, ratios
from experiments.benchmark.works import PEERS, Library

BATCH, SIZES = 64, (32, 128)
TRAIN, VALID = 256, 64
COLD_TARGET, WARM_TARGET = 0.77, 1.0  # 1.3 times Keras's time, and no longer than Keras.
OURS = {
    "training alone, cold": ("training", False, None),
    "training alone, warm": ("training", True, WARM_TARGET),
    "the whole command, cold": ("command", False, COLD_TARGET),
    "the whole command, warm": ("command", True, WARM_TARGET),
}
"""What is started, whether what it compiled and judged the last time is still there, the target."""
PROFILED = "the whole command, cold"
COMPILES, ENDS = "compiling", "first step"
"""What processes say."""


def run(config: Config, keras: Library = PEERS["keras"]) -> Report:
    """Starts processes in turn, each time cold, or warm from the one before."""
    report = Report(config, "From the command to the end of the first step")
    batch, sizes = (4, (16,)) if config.quick else (BATCH, SIZES)
    with tempfile.TemporaryDirectory() as scratch:
        data = write_pictures(
            Path(scratch, "data"),
            train=8 if config.quick else TRAIN,
            valid=4 if config.quick else VALID,
        )
        for size in sizes:
            report.add(*starts(data, size, batch, config, keras, report.tell))
    return report


def starts(
    data: Path,
    size: int,
    batch: int,
    config: Config,
    keras: Library,
    tell: Callable[[str], object],
) -> tuple[list[Row], dict[str, Any]]:
    """A row for each way of ours to start."""
    begun: dict[str, list[Start]] = {name: [] for name in (*OURS, "keras")}
    failed: dict[str, str] = {}
    if absent := why_absent("keras", keras, config):
        failed["keras"] = absent
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(-1, config.long_turns):  # The first fills the warm caches.
            which = f"round {turn + 1} of {config.long_turns}" if turn >= 0 else "to warm up"
            tell(f"starts at {size}x{size}, {which}")
            names = [name for name in begun if name not in failed]
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                place = Path(scratch, f"{name}-{turn}")
                try:
                    taken = _one_start(name, data, size, batch, place, Path(scratch), keras)
                except Failed as failure:
                    failed[name] = str(failure)
                    continue
                if turn >= 0:
                    begun[name].append(taken)
    seconds = {name: [one.until[ENDS] for one in ones] for name, ones in begun.items()}
    rows = []
    for name, (_, _, target) in OURS.items():
        row = Row(
            work=f"time to the first step: {name}",
            size=f"{batch}x{size}x{size}x3",
            peer=keras.title,
            unit="s",
            target=target,
            ours=Spread.of(seconds[name]) if seconds[name] else None,
        )
        if name in failed or "keras" in failed:
            why = f"{AUGJAX}: {failed[name]}" if name in failed else failed["keras"]
            rows.append(dataclasses.replace(row, skipped=why))
            continue
        theirs = seconds["keras"]
        value = Spread.of(ratios(theirs, seconds[name]))
        rows.append(dataclasses.replace(row, theirs=Spread.of(theirs), value=value))
    if not failed:
        rows += _profile(begun[PROFILED], begun["keras"], rows[-1].size, keras.title)
    return rows, {f"seconds at {size}": seconds}


def _profile(ours: list[Start], theirs: list[Start], size: str, peer: str) -> list[Row]:
    """Where a cold start spends its time."""
    row = Row(work=f"seconds before XLA compiles the step: {PROFILED}", size=size, unit="s")
    cpu = [[one.cpu for one in begun] for begun in (ours, theirs)]
    return [
        dataclasses.replace(row, value=Spread.of([one.until[COMPILES] for one in ours])),
        dataclasses.replace(
            row,
            work=f"CPU time to the first step: {PROFILED}",
            peer=peer,
            ours=Spread.of(cpu[0]),
            theirs=Spread.of(cpu[1]),
            value=Spread.of(ratios(cpu[1], cpu[0])),
        ),
    ]


def _one_start(
    name: str, data: Path, size: int, batch: int, place: Path, scratch: Path, keras: Library
) -> Start:
    if name == "keras":
        module = "experiments.benchmark.peers.keras_run"
        command = ["-m", module, str(data), str(size), str(batch), "1", "--first-step"]
        return start([ENDS], command, keras.environment)
    what, is_warm, _ = OURS[name]
    cache = scratch / f"warm-{what}" if is_warm else place
    command = ["-m", "experiments.benchmark.peers.ours_run", what, f"--data={data}"]
    command += [f"--run-dir={place}-run", f"--image-size={size}", f"--batch-size={batch}"]
    return start([COMPILES, ENDS], command, {"XDG_CACHE_HOME": str(cache)})
