"""albumentations on uint8, image by image, as it is used."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A
import cv2
import numpy as np

from experiments.benchmark.works import Work


def augment(work: Work, setting: str) -> Callable[[], Any]:
    """A Compose over a batch, in a loop or in a pool of threads, into one array."""
    cores = os.cpu_count() or 1
    cv2.setNumThreads(cores if "OpenCV" in setting else 0)
    images = (work.images() * 255).round().astype(np.uint8)
    workers = cores if setting.startswith("pool") else 1
    # Each thread has its own: a Compose keeps the state of its draws.
    composes = [A.Compose(_transforms(work.kind, work), seed=i) for i in range(workers)]
    shares = [range(i, work.batch, workers) for i in range(workers)]

    def do(compose: Any, rows: range, out: np.ndarray) -> None:
        for row in rows:
            out[row] = compose(image=images[row])["image"]

    if workers == 1:

        def call() -> Any:
            out = np.empty_like(images)
            do(composes[0], shares[0], out)
            return out

        return call
    pool = ThreadPoolExecutor(workers)

    def call_pool() -> Any:
        out = np.empty_like(images)
        list(pool.map(do, composes, shares, [out] * workers))
        return out

    return call_pool


def _transforms(kind: str, work: Work) -> list[Any]:
    s, reflect = work.strength, cv2.BORDER_REFLECT
    if kind == "chain":
        return [
            A.RandomBrightnessContrast(0.0, (-0.1 * s, 0.1 * s), p=1.0),
            A.HorizontalFlip(p=0.5 * s),
            A.Affine(
                rotate=(-36 * s, 36 * s),
                translate_percent=(-0.1 * s, 0.1 * s),
                border_mode=reflect,
                p=1.0,
            ),
        ]
    if kind == "perspective":
        return [A.Perspective((0.05 * s, 0.25 * s), border_mode=reflect, p=1.0)]
    if kind == "resized_crop":
        scale, ratio = ((0.08, 1.0), (3 / 4, 4 / 3)) if s else ((1.0, 1.0), (1.0, 1.0))
        return [A.RandomResizedCrop((work.size, work.size), scale, ratio, p=1.0)]
    if kind == "color_jitter":
        around = (1 - 0.4 * s, 1 + 0.4 * s)
        return [A.ColorJitter(around, around, around, (-0.1 * s, 0.1 * s), p=1.0)]
    if kind == "blur":
        return [A.GaussianBlur((7, 7), (0.5, 2.0), p=s)]
    if kind == "randaugment":
        return [A.SomeOf(_operations(), 2, replace=True, p=s)]
    assert kind == "erasing"
    return [A.Erasing(p=s)]


def _operations() -> list[Any]:
    """RandAugment's, at magnitude 9 of 30."""
    none, share, move = (0.0, 0.0), (-0.27, 0.27), (-0.136, 0.136)
    return [
        A.NoOp(p=1.0),
        A.Affine(shear={"x": (-5.1, 5.1), "y": none}, p=1.0),
        A.Affine(shear={"x": none, "y": (-5.1, 5.1)}, p=1.0),
        A.Affine(translate_percent={"x": move, "y": none}, p=1.0),
        A.Affine(translate_percent={"x": none, "y": move}, p=1.0),
        A.Affine(rotate=(-9, 9), p=1.0),
        A.RandomBrightnessContrast(share, none, p=1.0),
        A.RandomBrightnessContrast(none, share, p=1.0),
        A.ColorJitter((1, 1), (1, 1), (0.73, 1.27), none, p=1.0),
        A.Sharpen((0.0, 0.27), p=1.0),
        A.Posterize(7, p=1.0),
        A.Solarize((0.7, 0.7), p=1.0),
        A.AutoContrast(p=1.0),
        A.Equalize(p=1.0),
    ]


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's."""
    return result


CALLS = dict.fromkeys(
    ("chain", "perspective", "resized_crop", "color_jitter", "blur", "erasing", "randaugment"),
    augment,
)
