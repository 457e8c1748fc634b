"""Data sets of which only the fingerprints matter."""

import numpy as np

from augjax.data import Dataset, Split
from augjax.data.tf import import_tensorflow

Known = dict[str, tuple[int, int]]
"""By path: the fingerprint of a file's ends, and of all its bytes or 0."""

IMAGES: Known = {"Car/0.png": (11, 12), "Car/1.png": (21, 22), "Truck/0.png": (31, 32)}


def dataset_of(train: Known = IMAGES, valid: Known = IMAGES, *, sizes: str = "sizes") -> Dataset:
    """Images with these fingerprints; `sizes` stands for that of their names and sizes."""
    splits = [_split("train", train), _split("valid", valid)]
    return Dataset(("Car", "Truck"), *splits, fingerprint=sizes, image_size=16)


def _split(name: str, known: Known) -> Split:
    ends, contents = np.array(list(known.values()), np.int64).reshape(-1, 2).T
    return Split(
        name=name,
        sources=tuple(known),
        labels=np.zeros(len(known), np.int32),
        ids=np.zeros((len(known), 2), np.uint32),
        outlines=ends,
        contents=import_tensorflow().Variable(contents),
        cache=None,
        decode=lambda index: index,
    )
