"""Names in pictures: in letters that the font has, and no wider than there is room."""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from pathlib import Path

from PIL import ImageFont, features
from PIL.ImageDraw import ImageDraw
from PIL.ImageFont import FreeTypeFont

from augjax.printable import printable

FAMILY = "DejaVu Sans"
"""Comes with matplotlib, to every machine; it has the alphabets of Europe, and more."""

FONT_SIZE, SMALL = 14, 10
"""Pixels: of most lines, and of names below small pictures."""

LACKING = "\N{WHITE SQUARE}"
"""In the place of what the font lacks, such as Chinese characters."""


@cache
def font(size: int = FONT_SIZE) -> FreeTypeFont:
    """The font in which Pillow draws."""
    return ImageFont.truetype(_font_file(), size)


def write(
    draw: ImageDraw, place: tuple[int, int], line: str, size: int = FONT_SIZE, anchor: str = "la"
) -> None:
    """Draws a line, which runs from the left, whatever letters it begins with."""
    direction = "ltr" if features.check("raqm") else None
    draw.text(place, line, "black", font(size), anchor, direction=direction)


def drawable(text: str) -> str:
    """`text` as pictures show it: escaped where it is not visible, and without lacking letters.

    matplotlib must be told, by `parse_math=False`, that dollar signs are nothing but themselves.
    """
    shown = printable(unicodedata.normalize("NFC", text))
    return shown if shown.isascii() else "".join(c if c in _letters() else LACKING for c in shown)


def fitted(name: str, room: float, rest: str = "") -> str:
    """A name and what follows it, the name cut short where they take more pixels."""
    return _shortened(drawable(name), room, lambda name, kept: f"{name[:kept]}...{rest}", rest=rest)


def elided(name: str, room: float, size: int = SMALL) -> str:
    """A name, without its middle where it takes more pixels."""
    return _shortened(
        drawable(name), room,
        lambda name, kept: f"{name[: (kept + 1) // 2]}…{name[len(name) - kept // 2 :]}", size,
    )  # fmt: skip


def wrapped(text: str, room: float, most: int) -> list[str]:
    """At most so many lines, broken at spaces where there are some, and the last cut short."""
    rest, lines = drawable(text), []
    while True:
        fits = _fitting(lambda kept, rest=rest: rest[:kept], len(rest), room, FONT_SIZE)
        if fits == len(rest):
            return [*lines, rest]
        if len(lines) == most - 1:
            return [*lines, fitted(rest, room)]
        space = rest.rfind(" ", 1, fits + 1)
        end = space if space > 0 else max(fits, 1)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()


def _shortened(
    name: str,
    room: float,
    short: Callable[[str, int], str],
    size: int = FONT_SIZE,
    *,
    rest: str = "",
) -> str:
    if font(size).getlength(name + rest) <= room:
        return name + rest
    return short(name, _fitting(lambda kept: short(name, kept), len(name), room, size))


def _fitting(text: Callable[[int], str], most: int, room: float, size: int) -> int:
    """The greatest number up to `most` of letters whose text takes no more pixels."""
    numbers = range(1, most + 1)
    return bisect_right(numbers, room, key=lambda kept: font(size).getlength(text(kept)))


@cache
def _letters() -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(_font_file()).get_charmap()))


@cache
def _font_file() -> str:
    import matplotlib

    return str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"))
