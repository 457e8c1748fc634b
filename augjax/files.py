"""Writing files so that a reader, or a crash, never meets half of one."""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from augjax.errors import RunError


def write_atomically(path: Path, content: bytes | str) -> None:
    """Writes `content` (text as UTF-8) to a neighbouring file and renames it to `path`.

    Raises:
      RunError: if it cannot be written; what was at `path` before is still there.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
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


def sync_folder(folder: Path) -> None:
    """Waits until the names in `folder` are on the disk, where the system can say so."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as `json_text`, atomically."""
    write_atomically(path, json_text(value))


def json_text(value: Any) -> str:
    """`value` as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
