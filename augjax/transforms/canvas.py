"""Images of different sizes in one batch."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, Int32, UInt8

from augjax.typing import AnyArray

_LONGEST = 32768


def pad_to_canvas(
    images: Sequence[UInt8[AnyArray, "_ _ channels"]],
    height: int | None = None,
    width: int | None = None,
) -> tuple[UInt8[np.ndarray, "n height width channels"], Int32[np.ndarray, "n 2"]]:
    """Images of different sizes, each in the upper left of a black canvas of one size.

        images, sizes = aj.pad_to_canvas(decoded, 512, 512)
        batch = pipeline.batch(key, {"image": images, "size": sizes}, ids, epoch=epoch)

    Where an example has a "size", a pipeline that begins with Resize, Letterbox, ScaleJitter,
    RandomResizedCrop, RandomCrop or CenterCrop draws and makes what it would of the image alone.
    All batches of one canvas share one program: give the height and width, or use `canvas_groups`.

    >>> import augjax as aj
    >>> pictures = [np.zeros((3, 4, 3), np.uint8), np.zeros((2, 6, 3), np.uint8)]
    >>> images, sizes = aj.pad_to_canvas(pictures, width=8)
    >>> images.shape, sizes.tolist()
    ((2, 3, 8, 3), [[3, 4], [2, 6]])

    Args:
      images: uint8, of one number of channels.
      height: of the canvas, in pixels; by default that of the highest image.
      width: likewise.

    Returns:
      The canvases, uint8, and the (height, width) of each image, int32; on the host.

    Raises:
      TypeError, ValueError: if there are no such images, or one is larger than the canvas.
    """
    pictures = [np.asarray(image) for image in images]
    if not pictures:
        raise ValueError("pad_to_canvas takes at least one image")
    for place, picture in enumerate(pictures):
        if picture.dtype != np.uint8:
            raise TypeError(
                f"pad_to_canvas takes uint8 images, but image {place} is {picture.dtype}"
            )
        if picture.ndim != 3 or 0 in picture.shape or picture.shape[2] != pictures[0].shape[-1]:
            raise ValueError(
                "pad_to_canvas takes images of shape (height, width, channels) with the same "
                f"channels, but got {pictures[0].shape} and {picture.shape}"
            )
    sizes = np.array([picture.shape[:2] for picture in pictures], np.int32)
    canvas = [int(most) for most in sizes.max(axis=0)]
    for axis, (name, given) in enumerate((("height", height), ("width", width))):
        if given is not None:
            if given < canvas[axis]:
                place = int(np.argmax(sizes[:, axis]))
                raise ValueError(
                    f"pad_to_canvas({name}={given}): image {place} has a {name} of {canvas[axis]}"
                )
            canvas[axis] = given
    padded = np.zeros((len(pictures), *canvas, pictures[0].shape[2]), np.uint8)
    for picture, onto in zip(pictures, padded, strict=True):
        onto[: picture.shape[0], : picture.shape[1]] = picture
    return padded, sizes


def canvas_groups(
    sizes: Int[AnyArray, "n 2"], multiple: int = 64
) -> dict[tuple[int, int], Int[np.ndarray, " m"]]:
    """Which images share a canvas whose sides are multiples of a number, so that few pixels are
    padding and few programs are compiled.

    >>> import augjax as aj
    >>> groups = aj.canvas_groups(np.array([[100, 120], [128, 90], [60, 130]]), 64)
    >>> {canvas: places.tolist() for canvas, places in groups.items()}
    {(64, 192): [2], (128, 128): [0, 1]}

    Args:
      sizes: (height, width) of each image.
      multiple: of which the sides of every canvas are multiples, in pixels, 1 to 32768.

    Returns:
      The places of the images by the (height, width) of the smallest canvas that holds them.
    """
    if not 1 <= multiple <= _LONGEST:
        raise ValueError(
            f"canvas_groups(multiple={multiple!r}): expected a whole number from 1 to {_LONGEST}"
        )
    canvases = -(-np.asarray(sizes) // multiple) * multiple
    kinds, group = np.unique(canvases, axis=0, return_inverse=True)
    places = np.ravel(group)
    return {(int(h), int(w)): np.flatnonzero(places == i) for i, (h, w) in enumerate(kinds)}
