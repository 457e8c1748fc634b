"""What a benchmark leaves: a table on the screen, JSON and a chart.

What is measured is kept as it goes, in a JSON of another name, and takes the place of what the last
run left when all is done.
"""

import dataclasses
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from augjax.errors import RunError
from augjax.files import write_json
from augjax.runs import environment as ours
from augjax.runs.figures import save_png
from experiments.benchmark.chart import ratio_chart
from experiments.benchmark.config import Config
from experiments.benchmark.table import Row, in_markdown, on_screen
from experiments.benchmark.works import OURS, PEERS, Library, version

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LEGEND = (
    "Ratio: their time or memory by ours, the median of the rounds, and quartiles in brackets. "
    "Above 1, augjax is ahead; where it is not, or short of the target, a row is red, and the "
    "ratio bold in Markdown."
)
QUICK = "With --quick, this says that the benchmark works, and nothing of how fast anything is."


class Report:
    """Collects rows and the samples behind them, and writes both after each race.

    Raises:
      RunError: if nothing can be written to the folder asked for.
    """

    def __init__(self, config: Config, title: str) -> None:
        try:
            config.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"--out {config.out}: cannot make it ({error.strerror})") from error
        if not os.access(config.out, os.W_OK):
            raise RunError(f"--out {config.out}: cannot write there")
        self._config = config
        self._name = config.name
        self._unfinished = config.out / f"{self._name}_unfinished.json"
        self._title = title
        self._start = time.monotonic()
        self._environment = environment()
        self._console = Console(highlight=False)
        self._progress = Console(highlight=False, stderr=True, soft_wrap=True)
        self.rows: list[Row] = []
        # What is printed and drawn, if not the rows.
        self.tables: list[Any] = []
        self.chart: Figure | None = None
        self.tell(f"Until all is measured, what there is is kept in {self._unfinished}")
        self.samples: dict[str, Any] = {}

    def tell(self, progress: str) -> None:
        """Says on stderr what is being done."""
        self._progress.print(progress, markup=False)

    def add(self, rows: Sequence[Row], samples: Mapping[str, Any]) -> None:
        """Takes results in, in the place of those of fewer rounds, and writes all there are."""
        if self._config.quick:  # Targets are for the full sizes.
            rows = [dataclasses.replace(row, target=None) for row in rows]
        renewed = {row.claim for row in rows}
        self.rows = [row for row in self.rows if row.claim not in renewed] + list(rows)
        self.samples.update(samples)
        self.write()

    @property
    def heading(self) -> str:
        """A chart's: the title, and on what and with what it was measured."""
        quick = ", --quick" if self._config.quick else ""
        here, versions = self._environment, self._versions()
        named = [
            f"{name} {versions[name]}" for name in ("jax", "keras", "torch") if name in versions
        ]
        where = ", ".join((f"{here['processor']}, {here['cpus']} cores", *named))
        return f"{self._title}{quick}\n{where}"

    def _versions(self) -> dict[str, str]:
        """Of all packages but those of peers without a row."""
        against = {row.peer for row in self.rows if row.value}
        compared = [OURS, *(peer for peer in PEERS.values() if peer.title in against)]
        silent = _packages(PEERS.values()) - _packages(compared)
        return {name: v for name, v in self._environment["versions"].items() if name not in silent}

    def write(self, **more: Any) -> None:
        """Writes the JSON, under a name that says that there is more to come."""
        config = self._config
        write_json(
            self._unfinished,
            {
                "title": self._title,
                "settings": {
                    "rounds": config.turns,
                    "rounds_of_what_is_long": config.long_turns,
                    "seconds": config.burst,
                    "peers": config.peers,
                    "quick": config.quick,
                },
                "environment": self._environment,
                "rows": [row.as_json() for row in self.rows],
                "table": in_markdown(self.rows),
                **more,
                "samples": self.samples,
            },
        )

    def finish(self) -> None:
        """Gives the JSON its name, draws the chart, and prints the table, machine and versions."""
        out, name = self._config.out, self._name
        self._unfinished.replace(out / f"{name}.json")
        save_png(self.chart or ratio_chart(self.rows, self.heading), out / f"{name}.png")
        results = self.tables or [*on_screen(self.rows), in_markdown(self.rows), Text(LEGEND)]
        here = self._environment
        minutes = (time.monotonic() - self._start) / 60
        self._console.print(self._title, style="bold")
        for result in (
            *results,
            *([Text(QUICK)] if self._config.quick else []),
            f"{here['processor']}, {here['cpus']} cores, Python {here['python']}",
            ", ".join(f"{name} {number}" for name, number in self._versions().items()),
            f"{minutes:.1f} minutes; written: {out / name}.json and .png",
        ):
            self._console.print(result, soft_wrap=isinstance(result, str), markup=False)


def _packages(libraries: Iterable[Library]) -> set[str]:
    return {name for one in libraries for alternatives in one.packages for name in alternatives}


def environment() -> dict[str, Any]:
    """Processor, cores and versions, those of all peers included."""
    here = ours.environment()
    for library in (OURS, *PEERS.values()):
        for alternatives in library.packages:
            here["versions"] |= {name: v for name in alternatives if (v := version(name))}
    return here
