"""The splits of a source, judged, decoded if they fit into memory, and reported on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from augjax.data.classes import listed
from augjax.data.data_report import BadImage, DataReport
from augjax.data.dataset import Dataset, Split, cache_bytes
from augjax.data.folder.duplicates import find_leaks
from augjax.data.folder.judge import CHANGED, READABLE_NOW
from augjax.data.folder.options import ReadOptions
from augjax.data.folder.scan import FoundSplit
from augjax.data.folder.splits import Source
from augjax.data.folder.verify import Examined, examine
from augjax.errors import InputError
from augjax.keys import image_ids
from augjax.printable import printable
from augjax.runtime.processes import ALONE, Processes


class Read(NamedTuple):
    """The splits of a source, and what was found out about their files."""

    splits: tuple[Split, ...]
    examined: tuple[Examined, ...]
    report: DataReport
    notes: tuple[str, ...]


def read_dataset(source: Source, options: ReadOptions) -> Dataset:
    """The data set of the two splits of a source.

    Raises:
      InputError: as `read_source`.
    """
    read = read_source(source, options)
    train, valid = read.splits
    return Dataset(
        class_names=source.splits[0].class_names,
        train=train,
        valid=valid,
        fingerprint=_fingerprint(source, read.examined),
        image_size=options.image_size,
        notes=read.notes,
        report=read.report,
    )


def read_source(source: Source, options: ReadOptions) -> Read:
    """Reads the splits of a source.

    Raises:
      BadImagesError: if images cannot be used and are not to be left out, or a class has no others.
      InputError: if there is no image at all.
    """
    examined, report = examine_source(source, options)
    if report.bad and options.on_bad_image == "fail":
        raise report.error()
    lacking = check_counts(source, report)
    needed = cache_bytes(sum(len(good.files) for good in examined), options.image_size)
    where = "decoded again each epoch" if examined[0].cache is None else "kept in memory"
    notes = (
        *source.notes,
        *_divided_note(source, examined),
        *lacking,
        *report.notes(),
        f"Decoded images take {needed / 2**20:,.0f} MiB of the "
        f"{options.cache_limit / 2**20:,.0f} MiB allowed for them and are {where}.",
    )
    splits = usable_splits(source, examined, report, options.processes)
    return Read(splits, tuple(examined), report, notes)


def _divided_note(source: Source, examined: Sequence[Examined]) -> list[str]:
    """How many of the images in use are validated on, where a flag divided them."""
    if not source.divided_by:
        return []
    counts = [len(good.files) for good in examined]
    return [f"Validating on {counts[-1]} of {sum(counts)} images, by {source.divided_by}."]


def examine_source(source: Source, options: ReadOptions) -> tuple[list[Examined], DataReport]:
    """Judges the files of all splits, and says what was found out, whatever it is."""
    report = DataReport(str(source.root), options.on_bad_image)
    for split in source.splits:
        report.skipped += split.skipped
    examined = examine(
        source.data, source.splits, report,
        image_size=options.image_size, method=options.method, cache_limit=options.cache_limit,
        max_pixels=options.max_pixels, verify=options.verify, processes=options.processes,
    )  # fmt: skip
    for split, good in zip(source.splits, examined, strict=True):
        labels = np.array([file.label for file in good.files], int)
        counts = np.bincount(labels, minlength=len(split.class_names)).tolist()
        report.counts[split.name] = dict(zip(split.class_names, counts, strict=True))
    if source.splits[0].name == "train" and options.processes.is_first:
        _note_leaks(source, examined, report)
    return examined, report


def usable_splits(
    source: Source,
    examined: Iterable[Examined],
    report: DataReport,
    processes: Processes = ALONE,
) -> tuple[Split, ...]:
    """The images that can be used; what an epoch cannot decode goes to the report."""
    return tuple(
        _split(split, good, report, source, processes)
        for split, good in zip(source.splits, examined, strict=True)
    )


def _note_leaks(source: Source, examined: Sequence[Examined], report: DataReport) -> None:
    known: dict[str, tuple[str, str]] = {}
    outlines: list[list[tuple[str, int]]] = []
    for split, good in zip(source.splits, examined, strict=True):
        outlines.append([])
        for file, verdict in zip(good.files, good.verdicts, strict=True):
            known[split.path(file)] = split.key(file), split.class_names[file.label]
            outlines[-1].append((split.path(file), verdict.outline))
    train, *others = outlines
    for pair in find_leaks(train, (one for other in others for one in other)):
        (valid_key, valid_class), (train_key, train_class) = (known[path] for path in pair)
        report.leaks.append((valid_key, train_key))
        if valid_class != train_class:
            report.torn.append((valid_key, train_key))


def check_counts(source: Source, report: DataReport) -> list[str]:
    """What there is to say of classes that may lack images.

    Raises:
      BadImagesError: if another class has none that can be used.
      InputError: if there is no image at all.
    """
    lacking = []
    for number, split in enumerate(source.splits, start=1):
        counts = report.counts[split.name]
        empty = [name for name, count in counts.items() if count == 0]
        may_lack = source.may_lack and number == len(source.splits)
        if empty and (not may_lack or (len(empty) == len(counts) and report.bad)):
            raise report.error(_place(split, source, "" if may_lack else empty[0]))
        if empty and len(empty) == len(counts):
            raise InputError(f"{printable(str(source.data))} has no images")
        if empty:
            what = f"image in {split.name}" if split.name else "image"
            lacking.append(f"Classes without an {what}: {listed(empty)}.")
    return lacking


def _place(split: FoundSplit, source: Source, class_name: str = "") -> str:
    """A split, or a class of it, where it lies."""
    if split.below:
        return str(source.root / split.below / class_name)
    if source.may_lack and len(source.splits) > 1:
        made = f"the split {split.name} that --valid-fraction makes of {source.data}"
        return f"{made}, class {class_name}" if class_name else made
    names = ", ".join(filter(None, [split.name, class_name]))
    return f"{source.data} ({names})" if names else str(source.data)


def _split(
    split: FoundSplit, good: Examined, report: DataReport, source: Source, processes: Processes
) -> Split:
    sources = tuple(file.path for file in good.files)
    return Split(
        name=split.name,
        sources=sources,
        labels=np.array([file.label for file in good.files], np.int32),
        ids=image_ids(sources),
        outlines=np.array([verdict.outline for verdict in good.verdicts], np.int64),
        contents=good.decoder.contents,
        cache=good.cache,
        decode=good.decoder,
        on_missing=_note_missing(split, good, report, source, processes),
        below=split.below,
        held=good.held,
        sizes=np.array([file.size for file in good.files], np.int64),
    )


def _note_missing(
    split: FoundSplit, good: Examined, report: DataReport, source: Source, processes: Processes
) -> Callable[[Sequence[int]], None]:
    """Tells the report which images an epoch had to leave out, in whichever process."""

    def note(own: Sequence[int]) -> None:
        found = processes.in_training.gather(lambda: list(own))
        indices = sorted({index for some in found for index in some})
        if not indices:
            return
        known = {bad.path for bad in report.bad}
        paths = {index: split.key(good.files[index]) for index in indices}
        new = [index for index in indices if paths[index] not in known]
        tried = processes.in_training.gather(lambda: [good.decoder.failure(i) for i in new])
        reasons = dict(zip(new, zip(*tried, strict=True), strict=True))
        _check_alike({paths[index]: said for index, said in reasons.items()})
        report.add([BadImage(paths[i], _reason(said)) for i, said in reasons.items()])
        if len(paths) == len(good.files):
            raise report.error(_place(split, source))

    return note


def _check_alike(reasons: Mapping[str, Sequence[str]]) -> None:
    """Raises InputError if files are as they were judged for some processes, and not for others."""
    unlike = {
        path: said for path, said in reasons.items() if CHANGED in said and READABLE_NOW in said
    }
    if unlike:
        path, said = next(iter(unlike.items()))
        more = f", and {len(unlike) - 1} more differ" if len(unlike) > 1 else ""
        raise InputError(
            f"process {said.index(CHANGED)}: {printable(path)} has other bytes than for process "
            f"{said.index(READABLE_NOW)}{more}; give all processes the same images"
        )


def _reason(said: Sequence[str]) -> str:
    """What the first process says that still cannot decode a file."""
    return next((reason for reason in said if reason != READABLE_NOW), READABLE_NOW)


def _fingerprint(source: Source, examined: Iterable[Examined]) -> str:
    """Of paths and sizes, and of the classes that the paths do not tell."""
    digest = blake2b(digest_size=16)
    for split, good in zip(source.splits, examined, strict=True):
        for file in good.files:
            named = f"{file.path}\0{file.size}\0"
            if not file.path.startswith(f"{split.class_names[file.label]}/"):
                named += f"{split.class_names[file.label]}\0"
            digest.update(named.encode(errors="surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()
