"""The report's file: where it may be written, and that it is written whole."""

import contextlib
import os
from pathlib import Path

from augjax.data.folder.load import link_targets
from augjax.errors import InputError
from augjax.files import is_file, lies_in, write_atomically
from augjax.printable import printable
from augjax.report.page import report_page
from augjax.runs.folder import REPORT
from augjax.runs.loaded import Run


def write_report(run: Run, out: str | Path | None = None) -> Path:
    """Writes a page of all that a run tells of itself; it needs no other file and no network.

    The run's validation images are evaluated for it. If they are not there any more, the page is
    written without the parts that need them, and says so.

    Args:
      run: as `load_run` reads it, finished or not.
      out: the file, which ends in .html; by default report.html in the run's folder.

    Returns:
      The file that was written.

    Raises:
      InputError: if the file is none that may be written, or the run's folder cannot be read.
      RunError: if it cannot be written.
    """
    path = run.folder / REPORT if out is None else Path(out)
    _check_target(path, run)
    write_atomically(path, report_page(run))
    return path


def _check_target(path: Path, run: Run) -> None:
    where = f"--out {printable(str(path))}"
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{where}: expected a file whose name ends in .html")
    if os.path.lexists(path) and not is_file(path):
        raise InputError(f"{where} is a link or a folder; remove it, or choose another name")
    if not path.parent.is_dir():
        raise InputError(
            f"{where}: there is no folder {printable(str(path.parent))}; make it first"
        )
    for folder in _data_of(run):
        if lies_in(path, folder):
            raise InputError(
                f"{where} is or lies in {printable(folder)}, the run's data, where nothing is "
                "written"
            )


def _data_of(run: Run) -> list[str]:
    """Where the run's images are, and what links there lead to."""
    data = run.record.get("data")
    source = run.settings.get("data") or data
    if not isinstance(source, str) or source.startswith("tfds:"):
        return []
    links: tuple[str, ...] = ()
    if run.settings.get("follow_links"):
        with contextlib.suppress(InputError):  # They are not there any more.
            links = link_targets(source)
    return [source, *links]
