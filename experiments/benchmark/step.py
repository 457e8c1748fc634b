"""Steps of the notebook's network: training, inference, and augmentation's share of a step."""

import dataclasses
from typing import Any

from experiments.benchmark.config import Config
from experiments.benchmark.races import AUGJAX, Contenders, alone, compare, contenders
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row
from experiments.benchmark.timing import Spread, race, samples
from experiments.benchmark.works import TITLES, Work

BATCH, SIZES, SITTINGS = 64, (32, 128), 3
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
                rows, timed = compare(
                    running,
                    Work(kind, batch, size),
                    rounds=config.turns,
                    seconds=config.burst,
                    tell=report.tell,
                    sittings=SITTINGS,
                )
                report.add(rows, timed)
                for part, title in limits:
                    limit = alone(
                        running,
                        Work(f"{kind}_{part}", batch, size),
                        f"{TITLES[kind]}: {title}",
                        rounds=config.turns,
                        seconds=config.burst,
                    )
                    report.add(*limit)
            report.add(*share_of_a_step(running, Work("train_augmented", batch, size), config))
    return report


def share_of_a_step(
    running: Contenders, work: Work, config: Config
) -> tuple[list[Row], dict[str, Any]]:
    """The augmentation's time by itself, in per cent of that of a step that it is part of."""
    alone = Work("augment_uint8", work.batch, work.size)
    entries = [running.entry(AUGJAX, "jit", one, config.burst) for one in (work, alone)]
    race(entries, config.turns, drop_out=False)
    running.drop()
    size = "x".join(map(str, work.shape))
    row = Row(
        work="augmentation's share of a training step",
        size=size,
        unit="%",
        target=SHARE_LIMIT if work.size == 128 else None,
        skipped=next((entry.failed for entry in entries if entry.failed), ""),
    )
    timed = {
        f"share {size}": {
            what: samples([e]) for what, e in zip(("step", "augmentation"), entries, strict=True)
        }
    }
    if row.skipped:
        return [row], timed
    step, augmentation = (entry.ms for entry in entries)
    shares = [100 * part / whole for part, whole in zip(augmentation, step, strict=True)]
    return [dataclasses.replace(row, value=Spread.of(shares))], timed
