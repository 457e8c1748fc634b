"""The built-in data set: drawn cars and trucks, rendered once into the user's cache folder.

The training pictures are few and posed alike: upright, centred, facing right, in daylight. The
validation pictures show new vehicles as people photograph them: tilted, off centre, facing either
way, in any light. Only a model trained with augmentation gets from the one to the other.
"""

import atexit
import functools
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from augjax.errors import RunError
from augjax.files import is_file, is_folder, remove_folder, user_cache
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
    in one step, so processes that start at once, or one that is stopped half-way, do no harm. In a
    folder that is there already, missing pictures are drawn. Other files in it stay as they are.

    Raises:
      RunError: if the pictures cannot be kept there.
    """
    root = (cache_dir or _cache()) / NAME
    missing = _missing(root)
    if not missing:
        return root
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=root.parent))
        try:
            fresh = scratch / "fresh"
            _render(fresh, set(missing))
            _put(fresh, root)
        finally:
            remove_folder(scratch)
    except OSError as error:
        raise RunError(
            f"{root.parent}: cannot keep the drawn pictures there ({error.strerror or error}); "
            "make it writable, or name a folder of your own pictures"
        ) from error
    return root


def picture_names(split: Split) -> list[str]:
    """The paths of a split's pictures, relative to its folder."""
    numbers = range(1, PICTURES_PER_CLASS[split] + 1)
    return [_name(kind, number) for kind in KINDS for number in numbers]


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


def _name(kind: vehicles.Kind, index: int) -> str:
    return f"{kind}/{kind.lower()}_{index:04d}.jpg"


def _missing(root: Path) -> list[str]:
    """The paths, relative to `root`, of the pictures that are not there."""
    names = [f"{split}/{name}" for split in SPLITS for name in picture_names(split)]
    return [name for name in names if not is_file(root / name)]


def _render(root: Path, wanted: Collection[str]) -> None:
    """Draws the pictures of these paths, in the folders of a whole data set."""
    for split in SPLITS:
        for kind in KINDS:
            (root / split / kind).mkdir(parents=True)
            for index in range(1, PICTURES_PER_CLASS[split] + 1):
                name = f"{split}/{_name(kind, index)}"
                if name in wanted:
                    draw_picture(split, kind, index).save(root / name, quality=JPEG_QUALITY)
    (root / "README.txt").write_text(README, encoding="utf-8")


def _put(fresh: Path, root: Path) -> None:
    """Makes `fresh` the folder `root`, or moves what is missing to the one that is there."""
    try:
        fresh.rename(root)
    except OSError:  # There is one with files in it, perhaps of a process that was faster.
        for name in _missing(root):
            path = root / name
            for folder in (root, path.parent.parent, path.parent):
                if os.path.lexists(folder) and not is_folder(folder):
                    raise RunError(
                        f"{folder}: pictures are to be drawn there, but it is a link or no folder; "
                        "remove it, or name a folder of your own pictures"
                    ) from None
            path.parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).replace(path)
