"""Random image transforms: `sample(key, shape)` draws, `apply(params, image)` applies the draws."""

from augjax.transforms.canvas import canvas_groups, pad_to_canvas
from augjax.transforms.certify import certify
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
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params
from augjax.transforms.filter.erasing import RandomErasing
from augjax.transforms.filter.gaussian_blur import RandomGaussianBlur
from augjax.transforms.filter.gaussian_noise import RandomGaussianNoise
from augjax.transforms.filter.grid_dropout import RandomGridDropout
from augjax.transforms.filter.motion_blur import RandomMotionBlur
from augjax.transforms.filter.salt_and_pepper import RandomSaltAndPepper
from augjax.transforms.geometry.affine import RandomAffine
from augjax.transforms.geometry.box_safe_crop import RandomBoxSafeCrop
from augjax.transforms.geometry.crop import CenterCrop, RandomCrop
from augjax.transforms.geometry.elastic import RandomElastic
from augjax.transforms.geometry.flip import RandomFlip
from augjax.transforms.geometry.iou_crop import RandomIoUCrop
from augjax.transforms.geometry.letterbox import Letterbox
from augjax.transforms.geometry.pad import Pad
from augjax.transforms.geometry.perspective import RandomPerspective
from augjax.transforms.geometry.resize import Resize
from augjax.transforms.geometry.resized_crop import RandomResizedCrop
from augjax.transforms.geometry.rot90 import RandomRot90
from augjax.transforms.geometry.rotation import RandomRotation
from augjax.transforms.geometry.scale_jitter import ScaleJitter
from augjax.transforms.geometry.shear import RandomShear
from augjax.transforms.geometry.shortest_size import RandomShortestSize
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.geometry.width import RandomHeight, RandomWidth
from augjax.transforms.geometry.zoom import RandomZoom
from augjax.transforms.geometry.zoom_out import RandomZoomOut
from augjax.transforms.mixing.copy_paste import CopyPaste
from augjax.transforms.mixing.cutmix import CutMix
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.mixup import MixUp
from augjax.transforms.mixing.mosaic import Mosaic
from augjax.transforms.mixing.random_mix_choice import RandomMixChoice
from augjax.transforms.policy.aug_mix import AugMix
from augjax.transforms.policy.auto_augment import AutoAugment
from augjax.transforms.policy.rand_augment import RandAugment
from augjax.transforms.policy.trivial_augment import TrivialAugmentWide
from augjax.transforms.presets import preset
from augjax.transforms.registry import register
from augjax.transforms.replay import replay
from augjax.transforms.serial import from_dict, to_dict
from augjax.transforms.tta import tta
from augjax.transforms.views import Views, views

__all__ = [
    "AugMix",
    "AutoAugment",
    "CenterCrop",
    "ColorJitter",
    "Container",
    "CopyPaste",
    "CutMix",
    "Letterbox",
    "Mix",
    "MixUp",
    "Mosaic",
    "Normalize",
    "Pad",
    "Params",
    "RandAugment",
    "RandomAffine",
    "RandomApply",
    "RandomAutoContrast",
    "RandomBoxSafeCrop",
    "RandomBrightness",
    "RandomChannelDrop",
    "RandomChannelShuffle",
    "RandomChoice",
    "RandomContrast",
    "RandomCrop",
    "RandomElastic",
    "RandomEqualize",
    "RandomErasing",
    "RandomFlip",
    "RandomGamma",
    "RandomGaussianBlur",
    "RandomGaussianNoise",
    "RandomGrayscale",
    "RandomGridDropout",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomIoUCrop",
    "RandomMixChoice",
    "RandomMotionBlur",
    "RandomOrder",
    "RandomPerspective",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRot90",
    "RandomRotation",
    "RandomSaltAndPepper",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomShortestSize",
    "RandomSolarize",
    "RandomSomeOf",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "RandomZoomOut",
    "Resize",
    "ScaleJitter",
    "Sequential",
    "Transform",
    "TrivialAugmentWide",
    "Views",
    "canvas_groups",
    "certify",
    "from_dict",
    "pad_to_canvas",
    "preset",
    "register",
    "replay",
    "to_dict",
    "tta",
    "views",
]
