"""Decoding and resizing: ordinary JPEGs and PNGs by TensorFlow, all other pictures by Pillow."""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8

from augjax.data.dataset import ResizeMethod
from augjax.data.pictures import JPEG_START, PNG_START, read_upright
from augjax.data.quiet_tensorflow import import_tensorflow, silent_stderr
from augjax.data.verdicts import UNREADABLE
from augjax.files import open_regular

ALIGNMENT = 64
"""Bytes that the memory of a tensor starts at a multiple of; TensorFlow aborts at any other."""


class FileDecoder:
    """Decodes the files of a split by index, inside tf.data or outside.

    Args:
      files: their paths.
      is_plain: which of them TensorFlow is to decode.
      image_size: side of the square in pixels that they are resized to.
      method: how they are resized.
    """

    def __init__(
        self,
        files: Sequence[bytes],
        is_plain: Bool[np.ndarray, " n"],
        image_size: int,
        method: ResizeMethod,
    ) -> None:
        tf = import_tensorflow()
        self._files = tf.constant(files, tf.string)
        self._all_plain = bool(is_plain.all())
        self._is_plain = tf.constant(is_plain)
        self._image_size = image_size
        self._method: ResizeMethod = method

    def __len__(self) -> int:
        return len(self._files)

    def __call__(self, index: Any, image_size: int | None = None) -> Any:
        """File `index` as a uint8 tensor (size, size, 3).

        A file that cannot be decoded is an error of TensorFlow's.
        """
        tf = import_tensorflow()
        file = self._files[index]
        if self._all_plain:
            image = _decode_plain(file)
        else:
            image = tf.cond(
                self._is_plain[index], lambda: _decode_plain(file), lambda: _decode_by_pillow(file)
            )
        image.set_shape((None, None, 3))
        return resize(image, image_size or self._image_size, self._method)

    def failure(self, index: int) -> str:
        """Why file `index` could not be decoded, by trying once more."""
        with silent_stderr():
            try:
                self(index)
            except (import_tensorflow().errors.ResourceExhaustedError, MemoryError):
                return f"{UNREADABLE} (too large for the memory)"
            except Exception:  # TensorFlow's, or what Pillow raises, which is anything.
                return _unreadable(self._files[index].numpy()) or "truncated or damaged"
        return f"{UNREADABLE} (it could not be a moment ago)"

    def doubtful(self, wanted: Iterable[int]) -> list[int]:
        """Those of the files that decode, but not without a complaint on stderr."""
        found = []
        with silent_stderr() as written:
            for index in wanted:
                before = written()
                self(index)
                if written() > before:
                    found.append(index)
        return found


def resize(image: Any, image_size: int, method: ResizeMethod) -> Any:
    """Resizes a uint8 tensor to a square by `tf.image.resize` without antialiasing."""
    tf = import_tensorflow()
    resized = tf.image.resize(image, (image_size, image_size), method=method)
    if resized.dtype != tf.uint8:
        resized = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
    return tf.ensure_shape(resized, (image_size, image_size, 3))


def decoded_stream(
    decode: Callable[[Any], Any],
    wanted: Int[np.ndarray, " m"],
    *,
    batch_size: int = 64,
    in_order: bool = True,
) -> Any:
    """Images decoded in parallel, as a `tf.data.Dataset` of batches of (place in `wanted`, image).

    One that fails is left out: an error would end the stream, and name no file.
    """
    tf = import_tensorflow()
    decoded = (
        tf.data.Dataset.from_tensor_slices(wanted.astype(np.int64))
        .enumerate()
        .map(
            lambda place, index: (place, decode(index)),
            num_parallel_calls=2 * (os.cpu_count() or 1),
            deterministic=in_order,
        )
        .ignore_errors()
        .batch(batch_size)
        .prefetch(2)
    )
    return untuned(decoded)


def untuned(stream: Any) -> Any:
    """A `tf.data.Dataset` as it was built.

    TensorFlow's tuning takes seconds to settle. Meanwhile it may leave a stream that decodes a
    single thread, and one over images in memory waiting, for as long as all its gathering takes
    many times over.
    """
    options = import_tensorflow().data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return stream.with_options(options)


def decode_files(
    decoder: FileDecoder, wanted: Int[np.ndarray, " m"], image_size: int, *, keep: bool
) -> tuple[UInt8[np.ndarray, "m size size 3"] | None, Bool[np.ndarray, " m"], bool]:
    """Decodes files once, in parallel.

    Args:
      decoder: of the files.
      wanted: the indices of those to decode.
      image_size: side of the square that each is resized to.
      keep: whether to return the images, or only to find out which files are bad.

    Returns:
      The images in the order of `wanted` (None unless kept), which could be decoded, and whether
      a decoder complained.
    """
    images = _aligned_zeros((len(wanted), image_size, image_size, 3)) if keep else None
    seen = np.zeros(len(wanted), bool)
    # The decoders complain on stderr without saying about which file.
    with silent_stderr() as written:
        stream = decoded_stream(decoder, wanted, in_order=False)
        for rows, batch in stream.as_numpy_iterator():
            seen[rows] = True
            if images is not None:
                images[rows] = batch
        return images, seen, written() > 0


def as_tensor(images: UInt8[np.ndarray, "n size size 3"]) -> Any:
    """Images as a tensor, over the same memory if that of `decode_files`, or else a copy."""
    tf = import_tensorflow()
    if images.ctypes.data % ALIGNMENT or not images.size:
        return tf.constant(images)
    return tf.experimental.dlpack.from_dlpack(images.__dlpack__())


def _aligned_zeros(shape: tuple[int, ...]) -> UInt8[np.ndarray, "..."]:
    size = math.prod(shape)
    memory = np.zeros(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].reshape(shape)


def cache_bytes(count: int, image_size: int) -> int:
    """The memory that `count` decoded images take."""
    return count * math.prod((image_size, image_size, 3))


def _unreadable(file: bytes) -> str:
    try:
        open_regular(file).close()
    except OSError as error:
        return f"{UNREADABLE} ({error.strerror})"
    return ""


def _decode_plain(file: Any) -> Any:
    tf = import_tensorflow()
    content = tf.io.read_file(file)
    # All of its decoders tell the format by the bytes, so this is what keeps the others away.
    start = tf.strings.substr(content, 0, len(JPEG_START))
    trusted = tf.reduce_any(tf.equal(start, [JPEG_START, PNG_START[: len(JPEG_START)]]))
    with tf.control_dependencies([tf.debugging.Assert(trusted, [file])]):
        return tf.io.decode_image(content, channels=3, expand_animations=False)


def _decode_by_pillow(file: Any) -> Any:
    tf = import_tensorflow()
    return tf.numpy_function(_read_by_pillow, [file], tf.uint8, stateful=False)


def _read_by_pillow(file: Any) -> UInt8[np.ndarray, "height width 3"]:
    try:
        with open_regular(np.asarray(file).item()) as opened:  # In a graph, it comes as an array.
            return read_upright(opened.read())
    except MemoryError:
        raise
    except Exception:
        # TensorFlow would print a traceback; an image of no pixels is an error in the next step.
        return np.empty((0, 0, 3), np.uint8)
