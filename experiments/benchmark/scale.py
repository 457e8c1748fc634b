"""How costs grow: with the files of a folder, the size of images, the batch, and the devices."""

import dataclasses
import itertools
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table
from rich.text import Text

from experiments.benchmark.chart import growth_chart
from experiments.benchmark.config import Config
from experiments.benchmark.listing import write_files
from experiments.benchmark.pictures import write_pictures
from experiments.benchmark.processes import said
from experiments.benchmark.races import AUGJAX, Contenders
from experiments.benchmark.report import Report
from experiments.benchmark.table import digits
from experiments.benchmark.timing import Entry, Failed, Spread, race, samples
from experiments.benchmark.works import OURS, Work

STRAIGHT = 1.5
"""A line is straight where the cost of a unit is within this factor of the median one; of two, of
the first."""
REAL_FILES = 100_000
"""Up to so many files are written; more are only made believe."""
ONCE = "a fixed cost"
REPEATED = {
    "time": "what every device does by itself, such as the optimizer's step",
    "memory": "what is on every device, such as gradients",
}
FLAT = ("devices", "images streamed")
"""On any number of devices the work is the same; of a stream, memory holds a few batches."""
RENEWED = "arrays too large for the C library to keep, whose memory is cleared anew for each call"
UNEXPLAINED = "not explained by this run: the machine's other work, or its caches"


@dataclasses.dataclass(frozen=True)
class Series:
    """A cost at several sizes.

    Attributes:
      what: whose cost.
      grows: with what: 'files', 'pixels', 'images', 'devices' or 'images streamed'.
      measure: 'time' in seconds, or 'memory' in bytes.
      points: pairs of a size and the total cost there.
      renewed: sizes at which most of the memory is cleared anew for each call.
    """

    what: str
    grows: str
    measure: str
    points: tuple[tuple[float, float], ...]
    renewed: tuple[float, ...] = ()

    @property
    def unit_costs(self) -> tuple[float, ...]:
        """The cost of a unit at each point; of everything, where that should stay the same."""
        if self.grows in FLAT:
            return tuple(cost for _, cost in self.points)
        return tuple(cost / size for size, cost in self.points)

    @property
    def bends(self) -> dict[float, float]:
        """Where the cost of a unit is not near the median one (of two, the first): its factor."""
        costs = self.unit_costs
        middle = median(costs[:1] if len(costs) == 2 else costs)
        if middle <= 0:
            return {}
        factors = {size: cost / middle for (size, _), cost in zip(self.points, costs, strict=True)}
        return {
            size: factor
            for size, factor in factors.items()
            if not 1 / STRAIGHT <= factor <= STRAIGHT
        }

    @property
    def verdict(self) -> str:
        """Whether it is a straight line, or where and why it bends.

        A fixed cost shows as dearer units at the small end, what devices do not share as dearer
        ones at the large end, and either as units that are ever dearer towards that end. Memory
        that is cleared for each call is measured; anything else is not accounted for.
        """
        if len(self.points) == 1:
            return "one size only"
        if not self.bends:
            return "straight"
        costs = {size: cost for (size, _), cost in zip(self.points, self.unit_costs, strict=True)}
        ends = list(costs)[::-1] if self.grows == "devices" else list(costs)
        explained = list(itertools.takewhile(lambda size: self.bends.get(size, 0) > 1, ends))
        if ends == sorted(ends, key=lambda size: costs[size], reverse=True):
            explained = [*self.bends]
        if self.grows == "images streamed":
            explained = []  # Nothing is known that would explain them.
        known = REPEATED[self.measure] if self.grows == "devices" else ONCE
        others = [size for size in self.bends if size not in explained]
        renewed = [size for size in others if size in self.renewed and self.bends[size] > 1]
        parts = [
            (known, explained),
            (RENEWED, renewed),
            (UNEXPLAINED, [size for size in others if size not in renewed]),
        ]
        return "; ".join(
            f"{', '.join(f'x{digits(self.bends[s])} at {s:,.0f}' for s in sorted(where))}: {why}"
            for why, where in parts
            if where
        )


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
    """The series, as they come, with their samples."""
    quick = config.quick
    report.tell("folders of files")
    yield files((100, 1000) if quick else (1000, 10_000, 100_000, 1_000_000), config)
    report.tell("images streamed, not kept")
    yield streamed((20, 40) if quick else (1000, 2000, 4000, 8000), 16 if quick else 128)
    pixels = (16, 32) if quick else (32, 64, 128, 256, 512)
    batches = (1, 2) if quick else (1, 4, 16, 64, 256, 512)
    for kind, batch, size in (("chain", 64, 64), ("train_augmented", 8, 16 if quick else 32)):
        by_pixels = [Work(kind, 2 if quick else batch, side) for side in pixels]
        by_images = [Work(kind, count, size) for count in batches]
        for grows, works in (("pixels", by_pixels), ("images", by_images)):
            report.tell(f"{_title(works[0])}, {_fixed(grows, works[0])}")
            yield sizes(grows, works, config)
    for work in (
        Work("chain", 8, 16) if quick else Work("chain", 64, 128),
        Work("train_augmented", 8, 16) if quick else Work("train_augmented", 64, 32),
    ):
        report.tell(f"{_title(work)}, {work.dimensions}, on several devices")
        yield devices(work, (1, 2) if quick else (1, 2, 4, 8), config)


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


def panels(
    series: Sequence[Series],
) -> dict[tuple[str, str], dict[str, Sequence[tuple[float, float]]]]:
    """The lines of the chart's panels: time and memory by what they grow with, and the unit."""
    found: dict[tuple[str, str], dict[str, Sequence[tuple[float, float]]]] = {}
    for one in series:
        unit = "B" if one.measure == "memory" else "s"
        points = [(size, cost) for size, cost in one.points if cost > 0]
        found.setdefault((f"{one.measure} by {one.grows}", unit), {})[one.what] = points
    return found


COLUMNS = ("cost", "grows with", "at", "each costs", "")
LEGEND = (
    f"Straight: at every size, what each costs is within {STRAIGHT:g} times the median of the "
    "costs (of two, the first); x3: three times that. Made-up: a folder of two files whose listing "
    "says that there are as many. Devices: forced ones, which share the cores."
)


def cells(one: Series) -> tuple[str, ...]:
    """A series in a line."""
    scale, unit = (1e6, "µs") if one.measure == "time" else (1.0, "bytes")
    if one.grows in FLAT:
        scale, unit = (1e3, "ms") if one.measure == "time" else (2.0**-20, "MiB in all")
    if one.grows == "pixels" and one.measure == "time":
        scale, unit = 1e9, "ns"
    at = " ".join(f"{size:,.0f}" for size, _ in one.points)
    costs = " ".join(digits(cost * scale) for cost in one.unit_costs)
    return (f"{one.what}: {one.measure}", one.grows, at, f"{costs} {unit}", one.verdict)


def on_screen(series: Sequence[Series]) -> Table:
    """The series as a table of rich."""
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for one in series:
        table.add_row(*cells(one), style="yellow" if one.bends else None)
    return table


def in_markdown(series: Sequence[Series]) -> str:
    """The series as a table in Markdown."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(cells, series)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
