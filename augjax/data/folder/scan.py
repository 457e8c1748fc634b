"""What lies in a folder of class folders: classes, their files, and what is passed over."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from augjax.data.classes import check_class_count
from augjax.data.data_report import IMAGE_SUFFIXES, IN_A_CIRCLE, LINKED_AGAIN
from augjax.data.folder.judge import UNREADABLE, unusable
from augjax.errors import InputError
from augjax.printable import printable

FOLLOWED = "--follow-links follows it"
"""What to do about a link that leads out of the data folder."""


NO_FILE = "no such file"
"""The reason of a file that a table or a command line names, and that is not there."""


class FoundFile(NamedTuple):
    """A file with an image's suffix, or one that was named.

    Attributes:
      path: POSIX path relative to the split's folder; of a file that a table has elsewhere, its
        absolute path.
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


class FoundSplit(NamedTuple):
    """What was found of a split, or of images that are not split.

    Attributes:
      name: the split's; '' of images that are not split.
      below: the path of `folder` below the data's, or ''.
      folder: what the paths of the files are relative to.
      class_names: sorted by code point.
      files: sorted by class, then by path.
      skipped: counts the rest by kind.
      linked: the folders and files that links were followed to, resolved.
    """

    name: str
    below: str
    folder: Path
    class_names: tuple[str, ...]
    files: tuple[FoundFile, ...]
    skipped: Counter[str]
    linked: tuple[str, ...]

    def path(self, file: FoundFile) -> str:
        """Where to open a file."""
        return os.path.join(self.folder, file.path)

    def key(self, file: FoundFile) -> str:
        """The path of a file below the data's folder."""
        return os.path.join(self.below, file.path)


def scan_split(folder: Path, root: Path | None = None, *, follow_links: bool = False) -> FoundSplit:
    """Lists what lies in a split's folder, as `scan_classes`, for a classifier.

    Raises:
      InputError: if there are not 2 to 1,000 classes, one is empty, or a folder cannot be read.
    """
    found = scan_classes(folder, root, follow_links=follow_links)
    check_complete(found)
    return found


def check_complete(found: FoundSplit) -> None:
    """Raises InputError unless there are 2 to 1,000 class folders with an image each."""
    check_class_count(found.class_names, printable(str(found.folder)))
    labels = {file.label for file in found.files}
    if empty := [name for label, name in enumerate(found.class_names) if label not in labels]:
        kinds = " ".join(IMAGE_SUFFIXES)
        named = ", ".join(printable(str(found.folder / name)) for name in empty)
        raise InputError(f"no images ({kinds}) in {named}; add some or remove it")


def scan_classes(
    folder: Path, root: Path | None = None, *, follow_links: bool = False
) -> FoundSplit:
    """Lists what lies in a folder of class folders without opening any file.

    Classes are the sub-folders, sorted by code point; their images lie anywhere below. Hidden
    things, `__MACOSX` and files without an image's suffix are skipped and counted. Links are
    followed to files, and to class folders, if they lie below `root`.

    With `follow_links` they are followed wherever they lead, to folders within a class too. A class
    then has each folder and file once: by its path without links, or else by the first of those
    with links. So circles end.

    Args:
      folder: a split's, or the data's if they are not split.
      root: the data's, by default the same.
      follow_links: whether links are followed everywhere.

    Raises:
      InputError: if there is no class, or a folder cannot be read.
    """
    base = None if follow_links else os.path.realpath(root or folder)
    name = folder.name if root and root != folder else ""
    skipped: Counter[str] = Counter()
    linked = {os.path.realpath(folder)} if folder.is_symlink() else set()
    class_names = tuple(sorted(_class_names(folder, base, skipped)))
    if not class_names:
        raise InputError(f"{printable(str(folder))} has no class folders; expected <class>/<image>")
    files: list[FoundFile] = []
    for label, class_name in enumerate(class_names):
        class_folder = folder / class_name
        found = _files_below(str(class_folder), class_name, label, base, skipped, linked)
        files += sorted(_once(class_folder, found, skipped) if follow_links else found)
        if class_folder.is_symlink():
            linked.add(os.path.realpath(class_folder))
    return FoundSplit(name, name, folder, class_names, tuple(files), skipped, tuple(sorted(linked)))


def is_inside(path: str, base: str | None) -> bool:
    """Whether a path with all links resolved lies below the folder `base`, resolved too.

    Everything lies below None.
    """
    return base is None or os.path.realpath(path).startswith(os.path.join(base, ""))


def _class_names(folder: Path, base: str | None, skipped: Counter[str]) -> Iterator[str]:
    for entry in entries_of(str(folder)):
        if is_hidden(entry.name):
            skipped["hidden"] += 1
        elif entry.is_symlink():
            _check_class_link(entry, str(folder), base)
            yield entry.name
        elif entry.is_dir():
            yield entry.name
        elif entry.name.lower().endswith(IMAGE_SUFFIXES):
            skipped["outside a class folder"] += 1
        else:
            skipped[suffix_of(entry.name)] += 1


