"""A folder or table as it is: its splits, and all that is wrong with them, without training."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from augjax.data.classes import listed
from augjax.data.data_report import DataReport
from augjax.data.dataset import Split
from augjax.data.folder.duplicates import find_duplicates
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.options import ReadOptions
from augjax.data.folder.read import check_counts, examine_source, usable_splits
from augjax.data.folder.scan import FoundFile, FoundSplit
from augjax.data.folder.splits import Contents, Source, contents, divided_source, every_split
from augjax.data.tf import ResizeMethod
from augjax.errors import InputError
from augjax.printable import printable

VALID_FRACTION = 0.2
"""By which data without splits is tried."""


@dataclasses.dataclass(frozen=True)
class Inspected:
    """A split, or all images of data without splits.

    Attributes:
      class_names: its own, sorted by code point.
      images: those that can be used; its name is '' if there are no splits.
      paths: where to open each.
      sizes: the width and height of each as stored, in pixels.
    """

    class_names: tuple[str, ...]
    images: Split
    paths: tuple[str, ...]
    sizes: Int[np.ndarray, "n 2"]


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What there is in a folder or a table.

    Attributes:
      splits: the training split first, if there is one.
      report: what was found out about the files: counts by split and class, bad and doubtful ones,
        what was skipped, and leaks from training into the other splits.
      duplicates: groups of files with the same bytes, within a split or across, as paths below the
        folder.
      torn: those of the groups whose files are of different classes.
      findings: what else is odd, a line each: classes that differ or are empty, folders not read.
      obstacle: why no run can train on it, bad images left out, or ''.
      shared: how many images of other splits have the bytes of one of training; of data without
        splits, as `VALID_FRACTION` splits them.
    """

    splits: tuple[Inspected, ...]
    report: DataReport
    duplicates: tuple[tuple[str, ...], ...]
    torn: tuple[tuple[str, ...], ...]
    findings: tuple[str, ...]
    obstacle: str
    shared: int


def inspect(
    data: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    max_pixels: int = MAX_PIXELS,
    follow_links: bool = False,
) -> Inspection:
    """Judges and decodes all files of a folder or a table, whatever is wrong with them.

    Splits are the folders `train`, `valid`, `val`, `validation` and `test`, as many as there are;
    else the folders are classes. Images are not kept in memory: each split's are decoded when they
    are asked for.

    Args:
      data: a folder, with or without splits, or a table, as `load_dataset` takes them.
      image_size: side of the square in pixels that images are resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      max_pixels: width times height of a stored image at most.
      follow_links: whether links are followed wherever they lead.

    Raises:
      InputError: if there are no classes, or a folder or table cannot be read.
    """
    options = ReadOptions(
        image_size=image_size, method=method, cache_limit=0, max_pixels=max_pixels,
        on_bad_image="skip", verify="full", follow_links=follow_links,
    )  # fmt: skip
    where = printable(str(data))
    found = contents(Path(data), where=where, follow_links=follow_links, skip_missing=True)
    source = every_split(found)
    examined, report = examine_source(source, options)
    outlines, keys, classes, splits = [], {}, {}, []
    for split, good, images in zip(
        source.splits, examined, usable_splits(source, examined, report), strict=True
    ):
        for file, verdict in zip(good.files, good.verdicts, strict=True):
            keys[split.path(file)] = key = split.key(file)
            classes[key] = split.class_names[file.label]
            outlines.append((split.path(file), verdict.outline))
        paths = tuple(map(split.path, good.files))
        sizes = np.array([(v.width, v.height) for v in good.verdicts], int).reshape(-1, 2)
        splits.append(Inspected(split.class_names, images, paths, sizes))
    duplicates = tuple(tuple(keys[path] for path in group) for group in find_duplicates(outlines))
    torn = tuple(group for group in duplicates if len({classes[key] for key in group}) > 1)
    usable = {path for split in splits for path in split.paths}
    findings, shared, obstacle = list(_findings(source, report)), len(report.leaks), ""
    try:
        tried = _tried(found, report, usable)
        if not found.names:
            findings += _lacking(tried, usable)
            shared = _shared(tried, duplicates)
    except InputError as error:
        obstacle = str(error)
    return Inspection(
        tuple(splits), report, duplicates, torn, tuple(findings), obstacle, shared
    )  # fmt: skip


def _tried(found: Contents, report: DataReport, usable: set[str]) -> Source:
    """The splits that a run would have, bad images left out.

    Raises:
      InputError: as `load_dataset` does, but for bad images that it can leave out.
    """
    fraction = None if found.names else VALID_FRACTION
    source = divided_source(found, fraction=fraction, seed=0)
    counts = {
        split.name: {
            name: sum(split.path(file) in usable for file in files)
            for name, files in _by_class(split).items()
        }
        for split in source.splits
    }
    check_counts(source, dataclasses.replace(report, counts=counts))
    return source


def _lacking(source: Source, usable: set[str]) -> list[str]:
    """What there is to say of classes of which no image would be validated on."""
    valid = source.splits[-1]
    lacking = [
        name
        for name, files in _by_class(valid).items()
        if not any(valid.path(file) in usable for file in files)
    ]
    how = f"--valid-fraction {VALID_FRACTION}"
    return [f"{how} leaves no validation image of {listed(lacking)}."] if lacking else []


def _shared(source: Source, duplicates: Sequence[Sequence[str]]) -> int:
    """How many validation images have the bytes of a training image."""
    trained, validated = ({s.key(file) for file in s.files} for s in source.splits)
    return sum(
        len(validated.intersection(group)) for group in duplicates if trained.intersection(group)
    )


def _by_class(split: FoundSplit) -> dict[str, list[FoundFile]]:
    files: dict[str, list[FoundFile]] = {name: [] for name in split.class_names}
    for file in split.files:
        files[split.class_names[file.label]].append(file)
    return files


def _findings(source: Source, report: DataReport) -> tuple[str, ...]:
    findings = list(source.notes)
    first = source.splits[0]
    for split in source.splits[1:]:
        if split.class_names != first.class_names:
            for one, other in ((first, split), (split, first)):
                if missing := sorted({*one.class_names} - {*other.class_names}):
                    findings.append(
                        f"Classes in {one.name}, not in {other.name}: {listed(missing)}."
                    )
    for name, counts in report.counts.items():
        if empty := [class_name for class_name, count in counts.items() if not count]:
            what = f"image in {name}" if name else "image"
            findings.append(f"Classes without a usable {what}: {listed(empty)}.")
    return tuple(findings)
