"""Transforms by the batch: the notebook's chain, and single ones next to the fastest peer."""

from experiments.benchmark.config import Config
from experiments.benchmark.races import compare, contenders
from experiments.benchmark.report import Report
from experiments.benchmark.works import SINGLES, Work

SIZES = ((64, 128), (256, 32))


def run(config: Config) -> Report:
    """Races all libraries that have the chain or the transform."""
    report = Report(config, "Augmentation: a batch on the CPU, draws included")
    sizes = ((4, 16), (2, 16)) if config.quick else SIZES
    works = [Work("chain", *sizes[0])]
    works += [Work(kind, *size) for kind in SINGLES for size in sizes]
    with contenders(config) as running:
        for work in works:
            rows, samples = compare(
                running, work, rounds=config.turns, seconds=config.burst, tell=report.tell
            )
            report.add(rows, samples)
    return report
