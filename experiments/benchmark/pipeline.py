"""Images from a folder into training: the first epoch, an epoch from memory, and peak memory."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from experiments.benchmark.config import Config
from experiments.benchmark.pictures import HEIGHT, WIDTH, write_pictures
from experiments.benchmark.processes import peak_bytes
from experiments.benchmark.races import (
    AUGJAX,
    Contenders,
    alone,
    compare,
    contenders,
    why_absent,
)
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row, with_images_per_second
from experiments.benchmark.timing import Failed, Spread, race, ratios, samples
from experiments.benchmark.works import PEERS, TITLES, Library, Work

BATCH, SIZE = 64, 128
TRAIN, VALID = 1600, 400
CACHED_EPOCH = {
    "cached_epoch": ("cached epoch: time beyond that of its steps", 2.0),
    "cached_epoch_waited_for": ("cached epoch, each step waited for: time between steps", None),
}
"""Kinds of work, in words, and the per cent of the epoch that it is to stay below."""
MEMORY_TARGET = 1.2
MEMORY_TURNS = 2


def run(config: Config) -> Report:
    """Writes a folder of JPEGs, reads it, and trains on it."""
    report = Report(config, "From a folder of JPEGs into training")
    train, valid, batch, size = (8, 4, 4, 16) if config.quick else (TRAIN, VALID, BATCH, SIZE)
    with tempfile.TemporaryDirectory() as scratch, contenders(config) as running:
        data = write_pictures(Path(scratch, "data"), train=train, valid=valid)
        what = f"{train + valid:,} of {WIDTH}x{HEIGHT} to {size}x{size}"
        for rows, timed in compare(
            running,
            [Work("first_epoch", batch, size, data=str(data))],
            rounds=config.turns,
            seconds=config.burst,
            tell=report.tell,
            size=what,
            sittings=config.sittings,
        ):
            report.add([with_images_per_second(row, train + valid) for row in rows], timed)
        for part in ("decoding", "judging", "batches"):
            rows, timed = alone(
                running,
                Work(f"first_epoch_{part}", batch, size, data=str(data)),
                f"{TITLES['first_epoch']}: its {part} alone",
                rounds=config.turns,
                seconds=config.burst,
                size=what,
            )
            report.add(rows, timed)
        few = write_pictures(Path(scratch, "few"), train=min(train, 4 * batch), valid=2)
        # Steps at 128 pixels are long: a few will do.
        cached = [(16, data)] if config.quick else [(32, data), (128, few)]
        for pixels, folder in cached:
            for kind in CACHED_EPOCH:
                work = Work(kind, batch, pixels, data=str(folder))
                report.add(*time_beyond_steps(running, work, config, report))
        report.tell("peak memory of a training run")
        report.add(*memory(data, (train, valid, batch, size), config))
    return report


def time_beyond_steps(
    running: Contenders, work: Work, config: Config, report: Report
) -> tuple[list[Row], dict[str, Any]]:
    """Of an epoch over images in memory, in per cent."""
    title, limit = CACHED_EPOCH[work.kind]
    row = Row(work=title, size=work.dimensions, unit="%", target=limit)
    report.tell(f"{row.work}, {row.size}")
    # In a process of its own, whose memory is as in a run of that size.
    entry = running.entry(AUGJAX, f"jit at {work.size}", work, config.burst)
    race([entry], config.turns if limit else config.long_turns, drop_out=False)
    running.drop()
    timed = {f"{row.work} {row.size}": {**samples([entry]), "per cent": entry.values}}
    if not entry.values:
        return [dataclasses.replace(row, skipped=entry.failed)], timed
    return [dataclasses.replace(row, value=Spread.of(entry.values))], timed


def memory(
    data: Path, sizes: tuple[int, int, int, int], config: Config, keras: Library = PEERS["keras"]
) -> tuple[list[Row], dict[str, Any]]:
    """The largest resident memory of one epoch of car_truck, and of the notebook in Keras."""
    train, valid, batch, size = sizes
    found: dict[str, list[float]] = {AUGJAX: [], "keras": []}
    failed: dict[str, str] = {}
    if absent := why_absent("keras", keras, config):
        failed["keras"] = absent
    for turn in range(1 if config.quick else MEMORY_TURNS):
        with tempfile.TemporaryDirectory() as scratch:
            commands = {
                AUGJAX: (
                    f"-m experiments.car_truck --data={data} --run-dir={scratch}/run --epochs=1 "
                    f"--image-size={size} --batch-size={batch}"
                ),
                "keras": f"-m experiments.benchmark.peers.keras_run {data} {size} {batch} 1",
            }
            environment = {**keras.environment, "XDG_CACHE_HOME": f"{scratch}/cache"}
            for name in sorted(commands.keys() - failed.keys(), reverse=turn % 2 == 1):
                try:
                    peak = peak_bytes(commands[name].split(), environment)
                except Failed as failure:
                    failed[name] = str(failure)
                    continue
                found[name].append(peak / 2**20)
    ours, theirs = ([] if name in failed else found[name] for name in (AUGJAX, "keras"))
    row = Row(
        work="peak memory of a training run",
        size=f"{train + valid:,} at {size}x{size}",
        peer=keras.title,
        unit="MiB",
        target=MEMORY_TARGET,
        note="caches float32, as the notebook does",
        skipped="; ".join(f"{name}: {why}" for name, why in failed.items()),
        ours=Spread.of(ours) if ours else None,
        theirs=Spread.of(theirs) if theirs else None,
        value=Spread.of(ratios(theirs, ours)) if ours and theirs else None,
    )
    return [row], {"peak memory, MiB": found}
