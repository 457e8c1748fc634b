"""Rows of pictures, each under its name, as a PNG: of previews, and of what a run trains on."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from augjax.data.lettering import FONT_SIZE, wrapped, write
from augjax.files import write_atomically

CELL, GAP, MARGIN = 128, 4, 8
"""Pixels: the smaller side of a picture at least, between two, and around all."""

LINE = FONT_SIZE + 6
"""Pixels from a line of text to the next."""

NARROWEST = 480
"""Pixels, so that text fits in."""

TITLE_LINES, NAME_LINES = 8, 3
"""At most, of each paragraph of the title and of each name."""


def captioned(path: str, class_name: str) -> str:
    """The name of an image: its path, and its class where that is no folder of the path."""
    told = not class_name or class_name in PurePosixPath(path).parts[:-1]
    return path if told else f"{path} ({class_name})"


def save_rows(
    rows: Mapping[str, Sequence[Any]], title: str, path: Path, *, largest: int | None = None
) -> None:
    """Writes a PNG of rows of pictures, as they are drawn by `drawn_rows`."""
    png = io.BytesIO()
    drawn_rows(rows, title, largest=largest).save(png, "PNG", compress_level=1)
    write_atomically(path, png.getvalue())


def drawn_rows(
    rows: Mapping[str, Sequence[Any]], title: str, *, largest: int | None = None
) -> Image.Image:
    """Rows of pictures, all at one scale, each row under its name, and all under a title.

    Rows of one picture each stand beside one another.

    Args:
      rows: pictures (HWC, uint8 or [0, 1]) by the name of their row.
      title: lines that are broken where there is no room.
      largest: pixels a side of a picture at most, by default as many as it has.
    """
    pictures = {name: [_eight_bits(np.asarray(one)) for one in row] for name, row in rows.items()}
    columns = max(map(len, rows.values()))
    blocks = len(rows) if columns == 1 else 1
    scale, height, width = _scale(pictures, columns * blocks, largest)
    wide = columns * (width + GAP) - GAP
    room = max(blocks * (wide + GAP) - GAP, NARROWEST)
    lines = [line for part in title.split("\n") for line in wrapped(part, room, TITLE_LINES)]
    names = [wrapped(name, wide if blocks > 1 else room, NAME_LINES) for name in rows]
    heads = [max(map(len, names))] if blocks > 1 else list(map(len, names))
    top = MARGIN + LINE * len(lines) + GAP
    heights = [LINE * head + height + MARGIN for head in heads]
    sheet = Image.new("RGB", (room + 2 * MARGIN, top + sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    _write(draw, lines, MARGIN, MARGIN)
    tops = np.cumsum([top, *heights]).tolist()
    for number, row in enumerate(pictures.values()):
        down, across = divmod(number, blocks)
        x, y = MARGIN + across * (wide + GAP), tops[down]
        _write(draw, names[number], x, y)
        for column, picture in enumerate(row):
            sheet.paste(
                _scaled(picture, scale), (x + column * (width + GAP), y + LINE * heads[down])
            )
    return sheet


def _scale(
    pictures: Mapping[str, Sequence[UInt8[np.ndarray, "_ _ _"]]], across: int, largest: int | None
) -> tuple[float, int, int]:
    """What pictures are enlarged by, a whole number if not below 1; and the size of a cell."""
    shapes = [picture.shape for row in pictures.values() for picture in row]
    height, width = (max(shape[axis] for shape in shapes) for axis in (0, 1))
    least = -(-(NARROWEST - (across - 1) * GAP) // across)
    scale = max(-(-CELL // min(height, width)), -(-least // width))
    if largest is not None and max(height, width) > largest:
        scale = largest / max(height, width)
    return scale, max(1, round(scale * height)), max(1, round(scale * width))


def _scaled(picture: UInt8[np.ndarray, "_ _ _"], scale: float) -> Image.Image:
    one = Image.fromarray(picture).convert("RGB")
    size = max(1, round(scale * one.width)), max(1, round(scale * one.height))
    return one.resize(size, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX)


def _write(draw: ImageDraw.ImageDraw, lines: Sequence[str], x: int, y: int) -> None:
    for number, line in enumerate(lines):
        write(draw, (x, y + LINE * number), line)


def _eight_bits(image: np.ndarray) -> UInt8[np.ndarray, "_ _ _"]:
    if image.dtype == np.uint8:
        return image
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)
