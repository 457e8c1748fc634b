"""What a run on many machines would cost, on paper: what grows, and where it bends.

What each file, image and parameter costs is measured here, in the same run, by the code that a run
calls (`unit_costs`); the rest is arithmetic. Seconds on other machines are other seconds, and the
network's are not told: only its bytes. Nothing of the mends is built.
"""

import dataclasses
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from experiments.benchmark.chart import limits_chart
from experiments.benchmark.config import Config, Scenario
from experiments.benchmark.listing import write_files
from experiments.benchmark.processes import said
from experiments.benchmark.report import Report
from experiments.benchmark.table import digits

START, RECEIVED, MEMORY, FILE = "start-up", "received at start-up", "memory", "file of process 0"
MESSAGE, ORDER, EPOCH, STEP = "one message", "before an epoch", "during an epoch", "each step"
CHECKPOINT = "each checkpoint"

GROWTH: dict[str, Callable[[Scenario], float]] = {
    "images": lambda s: s.images,
    "images, with several hosts": lambda s: s.images if s.hosts > 1 else 0,
    "images / hosts": lambda s: s.images / s.hosts,
    "images / hosts, with several": lambda s: s.images / s.hosts if s.hosts > 1 else 0,
    "batch / hosts": lambda s: s.batch_size / s.hosts,
    "hosts, with several": lambda s: s.hosts if s.hosts > 1 else 0,
    "parameters": lambda s: s.parameters,
    "parameters, with several hosts": lambda s: s.parameters if s.hosts > 1 else 0,
    "parameters x 2 (hosts - 1) / hosts": lambda s: s.parameters * 2 * (s.hosts - 1) / s.hosts,
    "devices of a host": lambda s: s.devices_per_host if s.hosts > 1 else 0,
}
"""How many of what a host has to do with."""
LIMITS = {
    START: (600.0, "s"),
    ORDER: (600.0, "s"),
    CHECKPOINT: (600.0, "s"),
    MEMORY: (8e9, "B"),
    FILE: (2.0**28, "B"),
    MESSAGE: (2.0**31 - 1, "B"),
}
"""Where a cost bends: at ten minutes, 8 GB of a host, the longest file that `augjax.files` reads
back, and the longest text that `Processes.gather` can say."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """Something that costs time or bytes on a host.

    Attributes:
      what: costs.
      when: one of the words above.
      of: the name of the unit cost; ', s' or ', B' at its end is its unit.
      grows: with what, a key of `GROWTH`.
      mend: what would straighten it.
    """

    what: str
    when: str
    of: str
    grows: str
    mend: str = ""

    @property
    def unit(self) -> str:
        """'s' or 'B'."""
        return self.of[-1]

    def amount(self, units: Mapping[str, float], scenario: Scenario) -> float:
        """On a host."""
        return units[self.of] * GROWTH[self.grows](scenario)

    @property
    def limit(self) -> float | None:
        """Beyond which it bends."""
        limit, unit = LIMITS.get(self.when, (None, ""))
        return limit if unit == self.unit else None


SHARDS = "list in shards, one a host, and put only their digests together"
INDEXED = "a keyed permutation that gives the image at a place by arithmetic, and stores nothing"
BAD_ONES = "tell only of bad files, and a digest of the good ones; keep the rest where it is judged"
OWN_FILES = "a file for each host's images, to which rows are added"
OWN_COLUMNS = "hold an image's path, label and fingerprints on the hosts that read it, in columns"

COSTS = (
    Cost("listing the files", START, "scan, s", "images", SHARDS),
    Cost("agreeing on the listing", START, "agree, s", "images, with several hosts", SHARDS),
    Cost("identities", START, "ids, s", "images", "an identity when the image is read"),
    Cost("judging headers", START, "judge, s", "images / hosts", "more hosts, or cores of each"),
    Cost("gathering verdicts", START, "gather, s", "images, with several hosts", BAD_ONES),
    Cost("keeping verdicts", START, "keep verdicts, s", "images", OWN_FILES),
    Cost("fingerprints.json", START, "fingerprints, s", "images", OWN_FILES),
    Cost("digests of the listing", RECEIVED, "digest, B", "hosts, with several"),
    Cost("verdicts", RECEIVED, "gathered, B", "images, with several hosts"),
    Cost("the state to start with", RECEIVED, "state, B", "parameters, with several hosts"),
    Cost("verdicts of a process", MESSAGE, "gathered, B", "images / hosts, with several", BAD_ONES),
    Cost("the data set while it is read", MEMORY, "reading, B", "images", OWN_COLUMNS),
    Cost("the data set", MEMORY, "data set, B", "images", OWN_COLUMNS),
    Cost(
        "verdicts while they are gathered",
        MEMORY,
        "gathered in memory, B",
        "images, with several hosts",
        BAD_ONES,
    ),
    Cost("an epoch's order", MEMORY, "order, B", "images", INDEXED),
    Cost(
        "the verdicts kept",
        FILE,
        "verdicts kept, B",
        "images",
        f"{OWN_FILES}; so large a file is not read back, and each start judges all files",
    ),
    Cost(
        "fingerprints.json",
        FILE,
        "fingerprints, B",
        "images",
        f"{OWN_FILES}; so large a file is not read back, and the run cannot be resumed",
    ),
    Cost("an epoch's order", ORDER, "order, s", "images", INDEXED),
    Cost("decoding", EPOCH, "decode, s", "images / hosts"),
    Cost("files read", EPOCH, "file, B", "images / hosts"),
    Cost("decoding a host's rows", STEP, "decode, s", "batch / hosts"),
    Cost("gradients sent", STEP, "parameter, B", "parameters x 2 (hosts - 1) / hosts"),
    Cost("the vote", STEP, "vote, B", "devices of a host"),
    Cost("writing by process 0", CHECKPOINT, "checkpoint, s", "parameters", "each host its part"),
    Cost("its size", CHECKPOINT, "checkpoint, B", "parameters"),
)
BY_FORMULA = {"parameter, B": 4.0, "vote, B": 4.0}
"""A float32 gradient, and an int32 of each device."""


def run(config: Config) -> Report:
    """Measures what each costs, and works out the rest."""
    scenario = config.scenario
    report = Report(config, f"A plan: {in_words(scenario)}")
    report.tell("what each file, image and parameter costs here")
    listed, images, ordered = (100, 20, 1000) if config.quick else (20_000, 1000, 10_000_000)
    with tempfile.TemporaryDirectory() as scratch:
        write_files(Path(scratch, "listed", "train"), listed)
        write_files(Path(scratch, "listed", "valid"), 2)
        command = ["-m", "experiments.benchmark.unit_costs", scratch, str(images), str(ordered)]
        measured = json.loads(said(command, {"XDG_CACHE_HOME": f"{scratch}/cache"}))
    units = measured | BY_FORMULA | {"file, B": float(scenario.bytes_per_image)}
    bent = bends(units, scenario)
    table = "\n\n".join((in_markdown(units, scenario), *(["\n".join(bent)] if bent else [])))
    report.samples = {"unit costs": measured}
    report.write(
        table=table,
        scenario=dataclasses.asdict(scenario),
        costs=[
            dataclasses.asdict(cost)
            | {
                "each": units[cost.of],
                "on_one_host": cost.amount(units, scenario.on_one_host),
                "on_each_host": cost.amount(units, scenario),
                "limit": cost.limit,
            }
            for cost in COSTS
        ],
    )
    report.chart = limits_chart(in_times_of_limits(units, scenario), report.heading)
    report.tables = [on_screen(units, scenario), table, Text(LEGEND)]
    return report


LEGEND = (
    "Each: measured here, in this run, but for what follows from the formula or the flags. "
    "Seconds of Python are of one core, those of decoding of all cores of this machine. Start-up "
    "is that of a first start, with files that the system has in memory. The order is of an array "
    "of 80 MB, and larger ones are slower; a checkpoint's seconds include what it takes however "
    "small it is."
)


def in_words(scenario: Scenario) -> str:
    """The scenario's size."""
    hosts = f"{scenario.hosts:,} host{'s' if scenario.hosts > 1 else ''}"
    return f"{hosts} and {scenario.images:,} images"


