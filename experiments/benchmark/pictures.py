"""A folder of JPEGs, made on the spot: smooth random pictures in two classes."""

from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 320, 240


def write_pictures(root: Path, *, train: int, valid: int) -> Path:
    """Writes `root/{train,valid}/{Car,Truck}`, half of each split in each class."""
    rng = np.random.default_rng(0)
    for split, count in (("train", train), ("valid", valid)):
        for number in range(count):
            folder = root / split / ("Car", "Truck")[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            small = Image.fromarray(rng.integers(0, 256, (15, 20, 3), np.uint8))
            picture = small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
            picture.save(folder / f"{number:05d}.jpg", quality=90)
    return root
