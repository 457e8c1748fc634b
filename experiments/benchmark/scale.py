"""How costs grow: with files, the size of images, the batch, devices, and processes."""

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.text import Text

from experiments.benchmark.chart import growth_chart
from experiments.benchmark.config import Config
from experiments.benchmark.growth import LEGEND, Series, in_markdown, on_screen, panels
from experiments.benchmark.listing import write_files
from experiments.benchmark.pictures import write_pictures
from experiments.benchmark.processes import said
from experiments.benchmark.races import AUGJAX, Contenders
from experiments.benchmark.report import Report
from experiments.benchmark.several import processes
from experiments.benchmark.timing import Entry, Failed, Spread, race, samples
from experiments.benchmark.works import OURS, Work

REAL_FILES = 100_000
"""Up to so many files are written; more are only made believe."""


def run(config: Config) -> Report:
    """Measures all series."""
    report = Report(config, "How costs grow")
    series: list[Series] = []
    for found, timed in measured(config, report):
        series += found
        report.samples.update(timed)
        report.write(
            table=in_markdown(series),
            series=[{**dataclasses.asdict(one), "told": one.verdict} for one in series],
        )
    report.chart = growth_chart(panels(series), report.heading)
    report.tables = [on_screen(series), in_markdown(series), Text(LEGEND)]
    return report


def measured(config: Config, report: Report) -> Iterator[tuple[list[Series], dict[str, Any]]]:
    """The series of the parts asked for, as they come, with their samples."""
    quick, parts = config.quick, config.parts
    if "files" in parts:
        report.tell("folders of files")
        yield files((100, 1000) if quick else (1000, 10_000, 100_000, 1_000_000), config)
    if "streams" in parts:
        report.tell("images streamed, not kept")
        yield streamed((20, 40) if quick else (1000, 2000, 4000, 8000), 16 if quick else 128)
    if "sizes" in parts:
        yield from _all_sizes(config, report)
    if "devices" in parts:
        for work in (
            Work("chain", 8, 16) if quick else Work("chain", 64, 128),
            Work("train_augmented", 8, 16) if quick else Work("train_augmented", 64, 32),
        ):
            report.tell(f"{_title(work)}, {work.dimensions}, on several devices")
            yield devices(work, (1, 2) if quick else (1, 2, 4, 8), config)
    if "processes" in parts:
        report.tell("runs of several processes")
        yield processes((1, 2) if quick else (1, 2, 4), config)


def _all_sizes(config: Config, report: Report) -> Iterator[tuple[list[Series], dict[str, Any]]]:
    quick = config.quick
    pixels = (16, 32) if quick else (32, 64, 128, 256, 512)
    batches = (1, 2) if quick else (1, 4, 16, 64, 256, 512)
    for kind, batch, size in (("chain", 64, 64), ("train_augmented", 8, 16 if quick else 32)):
        by_pixels = [Work(kind, 2 if quick else batch, side) for side in pixels]
        by_images = [Work(kind, count, size) for count in batches]
        for grows, works in (("pixels", by_pixels), ("images", by_images)):
            report.tell(f"{_title(works[0])}, {_fixed(grows, works[0])}")
            yield sizes(grows, works, config)