def columns(scenario: Scenario) -> tuple[str, ...]:
    """The headings of the table."""
    small, large = in_words(scenario.on_one_host), f"{in_words(scenario)}, each host"
    return ("cost", "when", "each", "grows with", small, large)


def cells(cost: Cost, units: Mapping[str, float], scenario: Scenario) -> tuple[str, ...]:
    """A cost in a line."""
    each = quantity(units[cost.of], cost.unit)
    small, large = (
        quantity(cost.amount(units, one), cost.unit) for one in (scenario.on_one_host, scenario)
    )
    return (cost.what, cost.when, each, cost.grows, small, large)


def in_all(units: Mapping[str, float], scenario: Scenario) -> tuple[str, ...]:
    """The line of what start-up takes together."""
    sums = (
        sum(cost.amount(units, one) for cost in COSTS if cost.when == START)
        for one in (scenario.on_one_host, scenario)
    )
    return ("all of these", START, "", "", *(quantity(total, "s") for total in sums))


def lines(units: Mapping[str, float], scenario: Scenario) -> list[tuple[str, ...]]:
    """The table's."""
    found = [cells(cost, units, scenario) for cost in COSTS]
    at_start = sum(cost.when == START for cost in COSTS)
    return [*found[:at_start], in_all(units, scenario), *found[at_start:]]