def _check_class_link(entry: os.DirEntry[str], folder: str, base: str | None) -> None:
    """A class that a link would silently drop, fill from elsewhere or from itself is an error."""
    target = os.path.realpath(entry.path)
    remedy = "remove it, or put a folder in its place"
    if not os.path.isdir(target):
        problem = "leads to no folder"
    elif _holds(target, folder):
        problem = "leads back to a folder that it lies in"
    elif not is_inside(target, base):
        problem, remedy = "leads out of the data folder", FOLLOWED
    else:
        return
    raise InputError(f"{printable(entry.path)}: a link that {problem}; {remedy}")


def _files_below(
    folder: str,
    name: str,
    label: int,
    base: str | None,
    skipped: Counter[str],
    linked: set[str],
) -> Iterator[FoundFile]:
    """The images of a class, by as many paths as lead to them."""
    folders, links = [(name, folder)], []
    seen: set[str] = set()
    while folders or links:
        if not folders:  # The class's own come first, whatever links are called.
            links.sort(reverse=True)
            folders.append(links.pop())
            linked.add(os.path.realpath(folders[-1][1]))
        prefix, where = folders.pop()
        if base is None:
            real = os.path.realpath(where)
            if real in seen:
                skipped[LINKED_AGAIN] += 1
                continue
            seen.add(real)
        for entry in entries_of(where):
            path = f"{prefix}/{entry.name}"
            if is_hidden(entry.name):
                skipped["hidden"] += 1
            elif entry.name.lower().endswith(IMAGE_SUFFIXES):
                if entry.is_symlink():
                    linked.add(os.path.realpath(entry.path))
                yield _found(entry, path, label, base)
            elif entry.is_dir(follow_symlinks=False):
                folders.append((path, entry.path))
            elif entry.is_symlink() and os.path.isdir(entry.path):
                if base is not None:
                    skipped["linked folder"] += 1
                elif _holds(os.path.realpath(entry.path), folder):
                    skipped[IN_A_CIRCLE] += 1
                else:
                    links.append((path, entry.path))
            else:
                skipped[suffix_of(entry.name)] += 1


def _once(folder: Path, files: Iterable[FoundFile], skipped: Counter[str]) -> Iterator[FoundFile]:
    """Each file of a class once: by its path without links, or else by the first of the others."""
    real_folder = os.path.realpath(folder)
    real = {file: os.path.realpath(folder.parent / file.path) for file in files}

    def has_links(file: FoundFile) -> bool:
        return real[file] != os.path.join(real_folder, *file.path.split("/")[1:])

    seen = set()
    for file in sorted(real, key=lambda file: (has_links(file), file)):
        if real[file] in seen:
            skipped[LINKED_AGAIN] += 1
        else:
            seen.add(real[file])
            yield file


def _holds(target: str, folder: str) -> bool:
    """Whether a resolved path is that of `folder`, or of one that it lies in."""
    return is_inside(os.path.join(folder, "."), target) or os.path.samefile(folder, target)


def _found(entry: os.DirEntry[str], path: str, label: int, base: str | None) -> FoundFile:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return FoundFile(path, label, 0, 0, "a link that leads nowhere")
    except OSError as error:  # ELOOP, for one
        return FoundFile(path, label, 0, 0, f"{UNREADABLE} ({error.strerror})")
    reason = unusable(status)
    if entry.is_symlink() and not is_inside(entry.path, base):
        reason = f"a link that leads out of the data folder; {FOLLOWED}"
    return FoundFile(path, label, status.st_size, status.st_mtime_ns, reason)


def found_at(where: str, path: str) -> FoundFile:
    """A file that was named, by `path`, and is to lie at `where`."""
    try:
        status = os.stat(where)
    except (FileNotFoundError, NotADirectoryError):
        reason = "a link that leads nowhere" if os.path.islink(where) else NO_FILE
        return FoundFile(path, 0, 0, 0, reason)
    except OSError as error:
        return FoundFile(path, 0, 0, 0, f"{UNREADABLE} ({error.strerror})")
    return FoundFile(path, 0, status.st_size, status.st_mtime_ns, unusable(status))


def entries_of(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder; one that cannot be read is an InputError."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise InputError(
            f"cannot read the folder {printable(folder)}: {error.strerror}; "
            "make it readable or remove it"
        ) from error


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over."""
    return name.startswith(".") or name == "__MACOSX"


def suffix_of(name: str) -> str:
    """The kind by which a file that is passed over is counted."""
    return os.path.splitext(name)[1].lower() or "without a suffix"
