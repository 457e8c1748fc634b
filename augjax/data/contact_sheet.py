"""Contact sheets: the images of a class at a glance, as PNG."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image, ImageDraw

from augjax.data.folder.inspect import Inspection
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.stream import stream_files
from augjax.data.lettering import fitted, font
from augjax.files import write_atomically

SIDE, GAP, COLUMNS = 96, 4, 8
"""Pixels of a thumbnail and between two, and how many are in a row."""

THUMBNAILS, LEAST, MOST_IN_ALL = 64, 8, 16_384
"""On a sheet at most; of very many classes fewer, to have so many in all, but no fewer than 8."""

_HEADING = 30
_NAME_LENGTH = 60
_HASHED = re.compile(r"-[0-9a-f]{12}$")


class Sheet(NamedTuple):
    """A contact sheet to be drawn.

    Attributes:
      split: the name of the split, or ''.
      class_name: of its images.
      total: of its images in the split, shown or not.
      paths: of the images that are shown.
      file: the name of the PNG.
    """

    split: str
    class_name: str
    total: int
    paths: tuple[str, ...]
    file: str


def planned_sheets(found: Inspection) -> list[Sheet]:
    """A sheet for each class of each split that has images, with some spread evenly over them."""
    of_classes = [
        (split.images.name, name, indices, split.paths)
        for split in found.splits
        for label, name in enumerate(split.class_names)
        if len(indices := np.flatnonzero(split.images.labels == label))
    ]
    most = max(LEAST, min(THUMBNAILS, MOST_IN_ALL // max(len(of_classes), 1)))
    files = file_names([(split, name) for split, name, _, _ in of_classes])
    return [
        Sheet(
            split, name, len(indices),
            tuple(paths[n] for n in indices[_spread(len(indices), most)].tolist()), file,
        )
        for (split, name, indices, paths), file in zip(of_classes, files, strict=True)
    ]  # fmt: skip


def write_sheets(
    sheets: Sequence[Sheet], folder: Path, *, max_pixels: int = MAX_PIXELS
) -> Iterator[Sheet]:
    """Writes sheets into a folder, and gives each when its file is there.

    Images are squares, as networks see them, and so that all are equally large. Memory does not
    grow with the number of classes.

    Args:
      sheets: as planned.
      folder: an existing one. Files of the sheets' names are replaced, links too.
      max_pixels: width times height of a stored image at most.

    Raises:
      RunError: if a file cannot be written.
    """
    paths = (path for sheet in sheets for path in sheet.paths)
    # Twice as large, then averaged: what reads images for training does not antialias.
    images = stream_files(paths, image_size=2 * SIDE, method="bilinear", max_pixels=max_pixels)
    for sheet in sheets:
        shown = [one.image for one in islice(images, len(sheet.paths)) if one.image is not None]
        png = io.BytesIO()
        contact_sheet(shown, _title(sheet, len(shown))).save(png, "PNG", compress_level=1)
        write_atomically(folder / sheet.file, png.getvalue())
        yield sheet


def contact_sheet(images: Sequence[UInt8[np.ndarray, "h w 3"]], title: str) -> Image.Image:
    """Thumbnails of 96 pixels in rows of 8 under a title, 4 pixels apart, on white."""
    rows = -(-len(images) // COLUMNS)
    size = (GAP + COLUMNS * (SIDE + GAP), _HEADING + rows * (SIDE + GAP))
    sheet = Image.new("RGB", size, "white")
    ImageDraw.Draw(sheet).text((GAP, _HEADING // 2), title, "black", font(), anchor="lm")
    for number, image in enumerate(images):
        row, column = divmod(number, COLUMNS)
        thumbnail = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)
        sheet.paste(thumbnail, (GAP + column * (SIDE + GAP), _HEADING + row * (SIDE + GAP)))
    return sheet


def file_names(classes: Sequence[tuple[str, str]]) -> list[str]:
    """A name for the sheet of each split and class: safe on any file system, and its own.

    It is the class's where that is safe, as in train-Car.png, or class-Car.png without splits; or
    else what is safe of it, and its hash. Names that differ in nothing but case have hashes too.
    """
    alike = Counter((split, name.casefold()) for split, name in classes)
    names = []
    for split, name in classes:
        safe = re.sub(r"[^A-Za-z0-9_ .+-]", "_", name)[:_NAME_LENGTH].strip(" .")
        if safe != name or _HASHED.search(name) or alike[split, name.casefold()] > 1:
            digest = blake2b(name.encode(errors="surrogatepass"), digest_size=6)
            safe = f"{safe}-{digest.hexdigest()}"
        names.append("-".join(filter(None, [split or "class", safe])) + ".png")
    return names


def _spread(count: int, most: int) -> Int[np.ndarray, " shown"]:
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def _title(sheet: Sheet, shown: int) -> str:
    of = "" if shown == sheet.total else f"{shown} of "
    split = f" ({sheet.split})" if sheet.split else ""
    rest = f"{split}: {of}{sheet.total:,} image{'' if sheet.total == 1 else 's'}"
    return fitted(sheet.class_name, COLUMNS * (SIDE + GAP) - GAP, rest)
