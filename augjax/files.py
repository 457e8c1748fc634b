"""Files: written atomically, opened without waiting, and the user's cache folder."""

import contextlib
import errno
import io
import json
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from augjax.errors import RunError
from augjax.printable import printable

_PART = ".part"
_PART_OF_NAME = 20
"""Characters. The whole name may be as long as the file system allows, and a part's is longer."""
LONGEST_NAME = 255
"""Bytes, in the file systems of all usual machines."""
_MOST = 2**28
"""Bytes of a file that is read whole."""


def write_atomically(path: Path, content: bytes | str) -> None:
    """Writes `content` (text as UTF-8) to a neighbouring file and renames it to `path`.

    Raises:
      RunError: if it cannot be written; what was at `path` before is still there.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(_PART, f".{path.name[:_PART_OF_NAME]}.", path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except BaseException as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError):
            raise RunError(f"cannot write {path}: {error.strerror}") from error
        raise


def remove_parts(folder: Path, names: Collection[str]) -> None:
    """Removes what a killed `write_atomically` of one of `names` has left in `folder`."""
    names = {name[:_PART_OF_NAME] for name in names}
    for part in folder.iterdir():
        match = re.fullmatch(rf"\.(.+)\.\w{{8}}{re.escape(_PART)}", part.name)
        if match and match[1] in names and is_file(part):
            part.unlink(missing_ok=True)


def remove_folder(folder: Path) -> str:
    """Removes a folder that augjax has made. A link is left alone, and what a link in it names.

    Returns:
      Why something of it cannot be removed, and stays, or ''.
    """
    try:
        if is_folder(folder):
            shutil.rmtree(folder)
    except OSError as error:
        return error.strerror or str(error)
    except RecursionError:
        return "nested too deeply"
    return ""


def is_path(name: str) -> bool:
    """Whether a file may have this name: it has no NUL, and only characters that can be encoded."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def lies_in(path: str | Path, folder: str | Path) -> bool:
    """Whether a path is that of a folder or of something in it, once all links are resolved."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def why_unwritable(path: Path) -> str:
    """Why nothing of this path can be made, as far as is known without trying, or ''."""
    path = path.absolute()
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        return error.strerror or str(error)
    existing = nearest_existing(path)
    if existing == path and not os.path.isdir(path):
        existing = path.parent
    if not os.path.isdir(existing):
        return f"{printable(str(existing))} is not a folder"
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts):
        return os.strerror(errno.ENAMETOOLONG)
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"{printable(str(existing))}: {os.strerror(errno.EACCES)}"
    return ""


def nearest_existing(path: Path) -> Path:
    """The path itself, or the first folder above it that is there."""
    path = path.absolute()
    return next(place for place in (path, *path.parents) if os.path.lexists(place))


def is_file(path: Path) -> bool:
    """Whether it is a regular file, and not a link to one."""
    return _is(stat.S_ISREG, path)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, and not a link to one."""
    return _is(stat.S_ISDIR, path)


def _is(kind: Callable[[int], bool], path: Path) -> bool:
    try:
        return kind(path.lstat().st_mode)
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Waits until the names in `folder` are on the disk, where the system can say so."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any, *, in_rows: bool = False) -> None:
    """Writes `value` as `json_text`, atomically; `in_rows` as `number_rows`, if so.

    Bytes of file names that are not UTF-8 (`os.fsdecode` keeps them as lone surrogates) are written
    as JSON's escapes, which `json.load` turns back into the same name.
    """
    text = number_rows(json_text(value)) if in_rows else json_text(value)
    write_atomically(path, text.encode(errors="backslashreplace"))


def json_text(value: Any) -> str:
    """`value` as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def number_rows(text: str) -> str:
    """Indented JSON with every list of numbers, such as the row of a matrix, on one line."""
    number = r"(?:-?\d[\d.eE+-]*|null)"
    return re.sub(
        rf"\[\n\s*({number}(?:,\n\s*{number})*)\n\s*\]",
        lambda found: f"[{' '.join(found[1].split())}]",
        text,
    )


def open_regular(path: str | bytes | Path) -> io.BufferedReader:
    """Opens a regular file for reading; a pipe or a device is an OSError, not a wait."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return os.fdopen(handle, "rb")


def read_bounded(path: str | bytes | Path) -> bytes:
    """What is in a file that should be of moderate size.

    Raises:
      OSError: if it cannot be read, or is no regular file.
      ValueError: if it is long beyond all measure.
    """
    with open_regular(path) as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise ValueError("too long")
    return content


def read_json(path: str | bytes | Path) -> Any:
    """The value in a file of JSON.

    Raises:
      OSError: if it cannot be read, or is no regular file.
      ValueError: if it is no JSON, or nested or long beyond all measure.
    """
    content = read_bounded(path)
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def user_cache() -> Path:
    """The folder of the user's for what augjax can make again (XDG_CACHE_HOME/augjax, if set).

    Raises:
      RuntimeError: if the user has no home.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():  # Others are to be ignored, as the specification has it.
        return base / "augjax"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "augjax"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "augjax"
    return Path.home() / ".cache" / "augjax"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
