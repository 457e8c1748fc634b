"""How costs grow: with the files of a folder, the size of images, the batch, and the devices."""

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.benchmark.chart import growth_chart
from experiments.benchmark.config import Config
from experiments.benchmark.listing import write_files
from experiments.benchmark.processes import said
from experiments.benchmark.races import AUGJAX, Contenders
from experiments.benchmark.report import Report
from experiments.benchmark.table import digits
from experiments.benchmark.timing import Entry, Failed, Spread, race, samples
from experiments.benchmark.works import OURS, Work

if TYPE_CHECKING:
    from rich.table import Table

STRAIGHT = 1.5
"""A line is straight where the cost of a unit is within this factor of the median one."""
REAL_FILES = 100_000
"""Up to so many files are written; more are only made believe."""
WHY = {
    ("files", "time"): "importing and warming up aside, a scan has a fixed cost of a few folders",
    ("files", "memory"): "below some thousand files it fits into memory that was there already",
    (
        "pixels",
        "time",
    ): "convolutions of few pixels have another algorithm; large ones leave the caches",
    ("pixels", "memory"): "what depends on the weights alone does not grow with the pixels",
    (
        "images",
        "time",
    ): "a call costs something whatever the batch, and a small batch has little to share among cores",
    ("images", "memory"): "what depends on the weights alone does not grow with the batch",
    (
        "devices",
        "time",
    ): "forced host devices share the cores: beyond those there is nothing to gain",
    ("devices", "memory"): "the weights and their gradients are on every device",
}
"""What bends a line, by what it grows with and what is measured."""


