"""Contact sheets: the images of a class at a glance, as PNG."""

import io
import os
import re
import sys
import unicodedata
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
from augjax.data.lettering import SMALL, elided, fitted, write
from augjax.files import write_atomically

SIDE, GAP, MARGIN, COLUMNS = 96, 4, 8, 8
"""Pixels of a thumbnail, between two and around all, and how many are in a row."""

NAME = SMALL + 6
"""Pixels below a thumbnail, for its name."""

THUMBNAILS, LEAST, MOST_IN_ALL = 64, 8, 16_384
"""On a sheet at most; of very many classes fewer, to have so many in all, but no fewer than 8."""

_HEADING = 34
_ROOM = COLUMNS * (SIDE + GAP) - GAP
_LETTERS, _BYTES = 60, 110
_OLD = unicodedata.ucd_3_2_0
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
        shown = [one for one in islice(images, len(sheet.paths)) if one.image is not None]
        names = _short([one.path for one in shown])
        pictures = [one.image for one in shown if one.image is not None]
        drawn = contact_sheet(pictures, names, _title(sheet, len(shown)))
        png = io.BytesIO()
        drawn.save(png, "PNG", compress_level=1)
        write_atomically(folder / sheet.file, png.getvalue())
        yield sheet


def contact_sheet(
    images: Sequence[UInt8[np.ndarray, "h w 3"]], names: Sequence[str], title: str
) -> Image.Image:
    """Thumbnails of 96 pixels in rows of 8, each above its name, under a title, on white."""
    rows = -(-len(images) // COLUMNS)
    size = (_ROOM + 2 * MARGIN, _HEADING + rows * (SIDE + NAME + GAP) + MARGIN - GAP)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    write(draw, (MARGIN, _HEADING // 2), title, anchor="lm")
    for number, (image, name) in enumerate(zip(images, names, strict=True)):
        row, column = divmod(number, COLUMNS)
        x, y = MARGIN + column * (SIDE + GAP), _HEADING + row * (SIDE + NAME + GAP)
        thumbnail = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)
        sheet.paste(thumbnail, (x, y))
        write(draw, (x, y + SIDE + 2), elided(name, SIDE), SMALL)
    return sheet


def file_names(classes: Sequence[tuple[str, str]]) -> list[str]:
    """A name for the sheet of each split and class: safe on any file system, and its own.

    It is the class's where that is safe, as in train-Car.png, or class-Straße.png without splits;
    or else what is safe of it, and its hash. Names that a file system may take for one another,
    as it knows no case or stores letters in another form, have hashes too.
    """
    alike = Counter((split, _folded(name)) for split, name in classes)
    names = []
    for split, name in classes:
        composed = unicodedata.normalize("NFC", name)
        safe = _cut("".join(c if _is_safe(c) else "_" for c in composed)).strip(" .")
        folded = _folded(name)
        if safe != composed or _HASHED.search(folded) or alike[split, folded] > 1:
            digest = blake2b(name.encode(errors="surrogatepass"), digest_size=6)
            safe = f"{safe}-{digest.hexdigest()}"
        names.append("-".join(filter(None, [split or "class", safe])) + ".png")
    return names


def _folded(name: str) -> str:
    """The same for all names that a file system may take for one another."""
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).upper().casefold()
    return unicodedata.normalize("NFKC", name)


def _is_safe(letter: str) -> bool:
    """Whether any file system keeps a letter as it is.

    File systems know the letters of their day only, some those of Unicode 3.2, and 16 bits of each.
    """
    if letter.isascii():
        return letter.isalnum() or letter in "_ .+-"
    is_letter = _OLD.category(letter)[0] == "L" and letter < "\U00010000"
    return is_letter and not _is_filler(letter) and _is_encoded(letter)


def _is_filler(letter: str) -> bool:
    """Whether it is a letter that is not to be seen, which some file systems leave out."""
    return "FILLER" in unicodedata.name(letter, "")


def _is_encoded(letter: str) -> bool:
    encoding = sys.getfilesystemencoding()
    return letter.encode(encoding, "replace").decode(encoding, "replace") == letter


def _cut(name: str) -> str:
    """No longer than file systems take, of which some count bytes."""
    return name[:_LETTERS].encode()[:_BYTES].decode(errors="ignore")


def _short(paths: Sequence[str]) -> list[str]:
    """The paths from where they differ: of files in one folder, their names."""
    if not paths:
        return []
    folder = os.path.commonpath([os.path.dirname(path) for path in paths])
    return [os.path.relpath(path, folder) for path in paths]


def _spread(count: int, most: int) -> Int[np.ndarray, " shown"]:
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def _title(sheet: Sheet, shown: int) -> str:
    of = "" if shown == sheet.total else f"{shown} of "
    split = f" ({sheet.split})" if sheet.split else ""
    rest = f"{split}: {of}{sheet.total:,} image{'' if sheet.total == 1 else 's'}"
    return fitted(sheet.class_name, _ROOM, rest)
