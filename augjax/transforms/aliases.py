"""What Keras, torchvision, albumentations and timm call a transform, for who asks by that name."""

from collections.abc import Iterable
from difflib import get_close_matches

_RANGE = "Sequential([...], value_range=(0, 255)), and uint8 images need nothing"
ALIASES = {
    "Affine": "RandomAffine(degrees, translate, scale, shear)",
    "AutoContrast": "RandomAutoContrast(p=0.5)",
    "ChannelDropout": "RandomChannelDrop",
    "ChannelShuffle": "RandomChannelShuffle",
    "CoarseDropout": "RandomErasing(p=0.5), one rectangle of 2 to 33 %",
    "Compose": "Sequential([...])",
    "ElasticTransform": "RandomElastic(alpha, sigma)",
    "Equalization": "RandomEqualize(p=0.5)",
    "Equalize": "RandomEqualize(p=0.5)",
    "Erasing": "RandomErasing(p=0.5), one rectangle of 2 to 33 %",
    "GaussNoise": "RandomGaussianNoise",
    "GaussianBlur": "RandomGaussianBlur(kernel_size, sigma)",
    "GaussianNoise": "RandomGaussianNoise",
    "GridDropout": "RandomGridDropout",
    "HorizontalFlip": 'RandomFlip("horizontal")',
    "HueSaturationValue": "RandomHue, RandomSaturation",
    "InvertImg": "RandomInvert(p=0.5)",
    "LongestMaxSize": "Letterbox(height, width)",
    "Mixup": "RandomMixChoice([MixUp(), CutMix()])",
    "MotionBlur": "RandomMotionBlur((3, 7))",
    "Normalization": "Normalize(mean, std)",
    "OneOf": "RandomChoice",
    "PadIfNeeded": "Letterbox(height, width)",
    "Perspective": "RandomPerspective(0.3, p=0.5), first the scale",
    "Pipeline": "Sequential([...])",
    "Posterize": "RandomPosterize(4, p=0.5)",
    "RandomAdjustSharpness": "RandomSharpness",
    "RandomAutocontrast": "RandomAutoContrast(p=0.5)",
    "RandomBrightnessContrast": "RandomBrightness(0.2), added, and RandomContrast(0.2)",
    "RandomChannelPermutation": "RandomChannelShuffle",
    "RandomColorJitter": "ColorJitter(...)",
    "RandomElasticTransform": "RandomElastic(alpha, sigma)",
    "RandomHorizontalFlip": 'RandomFlip("horizontal")',
    "RandomPosterization": "RandomPosterize(4, p=0.5)",
    "RandomRotate90": "RandomRot90()",
    "RandomSizedBBoxSafeCrop": "RandomBoxSafeCrop(height, width)",
    "Rescaling": _RANGE,
    "Resizing": "Resize(height, width)",
    "Rotate": "RandomRotation(0.1), of a full turn",
    "SaltAndPepper": "RandomSaltAndPepper",
    "Sharpen": "RandomSharpness",
    "SmallestMaxSize": "RandomShortestSize(min_size)",
    "Solarization": "RandomSolarize(0.5, p=0.5)",
    "Solarize": "RandomSolarize(0.5, p=0.5)",
    "SomeOf": "RandomSomeOf",
    "ToDtype": _RANGE,
    "ToFloat": _RANGE,
    "ToGray": "RandomGrayscale(p=0.1)",
}
"""Names elsewhere that are not names here, with what to write instead."""


def hint(name: str, names: Iterable[str]) -> str:
    """What may be meant by a name that is none of `names`; empty if there is no guess."""
    if name in ALIASES:
        return f"; here it is {ALIASES[name]}"
    near = get_close_matches(name, names, n=1, cutoff=0.75)
    return f"; {near[0]} may be meant" if near else ""
