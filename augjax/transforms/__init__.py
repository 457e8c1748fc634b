"""Random image transforms: `sample(key, shape)` draws, `apply(params, image)` does."""

from augjax.transforms.base import Params, Transform
from augjax.transforms.color.contrast import RandomContrast
from augjax.transforms.composition.random_apply import RandomApply
from augjax.transforms.composition.random_choice import RandomChoice
from augjax.transforms.composition.random_order import RandomOrder
from augjax.transforms.composition.random_some_of import RandomSomeOf
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.geometry.affine import RandomAffine
from augjax.transforms.geometry.crop import CenterCrop, RandomCrop
from augjax.transforms.geometry.elastic import RandomElastic
from augjax.transforms.geometry.flip import RandomFlip
from augjax.transforms.geometry.pad import Pad
from augjax.transforms.geometry.perspective import RandomPerspective
from augjax.transforms.geometry.resize import Resize
from augjax.transforms.geometry.resized_crop import RandomResizedCrop
from augjax.transforms.geometry.rot90 import RandomRot90
from augjax.transforms.geometry.rotation import RandomRotation
from augjax.transforms.geometry.shear import RandomShear
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.geometry.width import RandomHeight, RandomWidth
from augjax.transforms.geometry.zoom import RandomZoom

__all__ = [
    "CenterCrop",
    "Pad",
    "Params",
    "RandomAffine",
    "RandomApply",
    "RandomChoice",
    "RandomContrast",
    "RandomCrop",
    "RandomElastic",
    "RandomFlip",
    "RandomHeight",
    "RandomOrder",
    "RandomPerspective",
    "RandomResizedCrop",
    "RandomRot90",
    "RandomRotation",
    "RandomShear",
    "RandomSomeOf",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "Resize",
    "Sequential",
    "Transform",
]