@dataclasses.dataclass(frozen=True)
class Series:
    """A cost at several sizes.

    Attributes:
      what: whose cost.
      grows: with what: 'files', 'pixels', 'images' or 'devices'.
      measure: 'time' in seconds, or 'memory' in bytes.
      points: pairs of a size and the total cost there; with devices, of the cost on each.
    """

    what: str
    grows: str
    measure: str
    points: tuple[tuple[float, float], ...]

    @property
    def unit_costs(self) -> tuple[float, ...]:
        """The cost of a unit at each point: all work is the same on any number of devices."""
        if self.grows == "devices":
            return tuple(cost for _, cost in self.points)
        return tuple(cost / size for size, cost in self.points)

    @property
    def bends(self) -> dict[float, float]:
        """Where the cost of a unit is not near the median one, and by what factor."""
        costs = self.unit_costs
        middle = sorted(costs)[len(costs) // 2]
        if middle <= 0:
            return {}
        factors = {size: cost / middle for (size, _), cost in zip(self.points, costs, strict=True)}
        return {
            size: factor
            for size, factor in factors.items()
            if not 1 / STRAIGHT <= factor <= STRAIGHT
        }

    @property
    def told(self) -> str:
        """Whether it is a straight line, or where and why it bends."""
        if not self.bends:
            return "straight"
        where = ", ".join(f"x{digits(f)} at {size:,.0f}" for size, f in self.bends.items())
        return f"{where}: {WHY[self.grows, self.measure]}"


def run(config: Config) -> Report:
    """Measures all series."""
    report = Report(config, "How costs grow")
    series: list[Series] = []
    for found, timed in measured(config, report):
        series += found
        report.samples.update(timed)
        chart = growth_chart(panels(series), "seconds, or GiB")
        report.write(
            chart,
            table=in_markdown(series),
            series=[{**dataclasses.asdict(one), "told": one.told} for one in series],
        )
    report.tables = [on_screen(series)]
    return report


def measured(config: Config, report: Report) -> Iterator[tuple[list[Series], dict[str, Any]]]:
    """The series, as they come, with their samples."""
    quick = config.quick
    report.tell("files")
    yield files((100, 1000) if quick else (1000, 10_000, 100_000, 1_000_000), config)
    grid = {
        "pixels": [
            ("chain", 2 if quick else 64, size)
            for size in ((16, 32) if quick else (32, 64, 128, 256, 512))
        ],
        "images": [
            ("chain", batch, 64) for batch in ((1, 2) if quick else (1, 4, 16, 64, 256, 512))
        ],
    }
    grid["pixels and step"] = [
        ("train_augmented", 2 if quick else 8, size)
        for size in ((16, 32) if quick else (32, 64, 128, 256, 512))
    ]
    grid["images and step"] = [
        ("train_augmented", batch, 16 if quick else 32)
        for batch in ((1, 2) if quick else (1, 4, 16, 64, 256, 512))
    ]
    for name, works in grid.items():
        report.tell(name)
        yield sizes(name.split()[0], [Work(*work) for work in works], config)
    for work in (
        Work("chain", 8, 16) if quick else Work("chain", 64, 128),
        Work("train_augmented", 8, 16) if quick else Work("train_augmented", 64, 32),
    ):
        report.tell(f"devices, {work.kind}")
        yield devices(work, (1, 2) if quick else (1, 2, 4, 8), config)


def files(counts: Sequence[int], config: Config) -> tuple[list[Series], dict[str, Any]]:
    """Scanning folders, and ordering an epoch of their images."""
    found: dict[str, list[tuple[float, float]]] = {}
    limit = counts[0] if config.quick else REAL_FILES
    kept: list[Any] = []
    with tempfile.TemporaryDirectory() as scratch:
        empty = write_files(Path(scratch, "two"), 2)
        for count in counts:
            arguments = [str(empty), str(count)]
            if count <= limit:
                arguments = [str(write_files(Path(scratch, str(count)), count))]
            turns = [
                json.loads(said(["-m", "experiments.benchmark.listing", *arguments]))
                for _ in range(min(3, config.long_turns))
            ]
            kept.append(turns)
            for part in ("scan", "ids", "order"):
                cost = Spread.of([turn["seconds"][part] for turn in turns]).median
                found.setdefault(part, []).append((count, cost))
            memory = Spread.of([turn["bytes"] for turn in turns]).median
            found.setdefault("bytes", []).append((count, memory))
    names = {"scan": "scanning a folder", "ids": "identities", "order": "an epoch's order"}
    series = [Series(name, "files", "time", tuple(found[part])) for part, name in names.items()]
    series.append(Series("files in memory", "files", "memory", tuple(found["bytes"])))
    return series, {"files": kept}


def sizes(grows: str, works: Sequence[Work], config: Config) -> tuple[list[Series], dict[str, Any]]:
    """One kind of work at several sizes, in one race."""
    with ExitStack() as stack:
        running = Contenders(stack, {})
        entries = [running.entry(AUGJAX, "jit", work, config.burst) for work in works]
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
        named = f"{_title(work)}, {work.batch}x{work.size}x{work.size}x3"
        return _series(named, "devices", list(counts), entries)


def _series(
    what: str, grows: str, units: Sequence[int], entries: Sequence[Entry]
) -> tuple[list[Series], dict[str, Any]]:
    times, memory = [], []
    for unit, entry in zip(units, entries, strict=True):
        if entry.failed or not entry.contender:
            continue
        times.append((float(unit), Spread.of(entry.ms).median / 1e3))
        try:
            memory.append(
                (float(unit), float(entry.contender.ask(do="memory", id=entry.id)["bytes"]))
            )
        except Failed as failure:
            entry.failed = str(failure)
    found = [
        Series(what, grows, "time", tuple(times)),
        Series(what, grows, "memory", tuple(memory)),
    ]
    timed = {str(unit): samples([e]) for unit, e in zip(units, entries, strict=True)}
    return [one for one in found if one.points], {f"{what}, {grows}": timed}


def _title(work: Work) -> str:
    return "augmentation" if work.kind == "chain" else "training step"


def _fixed(grows: str, work: Work) -> str:
    return f"batches of {work.batch}" if grows == "pixels" else f"at {work.size}x{work.size}"


def panels(
    series: Sequence[Series],
) -> dict[str, dict[str, Sequence[tuple[float, float]]]]:
    """The lines of the chart's panels: time and memory by what they grow with."""
    found: dict[str, dict[str, Sequence[tuple[float, float]]]] = {}
    for one in series:
        factor = 2.0**-30 if one.measure == "memory" else 1.0
        points = [(size, max(cost * factor, 1e-9)) for size, cost in one.points]
        found.setdefault(f"{one.measure} by {one.grows}", {})[one.what] = points
    return found


COLUMNS = ("cost", "grows with", "at", "of a unit", "")


def cells(one: Series) -> tuple[str, ...]:
    """A series in a line."""
    scale, unit = (1e6, "µs") if one.measure == "time" else (1.0, "bytes")
    if one.grows == "devices":
        scale, unit = (1e3, "ms") if one.measure == "time" else (2.0**-20, "MiB a device")
    if one.grows == "pixels" and one.measure == "time":
        scale, unit = 1e9, "ns"
    at = " ".join(f"{size:,.0f}" for size, _ in one.points)
    costs = " ".join(digits(cost * scale) for cost in one.unit_costs)
    return (f"{one.what}: {one.measure}", one.grows, at, f"{costs} {unit}", one.told)


def on_screen(series: Sequence[Series]) -> "Table":
    """The series as a table of rich."""
    from rich.table import Table

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
