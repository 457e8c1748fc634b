"""Verdicts kept in the user's cache folder, so that the next start need not judge again.

A file is known by its path, size, time of change and outline, which is of its first and last 4 KiB.
While these stay, what was found out is believed, by a full decode too, whatever lies between the
ends by now. Nothing wrong with a file is kept: such a file is judged at each start. To have all
judged anew, remove the folder `verdicts` of the user's cache folder.

What is read back is checked field by field, and decides only what is decoded: which bytes reach
TensorFlow is decided by the bytes (`decode.FileDecoder`). A cache that is damaged, hostile or
cannot be written is no cache.
"""

import json
import os
import time
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import PIL

from augjax.data.folder.judge import Verdict
from augjax.data.folder.pillow import FORMATS
from augjax.errors import RunError
from augjax.files import read_json, user_cache, write_atomically

FileState = tuple[int, int]
"""Size in bytes, and time of change in nanoseconds."""

_JUDGE = f"augjax 4, Pillow {PIL.__version__}"
"""To be raised when the same file would be judged otherwise."""

# A file changed a moment ago may change again without its time of change showing it.
_SETTLED_NS = 2_000_000_000


def load_verdicts(data: Path) -> dict[str, tuple[FileState, Verdict]]:
    """The verdicts kept for a data folder or a table, by path below the folder."""
    try:
        content = read_json(_cache_file(data))
        if content["judge"] != _JUDGE:
            return {}
        return {
            path: ((size, changed), Verdict(*fields))
            for path, (size, changed, *fields) in content["verdicts"].items()
            if _is_sound(size, changed, fields)
        }
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def save_verdicts(data: Path, verdicts: Mapping[str, tuple[FileState, Verdict]]) -> str:
    """Keeps the verdicts on files that have not changed within the last seconds.

    Args:
      data: the data folder, or the table.
      verdicts: those that last, by path below the folder.

    Returns:
      Why they cannot be kept, or ''.
    """
    settled = time.time_ns() - _SETTLED_NS
    rows = {
        path: [*state, *verdict]
        for path, (state, verdict) in verdicts.items()
        if state[1] < settled
    }
    try:
        path = _cache_file(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({"judge": _JUDGE, "verdicts": rows}))
    except OSError as error:
        return f"cannot make {error.filename}: {error.strerror}"
    except (RunError, RuntimeError) as error:
        return str(error)
    return ""


def _cache_file(data: Path) -> Path:
    name = blake2b(os.fsencode(os.path.realpath(data)), digest_size=16).hexdigest()
    return user_cache() / "verdicts" / f"{name}.json"


def _is_sound(size: Any, changed: Any, fields: list[Any]) -> bool:
    if len(fields) != len(Verdict._fields):
        return False
    format, width, height, is_plain, is_deep, outline, reason, damage = fields
    return (
        all(type(number) is int and number >= 0 for number in (size, width, height, outline))
        and type(changed) is int
        and type(is_plain) is type(is_deep) is bool
        and format in FORMATS
        and reason == ""
        and damage in ("", None)
        and (not is_plain or format in ("JPEG", "PNG"))
    )
