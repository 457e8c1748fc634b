"""The lists of all transforms, with a typical instance of each.

The API page, the proofs in the tests and `from_dict` are made from these lists: a new transform is
added here.
"""

from collections.abc import Iterable
from typing import TypeVar

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
from augjax.transforms.composition.random_apply import RandomApply
from augjax.transforms.composition.random_choice import RandomChoice
from augjax.transforms.composition.random_order import RandomOrder
from augjax.transforms.composition.random_some_of import RandomSomeOf
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.core.configured import Configured
from augjax.transforms.core.transform import Transform
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

Kind = TypeVar("Kind", bound=Configured)


def catalog() -> dict[str, type[Transform]]:
    """Every public transform of an image by the name of its class."""
    return {name: type(example) for name, example in examples().items()}


def mixes() -> dict[str, type[Mix]]:
    """Every public transform of a batch by the name of its class."""
    return {name: type(example) for name, example in mix_examples().items()}


def examples() -> dict[str, Transform]:
    """A typical instance of every public transform of an image, by the name of its class."""
    return _by_name(
        [
            AugMix(),
            AutoAugment(),
            CenterCrop(16, 16),
            ColorJitter(0.4, 0.4, 0.4, 0.1),
            Letterbox(48, 64),
            Normalize(0.5, 0.25),
            Pad((8, 4)),
            RandAugment(),
            RandomAffine(20, (0.1, 0.1), (0.8, 1.2), (-10, 10, -5, 5)),
            RandomApply(RandomRotation(0.2), p=0.5),
            RandomAutoContrast(),
            RandomBoxSafeCrop(48, 64),
            RandomBrightness(0.3),
            RandomChannelDrop(),
            RandomChannelShuffle(),
            RandomChoice([RandomRotation(0.2), RandomTranslation(0.2, 0.2), RandomContrast(0.5)]),
            RandomContrast(0.5),
            RandomCrop(16, 16),
            RandomElastic(),
            RandomEqualize(),
            RandomErasing(),
            RandomFlip(),
            RandomGamma(0.5),
            RandomGaussianBlur(9, (0.5, 3.0)),
            RandomGaussianNoise((0.0, 0.2)),
            RandomGrayscale(),
            RandomGridDropout((8, 24)),
            RandomHeight(0.3),
            RandomHue(0.5),
            RandomInvert(),
            RandomIoUCrop(48, 64),
            RandomMotionBlur((3, 9)),
            RandomOrder([RandomFlip(), RandomRotation(0.1), RandomTranslation(0.2, 0.2)]),
            RandomPerspective(),
            RandomPosterize(3),
            RandomResizedCrop(32, 32),
            RandomRot90(),
            RandomRotation(0.1),
            RandomSaltAndPepper((0.0, 0.1)),
            RandomSaturation((0.25, 0.75)),
            RandomSharpness((0.0, 1.0)),
            RandomShear(0.3, 0.2),
            RandomShortestSize([32, 40, 48]),
            RandomSolarize(0.5),
            RandomSomeOf(
                [
                    RandomContrast(0.5),
                    RandomFlip(),
                    RandomRotation(0.1),
                    RandomTranslation(0.2, 0.2),
                ]
            ),
            RandomTranslation(0.2, 0.2),
            RandomWidth(0.3),
            RandomZoom(0.4, 0.3),
            RandomZoomOut(fill_value=0.5),
            Resize(24, 32),
            ScaleJitter(48, 64),
            Sequential(
                [RandomFlip("horizontal"), RandomRotation(0.1), RandomTranslation(0.1, 0.1)]
            ),
            TrivialAugmentWide(),
        ]
    )


def mix_examples() -> dict[str, Mix]:
    """A typical instance of every public transform of a batch, by the name of its class."""
    return _by_name(
        [
            CopyPaste(instance_masks=True),
            CutMix(),
            MixUp(1.0),
            Mosaic(),
            RandomMixChoice([MixUp(1.0), CutMix()]),
        ]
    )


def _by_name(instances: Iterable[Kind]) -> dict[str, Kind]:
    return {type(instance).__name__: instance for instance in instances}
