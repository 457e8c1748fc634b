"""Image folders: DIR/train/<class>/... and DIR/valid/<class>/... scanned, checked and decoded."""

import os
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, get_args

import numpy as np

from augjax.data.data_report import BadImage, DataReport, OnBadImage
from augjax.data.dataset import CACHE_LIMIT_BYTES, VALID_NAMES, Dataset, Split, cache_bytes
from augjax.data.folder.duplicates import find_leaks
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.scan import FOLLOWED, FolderSplit, is_inside, scan_split
from augjax.data.folder.verify import Examined, Verify, examine
from augjax.data.tf import ResizeMethod
from augjax.errors import InputError
from augjax.keys import image_ids
from augjax.printable import printable

_CHOICES = {
    "method": get_args(ResizeMethod),
    "on_bad_image": get_args(OnBadImage),
    "verify": get_args(Verify),
}


def load_image_folder(
    root: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    cache_limit: int = CACHE_LIMIT_BYTES,
    max_pixels: int = MAX_PIXELS,
    on_bad_image: OnBadImage = "fail",
    verify: Verify = "auto",
    follow_links: bool = False,
) -> Dataset:
    """Reads `root/train/<class>/...` and `root/valid/<class>/...`.

    Classes are the sub-folders, sorted by code point; images lie anywhere below them. Hidden
    files and folders, `__MACOSX` and files without an image's suffix are skipped and counted.
    Links may lead to files and class folders within `root`, or anywhere with `follow_links`.

    Images are JPEG, PNG, BMP, GIF or WebP, recognised by their bytes. They are seen as a person
    sees them on a white page: turned by their EXIF orientation, transparency composited on white,
    16 bits scaled to 8, CMYK and palettes converted, the first frame of an animation.

    No file is decoded before its header is judged. Images that fit into memory are decoded at once,
    and every file that cannot be is named; those that do not fit are checked as each epoch decodes
    them. A file that has changed since it was judged, or first decoded, is treated as one that
    cannot be decoded. A JPEG has no checksums: one whose decoder complains but does not fail is
    used, and named in a note; damage that the decoder does not complain of is not found. A 16-bit
    PNG that is nearly black is noted as well, since its values may have fewer bits. Nothing in
    `root` is written. What was found out about each good file is kept in the user's cache folder,
    and believed while its size, time of change and ends stay (`folder.verdict_cache`).

    Args:
      root: holds `train` and one of `valid`, `val`, `validation`, `test`.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      cache_limit: bytes up to which the decoded images are kept in memory.
      max_pixels: width times height of a stored image at most. Its file may have 8 bytes for each
        and 64 MB more.
      on_bad_image: 'fail' if images that cannot be used are an error, 'skip' to leave them out.
      verify: 'full' to decode every file before training even if the images do not fit into memory.
      follow_links: whether links are followed wherever they lead, to folders within a class too;
        a class has each file once, however many links lead to it.

    Raises:
      InputError: for an option or a folder that cannot be used; as a `BadImagesError`, which has
        the whole report, for images that cannot.

    Reference: `keras.utils.image_dataset_from_directory`.
    """
    _check_options(image_size, method=method, on_bad_image=on_bad_image, verify=verify)
    root = Path(root)
    scanned, notes = scan_folder(root, follow_links=follow_links)
    _check_classes(*scanned)
    report = DataReport(str(root), on_bad_image)
    for split in scanned:
        report.skipped += split.skipped
    examined = examine(
        root, scanned, report,
        image_size=image_size, method=method, cache_limit=cache_limit,
        max_pixels=max_pixels, verify=verify,
    )  # fmt: skip
    names = scanned[0].class_names
    for split, good in zip(scanned, examined, strict=True):
        labels = [file.label for file in good.files]
        counts = np.bincount(np.array(labels, int), minlength=len(names)).tolist()
        report.counts[split.folder.name] = dict(zip(names, counts, strict=True))
    train_files, valid_files = (
        _outlines(split, good) for split, good in zip(scanned, examined, strict=True)
    )
    report.leaks = [
        (os.path.relpath(a, root), os.path.relpath(b, root))
        for a, b in find_leaks(train_files, valid_files)
    ]
    if report.bad and on_bad_image == "fail":
        raise report.error()
    _check_counts(report)
    needed = cache_bytes(sum(len(good.files) for good in examined), image_size)
    where = "decoded again each epoch" if examined[0].cache is None else "kept in memory"
    notes += report.notes()
    notes.append(
        f"Decoded images take {needed / 2**20:,.0f} MiB of the {cache_limit / 2**20:,.0f} MiB "
        f"allowed for them and are {where}."
    )
    train, valid = (
        _split(split, good, report) for split, good in zip(scanned, examined, strict=True)
    )
    return Dataset(
        class_names=names,
        train=train,
        valid=valid,
        fingerprint=_fingerprint(examined),
        image_size=image_size,
        notes=tuple(notes),
        report=report,
    )


