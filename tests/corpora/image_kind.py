"""What a kind of image file is."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.corpora.image_bytes import Pixels


class ImageKind(NamedTuple):
    """A kind of image file.

    Attributes:
      name: what it is.
      file: its name.
      write: puts it at a path.
      pixels: what it shows, resized to 32 x 32; None if it is bad.
      tolerance: levels of 255 by which a pixel may be off.
      reason: a part of why it is bad.
      doubtful: whether it shows something, but is reported as damaged.
    """

    name: str
    file: str
    write: Callable[[Path], object]
    pixels: Pixels | None = None
    tolerance: int = 0
    reason: str = ""
    doubtful: bool = False


def good(name: str, file: str, content: bytes, pixels: Pixels, tolerance: int) -> ImageKind:
    """A file that shows these pixels."""
    return ImageKind(name, file, partial(Path.write_bytes, data=content), pixels, tolerance)


def bad(name: str, file: str, content: bytes, reason: str) -> ImageKind:
    """A file that is refused for a reason with these words."""
    return ImageKind(name, file, partial(Path.write_bytes, data=content), reason=reason)
