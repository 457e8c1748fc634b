"""What a data set is, wherever it comes from: two splits of labelled images with identities."""

import contextlib
import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Int64, UInt8, UInt32

from augjax.data.data_report import DataReport
from augjax.data.tf import import_tensorflow
from augjax.errors import InputError
from augjax.printable import printable

VALID_NAMES = ("valid", "val", "validation", "test")
"""The names a validation folder may have, in order of preference."""

CACHE_LIMIT_BYTES = 2 * 2**30
"""Decoded images are kept in memory up to this size, both splits together."""


def cache_bytes(count: int, image_size: int) -> int:
    """The memory that `count` decoded images take."""
    return count * math.prod((image_size, image_size, 3))


@dataclasses.dataclass
class Reads:
    """What epochs have read of a split's files in this process.

    Attributes:
      images: how many files.
      bytes: how many they have together, if their sizes are known.
    """

    images: int = 0
    bytes: int = 0

    def add(self, sizes: Int64[np.ndarray, " n"] | None, indices: Int[np.ndarray, " k"]) -> None:
        """Counts in images that are about to be read, of files of such sizes."""
        self.images += len(indices)
        if sizes is not None:
            self.bytes += int(sizes[indices].sum())

    def taken(self) -> "Reads":
        """Those since the last call."""
        now = dataclasses.replace(self)
        self.images = self.bytes = 0
        return now


@dataclasses.dataclass(frozen=True)
class Split:
    """The labelled images of a training or validation split, in a fixed order.

    Attributes:
      name: what the split is called where it comes from ('train', 'valid', ...), or '' if images
        are not split.
      sources: where each image comes from: its path relative to the folder of the split, or of the
        data if splits have none, or its TensorFlow Datasets id.
      labels: the index of each image's class.
      ids: each image's identity (`augjax.image_ids` of its source).
      outlines: a fingerprint of the ends of each image's file (`fingerprint.outline`).
      contents: one of all its bytes, a tensor (n,) of int64; 0 if no epoch has decoded it yet. An
        image that has one is decoded from these bytes only.
      cache: all images as one uint8 tensor (n, size, size, 3), or None if each epoch decodes them.
      decode: index and, if another than the usual, image size to uint8 image tensor; None where
        only the cache is left.
      on_missing: called after each epoch with the indices of the images that could not be decoded;
        may end the run.
      below: the path of the split's folder below the data's, '' if it has none; its name if None.
      held: which images `cache`, an array then, holds so far; None if it holds all. Epochs add
        those that they decode.
      sizes: of each image's file in bytes, if they are known.
      reads: what epochs have read of the files.
    """

    name: str
    sources: tuple[str, ...]
    labels: Int[np.ndarray, " n"]
    ids: UInt32[np.ndarray, "n 2"]
    outlines: Int64[np.ndarray, " n"]
    contents: Any
    cache: Any | None
    decode: Callable[..., Any] | None
    on_missing: Callable[[Sequence[int]], None] | None = None
    below: str | None = None
    held: Bool[np.ndarray, " n"] | None = None
    sizes: Int64[np.ndarray, " n"] | None = None
    reads: Reads = dataclasses.field(default_factory=Reads)

    def __len__(self) -> int:
        return len(self.sources)

    def image(self, index: int, *, at_least: int = 0) -> UInt8[np.ndarray, "height width 3"]:
        """One decoded image, of at least so many pixels a side if it can be decoded again.

        Raises:
          IndexError: if there are not so many.
          InputError: if it cannot be decoded.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"image {index}: {printable(self.name)} has 0 to {len(self) - 1}")
        cache = self.cache
        if (
            cache is not None
            and (self.held is None or self.held[index])
            and (cache.shape[1] >= at_least or self.decode is None)
        ):
            return np.array(cache[index])
        assert self.decode is not None
        try:
            image = self.decode(index)
            return (image if image.shape[0] >= at_least else self.decode(index, at_least)).numpy()
        except import_tensorflow().errors.OpError as error:
            where = printable(self.key(self.sources[index]))
            raise InputError(f"{where} cannot be decoded; repair or remove it") from error

    def key(self, source: str) -> str:
        """The path of an image below the data's folder, or its split and id."""
        return os.path.join(self.name if self.below is None else self.below, source)

    def example(self, *, at_least: int = 0) -> UInt8[np.ndarray, "height width 3"]:
        """The first image that can be decoded, of at least so many pixels a side if possible."""
        for index in range(len(self)):
            with contextlib.suppress(InputError):
                return self.image(index, at_least=at_least)
        raise InputError(f"none of the images of {printable(self.name)} can be decoded")

    def class_counts(self, num_classes: int) -> list[int]:
        """The number of images of each class."""
        return np.bincount(self.labels, minlength=num_classes).tolist()


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A training and a validation split over the same classes.

    Attributes:
      class_names: in the order of the labels.
      fingerprint: hexadecimal; equal for equal names, sizes and order of the images.
      notes: what the user should know about how it was read.
      report: what was found out about the files, if it was read from files.
      image_size: side in pixels of the square that every image is resized to.
    """

    class_names: tuple[str, ...]
    train: Split
    valid: Split
    fingerprint: str
    notes: tuple[str, ...] = ()
    report: DataReport | None = None
    image_size: int = dataclasses.field(kw_only=True)


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Labelled images of one split, such as to evaluate on.

    Attributes:
      class_names: in the order of the labels; some may have no image.
      images: in a fixed order.
      notes: what the user should know about how they were read.
      report: what was found out about the files, if they were read from files.
      image_size: side in pixels of the square that every image is resized to.
    """

    class_names: tuple[str, ...]
    images: Split
    notes: tuple[str, ...]
    report: DataReport | None
    image_size: int
