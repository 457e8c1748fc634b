"""The report on a run's data, kept in its folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from augjax.data import BadImagesError, Dataset
from augjax.files import write_json
from augjax.printable import printable
from augjax.runs.folder import DATA_REPORT


@contextmanager
def bad_images_listed(run_dir: Path | None) -> Iterator[None]:
    """Leaves all that was found out about the files in the folder, if any, of a run that ends."""
    try:
        yield
    except BadImagesError as error:
        if run_dir is not None:
            write_json(run_dir / DATA_REPORT, error.report.as_json())
            error.details += (f"All that was found is in {run_dir / DATA_REPORT}",)
        raise


def keep_data_report(dataset: Dataset, run_dir: Path, console: Console) -> None:
    """Writes what was found out about the data's files, and again when an epoch finds more."""
    report = dataset.report
    if report is None:
        return

    def tell(news: str) -> None:
        write_json(run_dir / DATA_REPORT, report.as_json())
        console.print(news)

    report.tell = tell
    write_json(run_dir / DATA_REPORT, report.as_json())
    if report.bad or report.doubtful or report.dark or report.leaks:
        console.print(f"All that was found is in {printable(str(run_dir / DATA_REPORT))}")
