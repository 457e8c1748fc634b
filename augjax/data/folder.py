"""Image folders: DIR/train/<class>/... and DIR/valid/<class>/... scanned, checked and decoded."""

import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from augjax.data.dataset import CACHE_LIMIT_BYTES, Dataset, ResizeMethod, Split
from augjax.data.decode import cache_bytes, decode_file, decode_files
from augjax.data.quiet_tensorflow import import_tensorflow
from augjax.errors import InputError
from augjax.keys import image_ids

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
VALID_NAMES = ("valid", "val", "validation", "test")
"""The names a validation folder may have, in order of preference."""


class FolderSplit(NamedTuple):
    """The files of a split: POSIX paths relative to `folder`, sorted by class, then by path."""

    folder: Path
    class_names: tuple[str, ...]
    paths: tuple[str, ...]
    labels: np.ndarray


def load_image_folder(
    root: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    cache_limit: int = CACHE_LIMIT_BYTES,
) -> Dataset:
    """Reads `root/train/<class>/...` and `root/valid/<class>/...`.

    Classes are the sub-folders, sorted by code point; images lie anywhere below them. Hidden
    files and folders and `__MACOSX` are skipped. Every file is decoded once, so that all
    unreadable ones are named before training starts. Nothing in `root` is written.

    Args:
      root: holds `train` and one of `valid`, `val`, `validation`, `test`.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      cache_limit: bytes up to which the decoded images are kept in memory.

    Raises:
      InputError: for any folder or file that cannot be used.

    Reference: `keras.utils.image_dataset_from_directory`.
    """
    root = Path(root)
    train_folder, valid_folder, notes = _find_splits(root)
    scanned = [scan_split(train_folder), scan_split(valid_folder)]
    train, valid = scanned
    if train.class_names != valid.class_names:
        raise InputError(
            f"the classes of {train.folder} and {valid.folder} differ: "
            f"{', '.join(train.class_names)} against {', '.join(valid.class_names)}; "
            "give both the same sub-folders"
        )
    needed = cache_bytes(len(train.paths) + len(valid.paths), image_size)
    keep = needed <= cache_limit
    where = "kept in memory" if keep else "decoded again each epoch"
    notes.append(
        f"Decoded images take {needed / 2**20:,.0f} MiB of the {cache_limit / 2**20:,.0f} MiB "
        f"allowed for them and are {where}."
    )
    return Dataset(
        class_names=train.class_names,
        fingerprint=_fingerprint(scanned),
        notes=tuple(notes),
        **_decode_splits(train, valid, image_size, method, keep),
    )


def scan_split(folder: Path) -> FolderSplit:
    """Lists the images below each class folder of a split, without opening any."""
    class_names = tuple(
        sorted(e.name for e in os.scandir(folder) if e.is_dir() and _wanted(e.name))
    )
    if not class_names:
        raise InputError(f"{folder} has no class folders; expected {folder}/<class>/<image>")
    if len(class_names) == 1:
        raise InputError(
            f"{folder} has one class only ({class_names[0]}); a classifier needs two or more"
        )
    by_class = [sorted(_images_below(folder / name, name)) for name in class_names]
    empty = [
        str(folder / name) for name, paths in zip(class_names, by_class, strict=True) if not paths
    ]
    if empty:
        kinds = " ".join(IMAGE_SUFFIXES)
        raise InputError(f"no images ({kinds}) in {', '.join(empty)}; add some or remove it")
    return FolderSplit(
        folder,
        class_names,
        tuple(path for paths in by_class for path in paths),
        np.repeat(np.arange(len(class_names), dtype=np.int32), [len(p) for p in by_class]),
    )


def _find_splits(root: Path) -> tuple[Path, Path, list[str]]:
    if not root.is_dir():
        problem = "not a folder" if root.exists() else "no such folder"
        raise InputError(f"--data {root}: {problem}")
    found = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    train = root / "train"
    valid = next((root / name for name in VALID_NAMES if name in found), None)
    if "train" not in found or valid is None:
        missing = "train" if "train" not in found else ", ".join(VALID_NAMES)
        raise InputError(
            f"--data {root}: found none of the folders {missing} "
            f"(there are: {', '.join(found) or 'none'}); "
            "expected train/<class>/... and valid/<class>/..."
        )
    notes = [] if valid.name == "valid" else [f"Validating on the folder {valid.name!r}."]
    return train, valid, notes


def _wanted(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _images_below(folder: Path, prefix: str) -> Iterator[str]:
    def fail(error: OSError) -> None:
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from error

    for where, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if _wanted(name)]
        below = Path(prefix, os.path.relpath(where, folder))
        for name in files:
            if _wanted(name) and name.lower().endswith(IMAGE_SUFFIXES):
                yield (below / name).as_posix()


def _fingerprint(splits: list[FolderSplit]) -> str:
    digest = blake2b(digest_size=16)
    for split in splits:
        for path in split.paths:
            size = (split.folder / path).stat().st_size
            digest.update(f"{path}\0{size}\0".encode(errors="surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()


def _decode_splits(
    train: FolderSplit, valid: FolderSplit, image_size: int, method: ResizeMethod, keep: bool
) -> dict[str, Split]:
    tf = import_tensorflow()
    splits, bad = {}, {}
    for role, scanned in (("train", train), ("valid", valid)):
        files = [scanned.folder / path for path in scanned.paths]
        images, bad_here = decode_files(files, image_size, method, keep=keep)
        bad |= bad_here
        encoded = tf.constant([bytes(path) for path in files])
        splits[role] = Split(
            name=scanned.folder.name,
            sources=scanned.paths,
            labels=scanned.labels,
            ids=image_ids(scanned.paths),
            cache=None if images is None else tf.constant(images),
            decode=_decoder(encoded, image_size, method),
        )
    if bad:
        listed = "; ".join(f"{path} ({reason})" for path, reason in sorted(bad.items())[:20])
        more = f"; and {len(bad) - 20} more" if len(bad) > 20 else ""
        raise InputError(f"cannot read {len(bad)} image(s): {listed}{more}; repair or remove them")
    return splits


def _decoder(encoded: Any, usual_size: int, method: ResizeMethod) -> Callable[..., Any]:
    def decode(index: Any, image_size: int = usual_size) -> Any:
        return decode_file(encoded[index], image_size, method)

    return decode
