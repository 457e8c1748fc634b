"""Batches with boxes and masks for the tests of mixes, and programs that several tests share."""

import functools
from collections import Counter
from typing import Any

import jax
import numpy as np

import augjax as aj
from tests.helpers import noise, quick_jit

KEY = aj.stream(aj.key(11), "augment")
N, SHAPE, BOXES = 8, (12, 16, 2), 3
IDS = np.asarray(aj.image_ids([f"street/{i}.jpg" for i in range(N)]))
EVERYONE = np.ones(N, bool)


def floats(values: Any) -> np.ndarray:
    """Nested lists as float32."""
    return np.asarray(values, np.float32)


def whole(values: Any) -> np.ndarray:
    """Nested lists as int32."""
    return np.asarray(values, np.int32)


def example(count: int = N, *, instances: bool = False, seed: int = 0) -> dict[str, Any]:
    """Images with three boxes each, of which the last does not count in every other image.

    Masks of classes hold 0 to 3, and 255 for what is to be ignored.
    """
    rng = np.random.default_rng(seed)
    height, width, _ = SHAPE
    first = rng.integers(0, (width // 2, height // 2), (count, BOXES, 2))
    size = rng.integers(2, (width // 2, height // 2), (count, BOXES, 2))
    boxes = np.concatenate([first, first + size], axis=2).astype(np.float32)
    valid = np.ones((count, BOXES), bool)
    valid[::2, 2] = False
    labels = rng.integers(1, 4, (count, BOXES)).astype(np.int32)
    y, x = np.mgrid[:height, :width]
    left, top, right, bottom = (boxes[..., side, None, None] for side in range(4))
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom) & valid[..., None, None]
    if instances:
        mask = np.moveaxis(inside, 1, -1).astype(np.uint8)
    else:
        mask = rng.choice([0, 255], (count, height, width)).astype(np.uint8)
        for k in range(BOXES):
            mask = np.where(inside[:, k], labels[:, k, None, None], mask).astype(np.uint8)
    return {
        "image": noise(count, *SHAPE, seed=seed), "mask": mask, "boxes": boxes,
        "boxes_valid": valid, "label": labels,
    }  # fmt: skip


MIXUP, CUTMIX = aj.MixUp(1.0, boxes="xyxy"), aj.CutMix(boxes="xyxy")
CHOICE = aj.RandomMixChoice([aj.MixUp(1.0), aj.CutMix()], boxes="xyxy")
MOSAIC, PASTE = aj.Mosaic(boxes="xyxy"), aj.CopyPaste(boxes="xyxy")
TRACED: Counter[aj.Mix] = Counter()
"""How often the program of each mix was traced."""
EVERY = [MIXUP, CUTMIX, CHOICE, MOSAIC, PASTE]


@functools.cache
def _program(mix: aj.Mix) -> Any:
    @quick_jit
    def run(batch, ids, strength, mask):
        TRACED[mix] += 1
        how = {"epoch": 1, "strength": strength, "mask": mask}
        return mix.sample(KEY, ids, SHAPE, **how), mix.batch(KEY, batch, ids=ids, **how)

    return run


def run(
    mix: aj.Mix, batch: Any = None, ids: Any = IDS, strength: float = 1.0, mask: Any = EVERYONE
) -> Any:
    """Draws and the mixed batch of 8 examples, by one compiled program for a mix."""
    batch = example() if batch is None else batch
    return jax.tree.map(np.asarray, _program(mix)(batch, ids, np.float32(strength), mask))


@functools.cache
def _apply(mix: aj.Mix) -> Any:
    return quick_jit(mix.apply)


def apply(mix: aj.Mix, params: Any, batch: Any) -> Any:
    """A batch mixed by given draws, compiled."""
    return jax.tree.map(np.asarray, _apply(mix)(params, batch))
