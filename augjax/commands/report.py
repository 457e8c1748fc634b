"""`augjax report`: one page of a run; and that of a run that a command has just trained."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from augjax.commands.console import screen
from augjax.commands.flags import Report
from augjax.commands.place import check_files, check_place_of_run
from augjax.commands.progress import working
from augjax.errors import InputError
from augjax.files import write_atomically
from augjax.printable import printable
from augjax.runs.folder import REPORT
from augjax.runs.loaded import Run, load_run

if TYPE_CHECKING:
    from augjax.report.page import Page


def main(flags: Report) -> int:
    """Writes the page, and says where it is."""
    run = load_run(flags.run)
    out = _checked(flags.out, run) if flags.out else flags.run / REPORT
    check_files(out.parent, [out.name])
    with working(f"Reporting on epoch {run.epoch} of {printable(str(flags.run))} ..."):
        page = _page(run)
    if page.missing and not flags.out and out.exists():
        raise InputError(
            f"{page.missing}, so the page would have no scores and no mistakes; "
            f"{printable(str(out))} is left as it is: give --out"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, page.html)
    screen().print(f"Written: {printable(str(out))}")
    if page.missing:
        screen().print(f"Note: it has no scores and no mistakes: {page.missing}")
    return 0


def _checked(out: Path, run: Run) -> Path:
    """`out`, if a page may be written there; data that are not there any more are no hindrance."""
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {printable(str(out))}: expected a name that ends in .html")
    check_place_of_run(out, out.parent, run.folder, run.settings)
    return out


def _page(run: Run) -> "Page":
    """The page; its templates are imported when a run that is to have one has ended."""
    from augjax.report.page import report_page

    return report_page(run)


def report_trained(run_dir: Path, console: Console) -> None:
    """Writes the page of a run that has just ended. Whatever is wrong with it is only noted."""
    path = run_dir / REPORT
    try:
        write_atomically(path, _page(load_run(run_dir)).html)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        console.print(f"Note: there is no {path.name} ({printable(reason)}).")
        return
    console.print(f"The run on one page: {printable(str(path))}")
