"""All that is tried on runs, counted in a table."""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from augjax.files import write_json
from augjax.runs.environment import environment
from experiments.reliability import damage, disk, fuzz, kills, several, stops
from experiments.reliability.runs import Row, new_run, outcome, start, write_data
from experiments.reliability.together import Study
from tests.corpora.zoo import judge_zoo

RESULTS = Path(__file__).parents[1] / "results"


def experiment(
    *,
    full: bool,
    seed: int,
    jobs: int,
    cases: int | None = None,
    only: Literal["one", "several"] | None = None,
) -> list[Row]:
    """Tries everything, prints the table, and writes it to the results.

    Args:
      full: hundreds of each, in place of a few.
      seed: of the moments that are chosen at random.
      jobs: runs at a time.
      cases: harmed run folders, and as many odd flags; None for 300, or 10 of the quick version.
      only: runs of one process, or of several; None for both.
    """
    console = Console(highlight=False, soft_wrap=True)
    rows: list[Row] = []
    name = "_".join(["reliability", *([only] if only else []), *([] if full else ["quick"])])

    def report(row: Row) -> None:
        rows.append(row)
        console.print(line(row), markup=False)
        for failure in row.failures:
            console.print(f"  failed: {failure}", markup=False)
        RESULTS.mkdir(exist_ok=True)
        write_json(  # After each row: hours are not to be lost.
            RESULTS / f"{name}.json",
            {
                "config": {
                    "full": full,
                    "seed": seed,
                    "jobs": jobs,
                    "cases": cases,
                    "only": only,
                },
                "environment": environment(),
                "rows": [dataclasses.asdict(row) for row in rows],
                "table": "\n".join([HEADER, *map(line, rows)]),
            },
        )

    console.print(HEADER)
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
        data = write_data(scratch / "data")
        if only != "several":
            for row in _of_one_process(data, scratch, full=full, seed=seed, jobs=jobs, cases=cases):
                report(row)
        if only != "one":
            counts = several.FULL if full else several.QUICK
            study = Study(data, scratch / "several", seed, jobs)
            for row in several.rows(study, counts):
                report(row)
    return rows


def _of_one_process(
    data: Path, scratch: Path, *, full: bool, seed: int, jobs: int, cases: int | None
) -> Iterator[Row]:
    """A row for each kind of harm, as it comes."""
    for what, module in (("kinds of image", "image_zoo"), ("kinds of folder", "folder_zoo")):
        yield judged(what, judge_zoo(f"tests.corpora.{module}"))
    start(new_run(data, scratch / "unbroken")).communicate()
    to_compare = (data, scratch, outcome(scratch / "unbroken"))

    # Each with the counts of the quick version and of the full one.
    kills_at_random, kills_at_calls = (100, 210) if full else (2, 3)
    resumed, flips, disks, stopped = (16, 1000, 20, 20) if full else (1, 100, 1, 2)
    yield stops.cost_of_resuming(data, scratch, epochs=(1, 10, 100) if full else (1, 5))
    yield stops.ask_to_stop(*to_compare, times=stopped, seed=seed, jobs=jobs)
    yield damage.damage_weights(data, scratch, flips=flips)
    yield damage.damage_checkpoints(*to_compare, whole_runs=resumed, jobs=jobs)
    fuzz.prepare(data, scratch / "unbroken", scratch / "fuzz")
    for kind in (fuzz.HARMED, fuzz.FLAGS):
        count = cases or (300 if full else 10)
        yield fuzz.fuzz(kind, scratch / "fuzz", cases=count, seed=seed)
    yield disk.fill_disk(*to_compare, points=disks, jobs=jobs)
    yield kills.kill_at_random(*to_compare, kills=kills_at_random, seed=seed, jobs=jobs)
    yield kills.kill_at_calls(*to_compare, points=kills_at_calls, jobs=jobs)


def judged(what: str, outcomes: list[Any]) -> Row:
    """What came of a zoo, in a row."""
    failures = tuple(
        f"{one.kind}: expected {one.expected}, got {one.got}" for one in outcomes if not one.ok
    )
    crashes = sum(one.crashed for one in outcomes)
    return Row(what, len(outcomes), len(outcomes) - len(failures), f"{crashes} crashes", failures)


HEADER = "| what was done | times | as promised | |\n|---|---|---|---|"


def line(row: Row) -> str:
    """The row in Markdown."""
    passed = "not tried" if row.passed is None else row.passed
    return f"| {row.what} | {row.tried} | {passed} | {row.note} |"
