"""A folder that is written whole or not at all."""

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from augjax.errors import InputError, RunError
from augjax.files import is_file, is_folder, read_json, remove_folder, sync_folder
from augjax.printable import printable, some

ABOUT = "preprocessing.json"
"""What tells an exported network's folder from others, and how to use the network."""

WRITTEN_BY = "augjax export"


def check_place(path: Path, entries: Collection[str]) -> None:
    """Checks that a folder can be made, or may be replaced.

    Args:
      path: of the folder.
      entries: what an exported network's folder holds at most.

    Raises:
      InputError: if something else is there, or it has files of the user's.
    """
    option = f"--out {printable(str(path))}"
    if not path.parent.is_dir():
        raise InputError(f"{option}: no such folder as {printable(str(path.parent))}; make it")
    if not os.path.lexists(path):
        return
    if not is_folder(path):
        raise InputError(f"{option} is a link or a file; choose another")
    try:
        found = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise InputError(f"{option}: cannot read it ({error.strerror})") from error
    if found and not _is_exported(path):
        raise InputError(f"{option} holds other files than an exported network; choose another")
    if others := sorted(found - set(entries)):
        raise InputError(
            f"{option} also holds {some([printable(name) for name in others])}, which would be "
            "lost; move that, or choose another"
        )


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
        _sync(scratch)
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


def _sync(folder: Path) -> None:
    for where, _, names in os.walk(folder):
        for name in names:
            with open(Path(where, name), "rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(where))
