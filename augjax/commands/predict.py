"""`augjax predict`: the class of images, a row each, as they are read."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Float32
from rich.cells import cell_len, set_cell_size

from augjax.commands.console import check_printed
from augjax.commands.flags import Predict
from augjax.commands.progress import counting
from augjax.data import expand
from augjax.data.data_report import IMAGE_SUFFIXES
from augjax.errors import InputError
from augjax.printable import counted, printable, some
from augjax.runs.evaluation import csv_line, probability_columns
from augjax.runs.loaded import Run, load_run
from augjax.runs.settings import check_settings
from augjax.screen import nobody_reads

SOME_FAILED = 3
"""The exit code where some of the images could not be used."""

Row = Callable[[str, Float32[np.ndarray, " classes"] | None, str], str]
"""The text for a file: its path, its probabilities or None, and why there are none."""


def main(flags: Predict) -> int:
    """Prints a row for each image, in the order given; 3 if some could not be used."""
    check_settings({"max_pixels": flags.max_pixels})
    run = load_run(flags.run)
    for note in run.notes:
        print(f"Note: {note}", file=sys.stderr)
    header, row = _format("jsonl" if flags.json else flags.format, run)
    count = failed = 0
    skipped: Counter[str] = Counter()
    paths = expand(_named(flags.paths), skipped=skipped)
    answers = run.predict_files(paths, max_pixels=flags.max_pixels)
    for path, probabilities, reason in counting(answers, "images"):
        _write((header if not count else "") + row(path, probabilities, reason))
        count, failed = count + 1, failed + (probabilities is None)
        if nobody_reads():
            break
    check_printed()
    if skipped and not nobody_reads():
        kinds = [f"{printable(kind)} {number}" for kind, number in skipped.most_common()]
        read = " ".join(IMAGE_SUFFIXES)
        print(f"Skipped {some(kinds, 10)} in folders; only {read} are read.", file=sys.stderr)
    if not count:
        if flags.paths == ("-",):
            raise InputError("the list on standard input is empty, or of folders without images")
        raise InputError(f"{some([printable(path) for path in flags.paths])}: there are no images")
    if not failed or nobody_reads():
        return 0
    print(f"{failed:,} of {counted(count, 'file')} could not be used", file=sys.stderr)
    return SOME_FAILED


def _named(paths: Iterable[str]) -> Iterator[str]:
    """The paths of the command line; those on standard input in place of a '-'."""
    for path in paths:
        if path == "-":
            if sys.stdin is None:
                raise InputError("-: standard input is closed; give files or folders")
            for line in sys.stdin.buffer:
                if name := os.fsdecode(line.removesuffix(b"\n").removesuffix(b"\r")):
                    yield name
        else:
            yield path


def _format(name: str, run: Run) -> tuple[str, Row]:
    """The first line, and what makes a row."""
    names = run.class_names
    if name == "csv":
        header = csv_line(("path", "prediction", *probability_columns(names), "error"))
        return header, lambda path, said, reason: csv_line(
            (path, "", *[""] * len(names), reason)
            if said is None
            else (path, names[said.argmax()], *said, "")
        )
    if name == "jsonl":
        return "", lambda path, said, reason: _json_line(path, said, reason, names)
    shown = dict(zip(names, map(printable, names), strict=True))
    width = max(map(cell_len, ("prediction", *shown.values())))

    def table_row(path: str, said: Any, reason: str) -> str:
        if said is None:
            return f"{'-':{width}}  {'-':>11}  {printable(path)}: {reason}\n"
        name = set_cell_size(shown[names[said.argmax()]], width)
        return f"{name}  {said.max():11.4f}  {printable(path)}\n"

    return f"{'prediction':{width}}  probability  path\n", table_row


def _json_line(
    path: str,
    said: Float32[np.ndarray, " classes"] | None,
    reason: str,
    names: tuple[str, ...],
) -> str:
    row = {"path": path, "prediction": None, "probabilities": None, "error": reason or None}
    if said is not None:
        # The shortest text that is read as the same float32.
        shares = [float(str(share)) for share in said]
        row["prediction"] = names[said.argmax()]
        row["probabilities"] = dict(zip(names, shares, strict=True))
    return json.dumps(row) + "\n"


def _write(text: str) -> None:
    """Writes UTF-8, whatever the terminal's encoding, and names byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
    sys.stdout.buffer.flush()
