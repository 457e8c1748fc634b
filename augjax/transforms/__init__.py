"""Random image transforms: `sample(key, shape)` draws, `apply(params, image)` does."""

from augjax.transforms.base import Params, Transform
from augjax.transforms.contrast import RandomContrast
from augjax.transforms.flip import RandomFlip
from augjax.transforms.geometry import Geometric
from augjax.transforms.rotation import RandomRotation
from augjax.transforms.sequential import Sequential
from augjax.transforms.translation import RandomTranslation
from augjax.transforms.width import RandomWidth

__all__ = [
    "Geometric",
    "Params",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomWidth",
    "Sequential",
    "Transform",
]
