"""Where a command writes: never into the data, nor through a link."""

import os
from collections.abc import Sequence
from pathlib import Path

from augjax.errors import InputError
from augjax.files import is_file, lies_in
from augjax.printable import printable


def output_folder(out: Path, names: Sequence[str], *, data: str | Path | None) -> Path:
    """Checks that files of these names may be written to a folder, which may not be there yet.

    Args:
      out: the folder that --out names, or the command's own.
      names: of files; those that are there are replaced.
      data: the folder or table that is read; None if there is none.

    Raises:
      InputError: if it is no folder, lies in the data, or one of the names is a link or a folder.
    """
    shown = printable(str(out))
    if os.path.lexists(out) and not out.is_dir():
        raise InputError(f"--out {shown} is not a folder; choose another name")
    _check_not_in(out, data, shown)
    for name in names:
        if os.path.lexists(out / name) and not is_file(out / name):
            raise InputError(
                f"--out {shown}: {name} there is a link or a folder, which is not replaced; "
                "choose another folder"
            )
    return out


def output_file(out: Path, suffixes: Sequence[str], *, data: str | Path | None) -> Path:
    """Checks that a file may be written.

    Args:
      out: the file that --out names, or the command's own; one that is there is replaced.
      suffixes: one of which the name must end in.
      data: the folder or table that is read; None if there is none.

    Raises:
      InputError: for another suffix, if it lies in the data, or is a link or a folder.
    """
    shown = printable(str(out))
    if out.suffix.lower() not in suffixes:
        raise InputError(f"--out {shown}: expected a name that ends in {' or '.join(suffixes)}")
    if os.path.lexists(out) and not is_file(out):
        raise InputError(f"--out {shown} is a link or a folder; choose another name")
    _check_not_in(out, data, shown)
    return out


def _check_not_in(out: Path, data: str | Path | None, shown: str) -> None:
    if data is not None and os.path.isdir(data) and lies_in(out, data):
        raise InputError(
            f"--out {shown} lies inside the data, where nothing is written; choose another place"
        )
