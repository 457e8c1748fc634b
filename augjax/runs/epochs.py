"""Pictures of what a pipeline makes of images, epoch after epoch: a grid, or an animation."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from augjax.data.lettering import FONT_SIZE, fitted, font
from augjax.files import write_atomically
from augjax.transforms import Sequential, replay
from augjax.transforms.show import shown
from augjax.typing import Strength

Picture = UInt8[np.ndarray, "_ _ _"]

CELL, GAP, MARGIN = 128, 4, 8
"""Pixels: the smaller side of a picture at least, between two, and around all."""

LINE = FONT_SIZE + 6
"""Pixels from a line of text to the next."""

NARROWEST = 480
"""Pixels, so that text fits in."""

TITLE_LINES = 8
FRAME_SECONDS = 0.6


def epochs_of(
    pipeline: Sequential,
    image: Picture,
    id: str,
    *,
    seed: int,
    epochs: int,
    strength: Strength = 1.0,
) -> list[Picture]:
    """An image as it is, and then as a run would see it in the epochs from 1 on.

    The draws are those of a run with this pipeline, seed and a constant strength, in which the
    image has this id (`augjax.replay`): exactly what it would see, for any number of images and
    batches. In a run's folder of data, the id is the path relative to the split. Images for
    validation are seen as they are. Mixes come after this.
    """
    after = (
        replay(pipeline, image=image, id=id, seed=seed, epoch=epoch, strength=strength)
        for epoch in range(1, epochs + 1)
    )
    return [image, *(_eight_bits(shown(np.asarray(one), pipeline)) for one in after)]


def save_grid(rows: Mapping[str, Sequence[Picture]], title: str, path: Path) -> None:
    """Writes a PNG of rows of pictures, each under its name."""
    png = io.BytesIO()
    drawn_rows(rows, title).save(png, "PNG", compress_level=1)
    write_atomically(path, png.getvalue())


def save_animation(rows: Mapping[str, Sequence[Picture]], title: str, path: Path) -> None:
    """Writes a GIF: the first picture of each row stands still beside each of the others in turn.

    It is repeated without end.
    """
    epochs = len(next(iter(rows.values()))) - 1
    frames = [
        drawn_rows(
            {name: [row[0], row[epoch]] for name, row in rows.items()},
            f"{title}\nLeft: as they are. Right: epoch {epoch} of {epochs}",
        ).convert("P", palette=Image.Palette.ADAPTIVE)
        for epoch in range(1, epochs + 1)
    ]
    gif = io.BytesIO()
    frames[0].save(
        gif, "GIF", save_all=True, append_images=frames[1:], loop=0,
        duration=round(1000 * FRAME_SECONDS),
    )  # fmt: skip
    write_atomically(path, gif.getvalue())


def drawn_rows(rows: Mapping[str, Sequence[Picture]], title: str) -> Image.Image:
    """Rows of pictures, all at one scale, each row under its name, and all under a title."""
    pictures = [picture for row in rows.values() for picture in row]
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    scale = -(-CELL // min(height, width))
    height, width = scale * height, scale * width
    columns = max(map(len, rows.values()))
    room = max(columns * (width + GAP) - GAP, NARROWEST)
    lines = _wrapped(title, room)
    top = MARGIN + LINE * len(lines)
    row_height = LINE + height + GAP
    size = (room + 2 * MARGIN, top + row_height * len(rows) + MARGIN)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + LINE * number), line, "black", font())
    for number, (name, row) in enumerate(rows.items()):
        y = top + number * row_height
        draw.text((MARGIN, y), fitted(name, room), "black", font())
        for column, picture in enumerate(row):
            one = Image.fromarray(picture).convert("RGB")
            large = one.resize((scale * one.width, scale * one.height), Image.Resampling.NEAREST)
            sheet.paste(large, (MARGIN + column * (width + GAP), y + LINE))
    return sheet


def _wrapped(title: str, room: int) -> list[str]:
    letters = int(room / font().getlength("n"))
    lines = [
        line
        for part in title.split("\n")
        for line in textwrap.wrap(part, letters, max_lines=TITLE_LINES, placeholder=" ...") or [""]
    ]
    return [fitted(line, room) for line in lines]


def _eight_bits(image: Picture | Float[np.ndarray, "_ _ _"]) -> Picture:
    return image if image.dtype == np.uint8 else np.round(255 * image).astype(np.uint8)
