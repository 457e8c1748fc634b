"""`augjax compare`: is this run better than that one?"""

import statistics

from rich.table import Table

from augjax.commands.console import print_json, screen
from augjax.commands.flags import Compare
from augjax.commands.place import check_files, check_place_of_run
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runs.comparison import CONFIDENCE, Comparison, compare_runs
from augjax.runs.figures import overlaid, save_png

DIGITS = {"val_loss": 4, "epochs": 0, "total_seconds": 0}


def main(flags: Compare) -> int:
    """Prints the comparison, and draws the runs' curves."""
    comparison = compare_runs(flags.runs)
    out = flags.out
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {printable(str(out))}: expected a name that ends in .png")
    for group in comparison.groups:
        for run in group.runs:
            check_place_of_run(out, out.parent, run.folder, run.settings)
    check_files(out.parent, (out.name,))
    accuracy = comparison.columns[0]
    histories = [
        {f"{run.folder} (seed {run.seed})": run.history for run in group.runs}
        for group in comparison.groups
    ]
    titles = {"val_loss": "Validation loss", accuracy: "Validation accuracy"}
    save_png(overlaid(histories, titles), out)
    if flags.json:
        print_json(comparison.as_json())
        return 0
    console = screen()
    for note in comparison.notes:
        console.print(f"Note: {note}")
    console.print(_results(comparison))
    for d in comparison.differences:
        console.print(
            f"{printable(d.first)} against {printable(d.second)}, {d.column}: {d.mean:+.4f} "
            f"({CONFIDENCE:.0%} interval {d.low:+.4f} to {d.high:+.4f}, {len(d.seeds)} seeds "
            f"paired): {d.verdict}"
        )
    if len(comparison.groups) > 1 and not comparison.differences and not comparison.notes:
        console.print(
            "Chance may explain any difference: to tell, train each with the same two seeds, or "
            "more of them."
        )
    if comparison.settings:
        console.print(_settings(comparison))
    console.print(f"Written: {printable(str(out))}")
    return 0


def _results(comparison: Comparison) -> Table:
    """A row for each run, and below the runs of a group one of them all."""
    table = Table(title="Runs, and mean ± standard deviation over seeds", title_justify="left")
    table.add_column("run")
    table.add_column("seed", justify="right")
    for column in comparison.columns:
        table.add_column(column, justify="right")
    for group in comparison.groups:
        for run in group.runs:
            cells = [_number(run.summary[name], name) for name in comparison.columns]
            table.add_row(printable(str(run.folder)), str(run.seed), *cells)
        if len(group.runs) > 1:
            cells = [_spread(group.values(name), name) for name in comparison.columns]
            table.add_row(f"mean of {len(group.runs)} seeds", "", *cells)
        table.add_section()
    return table


def _settings(comparison: Comparison) -> Table:
    table = Table(title="What differs", title_justify="left")
    table.add_column("setting")
    for group in comparison.groups:
        table.add_column(printable(group.name))
    for name, values in comparison.settings.items():
        table.add_row(name, *(printable(str(value)) for value in values))
    return table


def _number(value: float, column: str) -> str:
    return f"{value:,.{DIGITS.get(column, 4)}f}"


def _spread(values: list[float], column: str) -> str:
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    return f"{_number(mean, column)} ± {_number(deviation, column)}"
