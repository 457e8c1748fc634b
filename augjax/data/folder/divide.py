"""Images that are not split, divided into training and validation by each image's identity."""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from jaxtyping import Bool

from augjax.data.classes import listed
from augjax.data.folder.scan import FoundSplit
from augjax.errors import InputError
from augjax.keys import image_ids

_PURPOSE = b"augjax.split"


def on_valid_side(
    paths: Sequence[str], *, fraction: float, seed: int = 0
) -> Bool[np.ndarray, " paths"]:
    """Which images are for validation: those whose hash of seed and identity is below `fraction`.

    The hash is uniform in [0, 1): the upper 53 bits of the 64-bit BLAKE2b of the image's id
    (`augjax.image_ids`), salted with the seed. So the side of an image depends on its own path,
    the seed and the fraction only. None changes sides when others are added or removed, and as the
    fraction grows, images move from training to validation only.

    Args:
      paths: POSIX paths below the data's folder.
      fraction: the chance of each image.
      seed: another one divides otherwise; of 64 bits.
    """
    salt = (int(seed) % 2**64).to_bytes(8, "little")
    digests = [
        blake2b(row.tobytes(), digest_size=8, salt=salt, person=_PURPOSE).digest()
        for row in image_ids(paths).astype("<u4")
    ]
    words = np.frombuffer(b"".join(digests), "<u8")
    return (words >> np.uint64(11)) * 2.0**-53 < fraction


def check_fraction(fraction: Any) -> None:
    """Raises InputError unless it lies between 0 and 1."""
    if not isinstance(fraction, float) or not 0 < fraction < 1:
        raise InputError(f"--valid-fraction {fraction}: expected a number between 0 and 1")


def divided(
    found: FoundSplit, *, fraction: float, seed: int = 0
) -> tuple[FoundSplit, FoundSplit, str]:
    """The splits 'train' and 'valid', and how they were made, as a note calls it.

    A small class may have no image for validation.

    Raises:
      InputError: if a class would have none for training, or there is none for validation at all.
    """
    chosen = on_valid_side([file.path for file in found.files], fraction=fraction, seed=seed)
    sides = {
        name: tuple(file for file, is_valid in zip(found.files, chosen, strict=True)
                    if is_valid == (name == "valid"))
        for name in ("train", "valid")
    }  # fmt: skip
    how = f"--valid-fraction {fraction} (split seed {seed})"
    trained = {file.label for file in sides["train"]}
    lost = [name for label, name in enumerate(found.class_names) if label not in trained]
    if lost:
        raise InputError(
            f"{how} leaves no training image of {listed(lost)}; add images of it, or choose a "
            "smaller fraction or another seed"
        )
    if not sides["valid"]:
        raise InputError(
            f"{how} leaves no image for validation; add images, or choose a larger one"
        )
    train = found._replace(name="train", files=sides["train"])
    valid = found._replace(name="valid", files=sides["valid"], skipped=Counter(), linked=())
    return train, valid, how
