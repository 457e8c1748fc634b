"""The history of a run as files that pandas reads like a Keras history."""

import csv
import io
import json
from pathlib import Path

from augjax.errors import InputError
from augjax.files import read_bounded, write_atomically
from augjax.training.history import EpochRow, columns

HISTORY = "history.jsonl"
"""A row for each epoch, a line each."""


def write_history(rows: list[EpochRow], folder: Path, *, num_classes: int = 2) -> None:
    """Writes `history.csv` and `history.jsonl` into `folder`, each whole and atomically."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns(num_classes), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(folder / "history.csv", table.getvalue())
    write_atomically(folder / HISTORY, "".join(json.dumps(row) + "\n" for row in rows))


def epochs_done(folder: Path) -> int:
    """How many epochs the history in `folder` holds.

    Raises:
      InputError: if it cannot be read.
    """
    try:
        lines = read_bounded(folder / HISTORY)
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{folder / HISTORY}: cannot read it ({reason})") from error
    return lines.count(b"\n") + (lines[-1:] not in (b"\n", b""))
