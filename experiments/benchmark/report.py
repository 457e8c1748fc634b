"""What a benchmark leaves: a table on the screen, JSON and a chart, up to date as it goes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from augjax.errors import RunError
from augjax.files import write_json
from augjax.report.figures import save_png
from experiments.benchmark.chart import ratio_chart
from experiments.benchmark.config import Config
from experiments.benchmark.table import Row, in_markdown, on_screen
from experiments.benchmark.works import OURS, PEERS, version

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Report:
    """Collects rows and the samples behind them, and writes both after each piece of work."""

    def __init__(self, config: Config, title: str) -> None:
        self._config = config
        self._title = title
        self._environment = environment()
        self._console = Console(highlight=False)
        self._progress = Console(highlight=False, stderr=True, soft_wrap=True)
        self.rows: list[Row] = []
        self.tables: list[Any] = []
        self.samples: dict[str, Any] = {}

    def tell(self, progress: str) -> None:
        """Says on stderr what is being done."""
        self._progress.print(progress, markup=False)

    def add(self, rows: Sequence[Row], samples: Mapping[str, Any]) -> None:
        """Takes results in, and writes all there are."""
        self.rows += rows
        self.samples.update(samples)
        self.write(ratio_chart(self.rows, self._title))

    def write(self, chart: "Figure", **more: Any) -> None:
        """Writes the JSON and the PNG."""
        config = self._config
        name = f"benchmark_{config.what}{'_quick' if config.quick else ''}"
        try:
            config.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"--out {config.out}: cannot make it ({error.strerror})") from error
        write_json(
            config.out / f"{name}.json",
            {
                "title": self._title,
                "settings": {
                    "rounds": config.rounds,
                    "seconds": config.seconds,
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
        save_png(chart, config.out / f"{name}.png")

    def show(self) -> None:
        """Prints the table, with the machine and the versions under it."""
        self._console.print(self._title, style="bold")
        for table in (*on_screen(self.rows), *self.tables):
            self._console.print(table)
        if self.rows:
            self._console.print(in_markdown(self.rows), soft_wrap=True, markup=False)
        here = self._environment
        self._console.print(f"{here['processor']}, {here['cpus']} cores, Python {here['python']}")
        listed = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
        self._console.print(listed, soft_wrap=True)


def environment() -> dict[str, Any]:
    """Processor, cores and versions, those of all peers included."""
    from augjax.training import environment as ours

    here = ours.environment()
    for library in (OURS, *PEERS.values()):
        for alternatives in library.packages:
            here["versions"] |= {name: v for name in alternatives if (v := version(name))}
    return here
