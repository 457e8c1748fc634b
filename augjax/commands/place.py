"""Where a command may write: not among the images that it reads."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from augjax.commands.command_line import unwritable
from augjax.data.folder.load import link_targets
from augjax.data.folder.splits import contents
from augjax.data.folder.table import is_table
from augjax.errors import InputError
from augjax.files import is_file, is_path, lies_in, nearest_existing, why_unwritable
from augjax.printable import printable
from augjax.runs.own_data import own_data


def check_place(out: Path, folder: Path, data: str, *, follow_links: bool) -> None:
    """Checks where --out leads, before any work is done.

    Args:
      out: as it was given.
      folder: that files are to be written to, which need not be there.
      data: the folder or table of images, in which nothing is written, nor where its links lead.
      follow_links: whether they are followed.

    Raises:
      InputError: if it cannot be written to, or must not; or for data that cannot be read.
    """
    option, shown = f"--out {printable(str(out))}", printable(data)
    if not is_path(str(out)):
        raise InputError(f"{option}: no file has such a name")
    if out.is_symlink():
        raise InputError(f"{option}: a link, through which nothing is written; give where it leads")
    if lies_in(folder, data):
        raise InputError(f"{option} lies inside {shown}, where nothing is written")
    if is_table(data):
        found = contents(Path(data), where=shown, follow_links=follow_links, skip_missing=True)
        splits = map(found.listed, found.names or ("",))
        read = {os.path.dirname(split.path(file)) for split in splits for file in split.files}
        if os.path.realpath(folder) in map(os.path.realpath, read):
            raise InputError(f"{option} lies beside images of {shown}, where nothing is written")
    if follow_links:
        for target in link_targets(data, every_split=True):
            if lies_in(folder, target) or lies_in(out, target):
                raise InputError(
                    f"{option} is or lies in {printable(target)}, where a link in {shown} leads "
                    "and nothing is written"
                )
    _check_writable(folder, out)


def check_place_of_run(out: Path, folder: Path, run_dir: Path, settings: Mapping[str, Any]) -> None:
    """`check_place` for the images of a run, as far as it says where they are, and they are there.

    Args:
      out: as it was given.
      folder: that files are to be written to.
      run_dir: the run's folder.
      settings: its flags by name.
    """
    data = ""
    with suppress(InputError):  # The run does not say.
        data = own_data(run_dir, dict(settings))
    if os.path.exists(data):
        follow_links = settings.get("follow_links") is True
        check_place(out, folder, data, follow_links=follow_links)


def check_files(folder: Path, names: Sequence[str]) -> None:
    """Checks that files of these names may be written to a folder, which need not be there.

    Raises:
      InputError: if it is no folder, or one of them is there and no file: a link or a folder.
    """
    option = f"--out {printable(str(folder))}"
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{option} is not a folder; choose another name")
    for name in names:
        if os.path.lexists(folder / name) and not is_file(folder / name):
            raise InputError(
                f"{option}: {printable(name)} there is a link or a folder, which is not replaced; "
                "choose another place"
            )
    _check_writable(folder, folder)


def _check_writable(folder: Path, out: Path) -> None:
    """Tries it, as /proc, and what a root user may do elsewhere, are known by trying only."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise unwritable(out, f"{printable(str(folder))} is not a folder")
    if reason := why_unwritable(folder):
        raise unwritable(out, reason)
    try:
        with tempfile.TemporaryDirectory(prefix=".augjax.", dir=nearest_existing(folder)):
            pass
    except OSError as error:
        raise unwritable(out, error.strerror or str(error)) from error
