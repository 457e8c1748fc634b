"""augjax: image augmentation for JAX, and a training run to trust built on it.

Importing this package runs no JAX operation and loads only what is used (PEP 562).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augjax.keys import image_ids, image_key, key, stream
    from augjax.transforms import (
        RandomContrast,
        RandomFlip,
        RandomRotation,
        RandomTranslation,
        RandomWidth,
        Sequential,
        Transform,
    )

__version__ = "0.1.0"

_HOME = {
    "image_ids": "augjax.keys",
    "image_key": "augjax.keys",
    "key": "augjax.keys",
    "stream": "augjax.keys",
    "RandomContrast": "augjax.transforms",
    "RandomFlip": "augjax.transforms",
    "RandomRotation": "augjax.transforms",
    "RandomTranslation": "augjax.transforms",
    "RandomWidth": "augjax.transforms",
    "Sequential": "augjax.transforms",
    "Transform": "augjax.transforms",
}

__all__ = [  # noqa: RUF022 (grouped as in _HOME)
    "image_ids",
    "image_key",
    "key",
    "stream",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomWidth",
    "Sequential",
    "Transform",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'augjax' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
