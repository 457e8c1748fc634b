"""Small pictures of two classes, drawn anew by each example."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8, UInt32

import augjax as aj


class Pictures(NamedTuple):
    """Pictures, with what an example needs to know of each.

    Attributes:
      images: uint8.
      labels: 0 for upright stripes, 1 for level ones.
      ids: which picture of all it is, whatever the order and the batch.
    """

    images: UInt8[np.ndarray, "n 32 32 3"]
    labels: Int[np.ndarray, " n"]
    ids: UInt32[np.ndarray, " n"]


def striped(count: int, *, seed: int = 0) -> Pictures:
    """Stripes of random widths, places and colours, with noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % 2
    width, phase = rng.uniform(1, 2, count), rng.uniform(0, 6, count)
    waves = np.sin(np.arange(32) / width[:, None] + phase[:, None])
    upright = np.repeat(waves[:, None, :], 32, axis=1)
    stripes = np.where(labels[:, None, None] == 0, upright, upright.swapaxes(1, 2))
    colours = rng.uniform(20, 80, (count, 1, 1, 3))
    images = 128 + stripes[..., None] * colours + rng.normal(0, 10, (count, 32, 32, 3))
    ids = np.arange(count, dtype=np.uint32)
    return Pictures(images.clip(0, 255).astype(np.uint8), labels, ids)


def batches(pictures: Pictures, *, epoch: int, size: int = 32) -> Iterator[Pictures]:
    """All pictures in the order of an epoch, `size` at a time."""
    order = np.random.default_rng([0, epoch]).permutation(len(pictures.ids))
    for start in range(0, len(order), size):
        yield Pictures(*(part[order[start : start + size]] for part in pictures))


def apart_from_replay(
    augment: aj.Transform,
    pictures: Pictures,
    images: Float[np.ndarray, "b 32 32 3"],
    ids: UInt32[np.ndarray, " b"],
    epoch: int,
) -> float:
    """How far the first image of an augmented batch is from its replay by seed, epoch and id."""
    id = int(ids[0])
    again = aj.replay(augment, seed=0, epoch=epoch, id=id, image=pictures.images[id])
    return float(np.abs(images[0] - again).max())
