"""Random image transforms: `sample(key, shape)` draws, `apply(params, image)` does."""

from augjax.transforms.base import Params, Transform
from augjax.transforms.color.auto_contrast import RandomAutoContrast
from augjax.transforms.color.brightness import RandomBrightness
from augjax.transforms.color.channel_drop import RandomChannelDrop
from augjax.transforms.color.channel_shuffle import RandomChannelShuffle
from augjax.transforms.color.color_jitter import ColorJitter
from augjax.transforms.color.contrast import RandomContrast
from augjax.transforms.color.equalize import RandomEqualize
from augjax.transforms.color.gamma import RandomGamma
from augjax.transforms.color.grayscale import RandomGrayscale
from augjax.transforms.color.hue import RandomHue
from augjax.transforms.color.invert import RandomInvert
from augjax.transforms.color.normalize import Normalize
from augjax.transforms.color.posterize import RandomPosterize
from augjax.transforms.color.saturation import RandomSaturation
from augjax.transforms.color.sharpness import RandomSharpness
from augjax.transforms.color.solarize import RandomSolarize
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
    "ColorJitter",
    "Container",
    "Normalize",
    "Params",
    "RandomApply",
    "RandomAutoContrast",
    "RandomBrightness",
    "RandomChannelDrop",
    "RandomChannelShuffle",
    "RandomChoice",
    "RandomContrast",
    "RandomEqualize",
    "RandomFlip",
    "RandomGamma",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomOrder",
    "RandomPosterize",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomSolarize",
    "RandomSomeOf",
    "RandomTranslation",
    "RandomWidth",
    "Sequential",
    "Transform",
]