def scan_folder(
    root: Path, *, follow_links: bool = False
) -> tuple[tuple[FolderSplit, FolderSplit], list[str]]:
    """The splits for training and validation, and what there is to say; no file is opened.

    Raises:
      InputError: for a folder that cannot be used.
    """
    train, valid, notes = _find_splits(root, follow_links)
    first, second = (scan_split(s, root, follow_links=follow_links) for s in (train, valid))
    return (first, second), notes


def link_targets(root: str | Path) -> tuple[str, ...]:
    """The folders and files, resolved, that `load_image_folder` reads when it follows links.

    Raises:
      InputError: for a folder that cannot be used.
    """
    scanned, _ = scan_folder(Path(root), follow_links=True)
    return tuple(target for split in scanned for target in split.linked)


def _check_options(image_size: Any, **chosen: str) -> None:
    if not isinstance(image_size, int | np.integer) or image_size < 1:
        raise InputError(
            f"image_size={image_size!r}: expected the side of a square, at least 1 pixel"
        )
    for name, value in chosen.items():
        if value not in (allowed := _CHOICES[name]):
            expected = " or ".join(map(repr, allowed))
            raise InputError(f"{name}={value!r}: expected {expected}")


def _find_splits(root: Path, follow_links: bool) -> tuple[Path, Path, list[str]]:
    shown = printable(str(root))
    try:
        if not root.is_dir():
            problem = "not a folder" if root.exists() else "no such folder"
            raise InputError(f"--data {shown}: {problem}")
        found = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    except OSError as error:
        raise InputError(f"--data {shown}: cannot read the folder: {error.strerror}") from error
    train = root / "train"
    valid = next((root / name for name in VALID_NAMES if name in found), None)
    if "train" not in found or valid is None:
        missing = "train" if "train" not in found else " or ".join(VALID_NAMES)
        raise InputError(
            f"--data {shown}: found no folder {missing} "
            f"(there are: {', '.join(map(printable, found)) or 'none'}); "
            "expected train/<class>/... and valid/<class>/..."
        )
    for split in (train, valid):
        if not follow_links and not is_inside(str(split), os.path.realpath(root)):
            raise InputError(
                f"{printable(str(split))}: a link that leads out of the data folder; {FOLLOWED}"
            )
    notes = [] if valid.name == "valid" else [f"Validating on the folder {valid.name!r}."]
    return train, valid, notes


def _check_classes(train: FolderSplit, valid: FolderSplit) -> None:
    if train.class_names != valid.class_names:
        ours, theirs = (", ".join(map(printable, s.class_names)) for s in (train, valid))
        raise InputError(
            f"the classes of {printable(str(train.folder))} and {printable(str(valid.folder))} "
            f"differ: {ours} against {theirs}; give both the same sub-folders"
        )


def _check_counts(report: DataReport) -> None:
    for split, counts in report.counts.items():
        for name, count in counts.items():
            if count == 0:
                raise report.error(emptied=f"{split}/{name}")


def _outlines(split: FolderSplit, good: Examined) -> Iterable[tuple[str, int]]:
    for file, verdict in zip(good.files, good.verdicts, strict=True):
        yield f"{split.folder}/{file.path}", verdict.outline


def _split(split: FolderSplit, good: Examined, report: DataReport) -> Split:
    sources = tuple(file.path for file in good.files)
    return Split(
        name=split.folder.name,
        sources=sources,
        labels=np.array([file.label for file in good.files], np.int32),
        ids=image_ids(sources),
        outlines=np.array([verdict.outline for verdict in good.verdicts], np.int64),
        contents=good.decoder.contents,
        cache=good.cache,
        decode=good.decoder,
        on_missing=_note_missing(split.folder.name, good, report),
    )


def _note_missing(name: str, good: Examined, report: DataReport) -> Callable[[Sequence[int]], None]:
    """Tells the report which images an epoch had to leave out."""

    def note(indices: Sequence[int]) -> None:
        known = {bad.path for bad in report.bad}
        paths = {index: f"{name}/{good.files[index].path}" for index in sorted(indices)}
        report.add(
            [
                BadImage(path, good.decoder.failure(index))
                for index, path in paths.items()
                if path not in known
            ]
        )
        if len(paths) == len(good.files):
            raise report.error(emptied=name)

    return note


def _fingerprint(examined: Iterable[Examined]) -> str:
    digest = blake2b(digest_size=16)
    for split in examined:
        for file in split.files:
            digest.update(f"{file.path}\0{file.size}\0".encode(errors="surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()
