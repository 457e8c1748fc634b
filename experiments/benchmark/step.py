"""Steps of the notebook's network: training, inference, and augmentation's share of a step."""

import dataclasses
from collections.abc import Callable
from typing import Any

from augjax.runtime.memory import SMALL
from experiments.benchmark.config import Config
from experiments.benchmark.races import AUGJAX, Contenders, alone, compare, contenders
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row
from experiments.benchmark.timing import Entry, Spread, race, samples
from experiments.benchmark.works import TITLES, Work

BATCH, SIZES = 64, (32, 128)
_PRODUCTS = ("products", "its multiplications alone, in large products")
LIMITS = {
    "train": (("convolutions", "its convolutions alone"), _PRODUCTS),
    "infer": (_PRODUCTS,),
}
"""By kind of step, its parts that it cannot be faster than, as kinds of work and in words."""
SHARE_LIMIT = 1.0
"""Per cent of a training step, at 128 pixels."""


def run(config: Config) -> Report:
    """Races the libraries that can train the network, with none of them augmenting."""
    report = Report(config, "The notebook's network: a step on the CPU, float32")
    batch, sizes = (2, (16,)) if config.quick else (BATCH, SIZES)
    for size in sizes:
        # In processes of their own, whose memory is as in a run of that size.
        with contenders(config) as running:
            for kind, limits in LIMITS.items():
                for results in compare(
                    running,
                    [Work(kind, batch, size)],
                    rounds=config.turns,
                    seconds=config.burst,
                    tell=report.tell,
                    sittings=config.sittings,
                ):
                    report.add(*results)
                for part, title in limits:
                    limit = alone(
                        running,
                        Work(f"{kind}_{part}", batch, size),
                        f"{TITLES[kind]}: {title}",
                        rounds=config.turns,
                        seconds=config.burst,
                    )
                    report.add(*limit)
            report.add(*augmentations_share(running, Work("train_augmented", batch, size), config))
            if size > SMALL or config.quick:
                report.add(*clearings_share(running, Work("train", batch, size), config))
    return report


def augmentations_share(
    running: Contenders, work: Work, config: Config
) -> tuple[list[Row], dict[str, Any]]:
    """The augmentation's time by itself, in per cent of that of a step that it is part of."""
    part = dataclasses.replace(work, kind="augment_uint8")
    row = Row(
        work="augmentation's share of a training step",
        size=work.dimensions,
        target=SHARE_LIMIT if work.size == 128 else None,
    )
    entries = [running.entry(AUGJAX, "jit", one, config.burst) for one in (work, part)]
    return _share(running, row, entries, lambda step, part: part, config)


def clearings_share(
    running: Contenders, work: Work, config: Config
) -> tuple[list[Row], dict[str, Any]]:
    """How much less a step takes where memory that is freed is kept, in per cent of it."""
    title = "training step: its memory given back, and cleared anew"
    row = Row(work=title, size=work.dimensions)
    kept = dataclasses.replace(work, kind="train_kept")
    entries = [
        running.entry(AUGJAX, setting, one, config.burst)
        for setting, one in (("jit", work), ("memory kept", kept))  # Each a process of its own.
    ]
    return _share(running, row, entries, lambda step, kept: step - kept, config)


def _share(
    running: Contenders,
    row: Row,
    entries: list[Entry],
    part: Callable[[float, float], float],
    config: Config,
) -> tuple[list[Row], dict[str, Any]]:
    """The row with its value: a `part` of the first's time, worked out from both, in per cent."""
    race(entries, config.turns, drop_out=False)
    running.drop()
    row = dataclasses.replace(
        row, unit="%", skipped=next((entry.failed for entry in entries if entry.failed), "")
    )
    timed = {f"{row.work}, {row.size}": {e.id: samples([e]) for e in entries}}
    if row.skipped:
        return [row], timed
    first, second = (entry.ms for entry in entries)
    shares = [100 * part(*both) / both[0] for both in zip(first, second, strict=True)]
    return [dataclasses.replace(row, value=Spread.of(shares))], timed
