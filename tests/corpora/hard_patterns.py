"""Pictures at which decoders of JPEGs differ: hard black and white, and colours."""

import io
from typing import Any

import numpy as np

from tests.oracles import Image

SIZE = 48
Y, X = np.indices((SIZE, SIZE))
RANDOM = np.random.default_rng(0)
GREY = {
    "checkerboard of 1": (X + Y) % 2 * 255,
    "checkerboard of 4": (X // 4 + Y // 4) % 2 * 255,
    "modules of 4": RANDOM.integers(0, 2, (12, 12)).repeat(4, 0).repeat(4, 1) * 255,
    "modules of 3": RANDOM.integers(0, 2, (16, 16)).repeat(3, 0).repeat(3, 1) * 255,
    "noise of two levels": RANDOM.integers(0, 2, (SIZE, SIZE)) * 255,
    "noise": RANDOM.integers(0, 256, (SIZE, SIZE)),
    "lines": X % 2 * 255,
    "halftone": (np.hypot(X % 6 - 2.5, Y % 6 - 2.5) < X / SIZE * 4) * 255,
    "scan": np.where(RANDOM.random((SIZE, SIZE)) < 0.1, 0, 255),
    "ramp": X * 5,
}
PATTERNS = {
    **{name: np.repeat(grey[..., None], 3, -1).astype(np.uint8) for name, grey in GREY.items()},
    "red on blue": np.where((X // 4 + Y // 4)[..., None] % 2, [255, 0, 0], [0, 0, 255]).astype(
        "u1"
    ),
    "colours": RANDOM.integers(0, 2, (12, 12, 3)).repeat(4, 0).repeat(4, 1).astype("u1") * 255,
}
LEVELS = 5
"""By which libraries' rounding may differ."""


def jpeg(pixels: np.ndarray, **options: Any) -> bytes:
    """A file as Pillow writes it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


def by_pillow(content: bytes) -> np.ndarray:
    """Its pixels as Pillow reads them, as int."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), int)
