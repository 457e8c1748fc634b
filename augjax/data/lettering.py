"""Lines of text in pictures that Pillow draws."""

from functools import cache

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont
from PIL.ImageFont import ImageFont as BitmapFont

from augjax.printable import in_ascii

FONT_SIZE = 16
"""Pixels."""


@cache
def font() -> FreeTypeFont | BitmapFont:
    """Pillow's own, which is there on every machine and has ASCII."""
    return ImageFont.load_default(FONT_SIZE)


def fitted(name: str, room: float, rest: str = "") -> str:
    """A name and what follows it in ASCII, the name cut short where they take more pixels."""
    name = in_ascii(name)
    if font().getlength(name + rest) <= room:
        return name + rest
    while name and font().getlength(f"{name}...{rest}") > room:
        name = name[:-1]
    return f"{name}...{rest}"