def files(counts: Sequence[int], config: Config) -> tuple[list[Series], dict[str, Any]]:
    """Scanning folders, and ordering an epoch of their images.

    Of the larger ones only the listing is made up, so that it costs no time of the file system;
    the largest real one is made up too, for comparison.
    """
    limit = counts[0] if config.quick else REAL_FILES
    real = [count for count in counts if count <= limit]
    made_up = [count for count in counts if count >= limit]
    turns: dict[tuple[bool, int], list[Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        empty = write_files(Path(scratch, "two"), 2)
        folders = {count: write_files(Path(scratch, str(count)), count) for count in real}
        for _ in range(min(3, config.long_turns)):
            for is_real, count in [(True, n) for n in real] + [(False, n) for n in made_up]:
                arguments = [str(folders[count])] if is_real else [str(empty), str(count)]
                found = json.loads(said(["-m", "experiments.benchmark.listing", *arguments]))
                turns.setdefault((is_real, count), []).append(found)

    def series(what: str, part: str, is_real: bool) -> Series:
        costs = {
            count: Spread.of([t["bytes"] if part == "bytes" else t["seconds"][part] for t in found])
            for (kind, count), found in turns.items()
            if kind == is_real
        }
        measure = "memory" if part == "bytes" else "time"
        points = tuple((float(count), cost.median) for count, cost in costs.items())
        return Series(what, "files", measure, points)

    all_series = [
        series("scanning a folder", "scan", True),
        series("scanning a made-up listing", "scan", False),
        series("identities", "ids", True),
        series("identities, made-up", "ids", False),
        series("an epoch's order", "order", True),
        series("an epoch's order, made-up", "order", False),
        series("files in memory", "bytes", True),
        series("made-up files in memory", "bytes", False),
    ]
    kept = {f"{'real' if kind else 'made up'} {n}": found for (kind, n), found in turns.items()}
    return all_series, {"files": kept}


def streamed(counts: Sequence[int], size: int) -> tuple[list[Series], dict[str, Any]]:
    """By how much memory grows in an epoch over JPEGs that are decoded as it goes, none kept."""
    found: dict[str, Any] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as scratch:
            data = write_pictures(Path(scratch), train=count, valid=2)
            command = ["-m", "experiments.benchmark.streaming", str(data), str(size)]
            found[str(count)] = json.loads(said(command))
    points = tuple(
        (float(count), float(one["bytes"]))
        for count, one in zip(counts, found.values(), strict=True)
    )
    what = f"an epoch of JPEGs at {size}x{size}, not kept"
    return [Series(what, "images streamed", "memory", points)], {"images streamed": found}


def sizes(grows: str, works: Sequence[Work], config: Config) -> tuple[list[Series], dict[str, Any]]:
    """One kind of work at several sizes, each in a process of its own, in one race."""
    with ExitStack() as stack:
        # Whether a process keeps the memory that it frees goes by the size of its images.
        entries = [Contenders(stack, {}).entry(AUGJAX, "jit", work, config.burst) for work in works]
        race(entries, config.long_turns, drop_out=False)
        if grows == "pixels":
            units = [work.size**2 * work.batch for work in works]
        else:
            units = [work.batch for work in works]
        named = f"{_title(works[0])}, {_fixed(grows, works[0])}"
        return _series(named, grows, units, entries)


def devices(
    work: Work, counts: Sequence[int], config: Config
) -> tuple[list[Series], dict[str, Any]]:
    """One piece of work on several numbers of forced host devices, in one race."""
    with ExitStack() as stack:
        entries = []
        for count in counts:
            library = dataclasses.replace(OURS, environment={"JAX_NUM_CPU_DEVICES": str(count)})
            running = Contenders(stack, {"devices": library})
            entries.append(running.entry("devices", "jit", work, config.burst))
        race(entries, config.long_turns, drop_out=False)
        named = f"{_title(work)}, {work.dimensions}"
        return _series(named, "devices", list(counts), entries)


def _series(
    what: str, grows: str, units: Sequence[int], entries: Sequence[Entry]
) -> tuple[list[Series], dict[str, Any]]:
    times, memory, renewed = [], [], []
    for unit, entry in zip(units, entries, strict=True):
        if entry.failed or not entry.contender:
            continue
        times.append((float(unit), Spread.of(entry.ms).median / 1e3))
        try:
            found = entry.contender.ask(do="memory", id=entry.id)
            needed = found["bytes"] * (unit if grows == "devices" else 1)  # Told for one device.
            memory.append((float(unit), float(needed)))
            if found["new"] > needed / 2:
                renewed.append(float(unit))
        except Failed as failure:
            entry.failed = str(failure)
    both = [
        Series(what, grows, "time", tuple(times), tuple(renewed)),
        Series(what, grows, "memory", tuple(memory)),
    ]
    timed = {str(unit): samples([e]) for unit, e in zip(units, entries, strict=True)}
    return [one for one in both if one.points], {f"{what}, {grows}": timed}


def _title(work: Work) -> str:
    return "augmentation" if work.kind == "chain" else "training step"


def _fixed(grows: str, work: Work) -> str:
    return f"batches of {work.batch}" if grows == "pixels" else f"at {work.size}x{work.size}"
