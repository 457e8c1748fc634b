"""`augjax report`: one page of a run; and that of a run that a command has just trained."""

from pathlib import Path

from rich.console import Console

from augjax.commands.flags import Report
from augjax.commands.progress import working
from augjax.errors import AugjaxError
from augjax.printable import printable
from augjax.report.write import write_report
from augjax.runs.loaded import load_run


def main(flags: Report) -> int:
    """Writes the page, and says where it is."""
    with working("Evaluating, and writing the report ..."):
        written = write_report(load_run(flags.run), flags.out)
    print(f"The report is {printable(str(written))}")
    return 0


def report_trained(run_dir: Path, console: Console) -> None:
    """Writes the page of a run that has ended. Whatever is wrong with it is a note only."""
    try:
        with working("Evaluating, and writing the report (--no-report leaves it out) ..."):
            written = write_report(load_run(run_dir))
    except (AugjaxError, OSError, ValueError, RuntimeError, MemoryError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        console.print(f"Note: there is no report: {printable(reason)}")
        return
    console.print(f"The report is {printable(str(written))}")
