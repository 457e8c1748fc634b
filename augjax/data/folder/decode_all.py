"""All files decoded once, in parallel, while the next ones are still being judged."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from augjax.data.fingerprint import if_same
from augjax.data.folder.decode import decode_by_pillow, decode_plain
from augjax.data.tf import (
    ResizeMethod,
    decoded_stream,
    import_tensorflow,
    resize,
    silent_stderr,
    unconverted,
)

ALIGNMENT = 64
"""Bytes that the memory of a tensor starts at a multiple of; TensorFlow aborts at any other."""

WAITING = 4096
"""How many files may wait to be decoded while more are asked for."""


class FileToDecode(NamedTuple):
    """A file, and the place of its image among all.

    Attributes:
      place: from 0 on.
      path: of the file.
      is_plain: whether TensorFlow is to decode it (see `pillow.Header`), or else Pillow.
      outline: when it was judged; a file of another is not decoded.
    """

    place: int
    path: bytes
    is_plain: bool
    outline: int


class Decoded(NamedTuple):
    """What came of decoding files.

    Attributes:
      images: in their places, with zeros where there is none; None if they were not to be kept.
      seen: which files could be decoded, by place.
      contents: their fingerprints, and 0 for others.
      complained: whether a decoder complained, which it does without saying about which file.
    """

    images: UInt8[np.ndarray, "count size size 3"] | None
    seen: Bool[np.ndarray, " count"]
    contents: Int64[np.ndarray, " count"]
    complained: bool


def decode_all(
    pieces: Iterable[list[FileToDecode]],
    *,
    number: int,
    count: int,
    image_size: int,
    method: ResizeMethod,
    keep: bool,
) -> Decoded:
    """Decodes files once, in parallel; the next ones are asked for while others are decoded.

    Args:
      pieces: the files, a few at a time; taken one after another, in a thread of TensorFlow's.
      number: of pieces, at most.
      count: of places for images.
      image_size: side of the square that each is resized to.
      method: how they are resized.
      keep: whether to return the images, or only to find out which files are bad.

    Raises:
      Exception: whatever `pieces` raises.
    """
    tf = import_tensorflow()
    images = _aligned_zeros((count, image_size, image_size, 3)) if keep else None
    seen, contents = np.zeros(count, bool), np.zeros(count, np.int64)
    by_pillow: list[FileToDecode] = []

    def plain() -> Iterator[list[FileToDecode]]:
        for piece in pieces:
            by_pillow.extend(file for file in piece if not file.is_plain)
            yield [file for file in piece if file.is_plain]

    def decode(source: Any, picture: Callable[[Any], Any]) -> None:
        def decode_one(place: Any, path: Any, outline: Any) -> tuple[Any, Any, Any]:
            content, found = if_same(tf.io.read_file(path), outline, 0)
            return place, resize(picture(content), image_size, method), found

        stream = decoded_stream(source, decode_one)
        for places, batch, found in stream.as_numpy_iterator():
            seen[places], contents[places] = True, found
            if images is not None:
                images[places] = batch

    with silent_stderr() as written:
        source, failures = _pulled(plain(), number)
        decode(source, decode_plain)
        if failures:
            raise failures[0]
        if by_pillow:
            source = tf.data.Dataset.from_tensor_slices(_columns(by_pillow))
            decode(source, decode_by_pillow)
        return Decoded(images, seen, contents, written() > 0)


def _pulled(pieces: Iterator[list[FileToDecode]], number: int) -> tuple[Any, list[Exception]]:
    """A `tf.data.Dataset` of `_columns`, and what went wrong, which a stream would swallow."""
    tf = import_tensorflow()
    failures: list[Exception] = []

    def pull() -> tuple[np.ndarray, ...]:
        try:
            return _columns(next(pieces, []))
        except Exception as failure:
            failures.append(failure)
            return _columns([])

    def of_one_piece(_: Any) -> Any:
        columns = tf.numpy_function(pull, [], (tf.int64, tf.string, tf.int64))
        for column in columns:
            column.set_shape([None])
        return tf.data.Dataset.from_tensor_slices(tuple(columns))

    files = tf.data.Dataset.range(number).flat_map(unconverted(of_one_piece))
    return files.prefetch(WAITING), failures


def _columns(files: list[FileToDecode]) -> tuple[np.ndarray, ...]:
    return (
        np.array([file.place for file in files], np.int64),
        np.array([file.path for file in files], np.bytes_),
        np.array([file.outline for file in files], np.int64),
    )


def as_tensor(images: UInt8[np.ndarray, "n size size 3"]) -> Any:
    """Images as a tensor, over the same memory if that of `decode_all`, or else a copy."""
    tf = import_tensorflow()
    if images.ctypes.data % ALIGNMENT or not images.size:
        return tf.constant(images)
    return tf.experimental.dlpack.from_dlpack(images.__dlpack__())


def _aligned_zeros(shape: tuple[int, ...]) -> UInt8[np.ndarray, "..."]:
    size = math.prod(shape)
    memory = np.zeros(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].reshape(shape)
