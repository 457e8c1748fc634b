"""Tables of labelled images: .csv or .jsonl with a path, a label and maybe a split in each row."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from augjax.data.data_report import first_lines
from augjax.data.dataset import VALID_NAMES
from augjax.data.folder.scan import FOLLOWED, NO_FILE, FoundFile, FoundSplit, found_at
from augjax.errors import InputError
from augjax.files import is_path, read_bounded
from augjax.printable import printable

SUFFIXES = (".csv", ".jsonl")

_COLUMNS = ("path", "label", "split")


class _Row(NamedTuple):
    line: int
    split: str
    label: str
    file: FoundFile
    linked: str
    """Where links lead to, or where the file lies outside the table's folder; or ''."""


def is_table(data: str | Path) -> bool:
    """Whether it is called like a table, and is no folder."""
    return str(data).lower().endswith(SUFFIXES) and not os.path.isdir(data)


def read_table(
    table: Path, *, where: str, follow_links: bool = False, skip_missing: bool = False
) -> dict[str, FoundSplit]:
    """The splits of a table by name, or all of its images by the name '' if it has no splits.

    A CSV starts with a line of column names, a JSONL has an object in each line; both are UTF-8.
    The columns `path` and `label` are needed; others than `split` are not read. Classes are the
    labels, sorted by code point. Paths are relative to the table's folder. `.` and `..` are taken
    out of them as text. They may be absolute, but without `follow_links` no file may lie elsewhere
    than in the table's folder, by a link neither.

    Args:
      table: the file.
      where: what an error begins with.
      follow_links: whether files may lie anywhere.
      skip_missing: whether a file that is not there is the file's fault, and not the row's.

    Raises:
      InputError: if the table cannot be read, or for rows that cannot be used, all named.
    """
    folder, here, real = table.parent, os.path.abspath(table.parent), os.path.realpath(table.parent)
    rows: list[_Row] = []
    problems: list[tuple[int, str]] = []
    missing: list[tuple[int, str]] = []
    count, seen, has_splits = 0, dict[str, int](), False
    for line, fields in _records(_text(table, where), table, where):
        count += 1
        problem = fields if isinstance(fields, str) else _problem(fields)
        if isinstance(fields, str) or problem:
            problems.append((line, problem))
            continue
        path = _below(fields["path"], here, real)
        has_splits = has_splits or "split" in fields
        target = os.path.realpath(os.path.join(real, path))
        linked = "" if target == os.path.join(real, path) else target
        file = found_at(os.path.join(folder, path), path)
        first = seen.setdefault(path, line)
        if first != line:
            problems.append((line, f"{printable(path)}: the path of line {first} again"))
        elif not (follow_links or target.startswith(os.path.join(real, ""))):
            problem = f"leads out of the table's folder; {FOLLOWED}"
            problems.append((line, f"{printable(path)}: {problem}"))
        elif file.reason == NO_FILE:
            missing.append((line, f"{printable(path)}: {NO_FILE}"))
        rows.append(_Row(line, fields.get("split", ""), fields["label"], file, linked))
    if has_splits:
        problems += [(row.line, "it has no split") for row in rows if not row.split]
    if problems or not skip_missing:
        problems += missing  # So that all are named at once.
    if problems:
        raise InputError(
            f"{where}: cannot use {len({line for line, _ in problems})} of {count} rows; "
            "correct or remove them",
            first_lines([f"line {line}: {problem}" for line, problem in sorted(problems)]),
        )
    if not rows:
        raise InputError(f"{where} has no rows")
    names = [name for name in ("train", *VALID_NAMES, "") if any(row.split == name for row in rows)]
    return {
        name: _found(name, folder, [row for row in rows if row.split == name]) for name in names
    }


def _found(name: str, folder: Path, rows: list[_Row]) -> FoundSplit:
    class_names = tuple(sorted({row.label for row in rows}))
    labels = {class_name: label for label, class_name in enumerate(class_names)}
    files = sorted(
        (row.file._replace(label=labels[row.label]) for row in rows),
        key=lambda file: (file.label, file.path),
    )
    linked = tuple(sorted({row.linked for row in rows if row.linked}))
    return FoundSplit(name, "", folder, class_names, tuple(files), Counter(), linked)


def _text(table: Path, where: str) -> str:
    try:
        content = read_bounded(table)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{where}: cannot read it: {why}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{where}: line {line} is not UTF-8; save it as UTF-8") from error


def _records(text: str, table: Path, where: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Each row with the number of its first line: the columns we read, or what is wrong."""
    if table.name.lower().endswith(".csv"):
        return _csv_records(text, where)
    return _json_records(text)


def _csv_records(text: str, where: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    header: list[str] | None = None
    try:
        for fields in reader:
            if header is None:
                header = fields
                _check_header(header, where)
            elif fields and len(fields) != len(header):
                yield line, f"it has {len(fields)} fields, not {len(header)}"
            elif fields:
                named = zip(header, fields, strict=True)
                yield line, {name: field for name, field in named if name in _COLUMNS}
            line = reader.line_num + 1
    except csv.Error as error:  # What follows would be read from the middle of a field.
        yield line, f"not CSV: {error}"


def _check_header(header: list[str], where: str) -> None:
    if not {"path", "label"} <= set(header) or any(header.count(name) > 1 for name in _COLUMNS):
        found = ", ".join(map(printable, header))
        raise InputError(
            f"{where}: expected the columns path, label and maybe split, found {found}"
        )


def _json_records(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for line, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            try:
                fields = json.loads(row)
            except (ValueError, RecursionError):
                fields = None
            if isinstance(fields, dict):
                yield line, {name: fields[name] for name in _COLUMNS if name in fields}
            else:
                yield line, "not a JSON object"


def _problem(fields: dict[str, Any]) -> str:
    """Why a row cannot be used, whatever is on the disk, or ''."""
    for name, value in (("path", fields.get("path", "")), ("label", fields.get("label", ""))):
        if not isinstance(value, str) or not is_path(value):
            return f"its {name} is not text: {value!a:.80}"
        if not value.strip():
            return f"it has no {name}"
    split = fields.get("split", "train")
    if split not in ("", "train", *VALID_NAMES):
        shown = printable(split) if isinstance(split, str) else ascii(split)
        return f"unknown split {shown:.80}; expected train or {' or '.join(VALID_NAMES)}"
    return ""


def _below(path: str, *folders: str) -> str:
    """A path relative to the folder, by one of its names, if it lies in there or is relative."""
    whole = os.path.normpath(os.path.join(folders[0], path))
    for folder in folders:
        if whole.startswith(os.path.join(folder, "")):
            return Path(os.path.relpath(whole, folder)).as_posix()
    return Path(whole if os.path.isabs(path) else os.path.relpath(whole, folders[0])).as_posix()
