"""Pictures as data URIs of bounded size: of images, of heat maps over them, and of files."""

import base64
import io
from pathlib import Path

import matplotlib
import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from augjax.files import read_bounded

SIDE = 128
"""Pixels. Pictures of images are of so many if their files have them, and never of more."""
_FIGURE_SIDE = 1100
_OPACITY = 0.75
"""Of the hottest places of a heat map."""

Pixels = UInt8[np.ndarray, "height width 3"]


def picture(image: Pixels) -> str:
    """An image."""
    return _jpeg(_fitted(Image.fromarray(image), SIDE), 85)


def heat_picture(image: Pixels, heat: Float32[np.ndarray, "h w"]) -> str:
    """A heat map in [0, 1] of an image, over the image in grey."""
    grey = _fitted(Image.fromarray(image), SIDE).convert("L").convert("RGB")
    resized = Image.fromarray(heat).resize(grey.size, Image.Resampling.BILINEAR)
    strength = np.clip(np.asarray(resized), 0.0, 1.0)
    colours = matplotlib.colormaps["inferno"](strength)[..., :3] * 255
    share = _OPACITY * strength[..., None]
    mixed = (1 - share) * np.asarray(grey) + share * colours
    return _jpeg(Image.fromarray(mixed.round().astype(np.uint8)), 85)


def file_picture(path: Path) -> str | None:
    """The picture in a file; None if there is none."""
    try:
        with Image.open(io.BytesIO(read_bounded(path))) as opened:
            return _jpeg(_fitted(opened.convert("RGB"), _FIGURE_SIDE), 85)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _fitted(image: Image.Image, side: int) -> Image.Image:
    """Scaled down, if need be, to at most `side` pixels a side."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(n * scale)) for n in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image, quality: int) -> str:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
