"""The splits of a folder or a table: found by their names, or made of images that have none."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from augjax.data.classes import check_class_count, labels_in
from augjax.data.data_report import IMAGE_SUFFIXES
from augjax.data.dataset import VALID_NAMES
from augjax.data.folder.divide import check_fraction, divided
from augjax.data.folder.scan import (
    FOLLOWED,
    FoundSplit,
    check_complete,
    is_hidden,
    is_inside,
    scan_classes,
)
from augjax.data.folder.table import is_table, read_table
from augjax.errors import InputError
from augjax.printable import argument, printable, some

_VALID = " or ".join(VALID_NAMES)
_TRAINING = ("train", "training")
_OTHERS = (*VALID_NAMES, "testing", "eval", "evaluation")
"""What splits are called elsewhere, in any case."""


class Source(NamedTuple):
    """The splits of a folder or a table that are to be read.

    Attributes:
      data: the folder or the table.
      splits: first that for training, if there is one.
      notes: what there is to say about them.
      may_lack: whether the last split may lack images of some classes.
      divided_by: how `divided` made them of images that have no splits, or ''.
    """

    data: Path
    splits: tuple[FoundSplit, ...]
    notes: tuple[str, ...] = ()
    may_lack: bool = False
    divided_by: str = ""

    @property
    def root(self) -> Path:
        """The folder that paths in reports are relative to."""
        return self.data.parent if is_table(self.data) else self.data


class Contents(NamedTuple):
    """What a folder or a table has, as far as is known without listing the images of a folder.

    Attributes:
      data: the folder or the table.
      where: its printable name, for messages.
      names: of its splits, 'train' first.
      folders: the names of all folders in a folder.
      listed: lists a split, or all images of those that have no splits, by the name ''.
    """

    data: Path
    where: str
    names: tuple[str, ...]
    folders: tuple[str, ...]
    listed: Callable[[str], FoundSplit]

    @property
    def valid_name(self) -> str | None:
        """The name of the split to validate on, if there is one."""
        return next((name for name in VALID_NAMES if name in self.names), None)


def contents(
    data: Path, *, where: str, follow_links: bool = False, skip_missing: bool = False
) -> Contents:
    """Looks for the splits of a folder or a table.

    Args:
      data: the folder or the table.
      where: its printable name, for messages.
      follow_links: whether links are followed wherever they lead.
      skip_missing: whether a file of a table that is not there is no fault of the table.

    Raises:
      InputError: if it cannot be read.
    """
    if not is_table(data):
        if os.path.lexists(data) and not os.path.isdir(data):
            raise InputError(f"{where}: not a folder, nor a table NAME.csv or NAME.jsonl")
        return folder_contents(data, where=where, follow_links=follow_links)
    found = read_table(data, where=where, follow_links=follow_links, skip_missing=skip_missing)
    return Contents(data, where, tuple(filter(None, found)), (), found.__getitem__)


def folder_contents(data: Path, *, where: str, follow_links: bool = False) -> Contents:
    """Looks for the splits of a folder.

    If a folder has neither both of a training and a validation folder, what is called like a split
    is one if it holds folders and no images beside them; a class may be called so.

    Raises:
      InputError: if it cannot be read, or has splits by other names, such as Train and Test.
    """
    folders = _folders_in(data, where)
    names = [name for name in ("train", *VALID_NAMES) if name in folders]
    if "train" not in names or len(names) == 1:
        names = [name for name in names if _is_split(data / name)]
    if not names:
        _check_names(data, folders, where)

    def listed(name: str) -> FoundSplit:
        folder = data / name
        if name and not follow_links and not is_inside(str(folder), os.path.realpath(data)):
            raise InputError(
                f"{printable(str(folder))}: a link that leads out of the data folder; {FOLLOWED}"
            )
        return scan_classes(folder, data, follow_links=follow_links)

    return Contents(data, where, tuple(names), tuple(folders), listed)


def _check_names(data: Path, folders: Iterable[str], where: str) -> None:
    """Raises InputError if folders are splits by their looks, but not by their names."""
    alike = {kind: [f for f in folders if f.casefold() in kind] for kind in (_TRAINING, _OTHERS)}
    if all(alike.values()) and all(_is_split(data / f) for some in alike.values() for f in some):
        names = " and ".join(printable(f) for some in alike.values() for f in some)
        raise InputError(
            f"{where}: {names} look like splits, whose names are train and {_VALID}; rename them"
        )


def two_splits(found: Contents, *, hint: str = "") -> Source:
    """The splits for training and for validation.

    Args:
      found: the contents of the folder or table.
      hint: what else may be done if there are none.

    Raises:
      InputError: if there are not both, or not the same classes in both.
    """
    valid_name, table = found.valid_name, is_table(found.data)
    if "train" not in found.names or valid_name is None:
        missing = _VALID if "train" in (found.names if table else found.folders) else "train"
        if table:
            hint = hint or "; without the column split, --valid-fraction 0.2 splits the rows"
            raise InputError(f"{found.where}: found no rows of the split {missing}{hint}")
        if "train" in found.names:
            train = printable(str(found.data / "train"))
            hint = hint or f"; or give {train} with --valid-fraction 0.2, which splits that"
        raise InputError(
            f"{found.where}: found no folder {missing} "
            f"(there are: {some([*map(printable, found.folders)], 5) or 'none'}); "
            f"expected train/<class>/... and valid/<class>/...{hint}"
        )
    splits = []
    for name in ("train", valid_name):
        splits.append(found.listed(name))
        if not table:
            check_complete(splits[-1])
    train, valid = splits
    if train.class_names != valid.class_names:
        ours, theirs = (", ".join(map(printable, split.class_names)) for split in splits)
        places = (
            f"{split.name} of {found.where}" if table else str(split.folder) for split in splits
        )
        raise InputError(
            f"the classes of {' and '.join(map(printable, places))} "
            f"differ: {ours} against {theirs}; give both the same "
            f"{'labels' if table else 'sub-folders'}"
        )
    check_class_count(train.class_names, found.where)
    what = "rows of the split" if table else "folder"
    notes = () if valid_name == "valid" else (f"Validating on the {what} {valid_name!r}.",)
    return Source(found.data, (train, valid), notes)


def divided_source(found: Contents, *, fraction: float | None, seed: int) -> Source:
    """The splits for training and validation, made by `divide` of images that have none.

    Raises:
      InputError: if they have splits, or cannot be divided.
    """
    table = is_table(found.data)
    if fraction is None:
        if table and not found.names:
            raise InputError(f"{found.where} has no column split; --valid-fraction 0.2 splits it")
        return two_splits(found, hint="" if table else _hint_to_split(found))
    check_fraction(fraction)
    if found.names:
        has, remedy = " and ".join(found.names), "leave the flag out"
        if not table and not ("train" in found.names and found.valid_name):
            remedy = f"give {printable(str(found.data / found.names[0]))} to split that"
        raise InputError(f"--valid-fraction {fraction}: {found.where} has {has} already; {remedy}")
    whole = found.listed("")
    if table:
        check_class_count(whole.class_names, found.where)
    else:
        check_complete(whole)
    train, valid, how = divided(whole, fraction=fraction, seed=seed)
    return Source(found.data, (train, valid), may_lack=True, divided_by=how)


def one_set(found: Contents, class_names: Sequence[str] | None) -> Source:
    """The images of one split: that for validation, or all that have none.

    Args:
      found: the contents of the folder or table.
      class_names: the classes in the order of their labels, if not those found.

    Raises:
      InputError: if there are only images for training, or other classes.
    """
    name = found.valid_name or ""
    if found.names and not name:
        remedy = f"; give {printable(str(found.data / 'train'))} to use those of train"
        raise InputError(
            f"{found.where} has images of train only, and none of {_VALID}"
            f"{'' if is_table(found.data) else remedy}"
        )
    split = found.listed(name)
    if class_names is None:
        check_class_count(split.class_names, found.where)
    else:
        labels = labels_in(class_names, split.class_names, found.where).tolist()
        files = (file._replace(label=labels[file.label]) for file in split.files)
        split = split._replace(class_names=tuple(class_names), files=tuple(files))
    notes = (f"Only what is in {name!r} is used.",) if len(found.names) > 1 else ()
    return Source(found.data, (split,), notes, may_lack=True)


def every_split(found: Contents) -> Source:
    """All the splits there are, or all images as one of the name ''."""
    splits = tuple(map(found.listed, found.names or ("",)))
    others = [name for name in found.folders if not (name in found.names or is_hidden(name))]
    notes = [f"Folders that are no split: {some([*map(printable, others)], 5)}."]
    return Source(found.data, splits, tuple(notes if found.names and others else ()))


def _folders_in(root: Path, where: str) -> list[str]:
    try:
        if not root.is_dir():
            raise InputError(f"{where}: {'not a folder' if root.exists() else 'no such folder'}")
        return sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    except OSError as error:
        raise InputError(f"{where}: cannot read the folder: {error.strerror}") from error


def _hint_to_split(found: Contents) -> str:
    """What to do with a folder that holds folders of images, as far as a glance tells, or ''."""
    folders = [found.data / name for name in found.folders if not is_hidden(name)]
    if found.names or len(folders) < 2:
        return ""
    if all(_images_in(next(os.walk(folder), ("", [], []))[2]) for folder in folders):
        command = f"augjax train {argument(str(found.data))} --valid-fraction 0.2"
        return f"; these hold images, as class folders do: {command} splits them"
    if all(any(_images_in(names) for _, _, names in os.walk(folder)) for folder in folders):
        where = printable(str(found.data))
        return f"; if {where} holds class folders, --valid-fraction 0.2 splits them"
    return ""


def _images_in(names: Iterable[str]) -> bool:
    """Whether one of the files is an image, by its name."""
    return any(name.lower().endswith(IMAGE_SUFFIXES) for name in names)


def _is_split(folder: Path) -> bool:
    """Whether a folder holds folders, and no images beside them."""
    try:
        entries = [entry for entry in os.scandir(folder) if not is_hidden(entry.name)]
    except OSError:
        return False
    return not _images_in(entry.name for entry in entries) and any(
        entry.is_dir() for entry in entries
    )
