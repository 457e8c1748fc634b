"""Decoding and resizing with TensorFlow; every file is decoded once before training starts."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from augjax.data.dataset import ResizeMethod
from augjax.data.quiet_tensorflow import import_tensorflow, silent_stderr


def decode_file(path: Any, image_size: int, method: ResizeMethod) -> Any:
    """Reads one image file as a uint8 tensor (image_size, image_size, 3).

    Grey is spread over three channels and the first frame of an animation is taken, as in
    `keras.utils.image_dataset_from_directory`.
    """
    tf = import_tensorflow()
    image = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    image.set_shape((None, None, 3))
    return resize(image, image_size, method)


def resize(image: Any, image_size: int, method: ResizeMethod) -> Any:
    """Resizes a uint8 tensor to a square by `tf.image.resize` without antialiasing."""
    tf = import_tensorflow()
    resized = tf.image.resize(image, (image_size, image_size), method=method)
    if resized.dtype != tf.uint8:
        resized = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
    return tf.ensure_shape(resized, (image_size, image_size, 3))


def decode_files(
    paths: Sequence[Path], image_size: int, method: ResizeMethod, *, keep: bool
) -> tuple[UInt8[np.ndarray, "n size size 3"] | None, dict[Path, str]]:
    """Decodes every file once, in parallel.

    Args:
      paths: the files.
      image_size: side of the square that each is resized to.
      method: how.
      keep: whether to return the images, or only to find out which files are bad.

    Returns:
      The images in the order of `paths` (None unless kept), and why each bad file cannot be read.
    """
    tf = import_tensorflow()
    encoded = tf.constant([bytes(path) for path in paths])
    images = np.empty((len(paths), image_size, image_size, 3), np.uint8) if keep else None
    seen = np.zeros(len(paths), bool)
    decoded = (
        tf.data.Dataset.range(len(paths))
        .map(
            lambda i: (i, decode_file(encoded[i], image_size, method)),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=False,
        )
        # An error would end the stream without a name; a file that is left out can be named.
        .ignore_errors()
        .batch(64)
        .prefetch(tf.data.AUTOTUNE)
    )
    # The decoders complain on stderr without saying about which file.
    with silent_stderr():
        for indices, batch in decoded.as_numpy_iterator():
            seen[indices] = True
            if images is not None:
                images[indices] = batch
        return images, {
            path: _why_unreadable(path, image_size, method)
            for path, decodable in zip(paths, seen, strict=True)
            if not decodable
        }


def cache_bytes(count: int, image_size: int) -> int:
    """The memory that `count` decoded images take."""
    return count * math.prod((image_size, image_size, 3))


def _why_unreadable(path: Path, image_size: int, method: ResizeMethod) -> str:
    tf = import_tensorflow()
    if path.stat().st_size == 0:
        return "the file is empty"
    try:
        decode_file(bytes(path), image_size, method)
    except tf.errors.OpError as error:
        message = error.message.splitlines()[0]
        # TensorFlow wraps the decoder's own words: {{function_node ...}} words [Op:...]
        return message.rpartition("}} ")[2].partition(" [Op:")[0]
    return "it could not be read a moment ago"
