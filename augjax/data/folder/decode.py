"""Decoding and resizing: JPEGs and ordinary PNGs by TensorFlow, all other pictures by Pillow."""

import contextlib
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from augjax.data.fingerprint import if_same
from augjax.data.folder.judge import CHANGED, READABLE_NOW, UNREADABLE
from augjax.data.folder.pillow import JPEG_START, read_upright
from augjax.data.folder.png import PNG_START
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

    A file that has changed since it was judged, or since it was first decoded, is not decoded.

    Args:
      files: their paths.
      is_plain: which of them TensorFlow is to decode.
      outlines: theirs when they were judged.
      contents: the fingerprints of those decoded before, and 0 for others.
      image_size: side of the square in pixels that they are resized to.
      method: how they are resized.
    """

    def __init__(
        self,
        files: Sequence[bytes],
        is_plain: Bool[np.ndarray, " n"],
        outlines: Int64[np.ndarray, " n"],
        contents: Int64[np.ndarray, " n"],
        image_size: int,
        method: ResizeMethod,
    ) -> None:
        self._paths = files
        self._is_plain = is_plain
        self._all_plain = bool(is_plain.all())
        self._outlines = outlines
        self.contents = import_tensorflow().Variable(contents)
        self._image_size = image_size
        self._method: ResizeMethod = method

    def __len__(self) -> int:
        return len(self._paths)

    def __call__(self, index: Any, image_size: int | None = None) -> Any:
        """File `index` as a uint8 tensor (size, size, 3).

        A file that cannot be decoded is an error of TensorFlow's.
        """
        tf = import_tensorflow()
        paths, is_plain, outlines = self._tensors
        content = tf.io.read_file(paths[index])
        # Of a variable that is written to, `[index]` would copy all.
        content, found = if_same(content, outlines[index], tf.gather(self.contents, index))
        self.contents.scatter_update(tf.IndexedSlices(found, index))
        if self._all_plain:
            image = decode_plain(content)
        else:
            image = tf.cond(
                is_plain[index], lambda: decode_plain(content), lambda: decode_by_pillow(content)
            )
        return resize(image, image_size or self._image_size, self._method)

    @functools.cached_property
    def _tensors(self) -> tuple[Any, Any, Any]:
        """Paths, which TensorFlow is to decode, and outlines; not needed of images kept."""
        tf = import_tensorflow()
        with tf.init_scope():  # The first to ask may be a function of tf.data's.
            return (
                tf.constant(self._paths, tf.string),
                tf.constant(self._is_plain),
                tf.constant(self._outlines),
            )

    def failure(self, index: int) -> str:
        """Why file `index` could not be decoded, by trying once more."""
        with silent_stderr():
            try:
                self(index)
            except (import_tensorflow().errors.ResourceExhaustedError, MemoryError):
                return f"{UNREADABLE} (too large for the memory)"
            except Exception:  # TensorFlow's, or what Pillow raises, which is anything.
                return self._not_the_same(index) or "truncated or damaged"
        return READABLE_NOW

    def _not_the_same(self, index: int) -> str:
        try:
            with open_regular(self._paths[index]) as file:
                content = file.read()
        except OSError as error:
            return f"{UNREADABLE} ({error.strerror})"
        if content:  # Of nothing, there is no outline.
            seen = import_tensorflow().gather(self.contents, index)
            content, _ = if_same(content, self._outlines[index], seen)
            content = content.numpy()
        return "" if content else CHANGED

    def doubtful(self, wanted: Iterable[int]) -> list[int]:
        """Those of the JPEGs that decode, but not without a complaint on stderr.

        Of a PNG, whose pixels have checksums, a complaint is about something else.
        """
        found = []
        with silent_stderr() as written:
            for index in wanted:
                before = written()
                with contextlib.suppress(import_tensorflow().errors.OpError):  # It has changed.
                    self(index)
                if written() > before:
                    found.append(index)
        return found


def decode_plain(content: Any) -> Any:
    """The uint8 pixels of an ordinary JPEG or PNG, a tensor (height, width, 3), by TensorFlow."""
    tf = import_tensorflow()
    # All of its decoders tell the format by the bytes, so this is what keeps the others away.
    start = tf.strings.substr(content, 0, len(JPEG_START))
    trusted = tf.reduce_any(tf.equal(start, [JPEG_START, PNG_START[: len(JPEG_START)]]))
    content = tf.where(trusted, content, b"")
    return decode_jpeg_or_png(content)


def decode_by_pillow(content: Any) -> Any:
    """The uint8 pixels of any picture, upright and on white; of none if that fails.

    A JPEG that is to be turned is decoded as the others are.
    """
    tf = import_tensorflow()
    return tf.numpy_function(_read_upright, [content], tf.uint8, stateful=False)


def _read_upright(content: Any) -> UInt8[np.ndarray, "height width 3"]:
    try:
        # In a graph, it comes as an array.
        content = content if isinstance(content, bytes) else content.item()
        return read_upright(content, lambda jpeg: decode_jpeg_or_png(jpeg).numpy())
    except MemoryError:
        raise
    except Exception:
        # TensorFlow would print a traceback; an image of no pixels is an error in the next step.
        return np.empty((0, 0, 3), np.uint8)
