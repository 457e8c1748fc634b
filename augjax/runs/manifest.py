"""Manifests: the SHA-256 of every file in a folder, by which damage to any of them is found."""

import hashlib
import os
from pathlib import Path

from augjax.files import is_file, is_folder, json_text, read_json, sync_folder, write_json

_NAME = "manifest.json"


class Damaged(Exception):
    """A folder is not what was written."""


def seal(folder: Path) -> str:
    """Writes the manifest of `folder`, with all of it on the disk; returns its own SHA-256."""
    write_json(folder / _NAME, _digests(folder, sync=True))
    return seal_of(folder)


def seal_of(folder: Path) -> str:
    """The SHA-256 of the manifest in `folder`: what `seal` returned, if it is still that one."""
    return _sha256(folder / _NAME)


def verify(folder: Path) -> None:
    """Raises `Damaged` unless every file in `folder` is as its manifest says, and none is more."""
    try:
        expected = read_json(folder / _NAME)
        written = (folder / _NAME).read_bytes()
        names = {name for name, _ in _files(folder)}
        if not isinstance(expected, dict):
            raise Damaged(f"{_NAME} is not one")
        # Before anything is read: a foreign file may be of any size.
        for name in sorted(expected.keys() ^ names):
            raise Damaged(f"{name!a} is {'missing' if name in expected else 'not of it'}")
        found = _digests(folder)
    except FileNotFoundError as error:
        raise Damaged(f"{Path(error.filename).name!a} is missing") from error
    except (OSError, ValueError) as error:
        raise Damaged(f"{_NAME} cannot be read: {type(error).__name__}") from error
    except RecursionError as error:
        raise Damaged("nested too deeply") from error
    for name, digest in found.items():
        if expected.get(name) != digest:
            raise Damaged(f"{name!a} has changed")
    if written != json_text(found).encode():
        raise Damaged(f"{_NAME} has changed")


def _digests(folder: Path, *, sync: bool = False) -> dict[str, str]:
    """The SHA-256 of every file below `folder` but the manifest, by POSIX path."""
    digests = {}
    for name, path in _files(folder):
        digests[name] = _sha256(path)
        if sync:
            with open(path, "rb") as file:
                os.fsync(file.fileno())
    if sync:
        for where, _, _ in os.walk(folder):
            sync_folder(Path(where))
    return digests


def _files(folder: Path) -> list[tuple[str, Path]]:
    """The files below `folder` but the manifest, by POSIX path."""
    files = []
    for where, folders, names in sorted(os.walk(folder)):
        for name in folders:
            if not is_folder(Path(where, name)):
                raise Damaged(f"{name!a} is a link")
        for name in sorted(names):
            path = Path(where, name)
            if not is_file(path):
                raise Damaged(f"{path.name!a} is not a regular file")
            files.append((path.relative_to(folder).as_posix(), path))
    return [(name, path) for name, path in files if name != _NAME]


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
