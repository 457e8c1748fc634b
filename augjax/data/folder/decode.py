"""Decoding and resizing: JPEGs and ordinary PNGs by TensorFlow, all other pictures by Pillow."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from augjax.data.folder.judge import UNREADABLE
from augjax.data.folder.pillow import JPEG_START, PNG_START, read_upright
from augjax.data.tf import (
    ResizeMethod,
    decode_jpeg_or_png,
    import_tensorflow,
    resize,
    silent_stderr,
)
from augjax.files import open_regular


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
        self._paths = files
        self._is_plain = is_plain
        self._all_plain = bool(is_plain.all())
        self._image_size = image_size
        self._method: ResizeMethod = method

    def __len__(self) -> int:
        return len(self._paths)

    def __call__(self, index: Any, image_size: int | None = None) -> Any:
        """File `index` as a uint8 tensor (size, size, 3).

        A file that cannot be decoded is an error of TensorFlow's.
        """
        paths, is_plain = self._tensors
        path = paths[index]
        if self._all_plain:
            image = decode_plain(path)
        else:
            image = import_tensorflow().cond(
                is_plain[index], lambda: decode_plain(path), lambda: decode_by_pillow(path)
            )
        return resize(image, image_size or self._image_size, self._method)

    @functools.cached_property
    def _tensors(self) -> tuple[Any, Any]:
        """The paths, and which TensorFlow is to decode; not needed of images that are kept."""
        tf = import_tensorflow()
        with tf.init_scope():  # The first to ask may be a function of tf.data's.
            return tf.constant(self._paths, tf.string), tf.constant(self._is_plain)

    def failure(self, index: int) -> str:
        """Why file `index` could not be decoded, by trying once more."""
        with silent_stderr():
            try:
                self(index)
            except (import_tensorflow().errors.ResourceExhaustedError, MemoryError):
                return f"{UNREADABLE} (too large for the memory)"
            except Exception:  # TensorFlow's, or what Pillow raises, which is anything.
                return _unreadable(self._paths[index]) or "truncated or damaged"
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


def decode_plain(path: Any) -> Any:
    """The uint8 pixels of an ordinary JPEG or PNG, a tensor (height, width, 3), by TensorFlow."""
    tf = import_tensorflow()
    content = tf.io.read_file(path)
    # All of its decoders tell the format by the bytes, so this is what keeps the others away.
    start = tf.strings.substr(content, 0, len(JPEG_START))
    trusted = tf.reduce_any(tf.equal(start, [JPEG_START, PNG_START[: len(JPEG_START)]]))
    content = tf.where(trusted, content, b"")
    return decode_jpeg_or_png(content)


def decode_by_pillow(path: Any) -> Any:
    """The uint8 pixels of any picture, upright and on white; of none if that fails.

    A JPEG that is to be turned is decoded as the others are.
    """
    tf = import_tensorflow()
    return tf.numpy_function(_read_upright, [path], tf.uint8, stateful=False)


def _unreadable(file: bytes) -> str:
    try:
        with open_regular(file) as opened:
            opened.read()
    except OSError as error:
        return f"{UNREADABLE} ({error.strerror})"
    return ""


def _read_upright(file: Any) -> UInt8[np.ndarray, "height width 3"]:
    try:
        with open_regular(np.asarray(file).item()) as opened:  # In a graph, it comes as an array.
            return read_upright(opened.read(), lambda jpeg: decode_jpeg_or_png(jpeg).numpy())
    except MemoryError:
        raise
    except Exception:
        # TensorFlow would print a traceback; an image of no pixels is an error in the next step.
        return np.empty((0, 0, 3), np.uint8)
