"""Random image transforms: `sample(key, shape)` draws, `apply(params, image)` does."""

from augjax.transforms.base import Params, Transform
from augjax.transforms.color.contrast import RandomContrast
from augjax.transforms.composition.random_apply import RandomApply
from augjax.transforms.composition.random_choice import RandomChoice
from augjax.transforms.composition.random_order import RandomOrder
from augjax.transforms.composition.random_some_of import RandomSomeOf
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.filter.erasing import RandomErasing
from augjax.transforms.filter.gaussian_blur import RandomGaussianBlur
from augjax.transforms.filter.gaussian_noise import RandomGaussianNoise
from augjax.transforms.filter.grid_dropout import RandomGridDropout
from augjax.transforms.filter.motion_blur import RandomMotionBlur
from augjax.transforms.filter.salt_and_pepper import RandomSaltAndPepper
from augjax.transforms.geometry.flip import RandomFlip
from augjax.transforms.geometry.rotation import RandomRotation
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.geometry.width import RandomHeight, RandomWidth
from augjax.transforms.replay import replay
from augjax.transforms.serial import from_dict, to_dict

__all__ = [
    "Params",
    "RandomApply",
    "RandomChoice",
    "RandomContrast",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGaussianNoise",
    "RandomGridDropout",
    "RandomHeight",
    "RandomMotionBlur",
    "RandomOrder",
    "RandomRotation",
    "RandomSaltAndPepper",
    "RandomSomeOf",
    "RandomTranslation",
    "RandomWidth",
    "Sequential",
    "Transform",
    "from_dict",
    "replay",
    "to_dict",
]