def bends(units: Mapping[str, float], scenario: Scenario) -> list[str]:
    """A line for each cost that reaches its limit, with what would mend it."""
    told = []
    for cost in COSTS:
        amount, limit = cost.amount(units, scenario), cost.limit
        if limit is None or amount < limit:
            continue
        line = (
            f"- **{cost.what}, {cost.when}**: {quantity(amount, cost.unit)}, where the "
            f"limit is {quantity(limit, cost.unit)}"
        )
        if cost.grows.startswith("images"):
            line += f", from {digits(scenario.images * limit / amount / 1e6)} million images on"
        told.append(f"{line}. Mend: {cost.mend}.")
    return told


def in_times_of_limits(
    units: Mapping[str, float], scenario: Scenario
) -> dict[str, tuple[float, float]]:
    """What has a limit, in times of it: on one host, and on each of many."""
    return {
        f"{cost.what}, {cost.when}": (
            cost.amount(units, scenario.on_one_host) / cost.limit,
            cost.amount(units, scenario) / cost.limit,
        )
        for cost in COSTS
        if cost.limit is not None
    }


def quantity(amount: float, unit: str) -> str:
    """Seconds or bytes in a unit that leaves few digits before the point."""
    scales = (
        [(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h")]
        if unit == "s"
        else [(1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"), (1e15, "PB")]
    )
    if not amount:
        return "0"
    scale, name = max((one for one in scales if amount >= one[0]), default=scales[0])
    return f"{digits(amount / scale)} {name}"


def on_screen(units: Mapping[str, float], scenario: Scenario) -> Table:
    """The costs as a table of rich; those that bend are yellow."""
    table = Table(box=None, pad_edge=False)
    for column in columns(scenario):
        table.add_column(column, overflow="fold")
    bent = {
        cells(cost, units, scenario)
        for cost in COSTS
        if cost.limit is not None and cost.amount(units, scenario) >= cost.limit
    }
    for line in lines(units, scenario):
        table.add_row(*line, style="yellow" if line in bent else None)
    return table


def in_markdown(units: Mapping[str, float], scenario: Scenario) -> str:
    """The costs as a table in Markdown."""
    heading: Sequence[Any] = columns(scenario)
    shown = [heading, ("---",) * len(heading), *lines(units, scenario)]
    return "\n".join(f"| {' | '.join(line)} |" for line in shown)
