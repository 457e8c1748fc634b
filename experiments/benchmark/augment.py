"""Transforms by the batch: the notebook's chain, and single ones next to the fastest peer."""

from typing import Any

from experiments.benchmark.config import Config
from experiments.benchmark.races import AUGJAX, Contenders, alone, compare, contenders
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row
from experiments.benchmark.timing import Spread, race, ratios, samples
from experiments.benchmark.works import MIXES, SINGLES, TITLES, Work

SIZES = ((64, 128), (256, 32))
MOST_CHAINS = 3.0
"""What RandAugment may cost, in times of the notebook's chain."""


def run(config: Config) -> Report:
    """Races all libraries that have the chain or the transform."""
    report = Report(config, "Augmentation: a batch on the CPU, draws included")
    sizes = ((4, 16), (2, 16)) if config.quick else SIZES
    works = [Work("chain", *sizes[0])]
    works += [Work(kind, *size) for kind in (*SINGLES, *MIXES, "randaugment") for size in sizes]
    with contenders(config) as running:
        for results in compare(
            running,
            works,
            rounds=config.turns,
            seconds=config.burst,
            tell=report.tell,
            sittings=config.sittings,
        ):
            report.add(*results)
        for size in sizes:
            limit = alone(
                running,
                Work("perspective_lookups", *size),
                f"{TITLES['perspective']}: its lookups alone",
                rounds=config.turns,
                seconds=config.burst,
            )
            report.add(*limit)
        report.add(*in_chains(running, Work("randaugment", *sizes[0]), config))
    return report


def in_chains(running: Contenders, work: Work, config: Config) -> tuple[list[Row], dict[str, Any]]:
    """A work's time in times of the chain's."""
    chain = Work("chain", work.batch, work.size)
    entries = [running.entry(AUGJAX, "jit", one, config.burst) for one in (work, chain)]
    race(entries, config.turns, drop_out=False)
    running.drop()
    failed = next((entry.failed for entry in entries if entry.failed), "")
    row = Row(
        work=f"{TITLES[work.kind]} in times of the chain",
        size=work.dimensions,
        unit="x",
        value=None if failed else Spread.of(ratios(entries[0].ms, entries[1].ms)),
        target=MOST_CHAINS,
        skipped=failed,
    )
    timed = {what: samples([e]) for what, e in zip((work.kind, "chain"), entries, strict=True)}
    return [row], {f"{work.kind} in chains {work.dimensions}": timed}
