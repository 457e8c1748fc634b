"""Harm to a run's folder that knows its structure: links, pipes, odd values, depth, size, encoding.

A file is never changed where it lies but put in the place of the old one, so that the folder may
hold hard links to the files of another.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from augjax.runs.manifest import Damaged, seal

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, float("nan"), float("inf"), 10**30, "", "1", "..", "/", "a\0b",
    "\ud800", "x" * 100_000, [], {}, [[]], {"": None},
)  # fmt: skip
"""Values that a file of JSON may hold in any place."""

DEPTH, SIZE = 100_000, 2**29
"""Of nested lists; and of a file, in bytes."""

MORE = (
    ".lock", ".run.json.abcdefgh.part", "checkpoints/last/.part-abcdefgh",
    "checkpoints/last/000009-000000000", "checkpoints/best/000009",
)  # fmt: skip
"""Paths that a finished run has not, but one at work or one that was killed may have."""

Rng = np.random.Generator

PLACES: dict[str, Callable[[Path, Path], object]] = {
    "removed": lambda path, home: None,
    "a link to a file": lambda path, home: path.symlink_to(home / "photos/1.jpg"),
    "a link to a folder": lambda path, home: path.symlink_to(home),
    "a link to nothing": lambda path, home: path.symlink_to(home / "none"),
    "a link to itself": lambda path, home: path.symlink_to(path.name),
    "a pipe": lambda path, home: os.mkfifo(path),
    "a folder": lambda path, home: path.mkdir(),
    "a folder with a file": lambda path, home: (path.mkdir(), (path / "mine").touch()),
    "an empty file": lambda path, home: path.touch(),
    "a long file": lambda path, home: (path.touch(), os.truncate(path, SIZE)),
}
"""What may stand in the place of a file or folder."""

CONTENTS: dict[str, Callable[[bytes, Rng], bytes]] = {
    "a flipped bit": lambda data, rng: _flipped(data, rng),
    "cut": lambda data, rng: data[: rng.integers(len(data) + 1)],
    "noise": lambda data, rng: rng.bytes(1000),
    "noise at its start": lambda data, rng: rng.bytes(16) + data[16:],
    "a great length at its start": lambda data, rng: b"\xff" * 7 + b"\x7f" + data[8:],
    "zeros": lambda data, rng: bytes(len(data)),
    "twice": lambda data, rng: data + data,
}
"""What may have become of the bytes of a file."""

JSON: dict[str, Callable[[bytes, Rng], bytes]] = {
    "an odd value": lambda data, rng: _changed(data, rng),
    "a value less": lambda data, rng: _changed(data, rng, drop=True),
    "deep": lambda data, rng: b"[" * DEPTH,
    "a deep value": lambda data, rng: data.rstrip()[:-1] + b', "deep": ' + b"[" * DEPTH,
    "UTF-16": lambda data, rng: data.decode(errors="replace").encode("utf-16"),
    "a byte-order mark": lambda data, rng: b"\xef\xbb\xbf" + data,
    "no UTF-8": lambda data, rng: data.replace(b'"', b'"\xff', 1),
}
"""What may have become of a file of JSON."""


def mutate(run_dir: Path, home: Path, rng: Rng) -> str:
    """Harms one path of a run's folder, and says how.

    Args:
      run_dir: the run's folder.
      home: somebody's, to which links may lead.
      rng: chooses.
    """
    paths = sorted(path.relative_to(run_dir).as_posix() for path in run_dir.rglob("*"))
    paths += [name for name in MORE if (run_dir / name).parent.is_dir()]
    of_json = [path for path in paths if _is_json(run_dir / path)]
    shallow = [path for path in paths if path.count("/") < 3]
    # Most paths lie deep in a checkpoint, and most decisions hang on files of JSON.
    name = str(rng.choice([paths, shallow, of_json, of_json][rng.integers(4)]))
    path = run_dir / name
    kinds = [*PLACES]
    if path.is_file():
        kinds += [*CONTENTS] + (3 * [*JSON] if name in of_json else [])
    kind = str(rng.choice(kinds))
    before = path.read_bytes() if path.is_file() else b""
    _remove(path)
    if kind in PLACES:
        PLACES[kind](path, home)
    else:
        path.write_bytes((CONTENTS | JSON)[kind](before, rng))
    sealed = ""
    for folder in path.parents:
        of_checkpoint = path.name != "manifest.json" and (folder / "manifest.json").is_file()
        if of_checkpoint and rng.random() < 0.7:  # Else that is all that is ever found.
            with contextlib.suppress(Damaged, OSError):
                seal(folder)
                sealed = ", sealed anew"
    return f"{name}: {kind}{sealed}"


def _is_json(path: Path) -> bool:
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(1) == b"{"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flipped(data: bytes, rng: Rng) -> bytes:
    if not data:
        return data
    at, bit = int(rng.integers(len(data))), 1 << int(rng.integers(8))
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def _changed(data: bytes, rng: Rng, *, drop: bool = False) -> bytes:
    """JSON with an odd value, or none, in place of any that it holds, itself included."""
    line, *rest = data.split(b"\n{")  # Of history.jsonl, the first line.
    places: list[tuple[Any, Any]] = []

    def visit(value: Any) -> None:
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            places.append((value, key))
            if isinstance(value[key], dict | list):
                visit(value[key])

    top = [json.loads(line)]
    visit(top)
    holder, key = places[rng.integers(len(places))]
    if drop:
        del holder[key]
    else:
        holder[key] = ODD[rng.integers(len(ODD))]
    changed = json.dumps(top[0]) if top else ""
    return b"\n{".join([changed.encode(), *rest])
