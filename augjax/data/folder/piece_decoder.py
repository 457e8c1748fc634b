"""Files decoded in parallel a piece at a time, by a stream of tf.data's that is built once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from augjax.data.fingerprint import if_same
from augjax.data.folder.decode import FileDecoder, decode_by_pillow, decode_plain
from augjax.data.folder.decode_all import FileToDecode
from augjax.data.tf import (
    ResizeMethod,
    decoded_stream,
    import_tensorflow,
    resize,
    silent_stderr,
    unconverted,
)


class PieceDecoder:
    """Decodes the files of one piece after another.

    A stream built for each piece, as `decode_all` does for all files, would be compiled each time,
    and TensorFlow keeps a part of what it compiles.

    Args:
      image_size: side of the square in pixels that images are resized to.
      method: how they are resized.
    """

    def __init__(self, image_size: int, method: ResizeMethod) -> None:
        tf = import_tensorflow()
        self._image_size = image_size
        self._method: ResizeMethod = method
        self._files: Sequence[FileToDecode] = ()

        def pull() -> tuple[np.ndarray, ...]:
            return (
                np.array([file.place for file in self._files], np.int64),
                np.array([file.path for file in self._files], np.bytes_),
                np.array([file.is_plain for file in self._files], bool),
                np.array([file.outline for file in self._files], np.int64),
            )

        def of_one_piece(_: Any) -> Any:
            columns = tf.numpy_function(pull, [], (tf.int64, tf.string, tf.bool, tf.int64))
            for column in columns:
                column.set_shape([None])
            return tf.data.Dataset.from_tensor_slices(tuple(columns))

        def decode(place: Any, path: Any, is_plain: Any, outline: Any) -> tuple[Any, Any]:
            content, _ = if_same(tf.io.read_file(path), outline, 0)
            pixels = tf.cond(
                is_plain, lambda: decode_plain(content), lambda: decode_by_pillow(content)
            )
            return place, resize(pixels, image_size, method)

        source = tf.data.Dataset.range(1).flat_map(unconverted(of_one_piece))
        self._stream = decoded_stream(source, decode)

    def __call__(
        self, files: Sequence[FileToDecode]
    ) -> tuple[UInt8[np.ndarray, "files size size 3"], Bool[np.ndarray, " files"]]:
        """The image of each file in its place, and which could be decoded."""
        self._files = files
        images = np.zeros((len(files), self._image_size, self._image_size, 3), np.uint8)
        seen = np.zeros(len(files), bool)
        with silent_stderr():
            for places, batch in self._stream.as_numpy_iterator():
                images[places], seen[places] = batch, True
        return images, seen

    def failure(self, file: FileToDecode) -> str:
        """Why a file could not be decoded, by trying once more."""
        decoder = FileDecoder(
            [file.path],
            np.array([file.is_plain]),
            np.array([file.outline]),
            np.zeros(1, np.int64),
            self._image_size,
            self._method,
        )
        return decoder.failure(0)
