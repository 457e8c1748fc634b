"""A folder that is written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from augjax.errors import InputError, RunError
from augjax.files import is_file, is_folder, read_json, remove_folder, sync_folder
from augjax.printable import printable
from augjax.runs.manifest import Damaged, seal, verify

ABOUT = "preprocessing.json"
"""What tells an exported network's folder from others, and how to use the network."""

WRITTEN_BY = "augjax export"


def check_place(path: Path) -> None:
    """Checks that a folder can be made, or is an exported network, just as it was written.

    Raises:
      InputError: if something else is there, or anything in it is not as an export left it.
    """
    option = f"--out {printable(str(path))}"
    if not path.parent.is_dir():
        raise InputError(f"{option}: no such folder as {printable(str(path.parent))}; make it")
    if not os.path.lexists(path):
        return
    if not is_folder(path):
        raise InputError(f"{option} is a link or a file; choose another")
    try:
        if not os.listdir(path):
            return
        if not _is_exported(path):
            raise InputError(f"{option} holds other files than an exported network; choose another")
        verify(path)
    except OSError as error:
        raise InputError(f"{option}: cannot read it ({error.strerror})") from error
    except Damaged as change:
        raise InputError(
            f"{option} is not as an export left it ({change}), and would be lost; move it, or "
            "choose another"
        ) from change


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` that takes its place, and replaces what is there, as the block ends.

    If the block raises, or is interrupted, `path` is as before, and the folder is removed.

    Raises:
      RunError: if it cannot be written.
    """
    name = f".{path.name[:20]}.{secrets.token_hex(4)}"
    scratch, before = path.parent / f"{name}.part", path.parent / f"{name}.old"
    try:
        scratch.mkdir()
        yield scratch
        seal(scratch)
        if os.path.lexists(path):
            os.rename(path, before)
        os.rename(scratch, path)
        sync_folder(path.parent)
    except BaseException as error:
        remove_folder(scratch)
        if is_folder(before) and not os.path.lexists(path):
            os.rename(before, path)
        if isinstance(error, OSError):
            raise RunError(
                f"cannot write {printable(str(path))}: {error.strerror or error}"
            ) from error
        raise
    finally:
        if os.path.lexists(path):
            remove_folder(before)


def _is_exported(folder: Path) -> bool:
    try:
        return is_file(folder / ABOUT) and read_json(folder / ABOUT)["by"] == WRITTEN_BY
    except (OSError, ValueError, KeyError, TypeError):
        return False
