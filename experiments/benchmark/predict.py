"""A trained network at work: predictions from JPEGs, their memory, and a report."""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.benchmark.config import Config
from experiments.benchmark.pictures import HEIGHT, WIDTH, write_pictures
from experiments.benchmark.processes import peak_bytes, said
from experiments.benchmark.races import AUGJAX, alone, compare, contenders
from experiments.benchmark.report import Report
from experiments.benchmark.table import Row, with_images_per_second
from experiments.benchmark.timing import Spread
from experiments.benchmark.works import TITLES, Work

BATCH, SIZES = 64, (32, 128)
IMAGES = 1000
NUMBERS = (1000, 10_000, 100_000)
"""How many images are predicted while memory is looked at."""
FLAT = 1.1
"""The most memory of the greatest number of images, in times of that of the least."""
REPORTED = 5000
"""Validation images of a run that is reported on."""
REPORT_SECONDS, REPORT_MEGABYTES = 20.0, 5.0


def run(config: Config) -> Report:
    """Trains a network for an epoch at each size, and asks it."""
    report = Report(config, "A trained network: predictions and reports")
    batch, sizes = (4, (16,)) if config.quick else (BATCH, SIZES)
    images, reported = (8, 8) if config.quick else (IMAGES, REPORTED)
    with tempfile.TemporaryDirectory() as scratch, contenders(config) as running:
        place = Path(scratch)
        pictures = write_pictures(place / "pictures", train=2, valid=images) / "valid"
        data = write_pictures(place / "data", train=batch, valid=reported)
        few = write_pictures(place / "few", train=batch, valid=2)
        for size in sizes:
            work = Work(
                "predict",
                batch,
                size,
                data=str(pictures),
                run=str(_trained(few, place / f"run-{size}", size, batch)),
            )
            what = f"{images:,} of {WIDTH}x{HEIGHT} to {size}x{size}"
            for rows, timed in compare(
                running,
                [work],
                rounds=config.turns,
                seconds=config.burst,
                tell=report.tell,
                size=what,
                sittings=config.sittings,
            ):
                report.add([with_images_per_second(row, images) for row in rows], timed)
            limit = alone(
                running,
                Work("infer_products", images, size),
                f"{TITLES['predict']}: the network's multiplications alone, in large products",
                rounds=config.turns,
                seconds=config.burst,
                size=what,
            )
            report.add(*limit)
        running.restart()  # The rest is done by processes of its own.
        size = sizes[0]
        report.tell("memory by the number of images predicted")
        numbers = [number // 100 for number in NUMBERS] if config.quick else NUMBERS
        report.add(*memory(place / f"run-{size}", pictures, numbers, place, size))
        report.tell(f"a report on {reported:,} validation images")
        whole = _trained(data, place / "run", size, batch)
        report.add(*reporting(whole, f"{reported:,} validation images at {size}x{size}", config))
    return report


def _trained(data: Path, run_dir: Path, size: int, batch: int) -> Path:
    """The folder of a run of one epoch."""
    flags = [f"--run-dir={run_dir}", f"--image-size={size}", f"--batch-size={batch}"]
    said(["-m", "augjax", "train", str(data), "--epochs=1", "--no-report", *flags])
    return run_dir


def memory(
    run_dir: Path, pictures: Path, numbers: Sequence[int], scratch: Path, size: int
) -> tuple[list[Row], dict[str, Any]]:
    """The largest resident memory of `augjax predict`, over ever more names of the same files."""
    files = sorted(pictures.rglob("*.jpg"))
    what = "peak memory of augjax predict"
    rows, found = [], {}
    for number in numbers:
        folder = scratch / f"{number}"
        folder.mkdir()
        for name in range(number):
            os.link(files[name % len(files)], folder / f"{name:06d}.jpg")
        command = ["-m", "augjax", "predict", str(run_dir), str(folder), "--format=csv"]
        found[number] = peak_bytes(command, {}) / 2**20
        images = f"{number:,} to {size}x{size}"
        rows.append(Row(work=what, size=images, unit="MiB", value=Spread.of([found[number]])))
    ratio = Spread.of([found[numbers[-1]] / found[numbers[0]]])
    title = f"{what}, in times of that of {numbers[0]:,}"
    rows.append(Row(work=title, size=rows[-1].size, unit="x", value=ratio, target=FLAT))
    return rows, {"MiB by number of images": found}


def reporting(run_dir: Path, size: str, config: Config) -> tuple[list[Row], dict[str, Any]]:
    """How long `augjax report` takes, as a process that has compiled nothing yet, and its page."""
    seconds, page = [], run_dir / "report.html"
    for _ in range(config.long_turns):
        with tempfile.TemporaryDirectory() as cache:
            start = time.perf_counter()
            peak_bytes(["-m", "augjax", "report", str(run_dir)], {"XDG_CACHE_HOME": cache})
            seconds.append(time.perf_counter() - start)
    megabytes = page.stat().st_size / 1e6
    taken = Row(
        work="augjax report, cold",
        size=size,
        unit="s",
        value=Spread.of(seconds),
        target=REPORT_SECONDS,
    )
    large = Row(
        work="the page that augjax report writes",
        size=size,
        unit="MB",
        value=Spread.of([megabytes]),
        target=REPORT_MEGABYTES,
    )
    return [taken, large], {"augjax report": {AUGJAX: seconds}, "megabytes": megabytes}
