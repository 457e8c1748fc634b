"""Images of any kind, seen as training sees those of its files."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from augjax.data import stream_files
from augjax.data.tf import ResizeMethod, import_tensorflow, resize
from augjax.errors import InputError
from augjax.printable import printable

Seen = UInt8[np.ndarray, "size size 3"]


def seen_images(
    images: Any, *, image_size: int, method: ResizeMethod, max_pixels: int
) -> Iterator[Seen]:
    """Each of the images as uint8, resized as in training; they are taken one after another.

    Args:
      images: an image, or an iterable of images (such as an array of a batch of them): uint8 arrays
        (height, width, 3), pictures of Pillow's, or paths of files; of any sizes.
      image_size: side of the square in pixels that they are resized to.
      method: how they are resized.
      max_pixels: width times height of a file's image at most.

    Raises:
      InputError: for what is no such image; for files that cannot be used after the last one, and
        it names them all.
    """
    bad: list[str] = []

    def seen(group: Iterable[Any], are_paths: bool) -> Iterator[Seen]:
        if not are_paths:
            yield from (_resized(_pixels(one), image_size, method) for one in group)
            return
        for path, image, reason in stream_files(
            group, image_size=image_size, method=method, max_pixels=max_pixels
        ):
            if image is None:
                bad.append(f"{printable(str(path))} ({reason})")
            else:
                yield image

    groups = groupby(_each(images), _is_path)
    yield from chain.from_iterable(seen(group, are_paths) for are_paths, group in groups)
    if len(bad) == 1:
        raise InputError(f"cannot predict {bad[0]}")
    if bad:
        raise InputError(f"cannot predict {len(bad)} of the images:", bad)


def _each(images: Any) -> Iterable[Any]:
    dimensions = getattr(images, "ndim", None)
    if _is_path(images) or isinstance(images, Image.Image) or dimensions in (2, 3):
        return [images]
    if dimensions == 4:
        return np.asarray(images)
    try:
        return iter(images)
    except TypeError:
        return [images]


def _is_path(image: Any) -> bool:
    return isinstance(image, str | os.PathLike)


def _pixels(image: Any) -> UInt8[np.ndarray, "height width 3"]:
    if isinstance(image, Image.Image):
        return _upright(image)
    expected = "uint8 arrays of shape (height, width, 3), pictures of Pillow's, or paths"
    if not hasattr(image, "dtype"):
        raise InputError(f"expected images as {expected}, but got a {type(image).__name__}")
    if image.dtype != np.uint8:
        raise InputError(
            f"expected images as {expected}, but got {image.dtype}; for floats in [0, 1]: "
            "(255 * images).round().astype(np.uint8)"
        )
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(f"expected images as {expected}, but got an array of shape {image.shape}")
    return np.asarray(image)


def _upright(picture: Image.Image) -> UInt8[np.ndarray, "height width 3"]:
    """As the reader of files has it: turned by EXIF, on white, 16 bits scaled to 8."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):
        sixteen = np.asarray(picture).astype(np.uint32)
        picture = Image.fromarray(((sixteen + 128) // 257).astype(np.uint8))
    rgb = picture.convert("RGB")
    if picture.has_transparency_data:
        white = Image.new("RGB", rgb.size, "white")
        rgb = Image.composite(rgb, white, picture.convert("RGBA").getchannel("A"))
    return np.asarray(rgb)


def _resized(image: UInt8[np.ndarray, "h w 3"], image_size: int, method: ResizeMethod) -> Seen:
    if image.shape[:2] == (image_size, image_size):
        return image
    return resize(import_tensorflow().constant(image), image_size, method).numpy()
