"""Data sets wherever they come from."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from augjax.data.data_report import DataReport
from augjax.data.dataset import Dataset, Split
from augjax.data.folder.decode import decode_by_pillow
from augjax.data.folder.load import load_image_folder
from augjax.data.tf import ResizeMethod, resize
from augjax.data.tfds import load_tfds
from augjax.errors import InputError


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Labelled images without a split."""

    class_names: tuple[str, ...]
    images: Split
    notes: tuple[str, ...] = ()
    report: DataReport | None = None
    image_size: int = dataclasses.field(kw_only=True)


def load_dataset(
    data: str | Path, *, image_size: int, method: ResizeMethod = "nearest", **options: Any
) -> Dataset:
    """A folder with splits, or tfds:NAME."""
    if str(data).startswith("tfds:"):
        return load_tfds(str(data), image_size=image_size, method=method)
    return load_image_folder(data, image_size=image_size, method=method, **options)


def load_image_set(
    data: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    class_names: Sequence[str] | None = None,
) -> ImageSet:
    """The validation split of a folder."""
    dataset = load_dataset(data, image_size=image_size, method=method)
    if class_names is not None and tuple(class_names) != dataset.class_names:
        raise InputError(f"--data {data}: the classes are {', '.join(dataset.class_names)}")
    return ImageSet(dataset.class_names, dataset.valid, image_size=image_size)


def stream_files(
    paths: Iterable[str | Path], *, image_size: int, method: ResizeMethod, max_pixels: int = 2**26
) -> Iterator[tuple[str, Any, str]]:
    """Path, image or None, and reason."""
    for path in paths:
        try:
            content = Path(path).read_bytes()
            yield str(path), resize(decode_by_pillow(content), image_size, method).numpy(), ""
        except Exception as error:
            yield str(path), None, type(error).__name__
