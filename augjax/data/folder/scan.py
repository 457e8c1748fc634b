"""What lies in a split's folder: classes, their files, and what is passed over."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from augjax.data.data_report import IMAGE_SUFFIXES
from augjax.data.folder.judge import UNREADABLE, unusable
from augjax.errors import InputError
from augjax.printable import printable


class FoundFile(NamedTuple):
    """A file with an image's suffix.

    Attributes:
      path: POSIX path relative to the split's folder.
      label: the index of its class.
      size: in bytes.
      changed: its time of change in nanoseconds.
      reason: why it cannot be opened or is no file at all, or ''.
    """

    path: str
    label: int
    size: int
    changed: int
    reason: str


class FolderSplit(NamedTuple):
    """The files of a split, sorted by class, then by path; `skipped` counts the rest by kind."""

    folder: Path
    class_names: tuple[str, ...]
    files: tuple[FoundFile, ...]
    skipped: Counter[str]


def scan_split(folder: Path, root: Path | None = None) -> FolderSplit:
    """Lists what lies in a split's folder without opening any file.

    Classes are the sub-folders, sorted by code point; their images lie anywhere below. Hidden
    things, `__MACOSX` and files without an image's suffix are skipped and counted. Links are
    followed to files, and to class folders, if they lie below `root`.

    Args:
      folder: the split's.
      root: the data's, by default the split's folder.

    Raises:
      InputError: if there are fewer than two classes, one is empty, or a folder cannot be read.
    """
    base = os.path.realpath(root or folder)
    skipped: Counter[str] = Counter()
    class_names = tuple(sorted(_class_names(folder, base, skipped)))
    if not class_names:
        raise InputError(f"{printable(str(folder))} has no class folders; expected <class>/<image>")
    if len(class_names) == 1:
        raise InputError(
            f"{printable(str(folder))} has one class only ({printable(class_names[0])}); "
            "a classifier needs two or more"
        )
    files: list[FoundFile] = []
    empty = []
    for label, name in enumerate(class_names):
        found = sorted(_files_below(str(folder / name), name, label, base, skipped))
        files += found
        if not found:
            empty.append(printable(str(folder / name)))
    if empty:
        kinds = " ".join(IMAGE_SUFFIXES)
        raise InputError(f"no images ({kinds}) in {', '.join(empty)}; add some or remove it")
    return FolderSplit(folder, class_names, tuple(files), skipped)


def is_inside(path: str, base: str) -> bool:
    """Whether a path with all links resolved lies below the folder `base`, resolved too."""
    return os.path.realpath(path).startswith(os.path.join(base, ""))


def _class_names(folder: Path, base: str, skipped: Counter[str]) -> Iterator[str]:
    for entry in _entries(str(folder)):
        if _is_hidden(entry.name):
            skipped["hidden"] += 1
        elif entry.is_symlink():
            _check_class_link(entry, str(folder), base)
            yield entry.name
        elif entry.is_dir():
            yield entry.name
        elif entry.name.lower().endswith(IMAGE_SUFFIXES):
            skipped["outside a class folder"] += 1
        else:
            skipped[_suffix(entry.name)] += 1


def _check_class_link(entry: os.DirEntry[str], folder: str, base: str) -> None:
    """A class that a link would silently drop, fill from elsewhere or from itself is an error."""
    target = os.path.realpath(entry.path)
    if not os.path.isdir(target):
        problem = "leads to no folder"
    elif is_inside(os.path.join(folder, "."), target) or os.path.samefile(folder, target):
        problem = "leads back to a folder that it lies in"
    elif not is_inside(target, base):
        problem = "leads out of the data folder"
    else:
        return
    raise InputError(
        f"{printable(entry.path)}: a link that {problem}; remove it, or put a folder in its place"
    )


def _files_below(
    folder: str, prefix: str, label: int, base: str, skipped: Counter[str]
) -> Iterator[FoundFile]:
    for entry in _entries(folder):
        path = f"{prefix}/{entry.name}"
        if _is_hidden(entry.name):
            skipped["hidden"] += 1
        elif entry.name.lower().endswith(IMAGE_SUFFIXES):
            yield _found(entry, path, label, base)
        elif entry.is_dir(follow_symlinks=False):
            yield from _files_below(entry.path, path, label, base, skipped)
        elif entry.is_symlink() and os.path.isdir(entry.path):
            skipped["linked folder"] += 1
        else:
            skipped[_suffix(entry.name)] += 1


def _found(entry: os.DirEntry[str], path: str, label: int, base: str) -> FoundFile:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return FoundFile(path, label, 0, 0, "a link that leads nowhere")
    except OSError as error:  # ELOOP, for one
        return FoundFile(path, label, 0, 0, f"{UNREADABLE} ({error.strerror})")
    reason = unusable(status)
    if entry.is_symlink() and not is_inside(entry.path, base):
        reason = "a link that leads out of the data folder"
    return FoundFile(path, label, status.st_size, status.st_mtime_ns, reason)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise InputError(
            f"cannot read the folder {printable(folder)}: {error.strerror}; "
            "make it readable or remove it"
        ) from error


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower() or "without a suffix"
