"""The built-in data set: drawn cars and trucks, rendered once into the user's cache folder.

The training pictures are few and posed alike: upright, centred, facing right, in daylight. The
validation pictures show new vehicles as people photograph them: tilted, off centre, facing either
way, in any light. Only a model trained with augmentation gets from the one to the other.
"""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from augjax.errors import RunError
from augjax.files import user_cache
from experiments.car_truck.drawn import camera, places, vehicles

Split = Literal["train", "valid"]

NAME = "drawn-car-truck-v1"
KINDS: tuple[vehicles.Kind, ...] = ("Car", "Truck")
SPLITS: tuple[Split, ...] = ("train", "valid")
PICTURES_PER_CLASS: dict[Split, int] = {"train": 400, "valid": 200}
JPEG_QUALITY = 90

README = """\
Drawn cars and trucks for augjax. These pictures are computed, not photographed: every one is
a function of its split, class and number. Delete this folder and it is drawn anew when needed.
"""


def drawn_car_truck(cache_dir: Path | None = None) -> Path:
    """The root of the drawn data set (train/Car, train/Truck, valid/Car, valid/Truck).

    It is rendered on first use, under `cache_dir` or the user's cache folder. The folder appears
    in one step, so processes that start at once, or one that is stopped half-way, do no harm.
    """
    root = (cache_dir or _cache()) / NAME
    if _complete(root):
        return root
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=root.parent))
    except OSError as error:
        raise RunError(
            f"{root.parent}: cannot keep the drawn pictures there ({error.strerror}); "
            "make it writable, or name a folder of your own pictures"
        ) from error
    try:
        fresh = scratch / "fresh"
        _render(fresh)
        try:
            if root.exists() and not _complete(root):
                root.rename(scratch / "damaged")
            fresh.rename(root)
        except OSError:
            if not _complete(root):  # not merely another process that was faster
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return root


@functools.cache
def _cache() -> Path:
    """The user's cache folder, or one for this process if the user has no home."""
    try:
        return user_cache()
    except RuntimeError:
        folder = tempfile.TemporaryDirectory()
        atexit.register(folder.cleanup)
        return Path(folder.name)


def draw_picture(split: Split, kind: vehicles.Kind, index: int) -> Image.Image:
    """Picture `index` (from 1) of a class, 128×128 RGB: a pure function of the arguments."""
    seed = [SPLITS.index(split), KINDS.index(kind), index]
    rng = np.random.default_rng([*seed, 3])  # vehicles uses 1 and 2
    if split == "train":
        scene = vehicles.choose_scene(rng, places.DAYLIGHT)
        shot = camera.careful_shot(rng)
    else:
        scene = vehicles.choose_scene(rng, places.ANY_LIGHT)
        shot = camera.casual_shot(rng)
    return vehicles.draw_vehicle(kind, scene, shot, seed)


def _render(root: Path) -> None:
    for split in SPLITS:
        for kind in KINDS:
            folder = root / split / kind
            folder.mkdir(parents=True)
            for index in range(1, PICTURES_PER_CLASS[split] + 1):
                path = folder / f"{kind.lower()}_{index:04d}.jpg"
                draw_picture(split, kind, index).save(path, quality=JPEG_QUALITY)
    (root / "README.txt").write_text(README, encoding="utf-8")


def _complete(root: Path) -> bool:
    return all(
        len(list((root / split / kind).glob("*.jpg"))) == PICTURES_PER_CLASS[split]
        for split in SPLITS
        for kind in KINDS
    )
