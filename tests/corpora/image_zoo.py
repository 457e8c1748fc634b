"""Kinds of image file, good and bad, and what augjax makes of each (`zoo.judge_zoo`)."""

from functools import cache
from pathlib import Path

import numpy as np

from augjax.data import epoch_batches, load_image_folder
from tests.corpora import bad_images, good_images
from tests.corpora.image_bytes import SIDE, png
from tests.corpora.image_kind import ImageKind
from tests.corpora.zoo import Outcome


@cache
def kinds() -> list[ImageKind]:
    """All of them."""
    read = [*good_images.jpegs(), *good_images.pngs(), *good_images.others()]
    refused = [
        *bad_images.no_images(),
        *bad_images.damaged_files(),
        *bad_images.bombs(),
        *bad_images.endless(),
        *bad_images.no_files(),
    ]
    return read + refused


def judge(kind: ImageKind, folder: Path, *, cache_limit: int = 2**30) -> Outcome:
    """Loads a data set with one file of the kind in it, in `folder`, and says what came of it."""
    root = folder / "root" / "data"
    for split in ("train", "valid"):
        for name in ("Car", "Truck"):
            (root / split / name).mkdir(parents=True)
            filler = np.full((2, 2, 3), len(split + name), np.uint8)
            (root / split / name / "z.png").write_bytes(png(filler))
    file = root / "train" / "Car" / kind.file
    kind.write(file)
    dataset = load_image_folder(root, image_size=SIDE, on_bad_image="skip", cache_limit=cache_limit)
    assert dataset.report is not None
    batches = list(epoch_batches(dataset.train, np.arange(len(dataset.train)), 4))
    bad = {bad.path: bad.reason for bad in dataset.report.bad}
    expected = "doubtful" if kind.doubtful else kind.reason or "its picture"
    if reason := bad.pop(f"train/Car/{kind.file}", None):
        return Outcome(kind.name, expected, reason, bool(kind.reason) and kind.reason in reason)
    if bad:
        return Outcome(kind.name, expected, f"another file is called bad: {bad}", False)
    if kind.doubtful and dataset.report.doubtful == [f"train/Car/{kind.file}"]:
        return Outcome(kind.name, expected, "doubtful", True)
    if dataset.report.doubtful:
        return Outcome(kind.name, expected, f"doubtful: {dataset.report.doubtful}", False)
    if kind.pixels is None:
        return Outcome(kind.name, expected, "taken for a good image", False)
    off = int(np.abs(batches[0].images[0].astype(int) - kind.pixels).max())
    got = "its picture" if off <= kind.tolerance else f"a picture that is off by {off} levels"
    return Outcome(kind.name, expected, got, off <= kind.tolerance)
