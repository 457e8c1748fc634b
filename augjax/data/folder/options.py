"""How files are read: what `load_dataset` and its kin have in common."""

import dataclasses
from typing import Any, get_args

import numpy as np

from augjax.data.data_report import OnBadImage
from augjax.data.dataset import CACHE_LIMIT_BYTES
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.verify import Verify
from augjax.data.tf import ResizeMethod
from augjax.errors import InputError
from augjax.runtime.processes import ALONE, Processes


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """The options of `load_dataset`, checked.

    Raises:
      InputError: for one that cannot be used.
    """

    image_size: int
    method: ResizeMethod = "nearest"
    cache_limit: int = CACHE_LIMIT_BYTES
    max_pixels: int = MAX_PIXELS
    on_bad_image: OnBadImage = "fail"
    verify: Verify = "auto"
    follow_links: bool = False
    processes: Processes = ALONE

    def __post_init__(self) -> None:
        check_image_size(self.image_size)
        check_choice("method", self.method, ResizeMethod)
        check_choice("on_bad_image", self.on_bad_image, OnBadImage)
        check_choice("verify", self.verify, Verify)


def check_image_size(image_size: Any) -> None:
    """Raises InputError unless it is the side of a square."""
    if not isinstance(image_size, int | np.integer) or image_size < 1:
        raise InputError(
            f"image_size={image_size!r}: expected the side of a square, at least 1 pixel"
        )


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Raises InputError unless the value of an option is one of the type's."""
    if value not in get_args(choices):
        expected = " or ".join(map(repr, get_args(choices)))
        raise InputError(f"{name}={value!r}: expected {expected}")
