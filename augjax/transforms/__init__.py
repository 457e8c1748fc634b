"""Random image transforms: `sample(key, shape)` draws, `apply(params, image)` does."""

from augjax.transforms.base import Params, Transform
from augjax.transforms.color.contrast import RandomContrast
from augjax.transforms.composition.container import Container
from augjax.transforms.composition.random_apply import RandomApply
from augjax.transforms.composition.random_choice import RandomChoice
from augjax.transforms.composition.random_order import RandomOrder
from augjax.transforms.composition.random_some_of import RandomSomeOf
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.geometry.flip import RandomFlip
from augjax.transforms.geometry.rotation import RandomRotation
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.geometry.width import RandomHeight, RandomWidth

__all__ = [
    "Container",
    "Params",
    "RandomApply",
    "RandomChoice",
    "RandomContrast",
    "RandomFlip",
    "RandomHeight",
    "RandomOrder",
    "RandomRotation",
    "RandomSomeOf",
    "RandomTranslation",
    "RandomWidth",
    "Sequential",
    "Transform",
]
